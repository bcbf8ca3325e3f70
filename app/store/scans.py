"""Scan records, their documents, and the number and digest that the next one gets."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select

from app.errors import NotFoundError
from app.model.chain import scan_digest
from app.model.cluster import IDENTITY
from app.model.history import Document, Scan, ScanStatus
from app.store.blobs import blob_ids, load_blobs
from app.store.bulk import escaped, insert_rows, unescaped
from app.store.removals import removed_scans
from app.store.tables import blob, cluster, scan, scan_document

# "na", second and third kind of lock; the first is the cluster's own.
NUMBERING_LOCK: Final = 0x6E61_0002
WRITING_LOCK: Final = 0x6E61_0003
"""Shared by all who write a scan, held alone by who removes one."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Digests of a stored scan's parts that its record does not carry itself; empty for a failed run."""

    results: str
    manifest: str = ""
    origins: str = ""
    streaks: str = ""
    ledger: str = ""


@dataclass(frozen=True, slots=True)
class PartIds:
    """The same parts as numbers of `blob`."""

    manifest: int
    origins: int
    streaks: int

    @property
    def all(self) -> tuple[int, ...]:
        """In the order in which a ledger names their digests."""
        return (self.manifest, self.origins, self.streaks)


def utc(at: datetime) -> datetime:
    """The same instant in UTC, so that its text is the same wherever it came from."""
    return at.astimezone(UTC)


def cluster_id_of(connection: Connection, name: str) -> int | None:
    """Internal number of a cluster, if it was ever named."""
    found: int | None = connection.scalar(select(cluster.c.id).where(cluster.c.name == escaped(name)))
    return found


def require_cluster(connection: Connection, name: str) -> int:
    """Internal number of a cluster; adds one that is new."""
    found = cluster_id_of(connection, name)
    if found is None:
        insert_rows(connection, cluster, {"name": [escaped(name)]}, skip_existing=True)
        found = cluster_id_of(connection, name)
    assert found is not None
    return found


def cluster_names(connection: Connection) -> tuple[str, ...]:
    """Clusters that have scans, sorted."""
    scanned = select(scan.c.cluster_id).distinct()
    rows = connection.scalars(select(cluster.c.name).where(cluster.c.id.in_(scanned)))
    return tuple(sorted(unescaped(name) for name in rows))


def number_scan(connection: Connection, cluster_id: int, draft: Scan) -> Scan:
    """Give a scan its number, its place in the chain and the database's time; holds back other writers until commit."""
    connection.execute(select(func.pg_advisory_xact_lock_shared(WRITING_LOCK)))
    connection.execute(select(func.pg_advisory_xact_lock(NUMBERING_LOCK, cluster_id)))
    last = connection.execute(
        select(scan.c.number, scan.c.digest)
        .where(scan.c.cluster_id == cluster_id)
        .order_by(scan.c.number.desc())
        .limit(1)
    ).one_or_none()
    return replace(
        draft,
        number=last.number + 1 if last else 1,
        previous_digest=last.digest.hex() if last else "",
        recorded_at=utc(connection.scalars(select(func.clock_timestamp())).one()),
        taken_at=utc(draft.taken_at),
        slot=utc(draft.slot) if draft.slot else None,
    )


def write_scan(
    connection: Connection, cluster_id: int, draft: Scan, documents: Sequence[Document], parts: Parts
) -> Scan:
    """Write the record of a scan, documents first: the record's row is what makes the scan finished."""
    draft = replace(draft, ledger=parts.ledger)
    finished = replace(draft, digest=scan_digest(draft, parts.results))
    ids = blob_ids(
        connection,
        filter(None, (parts.manifest, parts.origins, parts.streaks, *(item.digest for item in documents))),
    )
    columns: dict[str, list[Any]] = {
        "cluster_id": [cluster_id] * len(documents),
        "scan": [finished.number] * len(documents),
        "name": [escaped(item.name) for item in documents],
        "blob_id": [ids[item.digest] for item in documents],
    }
    insert_rows(connection, scan_document, columns)
    connection.execute(insert(scan).values(_row(cluster_id, finished, parts, ids)))
    return finished


def read_scans(connection: Connection, name: str, *conditions: ColumnElement[bool]) -> tuple[Scan, ...]:
    """Scans of a cluster by number, those that meet the conditions on `scan`."""
    cluster_id = cluster_id_of(connection, name)
    if cluster_id is None:
        return ()
    rows = connection.execute(
        select(scan).where(scan.c.cluster_id == cluster_id, *conditions).order_by(scan.c.number)
    ).all()
    documents = _documents(connection, cluster_id, [row.number for row in rows])
    return tuple(_scan(name, row, documents.get(row.number, ())) for row in rows)


def read_scan(connection: Connection, name: str, number: int | None) -> Scan:
    """A scan by number, or the latest that is not a failed run.

    Raises:
        NotFoundError: there is none; the message says what there is.
    """
    cluster_id = cluster_id_of(connection, name)
    wanted = number if number is not None else latest_scan(connection, cluster_id)
    found = read_scans(connection, name, scan.c.number == wanted) if wanted is not None else ()
    if not found:
        raise _not_found(connection, name, cluster_id, number)
    return found[0]


def read_documents(connection: Connection, cluster_id: int, number: int) -> tuple[Document, ...]:
    """The files that judged a scan, sorted by name."""
    rows = connection.execute(
        select(scan_document.c.name, scan_document.c.blob_id).where(
            scan_document.c.cluster_id == cluster_id, scan_document.c.scan == number
        )
    ).all()
    bodies = load_blobs(connection, (row.blob_id for row in rows))
    found = (Document(unescaped(row.name), bodies[row.blob_id]) for row in rows)
    return tuple(sorted(found, key=lambda item: item.name))


def identities(connection: Connection, cluster_id: int, number: int) -> list[tuple[int, str]]:
    """Scan and digest of `cluster.json`, for scans up to one that have it, by number; what was removed is remembered."""
    found = {
        scan_number: sha256
        for scan_number, stone in removed_scans(connection, cluster_id).items()
        for name, sha256 in stone.documents
        if name == IDENTITY and scan_number <= number
    }
    rows = connection.execute(
        select(scan_document.c.scan, blob.c.sha256)
        .join(blob, blob.c.id == scan_document.c.blob_id)
        .where(scan_document.c.cluster_id == cluster_id, scan_document.c.name == IDENTITY)
        .where(scan_document.c.scan <= number)
    )
    return sorted({**found, **{row.scan: row.sha256.hex() for row in rows}}.items())


def results_digests(connection: Connection, cluster_id: int) -> dict[int, str]:
    """Number → results digest as recorded, for every scan of a cluster."""
    rows = connection.execute(
        select(scan.c.number, scan.c.results_digest).where(scan.c.cluster_id == cluster_id)
    )
    return {row.number: row.results_digest.hex() for row in rows}


def part_ids(connection: Connection, cluster_id: int, number: int) -> PartIds | None:
    """Where a scan's parts are stored; None for a failed run or a scan that does not exist."""
    row = connection.execute(
        select(scan.c.manifest_id, scan.c.origins_id, scan.c.streaks_id).where(
            scan.c.cluster_id == cluster_id, scan.c.number == number
        )
    ).one_or_none()
    if row is None or row.manifest_id is None:
        return None
    return PartIds(row.manifest_id, row.origins_id, row.streaks_id)


def _row(cluster_id: int, item: Scan, parts: Parts, ids: Mapping[str, int]) -> dict[str, Any]:
    return {
        "cluster_id": cluster_id,
        "number": item.number,
        "status": item.status.value,
        "taken_at": item.taken_at,
        "recorded_at": item.recorded_at,
        "slot": item.slot,
        "tool_version": item.tool_version,
        "snapshot_digest": bytes.fromhex(item.snapshot_digest) or None,
        "results_digest": bytes.fromhex(parts.results),
        "previous_digest": bytes.fromhex(item.previous_digest),
        "digest": bytes.fromhex(item.digest),
        "objects": item.objects,
        "gaps": item.gaps,
        "reason": escaped(item.reason),
        "manifest_id": ids.get(parts.manifest),
        "origins_id": ids.get(parts.origins),
        "streaks_id": ids.get(parts.streaks),
        "ledger_digest": bytes.fromhex(item.ledger) or None,
        "imported": item.imported,
    }


def _scan(name: str, row: Row[Any], documents: Sequence[tuple[str, str]]) -> Scan:
    return Scan(
        cluster=name,
        number=row.number,
        status=ScanStatus(row.status),
        taken_at=utc(row.taken_at),
        recorded_at=utc(row.recorded_at),
        slot=utc(row.slot) if row.slot else None,
        tool_version=row.tool_version,
        snapshot_digest=row.snapshot_digest.hex() if row.snapshot_digest else "",
        documents=tuple(sorted(documents)),
        previous_digest=row.previous_digest.hex(),
        digest=row.digest.hex(),
        objects=row.objects,
        gaps=row.gaps,
        reason=unescaped(row.reason),
        ledger=row.ledger_digest.hex() if row.ledger_digest else "",
        imported=row.imported,
    )


def _documents(
    connection: Connection, cluster_id: int, numbers: Sequence[int]
) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    if not numbers:
        return found
    for number, stone in removed_scans(connection, cluster_id).items():
        found[number].extend(stone.documents)
    rows = connection.execute(
        select(scan_document.c.scan, scan_document.c.name, blob.c.sha256)
        .join(blob, blob.c.id == scan_document.c.blob_id)
        .where(scan_document.c.cluster_id == cluster_id)
        .where(scan_document.c.scan.between(min(numbers), max(numbers)))
    )
    for row in rows:
        found[row.scan].append((unescaped(row.name), row.sha256.hex()))
    return found


def latest_scan(connection: Connection, cluster_id: int | None) -> int | None:
    """Number of the latest scan that is not a failed run."""
    found: int | None = connection.scalar(
        select(func.max(scan.c.number)).where(scan.c.cluster_id == cluster_id, scan.c.status != "failed")
    )
    return found


def _not_found(
    connection: Connection, name: str, cluster_id: int | None, number: int | None
) -> NotFoundError:
    last = connection.scalar(select(func.max(scan.c.number)).where(scan.c.cluster_id == cluster_id))
    if last is None:
        known = ", ".join(cluster_names(connection)) or "none"
        return NotFoundError(
            f"cluster {name} has no scans; clusters with scans: {known}",
            advice=f"run `netattest scan --cluster {name}`, or correct the name",
        )
    if number is None:
        return NotFoundError(
            f"cluster {name} has failed runs only ({last})", advice=f"run `netattest scan --cluster {name}`"
        )
    return NotFoundError(
        f"cluster {name} has no scan {number}; it has 1 to {last}",
        advice="give one of these numbers, or `latest`",
    )
