"""`netattest trend` about findings: how many failing results there were, night by night, by severity."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.cli.filters import Filters
from app.cli.output import emit, emit_csv, heading, say, table
from app.cli.session import Session
from app.cli.shapes import plural
from app.cli.spark import courses
from app.errors import NotFoundError
from app.model.archive import SaidOver
from app.model.finding import Outcome, Severity
from app.model.history import ScanStatus, TrendPoint

_CSV = ("scan", "taken_at", "status", "severity", "failing", "undecided")

Counts = dict[Severity, int] | None
"""Results of one night by severity; None where no scan is stored: that is no zero."""


@dataclass(frozen=True, slots=True)
class Night:
    """One scan, or a slot that was missed, with what failed and what could not be told."""

    point: TrendPoint
    failing: Counts
    undecided: Counts


def tell_findings(session: Session, cluster: str, asked: Filters, *, as_csv: bool) -> None:
    """Print the course of failing results that fit some filters; framework, control and zone are read by the last scan."""
    from app import trend

    with session.history() as (store, archive):
        scans = store.scans(cluster, asked.since, asked.until)
        stored = [item for item in scans if item.status is not ScanStatus.FAILED]
        if not stored:
            raise NotFoundError(
                f"there is no scan of {cluster} in this time",
                advice=f"clusters with scans: {', '.join(store.clusters()) or 'none yet'}",
            )
        slots, removed = store.slots(cluster, scans[0].taken_at, scans[-1].taken_at), store.removed(cluster)
        said = archive.said(cluster, stored[0].number, stored[-1].number)
        chooser = asked.chooser(
            store, stored[-1], ((item.result.check, item.result.subject) for item in said)
        )
    chosen = [
        item for item in said if chooser.takes(item.result.check, item.result.subject, item.result.severity)
    ]
    nights = [_night(point, chosen) for point in trend.nights(scans, slots, removed)]
    if as_csv:
        emit_csv(_CSV, _rows(nights))
    elif session.as_json:
        emit(_document(cluster, nights))
    else:
        _tell(cluster, nights)


def _night(point: TrendPoint, said: Sequence[SaidOver]) -> Night:
    number = point.scan
    if point.counts is None or number is None:
        return Night(point, None, None)
    here = [item.result for item in said if item.first <= number <= item.last]
    failing = [item.severity for item in here if item.outcome is Outcome.FAIL]
    undecided = [item.severity for item in here if item.outcome is not Outcome.FAIL]
    return Night(
        point,
        {severity: failing.count(severity) for severity in Severity},
        {severity: undecided.count(severity) for severity in Severity},
    )


def _rows(nights: Sequence[Night]) -> list[list[object]]:
    return [
        [
            "" if night.point.scan is None else night.point.scan,
            night.point.at.isoformat(),
            night.point.status,
            severity.value,
            "" if night.failing is None else night.failing[severity],
            "" if night.undecided is None else night.undecided[severity],
        ]
        for night in nights
        for severity in Severity
    ]


def _document(cluster: str, nights: Sequence[Night]) -> dict[str, object]:
    return {
        "schema": "netattest/course/v1",
        "cluster": cluster,
        "scans": [
            {
                "scan": night.point.scan,
                "taken_at": night.point.at.isoformat(),
                "status": night.point.status,
                "failing": _named(night.failing),
                "undecided": _named(night.undecided),
                "breaks": list(night.point.breaks),
                "scope": night.point.scope,
                "tool_version": night.point.tool,
                "gaps": night.point.gaps,
            }
            for night in nights
        ],
    }


def _named(counts: Counts) -> dict[str, int] | None:
    return None if counts is None else {severity.value: value for severity, value in counts.items()}


def _tell(cluster: str, nights: Sequence[Night]) -> None:
    heading(f"Failing results, {plural(len(nights), 'night')} of {cluster}")
    values: dict[str, list[int | None]] = {
        severity.value: [None if night.failing is None else night.failing[severity] for night in nights]
        for severity in Severity
    }
    values["could not be told"] = [
        None if night.undecided is None else sum(night.undecided.values()) for night in nights
    ]
    columns, rows, right = courses("severity", values, [night.point for night in nights])
    if rows:
        table(columns, rows, right=right)
    else:
        say("none that fits")
    for night in nights:
        for sentence in night.point.breaks:
            say(f"  {night.point.at:%Y-%m-%d}: {sentence}")
