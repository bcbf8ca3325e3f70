import re
import subprocess
import sys

import pytest

from app import __version__
from app.cli import program
from app.errors import CollectError, EvidenceError, ExitCode

COMMANDS = [
    "scan",
    "report",
    "reach",
    "explain",
    "findings",
    "policies",
    "scope",
    "frameworks",
    "fix",
    "whatif",
    "trend",
    "history",
    "diff",
    "rebaseline",
    "publish",
    "verify",
    "deliver",
    "run",
    "doctor",
    "register",
    "key",
    "schedule",
    "db",
]
LEAVES = [
    *(name for name in COMMANDS if name not in ("db", "key", "register", "schedule")),
    *("db upgrade", "db current", "db check"),
    *(f"schedule {name}" for name in ("list", "next", "run-now", "pause", "resume")),
    *("register check", "register propose"),
    *("key create", "key show", "key rotate"),
]


def test_help_lists_every_command_and_every_exit_code(netattest):
    ended = netattest("--help")
    assert ended.code == 0
    assert [
        line.split()[0] for line in ended.out.split("Commands:")[1].split("\n\n")[0].strip().split("\n")
    ] == COMMANDS
    assert "Exit codes: 0 done, 1 done and --fail-on was met, 2 usage" in ended.out


@pytest.mark.parametrize("command", LEAVES)
def test_every_command_takes_the_common_options_and_shows_an_example(netattest, command):
    ended = netattest(*command.split(), "--help")
    assert ended.code == 0
    assert f"  netattest {command}" in ended.out.split("Example")[1]
    for option in ("--config FILE", "--database-url URL", "--json", "--debug"):
        assert option in ended.out
    assert not re.search(r"\b(compliant|certified|in\s+place)\b", ended.out, re.IGNORECASE)


def test_help_needs_none_of_the_heavy_packages():
    heavy = "{'kubernetes', 'weasyprint', 'sqlalchemy', 'jinja2'}"
    code = (
        "import sys\nfrom app.cli import main\n"
        "try:\n    main(['--help'])\n"
        f"except SystemExit:\n    print(sorted({heavy} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip().split("\n")[-1] == "[]"


def test_version(netattest):
    assert netattest("--version").out == f"netattest {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("reach", "--form", "x"),
        ("reach", "--profile", "weave", "--from", "."),
        ("scan", "--fail-on", "terrible"),
        ("explain", "only-one"),
        ("reach", "x.yaml"),
        ("reach",),
        ("reach", "--from", "a", "--cluster", "b"),
        ("scan",),
        ("scan", "--from", "a", "--context", "b"),
        ("scan", "--in-cluster", "--context", "b", "--cluster", "c"),
        ("scan", "--cluster", "a", "--taken-at", "2026-01-01"),
        ("scan", "--from", "a", "--taken-at", "yesterday"),
        ("scan", "--from", ".", "--taken-at", "0001-01-01T00:00:00+14:00"),
        ("scan", "--from", ".", "--taken-at", "9999-12-31T23:59:59-12:00"),
        ("scan", "--from", ".", "--taken-at", "9999-12-31T23:59:59Z"),
        ("report",),
        ("report", "--cluster", "a", "--format", "oscal"),
        ("report", "--cluster", "a", "--scan", "newest"),
        ("report", "--cluster", "a", "--definition", "nonsense"),
        ("findings",),
        ("trend", "--cluster", "a", "--since", "Monday"),
        ("diff", "--cluster", "a", "1"),
        ("run",),
        ("reach", "--from", "does-not-exist"),
        ("reach", "--config", "does-not-exist.yaml", "--from", "."),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_says_so_on_standard_error_only(netattest, arguments):
    ended = netattest(*arguments)
    assert ended.code == ExitCode.USAGE
    assert ended.out == ""
    assert ended.err
    assert "Traceback" not in ended.err


ERRORS = {
    "an error that a person can act on": (
        CollectError("the API server did not answer", advice="check the network"),
        4,
        "netattest: the API server did not answer\nnext step: check the network\n",
    ),
    "evidence that does not verify": (
        EvidenceError("scan 3 was changed"),
        5,
        "netattest: scan 3 was changed\n",
    ),
    "an error that nobody foresaw": (
        KeyError("x"),
        4,
        "netattest: internal error: KeyError: 'x'\nnext step: run it again with --debug and report what it prints\n",
    ),
    "an error whose text holds a secret": (
        ValueError("see amqp://joe:opensesame@mq, password=opensesame"),
        4,
        "netattest: internal error: ValueError: see amqp://<redacted>@mq, password=<redacted>\nnext step: run it again with --debug and report what it prints\n",
    ),
    "text of a hostile cluster": (
        CollectError("\x1b[2Jgone \u202e"),
        4,
        "netattest: \\x1b[2Jgone \\u202e\n",
    ),
}


@pytest.mark.parametrize(("error", "code", "told"), ERRORS.values(), ids=ERRORS)
def test_errors_become_a_sentence_a_next_step_and_an_exit_code(netattest, monkeypatch, error, code, told):
    def fail(*_arguments, **_options):
        raise error

    monkeypatch.setattr(program.reach, "look", fail)
    ended = netattest("reach", "--from", "x")
    assert (ended.code, ended.err, ended.out) == (code, told, "")


def test_debug_adds_the_traceback_and_keeps_the_exit_code(netattest):
    ended = netattest("reach", "--debug")
    assert ended.code == ExitCode.USAGE
    assert "Traceback" in ended.err
    assert ended.err.endswith("next step: add --from PATH..., or --cluster NAME for a stored scan\n")


def test_a_traceback_holds_no_secret(netattest, monkeypatch):
    def fail(*_arguments, **_options):
        raise ValueError("Authorization: Bearer opensesame")

    monkeypatch.setattr(program.reach, "look", fail)
    ended = netattest("reach", "--from", "x", "--debug")
    assert ended.err.startswith("Traceback")
    assert "opensesame" not in ended.err


def test_an_interrupt_ends_with_130(netattest, monkeypatch):
    def interrupt(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(program.reach, "look", interrupt)
    assert netattest("reach", "--from", "x").code == 130
