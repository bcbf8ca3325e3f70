"""What the pages say about one cluster, small enough to keep a fleet of them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.model.canonical import digest
from app.model.control import ControlState
from app.model.history import ControlPoint, FindingLife, Scan, ScanStatus

NIGHTS = 28  # columns of a calendar


@dataclass(frozen=True, slots=True)
class Night:
    """One day in UTC; `mark` is a sign beside the colour, `says` is the same in words."""

    day: date
    kind: str
    mark: str
    says: str


@dataclass(frozen=True, slots=True)
class Line:
    """One framework as a whole (`control` is empty), or one control, over the nights."""

    control: str
    nights: tuple[Night, ...]


@dataclass(frozen=True, slots=True)
class ClusterRecord:
    """One cluster up to `today`; `lines` are by framework, the whole first; `latest` is the last scan that was stored."""

    cluster: str
    today: date
    latest: Scan | None
    last: Scan
    lines: tuple[tuple[str, tuple[Line, ...]], ...]
    findings: tuple[FindingLife, ...]

    @property
    def page(self) -> str:
        """A file name that is safe everywhere and differs where names differ."""
        plain = re.sub(r"[^a-z0-9]+", "-", self.cluster.lower()).strip("-")[:60]
        return f"cluster-{plain}-{digest(self.cluster.encode())[:8]}.html"

    @property
    def warning(self) -> str:
        """What is wrong with its nights; empty when the last one was stored whole and is fresh."""
        if self.latest is None:
            return "no scan was ever stored: every night failed"
        age = (self.today - self.latest.taken_at.date()).days
        if self.last.status is ScanStatus.FAILED:
            return f"the last night failed; what is shown is {age} days old"
        if age > 1:
            return f"stale: the last scan is {age} days old"
        return "the last scan has gaps" if self.latest.status is ScanStatus.PARTIAL else ""


_NONE, _FAILED = ("none", "–", "no scan"), ("failed", "✕", "scan failed")
_UNDECIDED = ("undecided", "?", "insufficient evidence")
_STATES = {
    ControlState.PARTIAL: ("partial", "!", "failures found"),
    ControlState.INSUFFICIENT: _UNDECIDED,
    ControlState.EXCEPTION: ("exception", "e", "accepted exception"),
    ControlState.MANUAL: ("manual", "m", "manual evidence needed"),
    ControlState.SUPPORTED: ("supported", "✓", "supported by evidence"),
    ControlState.NOT_APPLICABLE: ("na", "·", "not applicable"),
}  # worst first


def kept_record(
    cluster: str,
    today: date,
    scans: Sequence[Scan],
    points: Iterable[ControlPoint],
    findings: Sequence[FindingLife],
) -> ClusterRecord:
    """What is said about a cluster; `scans` are all of it, at least one, by number; `points` are of the last nights."""
    whole = [item for item in scans if item.status is not ScanStatus.FAILED]
    days = tuple(today - timedelta(days=back) for back in reversed(range(NIGHTS)))
    found: dict[str, dict[str, dict[int, list[ControlPoint]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for point in points:
        for control in ("", point.control):
            found[point.framework][control][point.scan].append(point)
    last_of = {item.taken_at.date(): item for item in scans}
    return ClusterRecord(
        cluster=cluster,
        today=today,
        latest=whole[-1] if whole else None,
        last=scans[-1],
        lines=tuple(
            (name, tuple(_line(control, days, last_of, seen) for control, seen in sorted(controls.items())))
            for name, controls in sorted(found.items())
        ),
        findings=tuple(sorted(findings, key=lambda item: (item.severity.rank, item.fingerprint))),
    )


def _line(
    control: str, days: Sequence[date], last_of: dict[date, Scan], seen: dict[int, list[ControlPoint]]
) -> Line:
    return Line(control, tuple(_night(day, last_of.get(day), seen) for day in days))


def _night(day: date, scan: Scan | None, seen: dict[int, list[ControlPoint]]) -> Night:
    """The worst state of a night; a night without its data never shows one."""
    if scan is None:
        return Night(day, *_NONE)
    if scan.status is ScanStatus.FAILED:
        return Night(day, *_FAILED)
    points = seen.get(scan.number, [])
    if not points:
        return Night(day, *_NONE)
    return Night(day, *_STATES[_worst(points)])


def _worst(points: Sequence[ControlPoint]) -> ControlState:
    if any(point.contrary for point in points):
        return ControlState.PARTIAL
    states = {point.state for point in points}
    return next(state for state in _STATES if state in states)
