"""`netattest findings`: what is open at a stored scan."""

import sys
from itertools import groupby

import typer

from app.cli.filters import (
    CheckOption,
    ControlOption,
    CsvOption,
    Filters,
    FrameworkOption,
    NamespaceOption,
    SeverityOption,
    SinceOption,
    UntilOption,
    ZoneOption,
    within,
)
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
from app.cli.output import emit, emit_csv, heading, say, table
from app.cli.session import begin
from app.cli.shapes import another_since, life_shape, plural, scan_shape, when
from app.model.cluster import began
from app.model.history import FindingLife, Scan

_EPILOG = """\b
Examples:
  netattest findings --cluster prod
  netattest findings --cluster prod --scan 14 --severity high
  netattest findings --cluster prod --check pod-without-egress-isolation --json
  netattest findings --cluster prod --framework pci --control 1.3.1 --zone cde --csv
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
    check: CheckOption = None,
    severity: SeverityOption = None,
    framework: FrameworkOption = "",
    control: ControlOption = "",
    namespace: NamespaceOption = "",
    zone: ZoneOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    as_csv: CsvOption = False,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Findings open at a stored scan, worst first, with their history; dates are those on which they opened."""
    session = begin(config, database_url, as_json=as_json, debug=debug)
    with session.store() as store:
        stored = store.scan(required(cluster), scan_number(scan))
        lives = store.findings(stored)
        scans = store.scans(stored.cluster)
        border = began(item for item in scans if item.number <= stored.number)
        asked = Filters(check, severity, namespace, framework, control, zone, *within(since, until))
        chooser = asked.chooser(store, stored, ((life.check, life.subject) for life in lives))
    chosen = sorted(
        (
            life
            for life in lives
            if chooser.takes(life.check, life.subject, life.severity) and _opened(life, asked)
        ),
        key=lambda life: (life.severity.rank, life.check, life.subject),
    )
    if as_csv:
        emit_csv(_CSV, (_csv_row(life) for life in chosen))
    elif as_json:
        emit(
            {
                "schema": "netattest/findings/v1",
                "scan": scan_shape(stored),
                "another_cluster_since": border.scan if border else None,
                "findings": [life_shape(life) for life in chosen],
            }
        )
    else:
        _tell(stored, chosen, another_since(border, scans) if border else "")


def _opened(life: FindingLife, asked: Filters) -> bool:
    """True when it opened between the days that were asked for."""
    return (asked.since is None or life.opened_at >= asked.since) and (
        asked.until is None or life.opened_at <= asked.until
    )


_CSV = (
    "fingerprint",
    "check",
    "severity",
    "subject",
    "namespace",
    "opened_at",
    "first_at",
    "times_opened",
    "scans",
    "says",
)


def _csv_row(life: FindingLife) -> list[object]:
    return [
        life.fingerprint,
        life.check,
        life.severity.value,
        life.subject.id,
        life.subject.namespace,
        life.opened_at.isoformat(),
        life.first_at.isoformat(),
        life.times_opened,
        life.seen_in,
        life.result.says,
    ]


def _tell(scan: Scan, lives: list[FindingLife], since: str) -> None:
    say(
        f"Scan {scan.number} of {scan.cluster}, taken {when(scan.taken_at)}: {plural(len(lives), 'open finding')}"
    )
    if since:
        say(since)
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
