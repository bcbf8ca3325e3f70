"""Each time a subject failed: since when at the earliest, until when at the latest, why, and whether that was in time."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from app.model.archive import ObjectCause, Opening, SaidOver
from app.model.control import AcceptedException
from app.model.finding import CheckResult, Outcome, Severity
from app.model.history import Scan
from app.model.nights import Nights, Span
from app.model.period import Acceptance, ClosingTimes, Deviation
from app.model.scope import Boundary
from app.trend.period.standing import Accepts, Bearings, Ledger
from app.trend.period.tenures import Tenure, tenures

Causes = Callable[[Opening, CheckResult], tuple[ObjectCause, ...]]
"""Objects that changed between the scan before an opening and the opening's own."""


@dataclass(frozen=True)
class Terms:
    """What deviations are measured by.

    Attributes:
        span: the period.
        boundary: the framework's population.
        bearings: which controls a check bears on.
        allowed: days to close a finding, by severity; what the entity did not set is missing.
        exceptions: every exception that some scan of the period knew, by id.
    """

    span: Span
    boundary: Boundary | None
    bearings: Bearings
    allowed: Mapping[Severity, int]
    exceptions: Mapping[str, AcceptedException]


def deviations(
    openings: Iterable[Opening],
    said: Iterable[SaidOver],
    scans: Sequence[Scan],
    ledger: Ledger,
    terms: Terms,
    accepts: Accepts,
    causes: Causes,
) -> tuple[Deviation, ...]:
    """Every finding that was open on a night of the period and bears on the framework, by opening, check and subject.

    Args:
        openings: intervals of findings since the first scan ever, by fingerprint and opening.
        said: failing and undecided results over the scans of the period, and earlier ones of findings that none of them
            could judge.
        scans: stored scans, by number.
        ledger: the period's nights.
        terms: what they are measured by.
        accepts: which exception stands before a result.
        causes: what changed when one opened.
    """
    stored, told, first = tuple(openings), tuple(said), min(ledger.at)
    found = [
        item
        for tenure in tenures(scans)
        if tenure.next is None or tenure.next.number > first
        for item in _of_one_cluster(stored, told, tenure, ledger, terms, accepts, causes)
    ]
    return tuple(sorted(found, key=lambda item: (item.opened_at, item.check, item.subject)))


def _of_one_cluster(
    openings: Iterable[Opening],
    said: Iterable[SaidOver],
    tenure: Tenure,
    ledger: Ledger,
    terms: Terms,
    accepts: Accepts,
    causes: Causes,
) -> Iterator[Deviation]:
    results: dict[str, list[SaidOver]] = defaultdict(list)
    for item in tenure.results(said):
        if item.result.outcome is Outcome.FAIL and item.result.inside(terms.boundary):
            results[item.result.fingerprint].append(item)
    own = (tenure.opening(item, results.get(item.fingerprint, ())) for item in openings)
    for opening, order in _counted(item for item in own if item):
        seen = _within(opening, results.get(opening.fingerprint, ()))
        lasts = opening.closed is None or opening.closed > min(ledger.at)
        if seen and lasts and any(terms.bearings.controls(opening.check)[0]):
            yield _deviation(opening, order, seen, tenure, ledger, terms, accepts, causes)


def _counted(openings: Iterable[Opening]) -> Iterator[tuple[Opening, int]]:
    seen: dict[str, int] = defaultdict(int)
    for item in sorted(openings, key=lambda item: (item.fingerprint, item.opened)):
        seen[item.fingerprint] += 1
        yield item, seen[item.fingerprint]


def _within(opening: Opening, results: Sequence[SaidOver]) -> list[SaidOver]:
    return [
        item
        for item in results
        if item.last >= opening.opened and (opening.closed is None or item.first < opening.closed)
    ]


def _deviation(
    opening: Opening,
    order: int,
    own: Sequence[SaidOver],
    tenure: Tenure,
    ledger: Ledger,
    terms: Terms,
    accepts: Accepts,
    causes: Causes,
) -> Deviation:
    times, numbers = tenure.times, sorted(tenure.times)
    result = own[-1].result
    closed = opening.closed if opening.closed is not None and opening.closed <= max(ledger.at) else None
    before = numbers[: bisect_left(numbers, opening.opened)]
    seen = [scan for scan in ledger.at if any(item.first <= scan <= item.last for item in own)]
    accepted = _accepted(own, ledger, terms, accepts)
    covered = 0
    for item in accepted:
        covered |= item.nights
    controls, direct = terms.bearings.controls(opening.check)
    left = tenure.next.taken_at if tenure.next and not closed else None
    ended = times[closed] if closed else left
    end = ended.astimezone(terms.span.zone).date() if ended else terms.span.last
    return Deviation(
        fingerprint=opening.fingerprint,
        check=opening.check,
        subject=result.subject,
        severity=result.severity,
        says=result.says,
        controls=controls,
        direct=direct,
        opening=order,
        opened_in=opening.opened,
        opened_at=times[opening.opened],
        clean_before=times[before[-1]] if before else None,
        last_seen_at=times[numbers[bisect_right(numbers, own[-1].last) - 1]],
        closed_in=closed,
        closed_at=times[closed] if closed else None,
        another_cluster_at=left,
        days=(end - times[opening.opened].astimezone(terms.span.zone).date()).days,
        allowed=terms.allowed.get(result.severity),
        failed=ledger.of_scans(seen) & ~covered,
        accepted=accepted,
        causes=causes(opening, own[0].result) if before else (),
        changed_at=tuple(times[item.first] for item in own[1:] if item.first in times),
    )


def _accepted(
    own: Sequence[SaidOver], ledger: Ledger, terms: Terms, accepts: Accepts
) -> tuple[Acceptance, ...]:
    nights: dict[str, Nights] = defaultdict(int)
    for item in own:
        for scan, at in ledger.at.items():
            if item.first <= scan <= item.last and (name := accepts(item.result, scan)):
                nights[name] |= 1 << at
    return tuple(Acceptance(name, _reference(terms, name), nights[name]) for name in sorted(nights))


def _reference(terms: Terms, name: str) -> str:
    found = terms.exceptions.get(name)
    return (found.compensating_control or found.reason) if found else ""


def closing_times(name: str, found: Sequence[Deviation], ledger: Ledger) -> ClosingTimes:
    """Count findings of one severity or namespace; the mean is over those that closed within the period."""
    opened = [item for item in found if item.opened_in in ledger.at]
    closed = sorted(item.days for item in found if item.closed_in is not None)
    return ClosingTimes(
        name=name,
        opened=len(opened),
        closed=len(closed),
        reopened=sum(item.opening > 1 for item in opened),
        open_at_end=sum(item.is_open for item in found),
        overdue=sum(item.overdue for item in found),
        mean_days=round(mean(closed), 1) if closed else None,
        ninetieth_days=closed[-(len(closed) // 10) - 1] if closed else None,
    )
