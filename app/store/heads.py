"""Where each chain ends: its last scan, and the slots that have ended.

A chain tells when something inside it is missing; that its last link is missing, only this can tell.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from app.model.canonical import canonical_json, digest
from app.model.history import Scan
from app.store.bulk import insert_rows
from app.store.chain_tables import chain_head
from app.store.tables import slot

_RUNNING: Final = "running"
_NONE: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of one cluster's chain."""

    number: int
    digest: bytes
    slots: int
    slots_digest: bytes


def move_to(connection: Connection, cluster_id: int, finished: Scan) -> None:
    """The chain ends with this scan now."""
    _locked(connection, cluster_id)
    connection.execute(
        update(chain_head)
        .where(chain_head.c.cluster_id == cluster_id)
        .values(number=finished.number, digest=bytes.fromhex(finished.digest))
    )


def add_slot(connection: Connection, cluster_id: int, ended: Row[Any]) -> None:
    """One more slot has ended; its row is written already."""
    head = _locked(connection, cluster_id)
    if head is None:  # made this moment, from every slot that has ended
        return
    connection.execute(
        update(chain_head)
        .where(chain_head.c.cluster_id == cluster_id)
        .values(slots=head.slots + 1, slots_digest=_xor(head.slots_digest, _of_slot(ended)))
    )


def head_of(connection: Connection, cluster_id: int) -> Head | None:
    """What is on record, if anything is."""
    row = connection.execute(select(chain_head).where(chain_head.c.cluster_id == cluster_id)).one_or_none()
    return Head(row.number, row.digest, row.slots, row.slots_digest) if row else None


def slots_of(connection: Connection, cluster_id: int) -> tuple[int, bytes]:
    """Number and digest of the slots that have ended, worked out from their rows."""
    rows = connection.execute(
        select(slot).where(slot.c.cluster_id == cluster_id, slot.c.status != _RUNNING)
    ).all()
    return len(rows), _combined(_of_slot(row) for row in rows)


def _locked(connection: Connection, cluster_id: int) -> Head | None:
    """The row, held until the transaction ends; None when it had to be made."""
    found = connection.execute(_row_of(cluster_id)).one_or_none()
    if found is None:
        number, combined = slots_of(connection, cluster_id)
        columns: dict[str, list[Any]] = {
            "cluster_id": [cluster_id],
            "number": [0],
            "digest": [b""],
            "slots": [number],
            "slots_digest": [combined],
        }
        made = insert_rows(connection, chain_head, columns, skip_existing=True)
        if made:
            return None
        found = connection.execute(_row_of(cluster_id)).one()
    return Head(found.number, found.digest, found.slots, found.slots_digest)


def _row_of(cluster_id: int) -> Any:
    return select(chain_head).where(chain_head.c.cluster_id == cluster_id).with_for_update()


def _of_slot(row: Row[Any]) -> bytes:
    at: datetime = row.due_at
    return bytes.fromhex(digest(canonical_json([at.isoformat(), row.status, row.scan, row.reason])))


def _combined(digests: Iterable[bytes]) -> bytes:
    total = _NONE
    for item in digests:
        total = _xor(total, item)
    return total


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(_pairs(left, right))


def _pairs(left: bytes, right: bytes) -> Iterator[int]:
    return (one ^ other for one, other in zip(left, right, strict=True))
