"""Rows that no scan accounts for: of scans that are not there, of nothing at all, or unlike the bytes that they stand for."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import zstandard
from sqlalchemy import Column, Connection, Row, Table, exists, not_, or_, select, text

from app.errors import EvidenceError
from app.model.results import decode_result
from app.store.blobs import plain_body
from app.store.bulk import unescaped
from app.store.chain_tables import chain_head, removal, tombstone
from app.store.tables import (
    blob,
    check_count,
    cluster,
    control,
    control_state,
    finding,
    finding_interval,
    finding_result,
    object_hole,
    object_key,
    object_range,
    scan,
    scan_document,
    slot,
)

_OF_SCAN: Final[Mapping[Table, str]] = {
    scan_document: "scan",
    check_count: "scan",
    control_state: "scan",
    tombstone: "scan",
    object_range: "first_scan",
    object_hole: "first_scan",
    finding_result: "first_scan",
    finding_interval: "opened_scan",
}
_NAMED_BY: Final = {
    object_key: (object_range.c.key_id,),
    finding: (finding_result.c.finding_id, finding_interval.c.finding_id),
    control: (control_state.c.control_id,),
}
_OF_CLUSTER: Final = (scan, slot, chain_head, removal, object_key, finding)
_KEYED: Final[Mapping[Table, Column[Any]]] = {
    object_range: object_key.c.id,
    object_hole: object_key.c.id,
    finding_result: finding.c.id,
    finding_interval: finding.c.id,
}

UNREFERENCED: Final = """
    SELECT id FROM blob WHERE NOT EXISTS (SELECT FROM scan WHERE ledger_digest = blob.sha256 AND NOT EXISTS (
        SELECT FROM tombstone WHERE tombstone.cluster_id = scan.cluster_id AND tombstone.scan = scan.number))
    EXCEPT (
        SELECT blob_id FROM object_range UNION ALL SELECT blob_id FROM finding_result
        UNION ALL SELECT blob_id FROM scan_document UNION ALL SELECT manifest_id FROM scan
        UNION ALL SELECT origins_id FROM scan UNION ALL SELECT streaks_id FROM scan
    )
"""
"""Bytes that nothing refers to."""


def problems(connection: Connection) -> Iterator[str]:
    """What no scan accounts for, as sentences naming tables."""
    for table, column in _OF_SCAN.items():
        yield from _without_scan(connection, table, column)
    for table in _OF_CLUSTER:
        yield from _without_cluster(connection, table)
    for table, key in _KEYED.items():
        yield from _of_another_cluster(connection, table, key)
    for table, columns in _NAMED_BY.items():
        named = or_(*(exists().where(column == table.c.id) for column in columns))
        for _ in connection.execute(select(table.c.id).where(not_(named)).limit(1)):
            yield f"rows of {table.name} are named by nothing"
    unreferenced = select(blob.c.sha256).where(blob.c.id.in_(text(UNREFERENCED)))
    for sha256 in connection.scalars(unreferenced):
        yield f"stored bytes {sha256.hex()} belong to nothing (blob)"
    yield from _unlike_their_bytes(connection)


def _without_scan(connection: Connection, table: Table, column: str) -> Iterator[str]:
    there = (scan.c.cluster_id == table.c.cluster_id) & (scan.c.number == table.c[column])
    query = select(table.c.cluster_id, table.c[column]).where(not_(exists().where(there))).distinct()
    for cluster_number, number in connection.execute(query):
        name = connection.scalar(select(cluster.c.name).where(cluster.c.id == cluster_number))
        whose = unescaped(name) if name else f"a cluster that is not there ({cluster_number})"
        yield f"rows of {table.name} belong to scan {number} of {whose}, which is not there"


def _without_cluster(connection: Connection, table: Table) -> Iterator[str]:
    there = cluster.c.id == table.c.cluster_id
    query = select(table.c.cluster_id).where(not_(exists().where(there))).distinct()
    for number in connection.scalars(query):
        yield f"rows of {table.name} belong to a cluster that is not there ({number}; cluster)"


def _of_another_cluster(connection: Connection, table: Table, key: Column[Any]) -> Iterator[str]:
    (column,) = (item for item in table.c if item.references(key))
    there = (key == column) & (key.table.c.cluster_id == table.c.cluster_id)
    for _ in connection.execute(select(column).where(not_(exists().where(there))).limit(1)):
        yield f"rows of {table.name} name rows of {key.table.name} that are not there, or another cluster's"


def _unlike_their_bytes(connection: Connection) -> Iterator[str]:
    """Columns of findings and results repeat what the result's bytes say, for views and indexes."""
    query = (
        select(
            finding_result.c.first_scan,
            finding_result.c.outcome,
            finding_result.c.severity,
            finding_result.c.says,
            finding,
            blob.c.sha256,
            blob.c.body,
        )
        .join(finding, finding.c.id == finding_result.c.finding_id)
        .join(blob, blob.c.id == finding_result.c.blob_id)
        .order_by(finding_result.c.finding_id, finding_result.c.first_scan)
    )
    decompressor = zstandard.ZstdDecompressor()
    for row in connection.execute(query, execution_options={"yield_per": 500}):
        if not _like(row, decompressor):
            yield (
                f"finding {row.fingerprint} from scan {row.first_scan} on is not what its result says"
                " (finding, finding_result)"
            )


def _like(row: Row[Any], decompressor: zstandard.ZstdDecompressor) -> bool:
    try:
        result = decode_result(plain_body(decompressor, row.sha256, row.body))
    except EvidenceError:  # named by the check of all bytes
        return True
    subject = result.subject
    return (
        row.fingerprint,
        row.check_id,
        row.subject_kind,
        unescaped(row.subject),
        unescaped(row.namespace),
        row.outcome,
        row.severity,
        unescaped(row.says),
    ) == (
        result.fingerprint,
        result.check,
        subject.kind.value,
        subject.id,
        subject.namespace,
        result.outcome.value,
        result.severity.value,
        result.says,
    )
