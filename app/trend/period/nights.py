"""Every night of a period is accounted for: by the schedule where one is known, else day by day."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from app.model.history import Scan, ScanStatus, Slot, SlotStatus
from app.model.nights import Night, NightStatus, Span

_LATE = timedelta(hours=1)


def nights(
    span: Span,
    due: Sequence[datetime],
    slots: Sequence[Slot],
    scans: Sequence[Scan],
    removed: Mapping[int, str] = MappingProxyType({}),
) -> tuple[Night, ...]:
    """List the nights of a period.

    Args:
        span: its days.
        due: times at which the schedule of today has a slot within them; empty where no schedule is known.
        slots: what was recorded about slots.
        scans: every scan of the cluster, failed and removed ones included, by number.
        removed: scans whose evidence retention removed, with the rule; nothing can be said of such a night any more.

    Returns:
        One night for each slot, oldest first. What was recorded counts before what the schedule of today says, day by
        day, because a schedule may have been another one. Where neither is known, every day is a night. A scan belongs
        to its slot, or to the night in whose time it was taken.
    """
    recorded = {item.due_at: item for item in slots if span.begin <= item.due_at < span.end}
    starts = _starts(span, due, recorded)
    ends = [*starts[1:], span.end]
    by_slot = {item: index for index, item in enumerate(starts)}
    members: list[list[Scan]] = [[] for _ in starts]
    for scan in scans:
        at = by_slot.get(scan.slot) if scan.slot else None
        if at is None:
            at = _within(starts, ends, scan.taken_at)
        if at is not None:
            members[at].append(scan)
    there = [item for item in scans if item.number not in removed]
    return tuple(
        _night(span, start, members[index], recorded.get(start), there, removed)
        for index, start in enumerate(starts)
    )


def _starts(span: Span, due: Iterable[datetime], recorded: Iterable[datetime]) -> list[datetime]:
    known, planned = set(recorded), list(due)
    days = {item.astimezone(span.zone).date() for item in known}
    if not planned:  # no schedule is known: a day that is not on record is a night too
        planned = [_midnight(span, offset) for offset in range(_length(span))]
    return sorted({*known, *(item for item in planned if item.astimezone(span.zone).date() not in days)})


def _length(span: Span) -> int:
    return (span.last - span.first).days + 1


def _midnight(span: Span, offset: int) -> datetime:
    day = span.first + timedelta(days=offset)
    return datetime(day.year, day.month, day.day, tzinfo=span.zone)


def _within(starts: Sequence[datetime], ends: Sequence[datetime], moment: datetime) -> int | None:

    at = bisect_right(starts, moment) - 1
    return at if at >= 0 and moment < ends[at] else None


def _night(
    span: Span,
    due: datetime,
    own: Sequence[Scan],
    slot: Slot | None,
    scans: Sequence[Scan],
    removed: Mapping[int, str],
) -> Night:
    stored = [item for item in own if item.status is not ScanStatus.FAILED and item.number not in removed]
    gone = [removed_words(item.number, removed[item.number]) for item in own if item.number in removed]
    failed = [item for item in own if item.status is ScanStatus.FAILED]
    return Night(
        day=due.astimezone(span.zone).date(),
        due_at=due,
        status=NightStatus.MISSING if gone and not stored else _status(stored, failed, slot),
        scans=tuple(item.number for item in stored),
        failed_runs=tuple(item.number for item in failed),
        taken_at=stored[-1].taken_at if stored else None,
        cause=gone[-1] if gone and not stored else _cause(stored, failed, slot, due, scans),
        caught_up=_caught_up(stored, failed, slot, due, scans),
    )


def _status(stored: Sequence[Scan], failed: Sequence[Scan], slot: Slot | None) -> NightStatus:
    if any(item.status is ScanStatus.COMPLETE for item in stored):
        return NightStatus.COMPLETE
    if stored:
        return NightStatus.PARTIAL
    if failed or (slot is not None and slot.status is SlotStatus.FAILED):
        return NightStatus.FAILED
    return NightStatus.MISSING


def _cause(
    stored: Sequence[Scan], failed: Sequence[Scan], slot: Slot | None, due: datetime, scans: Sequence[Scan]
) -> str:
    if any(item.status is ScanStatus.COMPLETE for item in stored):
        return ""
    if stored:
        gaps = stored[-1].gaps
        return f"the collection was incomplete: {gaps} gap{'' if gaps == 1 else 's'}"
    said = [item.reason for item in failed if item.reason]
    if slot is not None and slot.reason:
        said.append(slot.reason)
    if said:
        return said[0]
    if slot is not None:
        return _of_slot(slot)
    if not scans or due < scans[0].taken_at:
        return "no scan of this cluster was recorded before"
    return "nothing is recorded about this night"


def _of_slot(slot: Slot) -> str:
    if slot.status is SlotStatus.DONE:
        return f"scan {slot.scan} was stored for it and is stored no more"
    return f"the slot is recorded as {slot.status.value}, without a reason"


def _caught_up(
    stored: Sequence[Scan], failed: Sequence[Scan], slot: Slot | None, due: datetime, scans: Sequence[Scan]
) -> str:
    if not stored:
        after = next(
            (item for item in scans if item.taken_at > due and item.status is not ScanStatus.FAILED), None
        )
        return f"scan {after.number} is the next one stored, {_time(after.taken_at)}" if after else ""
    first = stored[0]
    if slot is not None and first.slot is None:
        return f"made up for by scan {first.number}, {_time(first.taken_at)}, outside the schedule"
    if failed and failed[0].number < first.number:
        return f"made up for by scan {first.number}, {_time(first.taken_at)}, after a run that failed"
    if slot is not None and first.taken_at - due > _LATE:
        return f"scan {first.number} ran late, {_time(first.taken_at)}"
    return ""


def removed_words(number: int, rule: str) -> str:
    """Why nothing is known of a scan that was stored."""
    return f"retention removed the evidence of scan {number}, rule {rule}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
