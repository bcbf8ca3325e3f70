"""Every definition with every format, with pseudonyms or names, of a scan, a period, a sample or named nights: files, or a sentence that helps."""

import pytest
from typer.testing import CliRunner

from app.cli.program import build
from app.cli.report import FORMATS
from app.errors import ExitCode, NetattestError

# Each definition, names and pseudonyms: what does not meet here has no code in common.
WHO = (
    ("auditor", ()),
    ("auditor", ("--redact",)),
    ("engineer", ("--redact",)),
    ("executive", ()),
    ("findings", ("--redact",)),
    ("period", ()),
)
QUICK = tuple(item for item in FORMATS if item not in ("pdf", "bundle"))
"""Pages take the longest; test_every_format, test_period and test_twin_of_words make them of everything."""

PERIOD = ("--period", "2026-01-01..2026-01-03")
WHAT = {
    "a scan": (),
    "an earlier scan": ("--scan", "1"),
    "a period": PERIOD,
    "a sample": (*PERIOD, "--sample", "2", "--seed", "x"),
    "a sample of more nights than there are": (*PERIOD, "--sample", "9", "--seed", "x"),
    "a scan and a period": ("--scan", "1", *PERIOD),
    "named nights": (*PERIOD, "--nights", "2026-01-02"),
}
WRONG = {
    "a night outside of the period": (*PERIOD, "--nights", "2026-02-02"),
    "a sample without a seed": (*PERIOD, "--sample", "2"),
    "a sample of nothing": ("--sample", "2", "--seed", "x"),
    "a seed alone": ("--seed", "x"),
    "days without scans": ("--period", "2020-01-01..2020-01-03"),
    "days the wrong way round": ("--period", "2026-01-03..2026-01-01"),
    "a scan that is not there": ("--scan", "99"),
}
MANIFESTS = """
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: shop, labels: {{app: web, night: n{night}}}}}
spec: {{containers: [{{name: web, image: web, ports: [{{containerPort: 8080}}]}}]}}
status: {{phase: Running}}
"""


@pytest.fixture(scope="module")
def netattest(shared_engine, tmp_path_factory):
    """A command on three stored nights; gives how it ended."""
    folder = tmp_path_factory.mktemp("combinations")
    url = shared_engine.url.render_as_string(hide_password=False)
    (folder / "netattest.yaml").write_text("{}\n")

    def run(*arguments):
        more = ("--database-url", url, "--config", str(folder / "netattest.yaml"))
        return CliRunner().invoke(build(), [*arguments, *more])

    for night in (1, 2, 3):
        (folder / "shop.yaml").write_text(MANIFESTS.format(night=night))
        taken = f"2026-01-0{night}T02:00:00Z"
        given = ("scan", "--cluster", "shop", "--from", str(folder / "shop.yaml"), "--taken-at", taken)
        assert run(*given).exit_code in (ExitCode.DONE, ExitCode.INCOMPLETE)
    return run


def trouble(netattest, folder, *arguments):
    """Empty for files, or for a sentence with a next step; never a traceback, and never neither."""
    given = ("report", "--cluster", "shop", "--framework", "soc2", "--output", str(folder), *arguments)
    result = netattest(*given)
    if result.exception is None or isinstance(result.exception, SystemExit):
        well = result.exit_code in (ExitCode.DONE, ExitCode.INCOMPLETE) and any(folder.glob("*"))
    else:
        error = result.exception
        well = isinstance(error, NetattestError) and error.exit_code is ExitCode.USAGE and error.advice
    return "" if well else f"{arguments}: {result.exception!r} {result.output[-300:]}"


@pytest.mark.parametrize("arguments", WHAT.values(), ids=WHAT)
def test_no_combination_of_what_who_and_how_ends_in_an_internal_error(netattest, tmp_path, arguments):
    formats = ("--format", ",".join(QUICK))
    for number, (definition, redact) in enumerate(WHO):
        given = ("--definition", definition, *redact, *formats, *arguments)
        assert trouble(netattest, tmp_path / str(number), *given) == ""


@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG)
def test_what_cannot_be_meant_is_refused_with_a_next_step_and_writes_nothing(netattest, tmp_path, arguments):
    assert trouble(netattest, tmp_path / "out", "--format", "json", *arguments) == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("form", QUICK)
def test_each_format_can_be_asked_for_alone(netattest, tmp_path, form):
    for number, arguments in enumerate((("--redact", "--paper", "letter"), PERIOD)):
        assert trouble(netattest, tmp_path / str(number), "--format", form, *arguments) == ""
