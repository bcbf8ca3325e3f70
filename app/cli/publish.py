"""`netattest publish`: a folder of plain pages about every cluster."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from app import bootstrap
from app.cli.options import ConfigOption, DatabaseOption, DebugOption, JsonOption, PlainCommand, split
from app.cli.output import emit, say
from app.cli.progress import reporting
from app.cli.session import begin
from app.errors import InputError

_EPILOG = """\b
Examples:
  netattest publish /srv/www/netattest
  netattest publish /srv/www/netattest --reports pdf,html
  netattest publish audit-2026/ --as-of 2026-06-30
"""
_FORMATS = ("pdf", "html", "json", "csv", "oscal", "ocsf", "bundle")


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(
        "publish", cls=PlainCommand, short_help="Plain pages about every cluster.", epilog=_EPILOG
    )(publish)


def publish(
    *,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An empty folder, or a site made before.")],
    reports: Annotated[
        str,
        typer.Option(
            "--reports",
            metavar="LIST",
            help=f"Reports of each cluster's last stored scan as well: any of {', '.join(_FORMATS)}.",
        ),
    ] = "",
    as_of: Annotated[
        str,
        typer.Option("--as-of", metavar="DATE", help="As it would have been on that day.  [default: today]"),
    ] = "",
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Write what is stored about every cluster as pages that need no server; only what changed is written.

    Days are counted in UTC. Nothing is judged again: the pages tell what the scans stored. Reports that the schedule made
    in the last four weeks are copied and linked by night.
    """
    from app.publication import Publication

    session = begin(config, database_url, as_json=as_json, debug=debug)
    wanted, day = _formats(reports), _day(as_of, bootstrap.SystemClock().now().date())
    with bootstrap.opened_store(session.settings) as store, reporting() as progress:
        filed = bootstrap.report_folders(session.settings)
        placed = Publication(session.settings, store, progress, day, wanted, filed).write(folder)
    if as_json:
        emit({"written": placed.written, "kept": placed.kept, "removed": placed.removed})
    else:
        say(
            f"{folder / 'index.html'}: {placed.written} written, {placed.kept} unchanged, {placed.removed} removed"
        )


def _formats(text: str) -> tuple[str, ...]:
    wanted = split((text.lower(),))
    if unknown := [item for item in wanted if item not in _FORMATS]:
        raise InputError(
            f"--reports {text!r} names no format that can be published: {', '.join(unknown)}",
            advice=f"choose from {', '.join(_FORMATS)}, with commas between them",
        )
    return wanted


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError as error:
        raise InputError(f"--as-of {text!r} is not a day", advice="write 2026-11-22") from error
    if day > today:
        raise InputError(f"--as-of {text} has not come yet", advice="name a day that is not after today")
    return day
