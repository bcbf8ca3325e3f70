"""One run per cluster at a time, and what becomes of a run whose process died."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, func, insert, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.errors import NetattestError, ScanInProgressError, StoreError
from app.store.connection import application_name
from app.store.scans import require_cluster, utc
from app.store.tables import run

_RUN_LOCK = 0x6E61_0001  # "na", first kind of lock


@dataclass(frozen=True, slots=True)
class Run:
    """The run of one process."""

    cluster_id: int
    host: str
    pid: int


@dataclass(frozen=True, slots=True)
class Started:
    """A run that is on record: under way, or left behind by a dead process."""

    run: Run
    at: datetime


@dataclass(frozen=True, slots=True)
class Lock:
    """A cluster's lock: it is held as long as this connection is that session of the server."""

    cluster: str
    connection: Connection
    session: int

    def require(self) -> None:
        """Make sure that the lock is still held.

        Raises:
            StoreError: its connection was cut, and another run may have begun.
        """
        try:
            lost = self.connection.scalar(select(func.pg_backend_pid())) != self.session
        except DBAPIError:
            self.connection.rollback()
            lost = True
        if lost:
            raise StoreError(
                f"the connection that held the lock of cluster {self.cluster} was cut; nothing was stored",
                advice="run the scan again; behind PgBouncer use session pooling or a direct connection",
            )


def forget_run(connection: Connection, ended: Run) -> None:
    """A run has its result; called in the transaction that writes it."""
    connection.execute(
        delete(run).where(
            run.c.cluster_id == ended.cluster_id, run.c.host == ended.host, run.c.pid == ended.pid
        )
    )


def this_run(cluster_id: int) -> Run:
    """The run of this process."""
    return Run(cluster_id, socket.gethostname(), os.getpid())


Failed = Callable[[str, Started, str], None]


@contextmanager
def exclusive(engine: Engine, cluster: str, failed: Failed) -> Iterator[Lock]:
    """Hold a cluster's lock on a connection of its own; whoever dies loses it at once.

    Args:
        engine: where.
        cluster: name of the cluster.
        failed: records a run that ended without a result.

    Raises:
        ScanInProgressError: another run holds the lock.
    """
    with engine.connect() as plain:
        connection = plain.execution_options(isolation_level="AUTOCOMMIT")
        cluster_id = require_cluster(connection, cluster)
        if not connection.scalar(select(func.pg_try_advisory_lock(_RUN_LOCK, cluster_id))):
            raise _in_progress(connection, cluster, cluster_id)
        try:
            with _recorded(connection, cluster, cluster_id, failed):
                session = connection.scalars(select(func.pg_backend_pid())).one()
                yield Lock(cluster, connection, session)
        finally:
            _release(connection, cluster_id)


@contextmanager
def _recorded(connection: Connection, cluster: str, cluster_id: int, failed: Failed) -> Iterator[None]:
    """Leave a row while the run lasts. The lock is ours, so a row that is there already belongs to a dead process."""
    if dead := _left_behind(connection, cluster_id):
        failed(
            cluster,
            dead,
            f"the run that began at {_text(dead.at)} ended without a result: its process is gone",
        )
    mine = this_run(cluster_id)
    connection.execute(
        insert(run).values(
            cluster_id=cluster_id, started_at=func.clock_timestamp(), host=mine.host, pid=mine.pid
        )
    )
    try:
        yield
    except NetattestError:  # recorded by whoever knows the request
        raise
    except BaseException as error:
        if unrecorded := _left_behind(connection, cluster_id):
            failed(cluster, unrecorded, f"the run was interrupted: {type(error).__name__} {error}".rstrip())
        raise


def _left_behind(connection: Connection, cluster_id: int) -> Started | None:
    row = connection.execute(select(run).where(run.c.cluster_id == cluster_id)).one_or_none()
    return Started(Run(cluster_id, row.host, row.pid), utc(row.started_at)) if row else None


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _release(connection: Connection, cluster_id: int) -> None:
    try:
        forget_run(connection, this_run(cluster_id))
        connection.execute(select(func.pg_advisory_unlock(_RUN_LOCK, cluster_id)))
    except SQLAlchemyError:  # the connection is gone, and the lock with it
        connection.invalidate()


def _in_progress(connection: Connection, cluster: str, cluster_id: int) -> ScanInProgressError:
    holder = connection.scalar(
        text(
            "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'advisory' AND classid = :kind AND objid = :cluster AND granted"
            " AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ),
        {"kind": _RUN_LOCK, "cluster": cluster_id},
    )
    other = _left_behind(connection, cluster_id)
    since = f" since {_text(other.at)}, process {other.run.pid} on {other.run.host}" if other else ""
    return ScanInProgressError(
        f"another run of cluster {cluster} is under way{since} (database session {holder or 'unknown'!r})",
        advice=f"wait for it to end, or end that process; this is {application_name()!r}",
    )
