"""Workloads over a period: when each was there, and how the controls that speak about workloads stood for it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.model.archive import Counted
from app.model.nights import Nights, Standing, each
from app.model.period import WorkloadCourse
from app.trend.period.standing import Bad, Bearings, Ledger
from app.trend.period.words import says


@dataclass(frozen=True, slots=True)
class Presence:
    """A workload, whether it is inside the boundary, and the closed intervals of scans that saw it."""

    workload: str
    namespace: str
    inside: bool | None
    scans: tuple[tuple[int, int], ...]


def workload_courses(
    present: Iterable[Presence],
    bad: Mapping[tuple[str, str], Bad],
    counted: Iterable[Counted],
    bearings: Bearings,
    ledger: Ledger,
) -> tuple[WorkloadCourse, ...]:
    """Follow every workload that a scan of the period saw and that is not known to be outside, by id."""
    doubtful = doubtful_nights(counted, ledger)
    checks = {
        control: tuple(check for check in names if check in bearings.about)
        for control, names in bearings.direct.items()
    }
    asked = {control: names for control, names in checks.items() if names}
    found = (_course(item, bad, doubtful, asked, ledger) for item in present if item.inside is not False)
    return tuple(sorted((item for item in found if item), key=lambda item: item.workload))


def doubtful_nights(counted: Iterable[Counted], ledger: Ledger) -> Mapping[str, Nights]:
    """Check → nights on which a scan did not perform it, or did not read its whole population."""
    told: dict[str, set[int]] = defaultdict(set)
    for item in counted:
        told[item.check] |= {item.scan} if item.complete else set()
    return {
        check: ledger.of_scans(scan for scan in ledger.at if scan not in scans)
        for check, scans in told.items()
    }


def _course(
    item: Presence,
    bad: Mapping[tuple[str, str], Bad],
    doubtful: Mapping[str, Nights],
    checks: Mapping[str, Sequence[str]],
    ledger: Ledger,
) -> WorkloadCourse | None:
    there = _scans(item, ledger)
    if not there:
        return None
    present = ledger.of_scans(there)
    unseen = _beside(present, ledger)
    controls = tuple(
        (control, _standing(item, names, bad, doubtful, (present, unseen), ledger))
        for control, names in checks.items()
    )
    times = [ledger.nights[at].taken_at or ledger.nights[at].due_at for at in each(present)]
    return WorkloadCourse(
        workload=item.workload,
        namespace=item.namespace,
        inside=item.inside,
        first_at=times[0],
        last_at=times[-1],
        present=present,
        whole=present == ledger.scanned,
        controls=controls,
        says=tuple(
            (control, says(standing, ledger.nights))
            for control, standing in controls
            if standing.held != standing.nights
        ),
    )


def _scans(item: Presence, ledger: Ledger) -> tuple[int, ...]:
    return tuple(scan for scan in ledger.at if any(first <= scan <= last for first, last in item.scans))


def _beside(present: Nights, ledger: Ledger) -> Nights:
    """Nights without a scan on which it may have been there: the scanned night before, or the one after, saw it."""
    found, before, waiting = 0, False, 0
    for at in range(len(ledger.nights)):
        bit = 1 << at
        if not ledger.scanned & bit:
            waiting |= bit
            continue
        here = bool(present & bit)
        found |= waiting if here or before else 0
        waiting, before = 0, here
    return found | (waiting if before else 0)


def _standing(
    item: Presence,
    checks: Sequence[str],
    bad: Mapping[tuple[str, str], Bad],
    doubtful: Mapping[str, Nights],
    there: tuple[Nights, Nights],
    ledger: Ledger,
) -> Standing:
    present, unseen = there
    failed = accepted = undecided = 0
    for check in checks:
        undecided |= doubtful.get(check, ledger.scanned)
        for end in (item.workload, f"{item.namespace}/"):
            if (found := bad.get((check, end))) is not None:
                failed |= found.failed
                accepted |= found.accepted
                undecided |= found.undecided
    failed &= present
    undecided &= present & ~failed
    accepted &= present & ~failed & ~undecided
    return Standing(
        held=present & ~failed & ~undecided & ~accepted,
        accepted=accepted,
        failed=failed,
        undecided=undecided,
        unseen=unseen,
    )
