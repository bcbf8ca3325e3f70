"""`netattest doctor`: what works here and what does not, each with the next step."""

from collections.abc import Sequence

import typer

from app import bootstrap
from app.cli import checkup
from app.cli.checkup import Line, Mark
from app.cli.options import (
    ConfigOption,
    ContextOption,
    DatabaseOption,
    DebugOption,
    InClusterOption,
    JsonOption,
    KubeconfigOption,
)
from app.cli.output import emit, say
from app.cli.session import begin, one_source
from app.errors import ExitCode

_EPILOG = """\b
Examples:
  netattest doctor
  netattest doctor --context prod-admin --json

Exits with the code of the first failure; warnings do not change it.
"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command("doctor", short_help="What works here and what does not.", epilog=_EPILOG)(doctor)


def doctor(
    *,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    in_cluster: InClusterOption = False,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Check settings, documents, database, clock, PDF and what may be read from the cluster."""
    session = begin(config, database_url, as_json=as_json, debug=debug)
    access = bootstrap.Access(kubeconfig, context, in_cluster)
    one_source((), access)
    lines: list[Line] = []
    for check in checkup.checks(session.settings, access):
        found = checkup.run(check)
        lines += found
        if not as_json:
            _tell(found)
    if as_json:
        emit({"schema": "netattest/doctor/v1", "checks": [_shape(line) for line in lines]})
    failed = [line.code for line in lines if line.mark is Mark.FAIL]
    raise typer.Exit(failed[0] if failed else ExitCode.DONE)


def _tell(lines: Sequence[Line]) -> None:
    for line in lines:
        say(f"{line.mark.value:<5} {line.part}: {line.says}")
        if line.advice:
            say("\n".join(f"      {text}" for text in f"next step: {line.advice}".split("\n")))


def _shape(line: Line) -> dict[str, str]:
    return {"part": line.part, "result": line.mark.value, "says": line.says, "advice": line.advice}
