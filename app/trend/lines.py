"""Control states over the stored scans, one line per framework; a night without a scan is a break, never a zero."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from app.model.control import ControlState
from app.model.history import (
    Comparison,
    ControlPoint,
    Scan,
    ScanStatus,
    Slot,
    SlotStatus,
    Trend,
    TrendLine,
    TrendPoint,
)

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
) -> Trend:
    """Draw one line per framework that has points.

    Args:
        points: control states of stored scans, any order.
        scans: every scan of the cluster, failed ones included, any order.
        comparison: this scan against the last whole one, or None for a first scan.
        slots: recorded slots of the schedule; those without a run are nights on the line as well.

    Returns:
        Lines by framework id. A line begins with the framework's first assessed scan and has a point for every scan
        after it, and one for every slot that was missed. Nothing is interpolated: neither a failed scan nor a missed
        slot has counts.
    """
    by_framework: dict[str, dict[int, list[ControlPoint]]] = defaultdict(lambda: defaultdict(list))
    for point in points:
        by_framework[point.framework][point.scan].append(point)
    ordered = sorted(scans, key=lambda scan: scan.number)
    return Trend(
        lines=tuple(
            TrendLine(name, _with_missed(tuple(_line(name, by_framework[name], ordered)), slots))
            for name in sorted(by_framework)
        ),
        comparison=comparison,
    )


def nights(scans: Sequence[Scan], slots: Sequence[Slot] = ()) -> tuple[TrendPoint, ...]:
    """Every scan, and every slot that was missed between the first and the last, with what else differs from the one before.

    Counts are None where nothing is stored and empty elsewhere: whoever counts something night by night adds them.
    """
    found: list[TrendPoint] = []
    previous: Scan | None = None
    for scan in sorted(scans, key=lambda scan: scan.number):
        if scan.status is ScanStatus.FAILED:
            found.append(_unstored(scan, scan.reason))
            continue
        found.append(_stored("", scan, previous, ()))
        previous = scan
    return _with_missed(tuple(found), slots) if found else ()


def _with_missed(line: tuple[TrendPoint, ...], slots: Sequence[Slot]) -> tuple[TrendPoint, ...]:
    """Points of missed slots between the first scan and the last; a slot that failed has its scan's point already."""
    missed = [
        TrendPoint(slot.due_at, None, slot.status.value, None, (slot.reason,) if slot.reason else ())
        for slot in slots
        if slot.status is SlotStatus.MISSED and line[0].at < slot.due_at <= line[-1].at
    ]
    return tuple(sorted((*line, *missed), key=lambda point: point.at)) if missed else line


def _line(
    framework: str, points: Mapping[int, Sequence[ControlPoint]], scans: Sequence[Scan]
) -> Iterable[TrendPoint]:
    first = min(points)
    previous: Scan | None = None
    for scan in scans:
        if scan.number < first:
            continue
        yield _point(framework, scan, points.get(scan.number, ()), previous)
        if scan.number in points:
            previous = scan


def _point(framework: str, scan: Scan, points: Sequence[ControlPoint], previous: Scan | None) -> TrendPoint:
    assessed = scan.status is not ScanStatus.FAILED and bool(points)
    if not assessed:
        return _unstored(scan, scan.reason if scan.status is ScanStatus.FAILED else NOT_ASSESSED)
    states = Counter(point.state for point in points)
    return _stored(framework, scan, previous, tuple((state, states[state]) for state in ControlState))


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
        yield f"Imported on {scan.recorded_at:%Y-%m-%d}, with the time that was given; not scanned on that night."
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
