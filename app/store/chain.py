"""The digest of a scan, and the chain that ties it to all scans before it."""

from collections.abc import Iterable, Mapping, Sequence

from app.model.canonical import digest_of
from app.model.history import CheckCounts, ControlPoint, Scan


def results_digest(
    results: Sequence[Sequence[str]],
    counts: Iterable[CheckCounts],
    points: Iterable[ControlPoint],
    streaks: str,
) -> str:
    """SHA-256 over everything that a scan said.

    Args:
        results: `[fingerprint, digest of the stored result]`, sorted.
        counts: what each check counted.
        points: the state of each control.
        streaks: digest of the stored streaks.
    """
    return digest_of(
        {
            "schema": "netattest/results/v1",
            "results": results,
            "counts": sorted(_count_json(item) for item in counts),
            "controls": sorted(_point_json(item) for item in points),
            "streaks": streaks,
        }
    )


def scan_digest(scan: Scan, results: str) -> str:
    """SHA-256 over all that a scan's record says, the results' digest and the previous scan's digest."""
    return digest_of(
        {
            "schema": "netattest/scan/v1",
            "cluster": scan.cluster,
            "number": scan.number,
            "status": scan.status.value,
            "takenAt": scan.taken_at.isoformat(),
            "recordedAt": scan.recorded_at.isoformat(),
            "slot": scan.slot.isoformat() if scan.slot else None,
            "toolVersion": scan.tool_version,
            "snapshot": scan.snapshot_digest,
            "documents": [list(item) for item in scan.documents],
            "results": results,
            "objects": scan.objects,
            "gaps": scan.gaps,
            "reason": scan.reason,
            "previous": scan.previous_digest,
        }
    )


def chain_problems(scans: Sequence[Scan], results: Mapping[int, str]) -> tuple[str, ...]:
    """What is wrong with a cluster's chain, as sentences naming scans; empty when it holds.

    Args:
        scans: every scan of the cluster, by number.
        results: number → results digest as recorded.
    """
    problems: list[str] = []
    previous, expected = "", 1
    for scan in scans:
        if scan.number != expected:
            problems.append(f"scan {expected} of {scan.cluster} is missing before scan {scan.number}")
        if scan.previous_digest != previous:
            problems.append(f"scan {scan.number} of {scan.cluster} does not continue the scan before it")
        if scan_digest(scan, results[scan.number]) != scan.digest:
            problems.append(f"the record of scan {scan.number} of {scan.cluster} does not match its digest")
        previous, expected = scan.digest, scan.number + 1
    return tuple(problems)


def _count_json(item: CheckCounts) -> list[object]:
    return [
        item.check,
        item.population_complete,
        sorted([outcome.value, number] for outcome, number in item.counts if number),
    ]


def _point_json(item: ControlPoint) -> list[object]:
    return [
        item.framework,
        item.framework_digest,
        item.control,
        item.state.value,
        item.contrary,
        item.passed,
        item.failed,
        item.excepted,
        item.undecided,
    ]
