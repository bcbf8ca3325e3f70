"""Writing a scan: compare with what is known, store new bytes, extend history, and write the record last."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from app.model.canonical import digest
from app.model.chain import results_digest
from app.model.history import Scan, ScanRecord, ScanStatus, SlotStatus
from app.model.results import encode_streaks, said
from app.model.snapshot import Snapshot
from app.store import heads, objects, points, results, scans, slots
from app.store.blobs import store_blobs
from app.store.codec import encode_manifest, encode_origins
from app.store.ledger import Ledger, encode_ledger
from app.store.listing import whole_kinds
from app.store.runs import Run, forget_run

_NOT_YET = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a scan adds to history, and the bytes that this needs."""

    objects: objects.ObjectPlan
    results: results.ResultPlan
    parts: scans.Parts
    bodies: dict[str, bytes]


def write(connection: Connection, run: Run, record: ScanRecord, snapshot: Snapshot) -> Scan:
    """Write a whole scan; what did not change since the last costs nothing.

    1. Take the next number, which holds back other writers of this cluster. 2. Compare with what is known. 3. Store
    new bytes. 4. Extend ranges and intervals, and add counts and states. 5. Write the record: now it is finished.
    """
    draft = scans.number_scan(connection, run.cluster_id, _draft(record, snapshot))
    plan = _plan(connection, run.cluster_id, record, snapshot)
    store_blobs(connection, plan.bodies)
    objects.write_objects(connection, run.cluster_id, draft.number, plan.objects)
    results.write_results(connection, run.cluster_id, draft.number, plan.results)
    points.write_counts(connection, run.cluster_id, draft.number, record.counts)
    points.write_points(connection, run.cluster_id, draft.number, record.points)
    finished = scans.write_scan(connection, run.cluster_id, draft, record.documents, plan.parts)
    _end_run(connection, run, finished, SlotStatus.DONE)
    return finished


def write_failure(connection: Connection, run: Run, failed: Scan) -> Scan:
    """Write the record of a run that stored nothing, and end its slot."""
    draft = scans.number_scan(connection, run.cluster_id, failed)
    ledger = encode_ledger(Ledger())
    store_blobs(connection, {digest(ledger): ledger})
    parts = scans.Parts(results=results_digest((), (), (), ""), ledger=digest(ledger))
    finished = scans.write_scan(connection, run.cluster_id, draft, (), parts)
    _end_run(connection, run, finished, SlotStatus.FAILED)
    return finished


def _plan(connection: Connection, cluster_id: int, record: ScanRecord, snapshot: Snapshot) -> _Plan:
    known = objects.known_objects(connection, cluster_id)
    object_plan = objects.plan_objects(
        known, snapshot.objects, whole_kinds(snapshot.source.kind, snapshot.kinds, snapshot.gaps)
    )
    tonight = said(record)
    result_plan = results.plan_results(results.known_findings(connection, cluster_id), tonight, record)

    manifest, origins = encode_manifest(snapshot), encode_origins(snapshot.objects)
    streaks = encode_streaks(record.streaks)
    digests = sorted([fingerprint, item.digest] for fingerprint, item in tonight.items())
    ledger = encode_ledger(_ledger(object_plan, result_plan, manifest, origins, streaks))
    parts = scans.Parts(
        results=results_digest(digests, record.counts, record.points, digest(streaks)),
        manifest=digest(manifest),
        origins=digest(origins),
        streaks=digest(streaks),
        ledger=digest(ledger),
    )
    bodies = {item.digest: item.body for item in object_plan.started}
    bodies |= {item.digest: item.body for item in result_plan.started.values()}
    bodies |= {item.digest: item.body for item in record.documents}
    bodies |= {digest(body): body for body in (manifest, origins, streaks, ledger)}
    return _Plan(object_plan, result_plan, parts, bodies)


def _ledger(found: objects.ObjectPlan, said_of: results.ResultPlan, *parts: bytes) -> Ledger:
    return Ledger(
        objects=found.entries,
        holes=found.hole_entries,
        results=said_of.entries,
        findings=said_of.finding_entries,
        parts=tuple(digest(part) for part in parts),
    )


def _end_run(connection: Connection, run: Run, finished: Scan, status: SlotStatus) -> None:
    """The slot and the run end with the scan that came of them, in one transaction, and the chain with this scan."""
    forget_run(connection, run)
    if finished.slot is not None:
        slots.finish(
            connection, run.cluster_id, finished.slot, status, scan=finished.number, reason=finished.reason
        )
    heads.move_to(connection, run.cluster_id, finished)


def _draft(record: ScanRecord, snapshot: Snapshot) -> Scan:
    """The record before it has a number, a time and a digest."""
    return Scan(
        cluster=record.cluster,
        number=0,
        status=ScanStatus.COMPLETE if snapshot.complete else ScanStatus.PARTIAL,
        taken_at=record.taken_at,
        recorded_at=_NOT_YET,
        slot=record.slot,
        tool_version=record.tool_version,
        snapshot_digest=snapshot.digest,
        documents=tuple(sorted((item.name, item.digest) for item in record.documents)),
        previous_digest="",
        digest="",
        objects=len(snapshot.objects),
        gaps=len(snapshot.gaps),
        imported=record.imported,
    )


def failed_scan(
    cluster: str, taken_at: datetime, slot: datetime | None, reason: str, tool_version: str
) -> Scan:
    """The draft of a failed run's record, for `write_failure`."""
    return Scan(
        cluster=cluster,
        number=0,
        status=ScanStatus.FAILED,
        taken_at=taken_at,
        recorded_at=_NOT_YET,
        slot=slot,
        tool_version=tool_version,
        snapshot_digest="",
        documents=(),
        previous_digest="",
        digest="",
        reason=reason,
    )
