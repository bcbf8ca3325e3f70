"""Findings read back as they were known at a scan, however old it is."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Row, func, select

from app.model.cluster import latest_began
from app.model.finding import CheckResult, Outcome
from app.model.history import FindingLife
from app.model.results import decode_result
from app.store.blobs import load_blobs
from app.store.bulk import among
from app.store.scans import identities
from app.store.tables import OPEN, finding_interval, finding_result, scan


@dataclass(frozen=True, slots=True)
class _Nights:
    """Scans that were stored whole, up to the one asked about: numbers ascending, and their times."""

    numbers: tuple[int, ...]
    times: tuple[datetime, ...]

    def at(self, number: int) -> datetime:
        return self.times[bisect_right(self.numbers, number) - 1]

    def last(self, number: int) -> int:
        """The stored scan at or before a number; a range runs on over failed scans, which saw nothing."""
        return self.numbers[bisect_right(self.numbers, number) - 1]

    def count(self, first: int, last: int) -> int:
        return bisect_right(self.numbers, last) - bisect_right(self.numbers, first - 1)


@dataclass(frozen=True, slots=True)
class _Interval:
    opened: int
    closed: int | None  # as known at the scan asked about


@dataclass(frozen=True, slots=True)
class _Range:
    first: int
    last: int
    blob_id: int


def lives_at(
    connection: Connection, cluster_id: int, number: int, closed_since: int | None
) -> tuple[FindingLife, ...]:
    """Findings open at a scan, and with `closed_since` also those closed after that scan; by check and subject.

    Where another cluster answered to the name before, it is as if the scan in which this one began were the first:
    nothing that was known of the other one makes a finding of this one older.
    """
    nights = _nights(connection, cluster_id, number)
    began = latest_began(identities(connection, cluster_id, number))
    intervals = {
        finding_id: found
        for finding_id, found in _intervals(connection, cluster_id, number, began).items()
        if _wanted(found[-1], closed_since)
    }
    ranges = _failing(connection, sorted(intervals), number, began)
    bodies = load_blobs(connection, (found[-1].blob_id for found in ranges.values()))
    lives = (
        _life(
            nights,
            _since(found, ranges[key]),
            ranges[key],
            decode_result(bodies[ranges[key][-1].blob_id]),
            number,
        )
        for key, found in intervals.items()
        if key in ranges  # what only the other cluster was seen to fail
    )
    return tuple(sorted(lives, key=lambda item: (item.check, item.subject)))


def _wanted(last: _Interval, closed_since: int | None) -> bool:
    return last.closed is None or (closed_since is not None and last.closed > closed_since)


def _since(intervals: Sequence[_Interval], ranges: Sequence[_Range]) -> Sequence[_Interval]:
    """The intervals; the first one opens where the subject was first seen to fail, in this cluster."""
    first = replace(intervals[0], opened=max(intervals[0].opened, ranges[0].first))
    return (first, *intervals[1:])


def _life(
    nights: _Nights,
    intervals: Sequence[_Interval],
    ranges: Sequence[_Range],
    result: CheckResult,
    number: int,
) -> FindingLife:
    current = intervals[-1]
    last_in = nights.last(min(ranges[-1].last, number))
    return FindingLife(
        fingerprint=result.fingerprint,
        check=result.check,
        subject=result.subject,
        severity=result.severity,
        first_in=intervals[0].opened,
        first_at=nights.at(intervals[0].opened),
        opened_in=current.opened,
        opened_at=nights.at(current.opened),
        last_in=last_in,
        last_at=nights.at(last_in),
        closed_in=current.closed,
        closed_at=None if current.closed is None else nights.at(current.closed),
        times_opened=len(intervals),
        seen_in=sum(nights.count(item.first, min(item.last, number)) for item in ranges),
        result=result,
    )


def _nights(connection: Connection, cluster_id: int, number: int) -> _Nights:
    rows = connection.execute(
        select(scan.c.number, scan.c.taken_at)
        .where(scan.c.cluster_id == cluster_id, scan.c.number <= number, scan.c.status != "failed")
        .order_by(scan.c.number)
    ).all()
    return _Nights(tuple(row.number for row in rows), tuple(row.taken_at for row in rows))


def _intervals(
    connection: Connection, cluster_id: int, number: int, began: int
) -> dict[int, list[_Interval]]:
    """Those that lie in the scans from `began` on, or reach into them."""
    closed = func.coalesce(finding_interval.c.closed_scan, OPEN)
    rows = connection.execute(
        select(finding_interval)
        .where(finding_interval.c.cluster_id == cluster_id, finding_interval.c.opened_scan <= number)
        .where(closed > began)
        .order_by(finding_interval.c.finding_id, finding_interval.c.opened_scan)
    )
    found: dict[int, list[_Interval]] = defaultdict(list)
    for row in rows:
        found[row.finding_id].append(_Interval(row.opened_scan, _closed_by(row, number)))
    return found


def _closed_by(row: Row[tuple[object, ...]], number: int) -> int | None:
    closed: int | None = row.closed_scan
    return closed if closed is not None and closed <= number else None


def _failing(
    connection: Connection, findings: Sequence[int], number: int, began: int
) -> dict[int, list[_Range]]:
    rows = connection.execute(
        select(finding_result)
        .where(among(finding_result.c.finding_id, findings), finding_result.c.first_scan <= number)
        .where(finding_result.c.outcome == Outcome.FAIL.value, finding_result.c.last_scan >= began)
        .order_by(finding_result.c.finding_id, finding_result.c.first_scan)
    )
    found: dict[int, list[_Range]] = defaultdict(list)
    for row in rows:
        found[row.finding_id].append(_Range(max(row.first_scan, began), row.last_scan, row.blob_id))
    return found
