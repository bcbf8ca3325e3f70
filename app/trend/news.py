"""What is new about a night, in sentences. What was told before is never told again."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from app.model.finding import CheckResult, Outcome, Severity
from app.model.history import Comparison, ControlFlip, PathChange, Scan, ScanStatus, Slot, SlotStatus
from app.model.judgement import Judgement
from app.model.news import News, NightStatus, ZonePaths
from app.model.scope import Placement, Zone

_ZONES = (Zone.CDE, Zone.CONNECTED, Zone.SECURITY, Zone.UNKNOWN, Zone.OUT)
_UNPLACED = Placement()


def news_of_scan(
    scan: Scan, judgement: Judgement, comparison: Comparison | None, lost: int = 0, another: str = ""
) -> News:
    """What a stored scan tells that the one before did not.

    Args:
        scan: the scan.
        judgement: its verdicts.
        comparison: against the last whole scan; None for the first one of a cluster.
        lost: nights between the two that ended without a scan.
        another: a sentence where the scans before are of another cluster.
    """
    if comparison is None:
        return _first(scan, judgement, another)
    paths = by_zone(comparison.paths, judgement.placements)
    return News(
        cluster=scan.cluster,
        occasion=occasion_of_scan(scan.number),
        at=scan.taken_at,
        status=_status(scan),
        scan=scan.number,
        headlines=(
            *_path_lines(paths, opened=True),
            *_finding_lines(comparison.opened, "opened"),
            *_flip_lines(comparison.flips),
            *_path_lines(paths, opened=False),
            *_finding_lines(comparison.closed, "closed"),
            *_coverage_lines(scan, comparison.before, lost),
        ),
        opened=comparison.opened,
        closed=comparison.closed,
        flips=comparison.flips,
        paths=paths,
    )


def news_of_slot(slot: Slot, before: Slot | None = None) -> News:
    """What is told about a slot that ended without a scan; quiet when the slot before ended the same way.

    Args:
        slot: a slot that failed or was missed.
        before: the slot before it.
    """
    status = NightStatus.FAILED if slot.status is SlotStatus.FAILED else NightStatus.MISSED
    told = before is not None and (before.status, before.reason) == (slot.status, slot.reason)
    word = "failed" if status is NightStatus.FAILED else "did not happen"
    says = f"The scan that was due {slot.due_at:%Y-%m-%d %H:%M} UTC {word}: {slot.reason or 'no reason is recorded'}."
    return News(
        cluster=slot.cluster,
        occasion=f"slot {slot.due_at.isoformat()}",
        at=slot.due_at,
        status=status,
        headlines=() if told else (says,),
    )


def occasion_of_scan(number: int) -> str:
    """Identity of the news of a stored scan."""
    return f"scan {number}"


def by_zone(paths: Sequence[PathChange], placements: Mapping[str, Placement]) -> tuple[ZonePaths, ...]:
    """Group connections by the zone of their destination, the cardholder data environment first; opened before closed."""
    groups: dict[tuple[Zone, bool], list[PathChange]] = defaultdict(list)
    for path in paths:
        groups[placements.get(path.destination, _UNPLACED).zone, path.opened].append(path)
    return tuple(
        ZonePaths(zone.value, opened, tuple(groups[zone, opened]))
        for zone in _ZONES
        for opened in (True, False)
        if (zone, opened) in groups
    )


def _first(scan: Scan, judgement: Judgement, another: str) -> News:
    failing = [item for run in judgement.runs for item in run.results if item.outcome is Outcome.FAIL]
    says = f"First scan: {_counted(failing) or 'no finding is open'}."
    return News(
        cluster=scan.cluster,
        occasion=occasion_of_scan(scan.number),
        at=scan.taken_at,
        status=_status(scan),
        scan=scan.number,
        headlines=(*((another,) if another else ()), says, *_coverage_lines(scan, None, 0)),
    )


def _status(scan: Scan) -> NightStatus:
    return NightStatus.PARTIAL if scan.status is ScanStatus.PARTIAL else NightStatus.COMPLETE


def _path_lines(groups: Sequence[ZonePaths], *, opened: bool) -> Iterator[str]:
    for group in groups:
        if group.opened is opened:
            into = (
                f"into {group.zone}" if group.zone != Zone.UNKNOWN else "into workloads that no rule places"
            )
            yield f"{_number(len(group.paths), 'path')} {'opened' if opened else 'closed'} {into} overnight."


def _finding_lines(results: Sequence[CheckResult], word: str) -> Iterator[str]:
    if results:
        yield f"{_counted(results)} {word}."


def _counted(results: Sequence[CheckResult]) -> str:
    """Write `3 findings (1 high, 2 low)`; empty where there are none."""
    if not results:
        return ""
    by_severity = Counter(item.severity for item in results)
    parts = ", ".join(f"{by_severity[item]} {item.value}" for item in Severity if by_severity[item])
    return f"{_number(len(results), 'finding')} ({parts})"


def _flip_lines(flips: Sequence[ControlFlip]) -> Iterator[str]:
    by_framework = Counter(item.framework for item in flips)
    for framework in sorted(by_framework):
        yield f"{_number(by_framework[framework], 'control')} of {framework} changed state."


def _coverage_lines(scan: Scan, compared: Scan | None, lost: int) -> Iterator[str]:
    """What the scan could not see, where that is new, and the end of a series of failures."""
    if scan.status is ScanStatus.PARTIAL and (compared is None or compared.gaps != scan.gaps):
        yield f"The scan is incomplete: {_number(scan.gaps, 'gap')}. What depends on them is no evidence."
    if compared is not None and compared.status is ScanStatus.PARTIAL and scan.status is ScanStatus.COMPLETE:
        yield "The scan is complete again."
    if lost:
        yield f"Scanned again, after {_number(lost, 'night')} without a scan."


def _number(count: int, one: str) -> str:
    return f"{count:,} {one}{'' if count == 1 else 's'}"
