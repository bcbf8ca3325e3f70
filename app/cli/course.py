"""`netattest trend` about findings: how many failing results there were, night by night, by severity."""

from collections.abc import Sequence

from app.cli.filters import Filters
from app.cli.output import emit, emit_csv, heading, say, table
from app.cli.session import Session
from app.cli.shapes import plural
from app.cli.spark import sparkline
from app.errors import NotFoundError
from app.model.finding import Outcome, Severity
from app.model.history import Scan, ScanStatus

_CSV = ("scan", "taken_at", "status", "severity", "failing")

Counts = dict[Severity, int] | None
"""Failing results of one scan; None where none is stored: that is no zero."""


def tell_findings(session: Session, cluster: str, asked: Filters, *, as_csv: bool) -> None:
    """Print the course of failing results that fit some filters; framework, control and zone are read by the last scan."""
    with session.history() as (store, archive):
        scans = store.scans(cluster, asked.since, asked.until)
        stored = [item for item in scans if item.status is not ScanStatus.FAILED]
        if not stored:
            raise NotFoundError(
                f"there is no scan of {cluster} in this time",
                advice=f"clusters with scans: {', '.join(store.clusters()) or 'none yet'}",
            )
        said = archive.said(cluster, stored[0].number, stored[-1].number)
        chooser = asked.chooser(store, stored[-1], {item.result.check for item in said})
    chosen = [
        item
        for item in said
        if item.result.outcome is Outcome.FAIL
        and chooser.takes(item.result.check, item.result.subject, item.result.severity)
    ]
    nights: list[tuple[Scan, Counts]] = []
    for scan in scans:
        here = [item.result.severity for item in chosen if item.first <= scan.number <= item.last]
        counts = {severity: here.count(severity) for severity in Severity}
        nights.append((scan, None if scan.status is ScanStatus.FAILED else counts))
    if as_csv:
        emit_csv(_CSV, _rows(nights))
    elif session.as_json:
        emit(_document(cluster, nights))
    else:
        _tell(cluster, nights)


def _rows(nights: Sequence[tuple[Scan, Counts]]) -> list[list[object]]:
    return [
        [
            scan.number,
            scan.taken_at.isoformat(),
            scan.status.value,
            severity.value,
            "" if counts is None else counts[severity],
        ]
        for scan, counts in nights
        for severity in Severity
    ]


def _document(cluster: str, nights: Sequence[tuple[Scan, Counts]]) -> dict[str, object]:
    return {
        "schema": "netattest/course/v1",
        "cluster": cluster,
        "scans": [
            {
                "scan": scan.number,
                "taken_at": scan.taken_at.isoformat(),
                "status": scan.status.value,
                "failing": None
                if counts is None
                else {severity.value: value for severity, value in counts.items()},
            }
            for scan, counts in nights
        ],
    }


def _tell(cluster: str, nights: Sequence[tuple[Scan, Counts]]) -> None:
    heading(f"Failing results, {plural(len(nights), 'scan')} of {cluster}")
    rows: list[list[object]] = []
    for severity in Severity:
        values = [None if counts is None else counts[severity] for _, counts in nights]
        known = [value for value in values if value is not None]
        if any(known):
            rows.append([severity.value, sparkline(values), known[0], known[-1]])
    if rows:
        table(["severity", "course", "first", "last"], rows, right=[2, 3])
    else:
        say("none that fits")
