"""Control states over the stored scans, one line per framework; a night without a scan is a break, never a zero."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from app.model.cluster import began, other_clusters
from app.model.control import ControlState
from app.model.history import (
    Comparison,
    ControlPoint,
    Course,
    Scan,
    ScanStatus,
    Slot,
    SlotStatus,
    Trend,
    TrendLine,
    TrendPoint,
)
from app.trend.period.nights import removed_words

_Tally = Mapping[ControlState, int]
_NONE: Mapping[int, str] = MappingProxyType({})
NOT_ASSESSED = "This framework was not assessed in this scan."

_JUDGED_BY = {
    "scope.yaml": "The scope map changed",
    "registers.yaml": "The registers changed",
    "exceptions.yaml": "The register of exceptions changed",
    "checks.yaml": "The catalogue of checks changed",
}


def follow(
    points: Sequence[ControlPoint],
    scans: Sequence[Scan],
    comparison: Comparison | None,
    slots: Sequence[Slot] = (),
    removed: Mapping[int, str] = _NONE,
) -> Trend:
    """Draw one line per framework that has points.

    Args:
        points: control states of stored scans, any order.
        scans: every scan of the cluster, failed ones included, any order.
        comparison: this scan against the last whole one, or None for a first scan.
        slots: recorded slots of the schedule; those without a run are nights on the line as well.
        removed: scans whose evidence retention removed, with the rule: nights without counts.

    Returns:
        Lines by framework id. A line begins with the framework's first assessed scan and has a point for every scan
        after it, and one for every slot that was missed. Nothing is interpolated: neither a failed scan nor a missed
        slot has counts.
    """
    tallies = _tallies()
    for point in points:
        tallies[point.framework][point.scan][point.state] += 1
    return Trend(_lines(tallies, scans, slots, removed), comparison, began(scans))


def follow_courses(
    courses: Iterable[Course],
    scans: Sequence[Scan],
    slots: Sequence[Slot] = (),
    removed: Mapping[int, str] = _NONE,
) -> tuple[TrendLine, ...]:
    """The lines that `follow` draws, from controls told by their courses."""
    tallies = _tallies()
    for course in courses:
        tally = tallies[course.framework]
        for number, state, _ in course.seen:
            tally[number][state] += len(course.controls)
    return _lines(tallies, scans, slots, removed)


def _tallies() -> dict[str, dict[int, Counter[ControlState]]]:
    """Framework → scan → how many of its controls were in which state."""
    return defaultdict(lambda: defaultdict(Counter))


def _lines(
    tallies: Mapping[str, Mapping[int, _Tally]],
    scans: Sequence[Scan],
    slots: Sequence[Slot],
    removed: Mapping[int, str],
) -> tuple[TrendLine, ...]:
    ordered = sorted(scans, key=lambda scan: scan.number)
    others = other_clusters(scan for scan in ordered if scan.number not in removed)
    return tuple(
        TrendLine(name, _with_missed(_told(_line(name, tallies[name], ordered, removed), others), slots))
        for name in sorted(tallies)
    )


def nights(
    scans: Sequence[Scan], slots: Sequence[Slot] = (), removed: Mapping[int, str] = _NONE
) -> tuple[TrendPoint, ...]:
    """Every scan, and every slot that was missed between the first and the last, with what else differs from the one before.

    Counts are None where nothing is stored and empty elsewhere: whoever counts something night by night adds them.
    """
    found: list[TrendPoint] = []
    previous: Scan | None = None
    for scan in sorted(scans, key=lambda scan: scan.number):
        if scan.status is ScanStatus.FAILED:
            found.append(_unstored(scan, scan.reason))
            continue
        if scan.number in removed:
            found.append(_unstored(scan, removed_words(scan.number, removed[scan.number])))
            continue
        found.append(_stored("", scan, previous, ()))
        previous = scan
    others = other_clusters(scan for scan in scans if scan.number not in removed)
    return _with_missed(_told(found, others), slots) if found else ()


def _told(points: Iterable[TrendPoint], others: Mapping[int, str]) -> tuple[TrendPoint, ...]:
    """The points, with where another cluster begins: what is told first, since nothing before it is about this one."""
    return tuple(
        replace(point, breaks=(says, *point.breaks))
        if point.counts is not None and (says := others.get(point.scan or 0))
        else point
        for point in points
    )


def _with_missed(line: tuple[TrendPoint, ...], slots: Sequence[Slot]) -> tuple[TrendPoint, ...]:
    """Points of missed slots between the first scan and the last; a slot that failed has its scan's point already."""
    missed = [
        TrendPoint(slot.due_at, None, slot.status.value, None, (slot.reason,) if slot.reason else ())
        for slot in slots
        if slot.status is SlotStatus.MISSED and line[0].at < slot.due_at <= line[-1].at
    ]
    return tuple(sorted((*line, *missed), key=lambda point: point.at)) if missed else line


def _line(
    framework: str, tallies: Mapping[int, _Tally], scans: Sequence[Scan], removed: Mapping[int, str]
) -> Iterable[TrendPoint]:
    first = min(tallies)
    previous: Scan | None = None
    for scan in scans:
        if scan.number < first:
            continue
        if scan.number in removed:
            yield _unstored(scan, removed_words(scan.number, removed[scan.number]))
            continue
        yield _point(framework, scan, tallies.get(scan.number), previous)
        if scan.number in tallies:
            previous = scan


def _point(framework: str, scan: Scan, tally: _Tally | None, previous: Scan | None) -> TrendPoint:
    if scan.status is ScanStatus.FAILED or not tally:
        return _unstored(scan, scan.reason if scan.status is ScanStatus.FAILED else NOT_ASSESSED)
    return _stored(framework, scan, previous, tuple((state, tally.get(state, 0)) for state in ControlState))


def _unstored(scan: Scan, why: str) -> TrendPoint:
    return TrendPoint(scan.taken_at, scan.number, scan.status.value, None, (why,) if why else ())


def _stored(
    framework: str, scan: Scan, previous: Scan | None, counts: tuple[tuple[ControlState, int], ...]
) -> TrendPoint:
    return TrendPoint(
        at=scan.taken_at,
        scan=scan.number,
        status=scan.status.value,
        counts=counts,
        breaks=(*_origin(previous, scan), *(_breaks(framework, previous, scan) if previous else ())),
        scope=dict(scan.documents).get("scope.yaml", ""),
        catalogue=dict(scan.documents).get(f"frameworks/{framework}.yaml", ""),
        tool=scan.tool_version,
        gaps=scan.gaps,
    )


def _origin(before: Scan | None, scan: Scan) -> Iterable[str]:
    """Where imported nights begin and end: they are not scans of those nights."""
    was = before is not None and before.imported
    if scan.imported and not was:
        yield f"From here on imported (this one on {scan.recorded_at:%Y-%m-%d}), not scanned on the night itself."
    if was and not scan.imported:
        yield "From here on scanned on the night itself."


def _breaks(framework: str, before: Scan, scan: Scan) -> Iterable[str]:
    """What else differs from the point before, so that nobody reads it as a change of the cluster."""
    names = {**_JUDGED_BY, f"frameworks/{framework}.yaml": "The framework's catalogue changed"}
    was, now = dict(before.documents), dict(scan.documents)
    for name, says in names.items():
        if was.get(name) != now.get(name):
            yield f"{says} after scan {before.number}."
    if before.tool_version != scan.tool_version:
        yield f"netattest changed from {before.tool_version} to {scan.tool_version}."
    if before.status is not scan.status:
        yield _coverage(scan)


def _coverage(scan: Scan) -> str:
    if scan.status is ScanStatus.PARTIAL:
        return f"The collection was incomplete: {scan.gaps} gap{'' if scan.gaps == 1 else 's'}."
    return "The collection is complete again."
