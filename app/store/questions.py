"""Questions about many scans at once, answered from ranges and intervals without rebuilding a single night."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Select, select

from app.model.archive import Counted, ObjectVersion, Opening, SaidOver
from app.model.identity import GroupKind, ObjectRef
from app.model.results import decode_result
from app.store.blobs import blob_ids, load_blobs
from app.store.bulk import among, escaped, unescaped
from app.store.connection import database_errors
from app.store.scans import cluster_id_of
from app.store.tables import (
    blob,
    check_count,
    finding,
    finding_interval,
    finding_result,
    object_hole,
    object_key,
    object_range,
)


class PostgresArchive:
    """`app.model.ports.Archive` on an engine of `create_engine`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def versions(
        self, cluster: str, first: int, last: int, kinds: Collection[GroupKind] = ()
    ) -> tuple[ObjectVersion, ...]:
        """Versions of objects that some scan of [first, last] may have seen, by identity and scan; all kinds if empty."""
        with self._reading(cluster) as (connection, cluster_id):
            return tuple(_versions(connection, cluster_id, first, last, kinds))

    def bodies(self, digests: Iterable[str]) -> Mapping[str, bytes]:
        """Bodies of stored objects by digest.

        Raises:
            EvidenceError: one does not match its digest.
        """
        with database_errors(), self._engine.connect() as connection:
            ids = blob_ids(connection, digests)
            bodies = load_blobs(connection, ids.values())
            return {digest: bodies[number] for digest, number in ids.items()}

    def said(
        self, cluster: str, first: int, last: int, fingerprints: Collection[str] | None = None
    ) -> tuple[SaidOver, ...]:
        """Failing and undecided results over the scans of [first, last], by fingerprint and scan; of all findings if None."""
        with self._reading(cluster) as (connection, cluster_id):
            query = (
                select(finding.c.fingerprint, finding_result)
                .join(finding, finding.c.id == finding_result.c.finding_id)
                .where(finding_result.c.cluster_id == cluster_id)
                .where(finding_result.c.first_scan <= last, finding_result.c.last_scan >= first)
            )
            if fingerprints is not None:
                query = query.where(among(finding.c.fingerprint, sorted(fingerprints)))
            rows = connection.execute(query).all()
            bodies = load_blobs(connection, (row.blob_id for row in rows))
            results = {number: decode_result(body) for number, body in bodies.items()}
            ordered = sorted(rows, key=lambda row: (row.fingerprint, row.first_scan))
            return tuple(
                SaidOver(row.first_scan, min(row.last_scan, last), results[row.blob_id]) for row in ordered
            )

    def openings(self, cluster: str, last: int) -> tuple[Opening, ...]:
        """Every interval of every finding that opened up to a scan, by fingerprint and opening."""
        with self._reading(cluster) as (connection, cluster_id):
            rows = connection.execute(
                select(finding.c.fingerprint, finding.c.check_id, finding_interval)
                .join(finding, finding.c.id == finding_interval.c.finding_id)
                .where(finding_interval.c.cluster_id == cluster_id, finding_interval.c.opened_scan <= last)
            )
            found = (
                Opening(row.fingerprint, row.check_id, row.opened_scan, _known(row.closed_scan, last))
                for row in rows
            )
            return tuple(sorted(found, key=lambda item: (item.fingerprint, item.opened)))

    def counted(self, cluster: str, first: int, last: int) -> tuple[Counted, ...]:
        """Which checks were performed in the scans of [first, last], by scan and check."""
        with self._reading(cluster) as (connection, cluster_id):
            rows = connection.execute(
                select(check_count.c.scan, check_count.c.check_id, check_count.c.population_complete)
                .where(check_count.c.cluster_id == cluster_id)
                .where(check_count.c.scan.between(first, last))
            )
            found = (Counted(row.scan, row.check_id, row.population_complete) for row in rows)
            return tuple(sorted(found, key=lambda item: (item.scan, item.check)))

    @contextmanager
    def _reading(self, cluster: str) -> Iterator[tuple[Connection, int]]:
        with database_errors(), self._engine.connect() as connection:
            found = cluster_id_of(connection, cluster)
            yield connection, -1 if found is None else found


def _known(closed: int | None, last: int) -> int | None:
    return closed if closed is not None and closed <= last else None


def _versions(
    connection: Connection, cluster_id: int, first: int, last: int, kinds: Collection[GroupKind]
) -> Iterator[ObjectVersion]:
    hidden = _hidden(connection, cluster_id, first, last)
    rows = connection.execute(_of_kinds(_ranges(cluster_id, first, last), kinds)).all()
    named = ((_ref(row), row) for row in rows)
    for ref, row in sorted(named, key=lambda pair: (pair[0], pair[1].first_scan)):
        holes = [hole for hole in hidden.get(row.key_id, ()) if hole[1] >= row.first_scan]
        inside = tuple(hole for hole in holes if hole[0] <= row.last_scan)
        yield ObjectVersion(ref, row.first_scan, min(row.last_scan, last), row.sha256.hex(), inside)


def _ranges(cluster_id: int, first: int, last: int) -> Select[Any]:
    return (
        select(
            object_range.c.key_id,
            object_range.c.first_scan,
            object_range.c.last_scan,
            blob.c.sha256,
            object_key.c.api_group,
            object_key.c.kind,
            object_key.c.namespace,
            object_key.c.name,
        )
        .join(object_key, object_key.c.id == object_range.c.key_id)
        .join(blob, blob.c.id == object_range.c.blob_id)
        .where(object_range.c.cluster_id == cluster_id)
        .where(object_range.c.first_scan <= last, object_range.c.last_scan >= first)
    )


def _of_kinds(query: Select[Any], kinds: Collection[GroupKind]) -> Select[Any]:
    if not kinds:
        return query
    names = sorted({escaped(item.kind) for item in kinds})
    return query.where(object_key.c.kind.in_(names))


def _hidden(
    connection: Connection, cluster_id: int, first: int, last: int
) -> Mapping[int, list[tuple[int, int]]]:
    rows = connection.execute(
        select(object_hole)
        .where(object_hole.c.cluster_id == cluster_id)
        .where(object_hole.c.first_scan <= last, object_hole.c.last_scan >= first)
        .order_by(object_hole.c.key_id, object_hole.c.first_scan)
    )
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        found[row.key_id].append((row.first_scan, min(row.last_scan, last)))
    return found


def _ref(row: Any) -> ObjectRef:
    return ObjectRef(
        unescaped(row.api_group), unescaped(row.kind), unescaped(row.namespace), unescaped(row.name)
    )
