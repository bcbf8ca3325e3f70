"""Removing whole scans: their rows and bodies go, their records stay in the chain, and tombstones tell what went and why."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Delete,
    Integer,
    Table,
    bindparam,
    delete,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    text,
    update,
)

from app.errors import EvidenceError, StoreError
from app.model.history import Scan, ScanStatus
from app.store.bulk import among, escaped, insert_rows
from app.store.chain_tables import removal, tombstone
from app.store.removals import (
    Removal,
    Tombstone,
    documents_text,
    removal_digest,
    removals_of,
    removed_scans,
)
from app.store.scans import NUMBERING_LOCK, WRITING_LOCK, cluster_id_of, read_scans, utc
from app.store.tables import (
    OPEN,
    blob,
    check_count,
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
)
from app.store.verify import check_cluster, remains


def require_whole(connection: Connection, cluster: str) -> None:
    """Refuse to remove anything from a history that does not match its digests: what is wrong would go unseen.

    Raises:
        EvidenceError: it does not; the message says where.
    """
    found = tuple(check_cluster(connection, cluster, read_scans(connection, cluster)))
    if found:
        raise EvidenceError(
            f"nothing was removed from {cluster}: {found[0]}"
            + (f", and {len(found) - 1} more" if len(found) > 1 else ""),
            advice="run `netattest db check`, and restore the database from a backup",
        )


def remove(
    connection: Connection, cluster: str, wanted: Mapping[int, str], *, rule: str, tool_version: str
) -> tuple[int, ...]:
    """Remove scans of one cluster, in the caller's transaction, and return their numbers.

    Nobody writes a scan meanwhile: bytes that two clusters share must not go while one is about to refer to them.

    Args:
        connection: in a transaction of its own.
        cluster: whose scans.
        wanted: number → the rule that lets it go; those that were removed before are left out.
        rule: all rules that were applied, canonical JSON.
        tool_version: version of netattest.

    Raises:
        StoreError: a scan is not there, failed, or is the last that was stored whole.
    """
    cluster_id = cluster_id_of(connection, cluster)
    if cluster_id is None:
        raise StoreError(f"cluster {cluster} is not in this database")
    connection.execute(select(func.pg_advisory_xact_lock(WRITING_LOCK)))
    connection.execute(select(func.pg_advisory_xact_lock(NUMBERING_LOCK, cluster_id)))
    before = removed_scans(connection, cluster_id)
    scans = read_scans(connection, cluster)
    stones = _tombstones(cluster, scans, {key: why for key, why in wanted.items() if key not in before})
    if not stones:
        return ()
    numbers = [stone.scan for stone in stones]
    past = removals_of(connection, cluster_id)
    _bury(connection, cluster_id, len(past) + 1, stones)
    _forget(connection, cluster_id, numbers, _gaps(scans, {*before, *numbers}))
    draft = Removal(
        number=len(past) + 1,
        removed_at=utc(connection.scalars(select(func.clock_timestamp())).one()),
        tool_version=tool_version,
        rule=rule,
        remains=remains(connection, cluster_id, scans[-1].number, {*before, *numbers}),
        previous=past[-1].digest if past else "",
        tombstones=stones,
    )
    connection.execute(insert(removal).values(_row(cluster_id, cluster, draft)))
    return tuple(numbers)


def _tombstones(cluster: str, found: Iterable[Scan], wanted: Mapping[int, str]) -> tuple[Tombstone, ...]:
    scans = {item.number: item for item in found if item.status is not ScanStatus.FAILED}
    for number in sorted(wanted):
        if number not in scans:
            raise StoreError(f"scan {number} of {cluster} stored nothing that could be removed")
        if number == max(scans):
            raise StoreError(
                f"scan {number} of {cluster} is its last one, which the next is compared with; it stays"
            )
    return tuple(
        Tombstone(number, why, documents_text(scans[number].documents))
        for number, why in sorted(wanted.items())
    )


def _bury(connection: Connection, cluster_id: int, number: int, stones: tuple[Tombstone, ...]) -> None:
    columns: dict[str, list[Any]] = {
        "cluster_id": [cluster_id] * len(stones),
        "scan": [stone.scan for stone in stones],
        "removal": [number] * len(stones),
        "reason": [escaped(stone.reason) for stone in stones],
        "documents": [escaped(stone.text) for stone in stones],
    }
    insert_rows(connection, tombstone, columns)


def _gaps(scans: Iterable[Scan], removed: Collection[int]) -> list[tuple[int, int]]:
    """Runs of scans, first and last, whose evidence is not there: removed, or failed."""
    gaps: list[tuple[int, int]] = []
    for item in scans:
        if item.number in removed or item.status is ScanStatus.FAILED:
            joins = bool(gaps) and gaps[-1][1] == item.number - 1
            first = gaps.pop()[0] if joins else item.number
            gaps.append((first, item.number))
    return gaps


def _within(
    gaps: list[tuple[int, int]], first: ColumnElement[Any], last: ColumnElement[Any]
) -> ColumnElement[bool]:
    """The condition that a row lies in one of the gaps alone."""
    bounds = [bindparam(None, [gap[end] for gap in gaps], type_=ARRAY(Integer)) for end in (0, 1)]
    gap = func.unnest(*bounds).table_valued("first", "last").render_derived()
    return (last <= max(end for _, end in gaps)) & exists().select_from(gap).where(
        first >= gap.c.first, last <= gap.c.last
    )


def _forget(connection: Connection, cluster_id: int, numbers: list[int], gaps: list[tuple[int, int]]) -> None:
    """Delete the rows that speak of removed scans alone, then what nothing refers to any more."""
    connection.execute(text("SET LOCAL netattest.removing = 'on'"))
    loose = _parts(connection, cluster_id, numbers)
    for table in (check_count, control_state):
        connection.execute(
            delete(table).where(table.c.cluster_id == cluster_id, among(table.c.scan, numbers))
        )
    documents = delete(scan_document).where(
        scan_document.c.cluster_id == cluster_id, among(scan_document.c.scan, numbers)
    )
    loose |= set(connection.scalars(documents.returning(scan_document.c.blob_id)))
    loose |= set(
        connection.scalars(_ranges(object_range, cluster_id, gaps).returning(object_range.c.blob_id))
    )
    connection.execute(_ranges(object_hole, cluster_id, gaps))
    loose |= _forget_findings(connection, cluster_id, gaps)
    _collect(connection, cluster_id, loose)


def _ranges(table: Table, cluster_id: int, gaps: list[tuple[int, int]]) -> Delete:
    inside = _within(gaps, table.c.first_scan, table.c.last_scan)
    return delete(table).where(table.c.cluster_id == cluster_id, inside)


def _forget_findings(connection: Connection, cluster_id: int, gaps: list[tuple[int, int]]) -> set[int]:
    """Findings that no kept scan reports, or reports as closed, go with all their rows; others keep their whole life."""
    said = exists().where(
        finding_result.c.finding_id == finding.c.id,
        not_(_within(gaps, finding_result.c.first_scan, finding_result.c.last_scan)),
    )
    closed = func.coalesce(finding_interval.c.closed_scan, OPEN)
    held = exists().where(
        finding_interval.c.finding_id == finding.c.id,
        not_(_within(gaps, finding_interval.c.opened_scan, closed)),
    )
    gone = list(
        connection.scalars(
            select(finding.c.id).where(finding.c.cluster_id == cluster_id, not_(said), not_(held))
        )
    )
    results = delete(finding_result).where(among(finding_result.c.finding_id, gone))
    loose = set(connection.scalars(results.returning(finding_result.c.blob_id)))
    connection.execute(delete(finding_interval).where(among(finding_interval.c.finding_id, gone)))
    connection.execute(delete(finding).where(among(finding.c.id, gone)))
    return loose


def _parts(connection: Connection, cluster_id: int, numbers: list[int]) -> set[int]:
    """Take manifest, origins, streaks and ledger away from the records of scans; returns where they are stored."""
    these = (scan.c.cluster_id == cluster_id) & among(scan.c.number, numbers)
    rows = connection.execute(
        select(scan.c.manifest_id, scan.c.origins_id, scan.c.streaks_id, blob.c.id)
        .outerjoin(blob, blob.c.sha256 == scan.c.ledger_digest)
        .where(these)
    ).all()
    connection.execute(update(scan).where(these).values(manifest_id=None, origins_id=None, streaks_id=None))
    return {number for row in rows for number in row if number is not None}


def _collect(connection: Connection, cluster_id: int, loose: Collection[int]) -> None:
    """Delete bytes, identities and controls that nothing refers to any more."""
    referring: Iterable[Any] = (
        object_range.c.blob_id, finding_result.c.blob_id, scan_document.c.blob_id,
        scan.c.manifest_id, scan.c.origins_id, scan.c.streaks_id,
    )  # fmt: skip
    ledger = exists().where(
        scan.c.ledger_digest == blob.c.sha256,
        not_(exists().where(tombstone.c.cluster_id == scan.c.cluster_id, tombstone.c.scan == scan.c.number)),
    )
    used = or_(ledger, *(exists().where(column == blob.c.id) for column in referring))
    connection.execute(delete(blob).where(among(blob.c.id, sorted(loose)), not_(used)))
    seen = or_(
        *(
            exists().where(column == object_key.c.id)
            for column in (object_range.c.key_id, object_hole.c.key_id)
        )
    )
    connection.execute(delete(object_key).where(object_key.c.cluster_id == cluster_id, not_(seen)))
    connection.execute(
        delete(control).where(not_(exists().where(control_state.c.control_id == control.c.id)))
    )


def _row(cluster_id: int, cluster: str, item: Removal) -> dict[str, Any]:
    return {
        "cluster_id": cluster_id,
        "number": item.number,
        "removed_at": item.removed_at.astimezone(UTC),
        "tool_version": item.tool_version,
        "rule": escaped(item.rule),
        "remains_digest": bytes.fromhex(item.remains),
        "previous_digest": bytes.fromhex(item.previous),
        "digest": bytes.fromhex(removal_digest(cluster, item)),
    }
