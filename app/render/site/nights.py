"""How one day is told: a state in its sign and words, or why there is none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from app.model.control import ControlState
from app.model.history import ControlPoint, Course, Scan, ScanStatus, Slot, SlotStatus


@dataclass(frozen=True, slots=True)
class Night:
    """One day in UTC; `mark` is a sign beside the colour, `says` is the same in words."""

    day: date
    kind: str
    mark: str
    says: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Days in a row without a stored scan, for one reason."""

    first: date
    last: date
    reason: str


CONTRARY: Final = "contrary"
UNSEEN: Final = frozenset({"before", "none", "failed"})
_BEFORE, _NONE, _FAILED = ("before", ""), ("none", "–"), ("failed", "✕")
_MARKS: Final = {
    ControlState.EXCEPTION.value: ("!", "exception noted"),
    ControlState.INSUFFICIENT.value: ("?", "insufficient evidence"),
    CONTRARY: ("≠", "contrary evidence"),
    ControlState.PARTIAL.value: ("a", "exception accepted"),
    ControlState.MANUAL.value: ("m", "manual evidence needed"),
    ControlState.SUPPORTED.value: ("✓", "supported"),
    ControlState.NOT_APPLICABLE.value: ("·", "not applicable"),
}  # worst first
_RANKS: Final = {kind: rank for rank, kind in enumerate(_MARKS)}

KEY: Final = (
    *((kind, *_MARKS[kind]) for kind in _MARKS),
    (*_FAILED, "scan failed"),
    (*_NONE, "no scan is stored"),
)


@dataclass(frozen=True)
class Days:
    """What is known about some days, however many frameworks ask.

    Attributes:
        blank: each day as it is told when it has no state, with the reason.
        spoken: for each day the number of the scan that speaks for it; 0 for none.
    """

    blank: tuple[Night, ...]
    spoken: tuple[int, ...]

    @classmethod
    def of(
        cls, days: Sequence[date], scans: Sequence[Scan], removed: Mapping[int, str], slots: Iterable[Slot]
    ) -> "Days":
        """`scans` are all of the cluster, at least one, by number: the last one of a day speaks for it."""
        last = {item.taken_at.date(): item for item in scans}
        reasons, first = _reasons(last, removed, slots), min(last)
        return cls(
            tuple(_blank(day, last.get(day), reasons.get(day, ""), first) for day in days),
            tuple(_number(last.get(day), removed) for day in days),
        )

    def nights(self, seen: Mapping[int, str]) -> tuple[Night, ...]:
        """Each day as the kind of its scan tells it, by scan; a day without its data never shows one."""
        return tuple(
            _shown(blank.day, seen[number]) if number in seen else blank
            for blank, number in zip(self.blank, self.spoken, strict=True)
        )

    def lost(self) -> tuple[Lost, ...]:
        """Days without a stored scan, latest first, from the first run on; one entry for days in a row alike."""
        found: list[Lost] = []
        for blank, number in zip(self.blank, self.spoken, strict=True):
            if number or blank.kind == _BEFORE[0]:
                continue
            before = found[-1] if found else None
            if before and before.reason == blank.says and (blank.day - before.last).days == 1:
                found[-1] = Lost(before.first, blank.day, blank.says)
            else:
                found.append(Lost(blank.day, blank.day, blank.says))
        return tuple(reversed(found))


def _reasons(
    last: Mapping[date, Scan], removed: Mapping[int, str], slots: Iterable[Slot]
) -> Mapping[date, str]:
    """Why days have no stored scan; what the run says comes before what the slot says."""
    words = {SlotStatus.MISSED: "the slot was missed", SlotStatus.FAILED: "the slot failed"}
    found = {
        item.due_at.date(): f"{words[item.status]}: {item.reason}" for item in slots if item.status in words
    }
    for day, item in last.items():
        if item.number in removed:
            found[day] = f"retention removed scan {item.number}, rule {removed[item.number]}"
        elif item.status is ScanStatus.FAILED:
            found[day] = f"scan {item.number} failed: {item.reason}"
    return found


def _blank(day: date, scan: Scan | None, reason: str, first: date) -> Night:
    if day < first:
        return Night(day, *_BEFORE, "before the first scan")
    failed = scan is not None and scan.status is ScanStatus.FAILED
    return Night(day, *(_FAILED if failed else _NONE), reason or "no slot of a schedule is on record")


def _number(scan: Scan | None, removed: Mapping[int, str]) -> int:
    stored = scan is not None and scan.status is not ScanStatus.FAILED and scan.number not in removed
    return scan.number if stored and scan else 0


@lru_cache(maxsize=4096)
def _shown(day: date, kind: str) -> Night:
    return Night(day, kind, *_MARKS[kind])


def worst(points: Iterable[ControlPoint]) -> str:
    """The worst state among points; one that a supporting check contradicts is worse than it says."""
    return min((kind_of(item.state, contrary=item.contrary) for item in points), key=_RANKS.__getitem__)


def worst_by_scan(courses: Iterable[Course]) -> dict[int, str]:
    """Scan → the worst of what courses have there."""
    found: dict[int, str] = {}
    for course in courses:
        for number, state, contrary in course.seen:
            kind = kind_of(state, contrary=contrary)
            if number not in found or _RANKS[kind] < _RANKS[found[number]]:
                found[number] = kind
    return found


def words(kind: str) -> tuple[str, str]:
    """Sign and words of a state."""
    return _MARKS[kind]


@lru_cache
def kind_of(state: ControlState, *, contrary: bool) -> str:
    """How one control in one scan is shown."""
    lifted = state in (ControlState.SUPPORTED, ControlState.MANUAL, ControlState.NOT_APPLICABLE)
    return CONTRARY if contrary and lifted else state.value
