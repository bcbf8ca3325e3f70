"""What a scan found, for a person and as JSON."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from app.cli.output import heading, say, table
from app.cli.shapes import (
    gap_shape,
    platform_shape,
    plural,
    result_shape,
    scan_shape,
    states_shape,
    tell_gaps,
    when,
)
from app.model.control import ControlState
from app.model.finding import CheckResult, Outcome, Severity

if TYPE_CHECKING:
    from app.pipeline import ScanResult

_TOLD = 10
_COLUMNS = {
    ControlState.SUPPORTED: "supported",
    ControlState.MANUAL: "manual",
    ControlState.PARTIAL: "partial",
    ControlState.EXCEPTION: "exception",
    ControlState.INSUFFICIENT: "insufficient",
    ControlState.NOT_APPLICABLE: "n/a",
}


def failures(result: "ScanResult") -> list[CheckResult]:
    """Failing results, worst first."""
    found = [item for run in result.judgement.runs for item in run.results if item.outcome is Outcome.FAIL]
    return sorted(found, key=lambda item: (item.severity.rank, item.check, item.subject))


def threshold_met(result: "ScanResult", fail_on: Severity | None) -> bool:
    """True when a finding of this severity or worse is open and no valid exception stands in front of it."""
    if fail_on is None:
        return False
    accepted = result.judgement.accepted
    return any(
        item.severity.rank <= fail_on.rank and item.fingerprint not in accepted for item in failures(result)
    )


def document(result: "ScanResult", fail_on: Severity | None) -> dict[str, object]:
    """`netattest/scan/v1`."""
    judgement, change = result.judgement, result.comparison
    return {
        "schema": "netattest/scan/v1",
        "scan": scan_shape(result.scan),
        "another_cluster": result.another_cluster or None,
        "platform": platform_shape(judgement.platform),
        "frameworks": [states_shape(item) for item in judgement.assessments],
        "findings": {
            "open": _by_severity(failures(result)),
            "under_exception": len(result.judgement.accepted),
            "new": [result_shape(item) for item in change.opened] if change else [],
            "closed": [result_shape(item) for item in change.closed] if change else [],
            "compared_with": change.before.number if change else None,
        },
        "gaps": [gap_shape(gap) for gap in result.snapshot.gaps],
        "fail_on": {"severity": fail_on.value, "met": threshold_met(result, fail_on)} if fail_on else None,
    }


def _by_severity(results: Iterable[CheckResult]) -> dict[str, int]:
    counts = Counter(item.severity for item in results)
    return {severity.value: counts[severity] for severity in Severity}


def tell(result: "ScanResult", fail_on: Severity | None) -> None:
    """Print the summary."""
    scan, judgement = result.scan, result.judgement
    kinds = len({item.ref.group_kind for item in result.snapshot.objects})
    say(f"Scan {scan.number} of {scan.cluster}, taken {when(scan.taken_at)}: {scan.status.value}")
    say(f"  {plural(scan.objects, 'object')} of {plural(kinds, 'kind')}, {plural(scan.gaps, 'gap')}")
    if scan.imported:
        say(f"  imported at {when(scan.recorded_at)}; the time that it was taken is as given")
    if result.another_cluster:
        say(
            f"  warning: {result.another_cluster} If that is not meant, give it a name of its own: --cluster NAME"
        )
    say(f"  network plugin: {_plugins(result)}")
    say(f"  digest: {scan.digest}")
    heading("Controls by state")
    rows = [[item.framework.id, *(item.count(state) for state in _COLUMNS)] for item in judgement.assessments]
    table(["framework", *_COLUMNS.values()], rows, right=range(1, len(_COLUMNS) + 1))
    _tell_findings(result)
    tell_gaps(result.snapshot.gaps)
    if fail_on:
        say()
        met = threshold_met(result, fail_on)
        say(f"--fail-on {fail_on.value}: {'met' if met else 'not met'}")


def _plugins(result: "ScanResult") -> str:
    platform = result.judgement.platform
    names = ", ".join(f"{item.name} {item.version}".strip() for item in platform.plugins) or "not recognised"
    return f"{names}; policies are {_ENFORCED[platform.enforcement.value]}"


_ENFORCED = {
    "enforced": "enforced",
    "not-enforced": "not enforced",
    "degraded": "enforced in part",
    "unknown": "counted as declared",
}


def _tell_findings(result: "ScanResult") -> None:
    found, change = failures(result), result.comparison
    counts = ", ".join(f"{number} {name}" for name, number in _by_severity(found).items() if number)
    heading(f"Findings: {len(found)} open" + (f" ({counts})" if counts else ""))
    if excepted := len(result.judgement.accepted):
        say(f"  {excepted} of them under a valid exception")
    if change is None:
        _tell_some("worst first", found)
        return
    say(f"  since scan {change.before.number}: {len(change.opened)} new, {len(change.closed)} closed")
    _tell_some("new", sorted(change.opened, key=lambda item: item.severity.rank))
    _tell_some("closed", change.closed)


def _tell_some(word: str, results: Sequence[CheckResult]) -> None:
    if not results:
        return
    say(f"  {word}:")
    for item in results[:_TOLD]:
        say(f"    {item.severity.value:<8} {item.says}")
    if len(results) > _TOLD:
        say(f"    … and {len(results) - _TOLD} more; netattest findings lists all")
