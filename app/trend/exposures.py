"""Lives of exposures from stored intervals and results, and how long closing takes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from statistics import mean

from app.model.archive import Opening, SaidOver
from app.model.cluster import began
from app.model.exposure import Days, Exposure, Opened
from app.model.finding import Outcome, Severity
from app.model.history import Scan
from app.model.period import ClosingTimes

AGES = (7, 30, 90)
"""Upper bounds in days of the groups into which open exposures are counted by age; the last group has none."""


def exposures(
    openings: Iterable[Opening],
    said: Iterable[SaidOver],
    scans: Sequence[Scan],
    allowed: Mapping[Severity, int],
) -> tuple[Exposure, ...]:
    """Every finding that ever opened, by severity, check and subject.

    Args:
        openings: intervals of findings.
        said: what checks said about their subjects, over all scans.
        scans: stored scans, by number; the last one is the present. Where another cluster answered to the name before,
            lives begin in the scan in which this one began.
        allowed: days to close a finding, by severity.
    """
    border = began(scans)
    first = border.scan if border else 1
    failing: dict[str, list[SaidOver]] = defaultdict(list)
    for item in said:
        if item.result.outcome is Outcome.FAIL and item.last >= first:
            failing[item.result.fingerprint].append(replace(item, first=max(item.first, first)))
    times = {item.number: item.taken_at for item in scans}
    by_print: dict[str, list[Opening]] = defaultdict(list)
    for opening in openings:
        if failing[opening.fingerprint] and (opening.closed is None or opening.closed > first):
            seen = failing[opening.fingerprint][0].first
            by_print[opening.fingerprint].append(replace(opening, opened=max(opening.opened, seen)))
    found = (
        _exposure(sorted(own, key=lambda item: item.opened), failing[name], times, allowed)
        for name, own in by_print.items()
    )
    return tuple(sorted(found, key=lambda item: (item.severity.rank, item.check, item.subject)))


def _exposure(
    own: Sequence[Opening],
    said: Sequence[SaidOver],
    times: Mapping[int, datetime],
    allowed: Mapping[Severity, int],
) -> Exposure:
    now = times[max(times)]
    latest = said[-1]
    starts = {item.opened for item in own}
    opened = tuple(
        Opened(times[item.opened], end, _days(times[item.opened], end or now))
        for item in own
        for end in (times[item.closed] if item.closed else None,)
    )
    return Exposure(
        fingerprint=latest.result.fingerprint,
        check=latest.result.check,
        subject=latest.result.subject,
        severity=latest.result.severity,
        says=latest.result.says,
        first_at=opened[0].at,
        last_seen_at=times[max(number for number in times if number <= latest.last)],
        opened=opened,
        changed_at=tuple(
            times[item.first]
            for before, item in pairwise(said)
            # the same words after a night that could not tell are no change
            if item.first not in starts and item.result != before.result
        ),
        allowed=allowed.get(latest.result.severity),
    )


def _days(first: datetime, last: datetime) -> int:
    return (last.astimezone(UTC).date() - first.astimezone(UTC).date()).days


def lifetimes(
    found: Iterable[Exposure],
    name_of: Callable[[Exposure], str],
    names: Sequence[str],
    days: Days | None = None,
) -> tuple[ClosingTimes, ...]:
    """Count how often exposures opened and closed, by severity, namespace or whatever tells their name.

    With `days`, what opened and closed within them, and what was still open at their end.
    """
    groups: dict[str, list[Exposure]] = {name: [] for name in names}
    for item in found:
        groups.setdefault(name_of(item), []).append(item)
    return tuple(_lifetime(name, own, days or Days()) for name, own in groups.items() if own)


def _lifetime(name: str, own: Sequence[Exposure], days: Days) -> ClosingTimes:
    times = [
        (item, order, time)
        for item in own
        for order, time in enumerate(item.opened)
        if not days.after(time.at) and not days.before(time.closed_at)
    ]
    opened = [order for _, order, time in times if days.has(time.at)]
    closed = sorted(time.days for _, _, time in times if days.has(time.closed_at))
    return ClosingTimes(
        name=name,
        opened=len(opened),
        closed=len(closed),
        reopened=sum(order > 0 for order in opened),
        open_at_end=len(times) - len(closed),
        overdue=sum(item.allowed is not None and time.days > item.allowed for item, _, time in times),
        mean_days=round(mean(closed), 1) if closed else None,
        ninetieth_days=closed[-(len(closed) // 10) - 1] if closed else None,
    )


def ages(found: Iterable[Exposure]) -> tuple[tuple[str, int], ...]:
    """Open exposures by age: `0 to 7 days`, `8 to 30 days`, …, `over 90 days`."""
    open_days = [item.opened[-1].days for item in found if item.is_open]
    groups: list[tuple[str, int]] = []
    low = 0
    for high in AGES:
        groups.append((f"{low} to {high} days", sum(low <= days <= high for days in open_days)))
        low = high + 1
    return (*groups, (f"over {AGES[-1]} days", sum(days >= low for days in open_days)))
