"""The digest of a scan, and the chain that ties it to all scans before it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from app.errors import EvidenceError
from app.model.canonical import NOT_THAT_JSON, canonical_json, digest, digest_of
from app.model.history import CheckCounts, ControlPoint, Scan, ScanRecord
from app.model.results import encode_streaks, said

MOST_LINKS = 2000
"""Links that a report carries: more than five years of nights. Older ones stand behind the first link's digest."""

_CHAIN = "netattest/chain/v1"


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One scan as the chain knows it: its record, and the digest over what it said."""

    scan: Scan
    results: str


def record_digest(record: ScanRecord) -> str:
    """Results digest of a record, as it is stored with the scan."""
    return results_digest(
        sorted([fingerprint, item.digest] for fingerprint, item in said(record).items()),
        record.counts,
        record.points,
        digest(encode_streaks(record.streaks)),
    )


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
    """SHA-256 over all that a scan's record says, the results' digest and the previous scan's digest.

    A scan of version 0.1 has no ledger, and keeps the form that it had.
    """
    later = {"schema": "netattest/scan/v2", "ledger": scan.ledger, "imported": scan.imported}
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
            **(later if scan.ledger or scan.imported else {}),
        }
    )


def chain_problems(
    scans: Sequence[Scan], results: Mapping[int, str], *, since_first: bool = False
) -> tuple[str, ...]:
    """What is wrong with a cluster's chain, as sentences naming scans; empty when it holds.

    Args:
        scans: every scan of the cluster, by number.
        results: number → results digest as recorded.
        since_first: the first scan given need not be number 1; what stands before it is taken as it says.
    """
    problems: list[str] = []
    previous, expected = "", 1
    if scans and scans[0].number > 1 and since_first:
        previous, expected = scans[0].previous_digest, scans[0].number
    for scan in scans:
        if scan.number != expected:
            problems.append(f"scan {expected} of {scan.cluster} is missing before scan {scan.number}")
        if scan.previous_digest != previous:
            problems.append(f"scan {scan.number} of {scan.cluster} does not continue the scan before it")
        if scan_digest(scan, results[scan.number]) != scan.digest:
            problems.append(f"the record of scan {scan.number} of {scan.cluster} does not match its digest")
        previous, expected = scan.digest, scan.number + 1
    return tuple(problems)


def chain_document(links: Sequence[ChainLink]) -> bytes:
    """Write `netattest/chain/v1`: the scans up to one, by number, each with all that its digest covers."""
    return canonical_json({"schema": _CHAIN, "links": msgspec.to_builtins(links, order="deterministic")})


def read_chain_document(data: bytes) -> tuple[ChainLink, ...]:
    """Read back what `chain_document` wrote.

    Raises:
        EvidenceError: it is not such a document.
    """
    try:
        value = msgspec.json.decode(data, type=_ChainFile)
    except NOT_THAT_JSON as error:
        raise EvidenceError(f"chain.json is not a {_CHAIN} document: {error}") from None
    return value.links


class _ChainFile(msgspec.Struct):
    """The form of `chain.json`."""

    schema: Literal["netattest/chain/v1"]
    links: tuple[ChainLink, ...]


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
