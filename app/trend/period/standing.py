"""How controls and workloads stood on each night, from what was stored about each scan."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from app.model.archive import SaidOver
from app.model.control import Assessment, ControlState, Role
from app.model.finding import ARROW, CheckResult, Outcome, SubjectKind
from app.model.history import ControlPoint
from app.model.nights import Night, Nights, Standing, positions
from app.model.scope import Boundary

ABOUT_WORKLOADS = (SubjectKind.WORKLOAD, SubjectKind.PATH, SubjectKind.NAMESPACE)
"""Subjects that a workload answers for: itself, the paths that it is an end of, and its namespace."""

Accepts = Callable[[CheckResult, int], str]
"""Id of the valid exception that stands before a failing result in a scan, or an empty text."""


@dataclass
class Bad:
    """Nights on which something was not shown to hold."""

    failed: Nights = 0
    accepted: Nights = 0
    undecided: Nights = 0

    def join(self, other: "Bad") -> None:
        """Add another one's nights."""
        self.failed |= other.failed
        self.accepted |= other.accepted
        self.undecided |= other.undecided


@dataclass(frozen=True)
class Ledger:
    """Nights as sets, and which of them each scan stands for.

    Attributes:
        nights: of the period.
        at: stored scan → its night.
    """

    nights: tuple[Night, ...]
    at: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, nights: Sequence[Night]) -> "Ledger":
        """The ledger of some nights."""
        return cls(tuple(nights), positions(nights))

    @cached_property
    def every(self) -> Nights:
        """All nights."""
        return (1 << len(self.nights)) - 1

    @cached_property
    def scanned(self) -> Nights:
        """Nights of which a scan is stored."""
        return sum(1 << at for at, night in enumerate(self.nights) if night.scans)

    def over(self, first: int, last: int) -> Nights:
        """Nights of the scans of a closed interval."""
        known = self._sorted
        return self.of_scans(known[bisect_left(known, first) : bisect_right(known, last)])

    @cached_property
    def _sorted(self) -> list[int]:
        return sorted(self.at)

    def of_scans(self, scans: Iterable[int]) -> Nights:
        """Nights of some scans."""
        found = 0
        for scan in scans:
            if scan in self.at:
                found |= 1 << self.at[scan]
        return found


def control_standing(points: Iterable[ControlPoint], ledger: Ledger) -> Standing:
    """How one control stood; of several scans of a night the worst counts.

    A control without any automated test shows nothing, whatever its state is called.
    """
    sets: dict[str, Nights] = defaultdict(int)
    for point in points:
        if point.scan in ledger.at:
            sets[_word(point)] |= 1 << ledger.at[point.scan]
    return settle(ledger, sets)


def settle(ledger: Ledger, sets: Mapping[str, Nights]) -> Standing:
    """Put each night into one set, the worst first; scanned nights that are in none were not tested."""
    left = ledger.scanned
    found: dict[str, Nights] = {}
    for name in ("failed", "undecided", "accepted", "held"):
        found[name] = sets.get(name, 0) & left
        left &= ~found[name]
    return Standing(**found, untested=left, unseen=ledger.every & ~ledger.scanned)


def _word(point: ControlPoint) -> str:
    match point.state:
        case ControlState.EXCEPTION:
            return "failed"
        case ControlState.INSUFFICIENT:
            return "undecided"
        case ControlState.PARTIAL:
            return "accepted"
        case ControlState.SUPPORTED | ControlState.MANUAL if point.passed:
            return "held"
        case _:
            return "untested"


@dataclass(frozen=True)
class Bearings:
    """Which checks decide which controls, and of which of them the subjects are workloads, paths or namespaces."""

    direct: Mapping[str, tuple[str, ...]]  # control → checks
    supporting: Mapping[str, tuple[str, ...]]
    about: frozenset[str]  # checks

    @classmethod
    def of(cls, assessment: Assessment, about: Collection[str]) -> "Bearings":
        """Those of a framework as it was assessed last."""
        counted = [item.control for item in assessment.controls if item.control.enabled]
        roles = {
            role: {
                item.id: tuple(mapping.check for mapping in item.checks if mapping.role is role)
                for item in counted
            }
            for role in Role
        }
        return cls(roles[Role.DIRECT], roles[Role.SUPPORTING], frozenset(about))

    def controls(self, check: str) -> tuple[tuple[str, ...], bool]:
        """Controls that a check bears on, and whether it decides them."""
        direct = tuple(control for control, checks in self.direct.items() if check in checks)
        return (
            (direct, True)
            if direct
            else (
                tuple(control for control, checks in self.supporting.items() if check in checks),
                False,
            )
        )


def bad_nights(
    said: Iterable[SaidOver], ledger: Ledger, boundary: Boundary | None, accepts: Accepts
) -> Mapping[tuple[str, str], Bad]:
    """Nights on which a check did not show that a workload or namespace holds, by check and by workload or namespace.

    A namespace is written with a slash at its end, so that it is not taken for a workload.
    """
    found: dict[tuple[str, str], Bad] = defaultdict(Bad)
    for item in said:
        if not item.result.inside(boundary):
            continue
        bad = _bad(item, ledger, accepts)
        for end in ends(item.result):
            found[item.result.check, end].join(bad)
    return found


def _bad(item: SaidOver, ledger: Ledger, accepts: Accepts) -> Bad:
    nights = ledger.over(item.first, item.last)
    if item.result.outcome is not Outcome.FAIL:
        return Bad(undecided=nights)
    scans = [scan for scan in ledger.at if item.first <= scan <= item.last and accepts(item.result, scan)]
    accepted = ledger.of_scans(scans)
    return Bad(failed=nights & ~accepted, accepted=accepted)


def ends(result: CheckResult) -> tuple[str, ...]:
    """Workloads, or the namespace, that a result is about."""
    subject = result.subject
    match subject.kind:
        case SubjectKind.WORKLOAD:
            return (whole(subject.id),)
        case SubjectKind.NAMESPACE:
            return (f"{subject.id}/",)
        case SubjectKind.PATH:
            return tuple(whole(end) for end in subject.id.split(ARROW) if not end.startswith("external:"))
        case _:
            return ()


def whole(workload: str) -> str:
    """The id of a workload without the number of a part: `shop/cart[Deployment]#2` is of `shop/cart[Deployment]`."""
    return workload.rsplit("#", 1)[0] if "]#" in workload else workload
