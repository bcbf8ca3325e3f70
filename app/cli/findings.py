"""`netattest findings`: what is open at a stored scan."""

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import groupby
from typing import Annotated

import typer

from app.cli.options import (
    ClusterOption,
    ConfigOption,
    DatabaseOption,
    DebugOption,
    JsonOption,
    PlainCommand,
    ScanOption,
    required,
    scan_number,
)
from app.cli.output import emit, heading, say, table
from app.cli.session import begin
from app.cli.shapes import life_shape, plural, scan_shape, when
from app.errors import NotFoundError
from app.model.finding import Severity
from app.model.history import FindingLife, Scan

_EPILOG = """\b
Examples:
  netattest findings --cluster prod
  netattest findings --cluster prod --scan 14 --severity high
  netattest findings --cluster prod --check pod-without-egress-isolation --json
"""

_COLUMNS = ["open since", "scans", "finding"]


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(
        "findings", cls=PlainCommand, short_help="What is open at a stored scan.", epilog=_EPILOG
    )(findings)


def findings(
    *,
    cluster: ClusterOption = None,
    scan: ScanOption = "latest",
    check: Annotated[str | None, typer.Option("--check", metavar="ID", help="Only this check.")] = None,
    severity: Annotated[
        Severity | None, typer.Option("--severity", help="Only this severity and worse.")
    ] = None,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Findings open at a stored scan, worst first, with their history."""
    session = begin(config, database_url, as_json=as_json, debug=debug)
    with session.store() as store:
        stored = store.scan(required(cluster), scan_number(scan))
        lives = store.findings(stored)
    _check_known(check, lives)
    chosen = sorted(
        (life for life in lives if _wanted(life, check, severity)),
        key=lambda life: (life.severity.rank, life.check, life.subject),
    )
    if as_json:
        emit(
            {
                "schema": "netattest/findings/v1",
                "scan": scan_shape(stored),
                "findings": [life_shape(life) for life in chosen],
            }
        )
    else:
        _tell(stored, chosen)


def _check_known(check: str | None, lives: Sequence[FindingLife]) -> None:
    """Refuse an id that no check has: no finding would look as if it had passed."""
    from app.evaluate.checks import CHECKS

    known = {item.id for item in CHECKS} | {life.check for life in lives}
    if check is not None and check not in known:
        near = get_close_matches(check, sorted(known)) or sorted(known)
        raise NotFoundError(f"--check {check!r} is no check", advice=f"there are {', '.join(near)}")


def _wanted(life: FindingLife, check: str | None, severity: Severity | None) -> bool:
    return (check is None or life.check == check) and (
        severity is None or life.severity.rank <= severity.rank
    )


def _tell(scan: Scan, lives: list[FindingLife]) -> None:
    say(
        f"Scan {scan.number} of {scan.cluster}, taken {when(scan.taken_at)}: {plural(len(lives), 'open finding')}"
    )
    if sys.stdout.isatty():
        _tell_by_check(lives)
    elif lives:
        say()
        rows = [[life.severity.value, life.check, *_row(life)] for life in lives]
        table(["severity", "check", *_COLUMNS], rows, right=[3])


def _tell_by_check(lives: list[FindingLife]) -> None:
    """Check ids are long, and a terminal is narrow: the id stands above its findings."""
    for (severity, check), group in groupby(lives, key=lambda life: (life.severity, life.check)):
        heading(f"{severity.value}: {check}")
        table(_COLUMNS, [_row(life) for life in group], right=[1])


def _row(life: FindingLife) -> list[object]:
    return [f"{life.opened_at:%Y-%m-%d}", life.seen_in, life.result.says]
