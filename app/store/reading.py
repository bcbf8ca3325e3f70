"""Reading a scan back: its snapshot exactly as it was collected, its documents, and what the next scan inherits."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from app.errors import EvidenceError, NotFoundError
from app.model.chain import chain_problems
from app.model.context import Integrity, RunContext
from app.model.history import Document, ObjectChange, Scan, ScanStatus
from app.model.snapshot import Snapshot
from app.store import objects, scans, slots
from app.store.blobs import load_blobs
from app.store.codec import decode_manifest, decode_origins, decode_streaks
from app.store.listing import whole_kinds
from app.store.removals import removed_scans


def snapshot_of(connection: Connection, scan: Scan) -> Snapshot:
    """Rebuild a snapshot, origins included.

    Raises:
        EvidenceError: bytes, objects or the whole do not match their digest.
        NotFoundError: the run failed and stored none.
    """
    parts = _parts(connection, scan)
    stored = load_blobs(connection, (parts.manifest, parts.origins))
    found = tuple(objects.objects_at(connection, require_known(connection, scan), scan.number))
    origins = decode_origins(stored[parts.origins])
    # A missing object changes the digest too; only then could the two lengths differ.
    placed = [replace(item, origin=origin) for item, origin in zip(found, origins, strict=False)]
    rebuilt = decode_manifest(stored[parts.manifest], placed)
    if rebuilt.digest != scan.snapshot_digest or len(found) != len(origins):
        raise EvidenceError(
            f"the snapshot of scan {scan.number} of {scan.cluster} does not match its digest",
            advice="run `netattest db check` to see what else is affected, and restore from a backup",
        )
    return rebuilt


def documents_of(connection: Connection, scan: Scan) -> tuple[Document, ...]:
    """The files that judged a scan, sorted by name.

    Raises:
        EvidenceError: they are not those that the scan names.
    """
    _parts(connection, scan)
    found = scans.read_documents(connection, require_known(connection, scan), scan.number)
    if tuple((item.name, item.digest) for item in found) != scan.documents:
        raise EvidenceError(
            f"the documents of scan {scan.number} of {scan.cluster} are not those that judged it",
            advice="run `netattest db check` to see what else is affected, and restore from a backup",
        )
    return found


def changes_between(connection: Connection, before: Scan, after: Scan) -> tuple[ObjectChange, ...]:
    """Objects that differ between two scans of one cluster, sorted by identity."""
    cluster_id = require_known(connection, after)
    first, second = _manifest(connection, before), _manifest(connection, after)
    return objects.changes(
        objects.digests_at(connection, cluster_id, before.number),
        objects.digests_at(connection, cluster_id, after.number),
        whole_kinds(first.source.kind, first.kinds, first.gaps),
        whole_kinds(second.source.kind, second.kinds, second.gaps),
    )


def context_of(connection: Connection, cluster: str, at: datetime) -> RunContext:
    """What the past contributes to a scan of a cluster taken at a time; checks the chain of records on the way."""
    cluster_id = scans.cluster_id_of(connection, cluster)
    if cluster_id is None:
        return RunContext()
    past = scans.read_scans(connection, cluster)
    stored = [item for item in past if item.status is not ScanStatus.FAILED]
    complete = [item for item in stored if item.status is ScanStatus.COMPLETE]
    after = (complete[-1].slot or complete[-1].taken_at) if complete else None
    return RunContext(
        previous=stored[-1].number if stored else None,
        streaks=_streaks(connection, stored[-1]) if stored else {},
        slots=slots.slots_after(connection, cluster_id, cluster, after, at),
        integrity=Integrity(len(past), chain_problems(past, scans.results_digests(connection, cluster_id))),
    )


def require_known(connection: Connection, scan: Scan) -> int:
    """Internal number of a scan's cluster.

    Raises:
        NotFoundError: the scan is from elsewhere.
    """
    found = scans.cluster_id_of(connection, scan.cluster)
    if found is None:
        raise NotFoundError(
            f"cluster {scan.cluster} is not in this database", advice="is it the right database?"
        )
    return found


def _parts(connection: Connection, scan: Scan) -> scans.PartIds:
    parts = scans.part_ids(connection, require_known(connection, scan), scan.number)
    if parts is None:
        raise NotFoundError(_no_snapshot(connection, scan), advice="choose another scan, or `latest`")
    return parts


def _no_snapshot(connection: Connection, scan: Scan) -> str:
    which = f"scan {scan.number} of {scan.cluster}"
    removed = removed_scans(connection, require_known(connection, scan))
    if scan.number in removed:
        return f"the evidence of {which} was removed by retention, rule {removed[scan.number].reason}"
    return f"{which} stored no snapshot: {scan.reason or 'it is not in this database'}"


def _manifest(connection: Connection, scan: Scan) -> Snapshot:
    """The snapshot without its objects."""
    parts = _parts(connection, scan)
    return decode_manifest(load_blobs(connection, [parts.manifest])[parts.manifest], ())


def _streaks(connection: Connection, scan: Scan) -> dict[str, int]:
    parts = _parts(connection, scan)
    return decode_streaks(load_blobs(connection, [parts.streaks])[parts.streaks])
