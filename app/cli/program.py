"""All commands in the order in which `--help` lists them."""

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from app import __version__
from app.cli import (
    database,
    deliver,
    diff,
    doctor,
    explain,
    findings,
    fix,
    history,
    key,
    mapping,
    policies,
    publish,
    reach,
    rebaseline,
    register,
    report,
    scan,
    schedule,
    scope,
    service,
    trend,
    verify,
    whatif,
)

_EPILOG = """\b
Start here:
  netattest reach --from MANIFESTS              who can reach whom; no database needed
  netattest scan --cluster prod --context prod  collect, judge and store one scan
  netattest report --cluster prod               PDF and HTML for every framework

\b
Exit codes: 0 done, 1 done and --fail-on was met, 2 usage or configuration,
3 done but the collection was incomplete, 4 a part could not be reached,
5 evidence does not verify.
"""


class _Program(TyperGroup):
    """All commands; a reader that goes away (`| head`) ends them without an error."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named, and write out everything it printed."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except BrokenPipeError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the exit flushes once more
            raise typer.Exit from error


def build() -> typer.Typer:
    """Build the program."""
    result = typer.Typer(
        name="netattest",
        cls=_Program,
        help="Compliance evidence for Kubernetes network security: who can reach whom, proven every night.",
        epilog=_EPILOG,
        rich_markup_mode=None,  # plain help: quick to start, the same in a pipe
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    result.callback()(_root)
    for part in (
        *(
            scan,
            report,
            reach,
            explain,
            findings,
            policies,
            scope,
            register,
            mapping,
            fix,
            whatif,
            trend,
            history,
            diff,
            rebaseline,
            publish,
        ),
        *(verify, key, deliver, service, schedule, database, doctor),
    ):
        part.register(result)
    return result


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"netattest {__version__}")
        raise typer.Exit


def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    del version
