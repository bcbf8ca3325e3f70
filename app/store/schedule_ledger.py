"""`app.model.schedule.Ledger` on PostgreSQL: the lease, pauses, and the work that slots and chores still owe."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, Row, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.model.history import Slot, SlotStatus
from app.model.schedule import JobStatus, Look, Pause, SlotJob
from app.store.bulk import escaped, unescaped
from app.store.connection import database_errors
from app.store.scans import latest_scan, require_cluster, utc
from app.store.schedule_tables import chore, enrolment, lease, pause, slot_job
from app.store.tables import slot

_SCHEDULER = "scheduler"


class PostgresLedger:
    """The ledger on an engine of `create_engine`; the schema is up to date."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def lead(self, holder: str, seconds: float) -> bool:
        """Take or renew the lease; False while somebody else holds it. Time is the database's."""
        until = func.clock_timestamp() + timedelta(seconds=seconds)
        mine = {"holder": holder, "until": until}
        with self._changing() as connection:
            taken = connection.execute(
                insert(lease)
                .values(name=_SCHEDULER, **mine)
                .on_conflict_do_update(
                    index_elements=[lease.c.name],
                    set_=mine,
                    where=or_(lease.c.holder == holder, lease.c.until < func.clock_timestamp()),
                )
                .returning(lease.c.holder)
            )
            return taken.one_or_none() is not None

    def resign(self, holder: str) -> None:
        """Give the lease back, so that the next one need not wait for its end."""
        with self._changing() as connection:
            connection.execute(
                update(lease)
                .where(lease.c.name == _SCHEDULER, lease.c.holder == holder)
                .values(until=func.to_timestamp(0))
            )

    def enrol(self, cluster: str, at: datetime) -> datetime:
        """Since when the schedule has known the cluster; `at` the first time."""
        with self._changing() as connection:
            number = require_cluster(connection, cluster)
            connection.execute(insert(enrolment).values(cluster_id=number, since=at).on_conflict_do_nothing())
            return utc(
                connection.scalars(select(enrolment.c.since).where(enrolment.c.cluster_id == number)).one()
            )

    def look(self, cluster: str, until: datetime, seconds: float) -> Look:
        """How things stand at `until`, in one transaction: a service asks this of each of its clusters all day."""
        with self._changing() as connection:
            number = require_cluster(connection, cluster)
            return Look(
                _last_slot(connection, number, until),
                _left_open(connection, number, seconds),
                _pauses(connection, number, cluster),
                _owed(connection, number, cluster),
                latest_scan(connection, number),
            )

    def pause(self, cluster: str, at: datetime, who: str, why: str) -> bool:
        """Begin a pause; False when one lasts already."""
        with self._changing() as connection:
            begun = connection.execute(
                insert(pause)
                .values(
                    cluster_id=require_cluster(connection, cluster),
                    since=at,
                    who=escaped(who),
                    why=escaped(why),
                    resumed_by="",
                )
                .on_conflict_do_nothing()
                .returning(pause.c.since)
            )
            return begun.one_or_none() is not None

    def resume(self, cluster: str, at: datetime, who: str) -> bool:
        """End the pause; False when there is none."""
        with self._changing() as connection:
            ended = connection.execute(
                update(pause)
                .where(pause.c.cluster_id == require_cluster(connection, cluster), pause.c.until.is_(None))
                .values(until=at, resumed_by=escaped(who))
                .returning(pause.c.since)
            )
            return ended.one_or_none() is not None

    def pauses(self, cluster: str) -> tuple[Pause, ...]:
        """Every pause there ever was, oldest first."""
        with self._changing() as connection:
            return _pauses(connection, require_cluster(connection, cluster), cluster)

    def owe(self, cluster: str, due_at: datetime, jobs: Sequence[str]) -> None:
        """Note the work that follows a slot, before it begins; noted twice is noted once."""
        with self._changing() as connection:
            number = require_cluster(connection, cluster)
            rows = [
                {
                    "cluster_id": number,
                    "due_at": due_at,
                    "job": job,
                    "position": position,
                    "status": JobStatus.PENDING.value,
                    "attempts": 0,
                    "reason": "",
                }
                for position, job in enumerate(jobs)
            ]
            connection.execute(insert(slot_job).values(rows).on_conflict_do_nothing())

    def settle(self, job: SlotJob, at: datetime, status: JobStatus, reason: str = "") -> None:
        """Record an attempt."""
        tried = int(status is not JobStatus.SKIPPED)
        with self._changing() as connection:
            connection.execute(
                update(slot_job)
                .where(
                    slot_job.c.cluster_id == require_cluster(connection, job.slot.cluster),
                    slot_job.c.due_at == job.slot.due_at,
                    slot_job.c.job == job.name,
                )
                .values(
                    status=status.value,
                    tried_at=at,
                    attempts=slot_job.c.attempts + tried,
                    reason=escaped(reason),
                )
            )

    def claim_chore(self, name: str, due_at: datetime) -> bool:
        """Record that this process does a chore of the whole fleet; False when it was recorded before."""
        with self._changing() as connection:
            claimed = connection.execute(
                insert(chore)
                .values(name=name, due_at=due_at, problem="")
                .on_conflict_do_nothing()
                .returning(chore.c.due_at)
            )
            return claimed.one_or_none() is not None

    def last_chore(self, name: str) -> datetime | None:
        """The latest time of a chore that is recorded."""
        with self._changing() as connection:
            found = connection.scalar(select(func.max(chore.c.due_at)).where(chore.c.name == name))
            return utc(found) if found else None

    def end_chore(self, name: str, due_at: datetime, problem: str) -> None:
        """Record how a chore ended; empty for well."""
        with self._changing() as connection:
            connection.execute(
                update(chore)
                .where(chore.c.name == name, chore.c.due_at == due_at)
                .values(ended_at=func.clock_timestamp(), problem=escaped(problem))
            )

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        with database_errors(), self._engine.begin() as connection:
            yield connection


def _last_slot(connection: Connection, number: int, until: datetime) -> datetime | None:
    found = connection.scalar(
        select(func.max(slot.c.due_at)).where(slot.c.cluster_id == number, slot.c.due_at <= until)
    )
    return utc(found) if found else None


def _left_open(connection: Connection, number: int, seconds: float) -> tuple[datetime, ...]:
    rows = connection.scalars(
        select(slot.c.due_at)
        .where(
            slot.c.cluster_id == number,
            slot.c.status == SlotStatus.RUNNING.value,
            slot.c.claimed_at <= func.clock_timestamp() - timedelta(seconds=seconds),
        )
        .order_by(slot.c.due_at)
    )
    return tuple(utc(due_at) for due_at in rows)


def _pauses(connection: Connection, number: int, cluster: str) -> tuple[Pause, ...]:
    rows = connection.execute(select(pause).where(pause.c.cluster_id == number).order_by(pause.c.since))
    return tuple(_pause(cluster, row) for row in rows)


def _owed(connection: Connection, number: int, cluster: str) -> tuple[SlotJob, ...]:
    same = (slot.c.cluster_id == slot_job.c.cluster_id) & (slot.c.due_at == slot_job.c.due_at)
    rows = connection.execute(
        select(slot_job, slot.c.status.label("ended"), slot.c.scan, slot.c.reason.label("because"))
        .join(slot, same)
        .where(
            slot_job.c.cluster_id == number,
            slot_job.c.status == JobStatus.PENDING.value,
            slot.c.status != SlotStatus.RUNNING.value,
        )
        .order_by(slot_job.c.due_at, slot_job.c.position)
    )
    return tuple(_job(cluster, row) for row in rows)


def _pause(cluster: str, row: Row[tuple[object, ...]]) -> Pause:
    return Pause(
        cluster,
        utc(row.since),
        unescaped(row.who),
        unescaped(row.why),
        utc(row.until) if row.until else None,
        unescaped(row.resumed_by),
    )


def _job(cluster: str, row: Row[tuple[object, ...]]) -> SlotJob:
    ended = Slot(cluster, utc(row.due_at), SlotStatus(row.ended), row.scan, unescaped(row.because))
    return SlotJob(
        ended,
        row.job,
        JobStatus(row.status),
        row.attempts,
        utc(row.tried_at) if row.tried_at else None,
        unescaped(row.reason),
    )
