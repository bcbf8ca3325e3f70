"""The full check of everything stored: every byte against its digest, every scan rebuilt, every chain."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from app.model.chain import chain_problems, results_digest
from app.model.history import Scan, ScanStatus
from app.model.snapshot import SnapshotObject
from app.store.blobs import blob_digests, broken_blobs, load_blobs
from app.store.codec import decode_manifest
from app.store.objects import digests_at
from app.store.points import counts_of, points_of
from app.store.results import results_at
from app.store.scans import cluster_id_of, cluster_names, part_ids, read_scans, results_digests


@dataclass(frozen=True, slots=True)
class StoreCheck:
    """What was checked, and what is wrong with it: sentences naming scan and object, empty when all holds."""

    clusters: int
    scans: int
    blobs: int
    problems: tuple[str, ...]


def check_everything(connection: Connection) -> StoreCheck:
    """Check the whole store. Memory is bounded by one scan's identities, not by history."""
    blobs = dict(broken_blobs(connection))
    broken = frozenset(sha256 for sha256, sound in blobs.items() if not sound)
    problems = [f"stored bytes {sha256} do not match that digest" for sha256 in sorted(broken)]
    names = cluster_names(connection)
    scans = 0
    for name in names:
        found = read_scans(connection, name)
        scans += len(found)
        problems += _cluster_problems(connection, name, found, broken)
    return StoreCheck(len(names), scans, len(blobs), tuple(problems))


def _cluster_problems(
    connection: Connection, name: str, scans: tuple[Scan, ...], broken: frozenset[str]
) -> Iterator[str]:
    cluster_id = cluster_id_of(connection, name)
    assert cluster_id is not None
    recorded = results_digests(connection, cluster_id)
    yield from chain_problems(scans, recorded)
    for scan in scans:
        if scan.status is not ScanStatus.FAILED:
            yield from _scan_problems(connection, cluster_id, scan, recorded, broken)


def _scan_problems(
    connection: Connection, cluster_id: int, scan: Scan, recorded: Mapping[int, str], broken: frozenset[str]
) -> Iterator[str]:
    where = f"scan {scan.number} of {scan.cluster}"
    objects = digests_at(connection, cluster_id, scan.number)
    yield from (f"{where}: {ref} cannot be trusted" for ref, sha256 in objects.items() if sha256 in broken)
    yield from (f"{where}: {name} cannot be trusted" for name, sha256 in scan.documents if sha256 in broken)
    parts = part_ids(connection, cluster_id, scan.number)
    stored = blob_digests(connection, (parts.manifest, parts.origins, parts.streaks)) if parts else {}
    if parts is None or broken & set(stored.values()):
        yield f"{where}: its manifest cannot be trusted"
        return
    rebuilt = decode_manifest(
        load_blobs(connection, [parts.manifest])[parts.manifest],
        [SnapshotObject(ref, b"", sha256) for ref, sha256 in objects.items()],
    )
    if rebuilt.digest != scan.snapshot_digest:
        yield f"{where}: its objects do not match the snapshot's digest"
    results = results_digest(
        results_at(connection, cluster_id, scan.number),
        counts_of(connection, cluster_id, scan.number),
        points_of(connection, cluster_id, scan.number),
        stored[parts.streaks],
    )
    if results != recorded[scan.number]:
        yield f"{where}: its results do not match their digest"
