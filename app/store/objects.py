"""Objects as ranges of scans: what a night writes is what changed since the last, and any night can be read back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from sqlalchemy import Connection, and_, select

from app.errors import EvidenceError
from app.model.canonical import digest
from app.model.history import ChangeKind, ObjectChange
from app.model.identity import ObjectRef
from app.model.snapshot import SnapshotObject
from app.store.blobs import blob_digests, blob_ids, load_blobs
from app.store.bulk import end_ranges, escaped, insert_rows, open_from, unescaped, unnested
from app.store.ledger import Entries
from app.store.listing import WholeKinds
from app.store.tables import OPEN, object_hole, object_key, object_range


@dataclass(frozen=True, slots=True)
class Known:
    """An object that the scans so far leave in place."""

    key_id: int
    digest: str
    first: int  # scan that began this version
    hole: int = 0  # first scan of those, up to the last, that could not see it; 0 when it was seen


@dataclass(frozen=True, slots=True)
class ObjectPlan:
    """What one scan has to write about objects. Numbers are those of `object_key`."""

    started: tuple[SnapshotObject, ...]
    ended: Mapping[ObjectRef, Known]
    holes_started: Mapping[ObjectRef, Known]
    holes_ended: Mapping[ObjectRef, Known]

    @property
    def entries(self) -> Entries:
        """What the ledger says about objects."""
        return Entries.of(
            ((item.ref.key, item.digest) for item in self.started),
            ((ref.key, item.first) for ref, item in self.ended.items()),
        )

    @property
    def hole_entries(self) -> Entries:
        """What the ledger says about holes."""
        return Entries.of(
            ((ref.key, "") for ref in self.holes_started),
            ((ref.key, item.hole) for ref, item in self.holes_ended.items()),
        )


def require_sound(objects: Sequence[SnapshotObject]) -> None:
    """Refuse to store what could not be read back exactly.

    Raises:
        EvidenceError: a digest is not that of its body, or objects are not sorted, each identity once.
    """
    for before, after in pairwise(objects):
        if before.ref >= after.ref:
            raise EvidenceError(f"{after.ref} is out of order or there twice; nothing was stored")
    for item in objects:
        if digest(item.body) != item.digest:
            raise EvidenceError(f"{item.ref} does not match its digest; nothing was stored")


def plan_objects(
    known: Mapping[ObjectRef, Known], objects: Sequence[SnapshotObject], whole: WholeKinds
) -> ObjectPlan:
    """Compare what was there with what was seen.

    Args:
        known: objects that are in place after the last scan.
        objects: what this scan saw.
        whole: kinds whose list was read to its end; only there an object that was not seen is gone. Elsewhere it
            falls into a hole: not part of this scan, and nothing is said about whether it still exists.
    """
    seen = {item.ref: item for item in objects}
    found = {ref: item for ref, item in known.items() if ref in seen}
    unseen = {ref: item for ref, item in known.items() if ref not in seen}
    changed = {ref: item for ref, item in found.items() if seen[ref].digest != item.digest}
    gone = {ref: item for ref, item in unseen.items() if ref.group_kind in whole}
    return ObjectPlan(
        started=tuple(
            item for item in objects if (old := known.get(item.ref)) is None or old.digest != item.digest
        ),
        ended=changed | gone,
        holes_started={ref: item for ref, item in unseen.items() if ref not in gone and not item.hole},
        holes_ended={ref: item for ref, item in (found | gone).items() if item.hole},
    )


def known_objects(connection: Connection, cluster_id: int) -> dict[ObjectRef, Known]:
    """Objects in place after the last scan of a cluster."""
    hidden = _hidden(connection, cluster_id, OPEN)
    rows = connection.execute(
        select(*IDENTITY, object_key.c.id, object_range.c.blob_id, object_range.c.first_scan)
        .join(object_key, object_key.c.id == object_range.c.key_id)
        .where(object_range.c.cluster_id == cluster_id, object_range.c.last_scan == OPEN)
    ).all()
    digests = blob_digests(connection, (row.blob_id for row in rows))
    return {
        identity_of(row): Known(row.id, digests.get(row.blob_id, ""), row.first_scan, hidden.get(row.id, 0))
        for row in rows
    }


def write_objects(connection: Connection, cluster_id: int, number: int, plan: ObjectPlan) -> None:
    """Write a plan; the bodies of what started are stored already."""
    end_ranges(connection, object_range.c.key_id, _numbers(plan.ended), number)
    end_ranges(connection, object_hole.c.key_id, _numbers(plan.holes_ended), number)
    keys = _key_ids(connection, cluster_id, [item.ref for item in plan.started])
    blobs = blob_ids(connection, (item.digest for item in plan.started))
    started = {
        "key_id": [keys[item.ref] for item in plan.started],
        "blob_id": [blobs[item.digest] for item in plan.started],
    }
    insert_rows(connection, object_range, {**open_from(cluster_id, number, len(plan.started)), **started})
    holes = {
        **open_from(cluster_id, number, len(plan.holes_started)),
        "key_id": _numbers(plan.holes_started),
    }
    insert_rows(connection, object_hole, holes)


def digests_at(connection: Connection, cluster_id: int, number: int) -> dict[ObjectRef, str]:
    """Identity → digest of every object in a scan, sorted by identity."""
    return {ref: sha256 for ref, sha256, _ in _versions_at(connection, cluster_id, number)}


def objects_at(connection: Connection, cluster_id: int, number: int) -> Iterator[SnapshotObject]:
    """Every object of a scan with its body, sorted by identity; origins are kept apart.

    Raises:
        EvidenceError: a body does not match its digest.
    """
    versions = _versions_at(connection, cluster_id, number)
    bodies = load_blobs(connection, (blob_id for _, _, blob_id in versions))
    return (SnapshotObject(ref, bodies[blob_id], sha256) for ref, sha256, blob_id in versions)


def changes(
    before: Mapping[ObjectRef, str],
    after: Mapping[ObjectRef, str],
    whole_before: WholeKinds,
    whole_after: WholeKinds,
) -> tuple[ObjectChange, ...]:
    """What differs between the digests of two scans, sorted by identity.

    That an object is missing counts only where its list was read to its end: what was not listed was not removed.
    """
    pairs = ((ref, before.get(ref, ""), after.get(ref, "")) for ref in sorted(before.keys() | after.keys()))
    return tuple(
        ObjectChange(ref, _change(old, new), old, new)
        for ref, old, new in pairs
        if old != new and (old or ref.group_kind in whole_before) and (new or ref.group_kind in whole_after)
    )


def _change(old: str, new: str) -> ChangeKind:
    if not old:
        return ChangeKind.ADDED
    return ChangeKind.CHANGED if new else ChangeKind.REMOVED


IDENTITY: Final = (object_key.c.api_group, object_key.c.kind, object_key.c.namespace, object_key.c.name)


def _numbers(known: Mapping[ObjectRef, Known]) -> list[int]:
    """In order, so that two transactions take rows in the same one."""
    return sorted(item.key_id for item in known.values())


def _versions_at(connection: Connection, cluster_id: int, number: int) -> list[tuple[ObjectRef, str, int]]:
    hidden = _hidden(connection, cluster_id, number)
    rows = connection.execute(
        select(*IDENTITY, object_key.c.id, object_range.c.blob_id)
        .join(object_key, object_key.c.id == object_range.c.key_id)
        .where(object_range.c.cluster_id == cluster_id)
        .where(object_range.c.first_scan <= number, object_range.c.last_scan >= number)
    ).all()
    digests = blob_digests(connection, (row.blob_id for row in rows))
    return sorted(
        (identity_of(row), digests[row.blob_id], row.blob_id)
        for row in rows
        if row.id not in hidden and row.blob_id in digests
    )


def _hidden(connection: Connection, cluster_id: int, number: int) -> dict[int, int]:
    """`object_key.id` of objects in a hole at a scan (`OPEN`: after the last), and where the hole begins."""
    rows = connection.execute(
        select(object_hole.c.key_id, object_hole.c.first_scan)
        .where(object_hole.c.cluster_id == cluster_id)
        .where(object_hole.c.first_scan <= number, object_hole.c.last_scan >= number)
    )
    return {row.key_id: row.first_scan for row in rows}


def _key_ids(connection: Connection, cluster_id: int, refs: Sequence[ObjectRef]) -> dict[ObjectRef, int]:
    columns = {
        "api_group": [escaped(ref.group) for ref in refs],
        "kind": [escaped(ref.kind) for ref in refs],
        "namespace": [escaped(ref.namespace) for ref in refs],
        "name": [escaped(ref.name) for ref in refs],
    }
    insert_rows(
        connection, object_key, {"cluster_id": [cluster_id] * len(refs), **columns}, skip_existing=True
    )
    wanted = unnested({column: columns[column.name] for column in IDENTITY})
    named = [column == wanted.c[column.name] for column in IDENTITY]
    rows = connection.execute(
        select(object_key.c.id, *IDENTITY)
        .join(wanted, and_(*named))
        .where(object_key.c.cluster_id == cluster_id)
    )
    return {identity_of(row): row.id for row in rows}


def identity_of(row: object) -> ObjectRef:
    """The object that a row with the columns of `IDENTITY` names."""
    group, kind, namespace, name = row.api_group, row.kind, row.namespace, row.name  # type: ignore[attr-defined]  # a row of IDENTITY
    return ObjectRef(unescaped(group), unescaped(kind), unescaped(namespace), unescaped(name))
