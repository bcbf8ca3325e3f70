"""JSON shapes that several commands print, and the lines that people read for the same things."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from app.cli.output import heading, say
from app.model.control import Assessment, ControlState
from app.model.finding import CheckResult
from app.model.history import Began, FindingLife, Scan, ScanStatus
from app.model.platform import Platform
from app.model.snapshot import CollectionGap

_TOLD_GAPS = 20


def when(moment: datetime) -> str:
    """Write `2026-11-22 01:15 UTC`."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def scan_shape(scan: Scan) -> dict[str, object]:
    """A stored scan."""
    return {
        "cluster": scan.cluster,
        "number": scan.number,
        "status": scan.status.value,
        "taken_at": scan.taken_at.isoformat(),
        "recorded_at": scan.recorded_at.isoformat(),
        "imported": scan.imported,
        "slot": scan.slot.isoformat() if scan.slot else None,
        "tool_version": scan.tool_version,
        "objects": scan.objects,
        "gaps": scan.gaps,
        "snapshot_digest": scan.snapshot_digest,
        "digest": scan.digest,
        "reason": scan.reason,
    }


def another_since(border: Began, scans: Iterable[Scan]) -> str:
    """Since when findings count, where another cluster answered to the name before, and where that one's are told."""
    before = max(
        item.number for item in scans if item.number < border.scan and item.status is not ScanStatus.FAILED
    )
    return (
        f"Another cluster answers to this name since scan {border.scan} of {border.at:%Y-%m-%d}: what was known of the"
        f" one before is not told here; see `netattest findings --scan {before}`."
    )


def gap_shape(gap: CollectionGap) -> dict[str, str]:
    """One thing that was not read."""
    return {
        "kind": str(gap.group_kind) if gap.group_kind.kind else "",
        "reason": gap.reason.value,
        "namespace": gap.namespace,
        "name": gap.name,
        "field": gap.field,
        "message": gap.message,
        "advice": gap.advice,
    }


def result_shape(result: CheckResult) -> dict[str, object]:
    """A failing result."""
    return {
        "fingerprint": result.fingerprint,
        "check": result.check,
        "severity": result.severity.value,
        "strength": result.strength.value,
        "subject": {
            "kind": result.subject.kind.value,
            "id": result.subject.id,
            "namespace": result.subject.namespace,
        },
        "says": result.says,
        "why": list(result.why),
        "remedy": result.remedy,
        "evidence": [
            {"object": str(item.ref), "field": item.field, "digest": item.digest} for item in result.evidence
        ],
        "data": dict(result.data),
    }


def life_shape(life: FindingLife) -> dict[str, object]:
    """A finding and its life so far."""
    return {
        **result_shape(life.result),
        "first_seen": {"scan": life.first_in, "at": life.first_at.isoformat()},
        "opened": {"scan": life.opened_in, "at": life.opened_at.isoformat()},
        "times_opened": life.times_opened,
        "seen_in": life.seen_in,
    }


def platform_shape(platform: Platform) -> dict[str, object]:
    """What enforces policies, as far as it was told."""
    return {
        "plugins": [
            {"id": item.id, "name": item.name, "version": item.version, "primary": item.primary}
            for item in platform.plugins
        ],
        "enforcement": platform.enforcement.value,
        "reason": platform.reason,
    }


def states_shape(assessment: Assessment) -> dict[str, object]:
    """A framework's controls, counted by state."""
    return {
        "id": assessment.framework.id,
        "title": assessment.framework.title,
        "digest": assessment.framework.digest,
        "states": {state.value: assessment.count(state) for state in ControlState},
    }


def tell_gaps(gaps: Sequence[CollectionGap]) -> None:
    """Print what was not seen, with the next step, the same advice once."""
    if not gaps:
        return
    things = "thing was" if len(gaps) == 1 else "things were"
    heading(
        f"Not seen: {len(gaps)} {things} not read or not understood. What depends on them is no evidence."
    )
    for gap in gaps[:_TOLD_GAPS]:
        say(f"  {gap.reason.value}: {gap.message}")
    if len(gaps) > _TOLD_GAPS:
        say(f"  … and {len(gaps) - _TOLD_GAPS} more; --json lists all")
    for advice in dict.fromkeys(gap.advice for gap in gaps[:_TOLD_GAPS] if gap.advice):
        say()
        say("\n".join(f"  {line}" for line in f"next step: {advice}".split("\n")))


def plural(number: int, one: str, many: str = "") -> str:
    """Write `1 gap`, `2 gaps`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def joined(parts: Iterable[str]) -> str:
    """Write `a, b, c`, or `none`."""
    return ", ".join(parts) or "none"
