"""Slots of the schedule: each is claimed by one process and gets one final word."""

import os
import socket
from datetime import datetime

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects.postgresql import insert

from app.errors import StoreError
from app.model.history import Slot, SlotStatus
from app.store import heads
from app.store.bulk import escaped, unescaped
from app.store.scans import utc
from app.store.tables import slot


def claim(connection: Connection, cluster_id: int, due_at: datetime) -> bool:
    """Record that this process runs a slot; False when the slot is recorded already."""
    added = connection.execute(
        insert(slot)
        .values(
            cluster_id=cluster_id,
            due_at=due_at,
            status=SlotStatus.RUNNING.value,
            reason="",
            host=socket.gethostname(),
            pid=os.getpid(),
            claimed_at=func.clock_timestamp(),
        )
        .on_conflict_do_nothing()
        .returning(slot.c.due_at)
    )
    return added.one_or_none() is not None


def finish(
    connection: Connection,
    cluster_id: int,
    due_at: datetime,
    status: SlotStatus,
    *,
    scan: int | None = None,
    reason: str = "",
) -> SlotStatus:
    """Record how a slot ended, claimed or not, and return what is recorded: a slot that has ended stays as it is."""
    word = {"status": status.value, "scan": scan, "reason": escaped(reason)}
    ended = connection.execute(
        insert(slot)
        .values(cluster_id=cluster_id, due_at=due_at, host="", **word)
        .on_conflict_do_update(
            index_elements=[slot.c.cluster_id, slot.c.due_at],
            set_=word,
            where=slot.c.status == SlotStatus.RUNNING.value,
        )
        .returning(slot)
    ).one_or_none()
    if ended is not None:
        heads.add_slot(connection, cluster_id, ended)
    recorded = connection.scalars(
        select(slot.c.status).where(slot.c.cluster_id == cluster_id, slot.c.due_at == due_at)
    ).one()
    return SlotStatus(recorded)


def close(
    connection: Connection,
    cluster_id: int,
    due_at: datetime,
    status: SlotStatus,
    *,
    scan: int | None = None,
    reason: str = "",
) -> None:
    """As `finish`; saying the same twice is no error.

    Raises:
        StoreError: the slot is recorded otherwise.
    """
    recorded = finish(connection, cluster_id, due_at, status, scan=scan, reason=reason)
    if recorded is not status:
        raise StoreError(
            f"slot {utc(due_at).isoformat()} is recorded as {recorded.value}, not {status.value}"
        )


def left_running(
    connection: Connection, cluster_id: int, host: str, pid: int, before: datetime
) -> datetime | None:
    """The latest slot that a process claimed before a time and has not ended."""
    due_at: datetime | None = connection.scalar(
        select(func.max(slot.c.due_at))
        .where(slot.c.cluster_id == cluster_id, slot.c.status == SlotStatus.RUNNING.value)
        # A process in a restarted container may have its predecessor's host and number; only the time differs.
        .where(slot.c.host == host, slot.c.pid == pid, slot.c.claimed_at <= before)
    )
    return due_at


def read_slots(
    connection: Connection, cluster_id: int, name: str, since: datetime, until: datetime
) -> tuple[Slot, ...]:
    """Slots due within [since, until], oldest first."""
    rows = connection.execute(
        select(slot)
        .where(slot.c.cluster_id == cluster_id, slot.c.due_at.between(since, until))
        .order_by(slot.c.due_at)
    )
    return tuple(_slot(name, row) for row in rows)


def slots_after(
    connection: Connection, cluster_id: int, name: str, after: datetime | None, until: datetime
) -> tuple[Slot, ...] | None:
    """Slots due in (after, until], oldest first; None when no slot was ever recorded: no schedule is known."""
    if connection.scalar(select(func.count()).select_from(slot).where(slot.c.cluster_id == cluster_id)) == 0:
        return None
    query = select(slot).where(slot.c.cluster_id == cluster_id, slot.c.due_at <= until)
    if after is not None:
        query = query.where(slot.c.due_at > after)
    return tuple(_slot(name, row) for row in connection.execute(query.order_by(slot.c.due_at)))


def _slot(name: str, row: Row[tuple[object, ...]]) -> Slot:
    return Slot(name, utc(row.due_at), SlotStatus(row.status), row.scan, unescaped(row.reason))
