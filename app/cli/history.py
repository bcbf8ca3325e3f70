"""`netattest history`: the lives of exposures, and how long closing takes."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

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
    required,
)
from app.cli.output import emit, emit_csv, heading, say, table
from app.cli.session import begin
from app.cli.shapes import another_since, plural, when
from app.model.cluster import began
from app.model.exposure import Days, Exposure
from app.model.finding import Severity
from app.model.history import ScanStatus
from app.model.period import ClosingTimes

_EPILOG = """\b
Examples:
  netattest history --cluster prod
  netattest history --cluster prod --state reopened --severity high
  netattest history --cluster prod --namespace payments --since 2026-01-01 --csv
"""
_COLUMNS = ["severity", "opened", "closed", "days", "times", "finding"]
_CSV = (
    "fingerprint", "check", "severity", "subject", "namespace", "first_at", "opened_at", "closed_at", "last_seen_at",
    "times_opened", "changed", "days", "allowed", "overdue", "says",
)  # fmt: skip


class State(StrEnum):
    """Which exposures are told."""

    ALL = "all"
    OPEN = "open"
    CLOSED = "closed"
    REOPENED = "reopened"
    OVERDUE = "overdue"


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(
        "history",
        cls=PlainCommand,
        short_help="When findings opened, changed, closed and came back.",
        epilog=_EPILOG,
    )(history)


def history(
    *,
    cluster: ClusterOption = None,
    state: Annotated[State, typer.Option("--state", help="Only those in this state.")] = State.ALL,
    check: CheckOption = None,
    severity: SeverityOption = None,
    framework: FrameworkOption = "",
    control: ControlOption = "",
    namespace: NamespaceOption = "",
    zone: ZoneOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Lives of exposures: first seen, changed, closed, reopened; days open against what the entity allows.

    Where another cluster answered to the name before, they begin with the first scan of this one. With dates, those that were open on at least one of the days; times to close count what opened and closed within them. Framework, control and zone are read by the latest scan.
    """
    from app import trend

    session = begin(config, database_url, as_json=as_json, debug=debug)
    name = required(cluster)
    asked = Filters(check, severity, namespace, framework, control, zone, *within(since, until))
    with session.history() as (store, archive):
        latest, known = store.scan(name), store.scans(name)
        border = began(item for item in known if item.number <= latest.number)
        scans = [item for item in known if item.status is not ScanStatus.FAILED]
        found = trend.exposures(
            archive.openings(name, latest.number),
            archive.said(name, scans[0].number, latest.number),
            scans,
            session.settings.closing_days,
        )
        chooser = asked.chooser(store, latest, ((item.check, item.subject) for item in found))
    chosen = [
        item
        for item in found
        if chooser.takes(item.check, item.subject, item.severity)
        and _in_state(item, state)
        and any(chooser.open_within(time.at, time.closed_at) for time in item.opened)
    ]
    days = Days(asked.since, asked.until)
    if as_csv:
        emit_csv(_CSV, (_csv_row(item) for item in chosen))
    elif as_json:
        emit(_document(name, latest.number, chosen, days, border.scan if border else None))
    else:
        say(
            f"{name} up to scan {latest.number}, taken {when(latest.taken_at)}: {plural(len(chosen), 'exposure')}"
        )
        if border:
            say(another_since(border, scans))
        _tell(chosen, days)


def _in_state(item: Exposure, state: State) -> bool:
    match state:
        case State.OPEN:
            return item.is_open
        case State.CLOSED:
            return not item.is_open
        case State.REOPENED:
            return item.reopened
        case State.OVERDUE:
            return item.overdue
        case State.ALL:
            return True


def _summaries(
    chosen: Sequence[Exposure], days: Days
) -> tuple[tuple[ClosingTimes, ...], tuple[ClosingTimes, ...]]:
    from app import trend

    spaces = sorted({item.subject.namespace for item in chosen})
    return (
        trend.lifetimes(chosen, lambda item: item.severity.value, [item.value for item in Severity], days),
        trend.lifetimes(chosen, lambda item: item.subject.namespace, spaces, days),
    )


def _document(
    cluster: str, scan: int, chosen: Sequence[Exposure], days: Days, since: int | None
) -> dict[str, object]:
    from app import trend

    by_severity, by_namespace = _summaries(chosen, days)
    return {
        "schema": "netattest/exposures/v1",
        "cluster": cluster,
        "scan": scan,
        "another_cluster_since": since,
        "exposures": [_shape(item) for item in chosen],
        "by_severity": [_closing_shape(item) for item in by_severity],
        "by_namespace": [_closing_shape(item) for item in by_namespace],
        "open_by_age": dict(trend.ages(chosen)),
    }


def _shape(item: Exposure) -> dict[str, object]:
    return {
        "fingerprint": item.fingerprint,
        "check": item.check,
        "subject": {
            "kind": item.subject.kind.value,
            "id": item.subject.id,
            "namespace": item.subject.namespace,
        },
        "severity": item.severity.value,
        "says": item.says,
        "first_seen": item.first_at.isoformat(),
        "last_seen": item.last_seen_at.isoformat(),
        "changed": [at.isoformat() for at in item.changed_at],
        "opened": [
            {
                "at": time.at.isoformat(),
                "closed": time.closed_at.isoformat() if time.closed_at else None,
                "days": time.days,
            }
            for time in item.opened
        ],
        "reopened": item.reopened,
        "allowed_days": item.allowed,
        "overdue": item.overdue,
    }


def _closing_shape(item: ClosingTimes) -> dict[str, object]:
    return {
        "name": item.name,
        "opened": item.opened,
        "reopened": item.reopened,
        "closed": item.closed,
        "open": item.open_at_end,
        "overdue": item.overdue,
        "mean_days_to_close": item.mean_days,
        "ninetieth_percentile_days": item.ninetieth_days,
    }


def _csv_row(item: Exposure) -> list[object]:
    last = item.opened[-1]
    return [
        item.fingerprint,
        item.check,
        item.severity.value,
        item.subject.id,
        item.subject.namespace,
        item.first_at.isoformat(),
        last.at.isoformat(),
        last.closed_at.isoformat() if last.closed_at else "",
        item.last_seen_at.isoformat(),
        len(item.opened),
        len(item.changed_at),
        last.days,
        "" if item.allowed is None else item.allowed,
        item.overdue,
        item.says,
    ]


def _tell(chosen: Sequence[Exposure], days: Days) -> None:
    from app import trend

    if not chosen:
        return
    say()
    table(_COLUMNS, [_row(item) for item in chosen], right=[3, 4])
    by_severity, by_namespace = _summaries(chosen, days)
    for title, rows in (("severity", by_severity), ("namespace", by_namespace)):
        heading(f"Time to close by {title}, in days")
        table(
            [title, "opened", "reopened", "closed", "open", "overdue", "mean", "90th percentile"],
            [_closing_row(item) for item in rows],
            right=[1, 2, 3, 4, 5, 6, 7],
        )
    heading("Open now, by age")
    table(["age", "exposures"], trend.ages(chosen), right=[1])


def _row(item: Exposure) -> list[object]:
    last = item.opened[-1]
    closed = f"{last.closed_at:%Y-%m-%d}" if last.closed_at else "open"
    days = f"{last.days}{' !' if item.overdue else ''}"
    return [item.severity.value, f"{last.at:%Y-%m-%d}", closed, days, len(item.opened), item.says]


def _closing_row(item: ClosingTimes) -> list[object]:
    return [
        item.name or "(cluster)",
        item.opened,
        item.reopened,
        item.closed,
        item.open_at_end,
        item.overdue,
        "–" if item.mean_days is None else item.mean_days,
        "–" if item.ninetieth_days is None else item.ninetieth_days,
    ]
