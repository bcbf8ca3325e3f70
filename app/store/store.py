"""The store: the pipeline's port on PostgreSQL."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, Engine

from app.model.chain import ChainLink
from app.model.context import RunContext
from app.model.history import (
    ControlPoint,
    Course,
    Document,
    FindingLife,
    ObjectChange,
    Scan,
    ScanRecord,
    Slot,
    SlotStatus,
)
from app.model.snapshot import Snapshot
from app.store import points, reading, retention, scans, slots, writing
from app.store.connection import database_errors
from app.store.lives import lives_at
from app.store.objects import require_sound
from app.store.removals import removed_scans
from app.store.runs import Lock, Started, exclusive, this_run
from app.store.tables import scan as scan_table
from app.store.verify import StoreCheck, check_everything

_AT_ONCE: Final = 30
"""Scans that one transaction removes; nobody writes a scan while it lasts."""


class PostgresStore:
    """`app.model.ports.Store` on an engine of `create_engine`; the schema is up to date (`app.store.migrate`)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._locks: dict[str, Lock] = {}

    @contextmanager
    def exclusive(self, cluster: str) -> Iterator[None]:
        """Hold the cluster's lock while a run lasts; a run that died before gets its failed record first.

        Raises:
            ScanInProgressError: another run holds it; the message says which.
        """
        with database_errors(), exclusive(self._engine, cluster, self._record_left) as lock:
            self._locks[cluster] = lock
            try:
                yield
            finally:
                del self._locks[cluster]

    def context(self, cluster: str, at: datetime) -> RunContext:
        """What the past contributes to a scan taken at `at`."""
        with self._reading() as connection:
            return reading.context_of(connection, cluster, at)

    def save(self, record: ScanRecord, snapshot: Snapshot) -> Scan:
        """Write a whole scan in one transaction, or nothing.

        Raises:
            EvidenceError: the snapshot could not be rebuilt exactly from what would be stored.
            StoreError: the lock of `exclusive` was lost.
        """
        require_sound(snapshot.objects)
        if lock := self._locks.get(record.cluster):
            lock.require()
        with self._writing(record.cluster) as (connection, cluster_id):
            return writing.write(connection, this_run(cluster_id), record, snapshot)

    def save_failure(
        self, cluster: str, taken_at: datetime, slot: datetime | None, reason: str, tool_version: str
    ) -> Scan:
        """Record that a run ended without a snapshot."""
        failed = writing.failed_scan(cluster, taken_at, slot, reason, tool_version)
        with self._writing(cluster) as (connection, cluster_id):
            return writing.write_failure(connection, this_run(cluster_id), failed)

    def clusters(self) -> tuple[str, ...]:
        """Names of clusters that have scans, sorted."""
        with self._reading() as connection:
            return scans.cluster_names(connection)

    def scan(self, cluster: str, number: int | None = None) -> Scan:
        """A scan by number, or the latest that was stored whole.

        Raises:
            NotFoundError: there is none; the message says what there is.
        """
        with self._reading() as connection:
            return scans.read_scan(connection, cluster, number)

    def scans(
        self, cluster: str, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[Scan, ...]:
        """Scans by `taken_at` within [since, until], failed ones included, by number."""
        bounds: list[ColumnElement[bool]] = []
        if since is not None:
            bounds.append(scan_table.c.taken_at >= since)
        if until is not None:
            bounds.append(scan_table.c.taken_at <= until)
        with self._reading() as connection:
            return scans.read_scans(connection, cluster, *bounds)

    def chain(self, scan: Scan, most: int) -> tuple[ChainLink, ...]:
        """The last `most` links of the cluster's chain up to a scan, by number."""
        with self._reading() as connection:
            numbers = scan_table.c.number
            found = scans.read_scans(
                connection, scan.cluster, numbers <= scan.number, numbers > scan.number - most
            )
            results = scans.results_digests(connection, reading.require_known(connection, scan))
            return tuple(ChainLink(item, results[item.number]) for item in found)

    def snapshot(self, scan: Scan) -> Snapshot:
        """Rebuild exactly what was collected.

        Raises:
            EvidenceError: a digest does not match; the message names it.
            NotFoundError: the run failed and stored no snapshot.
        """
        with self._reading() as connection:
            return reading.snapshot_of(connection, scan)

    def documents(self, scan: Scan) -> tuple[Document, ...]:
        """The files that judged the scan, sorted by name.

        Raises:
            EvidenceError: they are not those that the scan names.
        """
        with self._reading() as connection:
            return reading.documents_of(connection, scan)

    def points(
        self,
        cluster: str,
        *,
        frameworks: Collection[str] = (),
        control: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        up_to: int | None = None,
    ) -> tuple[ControlPoint, ...]:
        """Control states over stored scans, by scan, framework, control; empty filters take everything."""
        with self._reading() as connection:
            cluster_id = scans.cluster_id_of(connection, cluster)
            if cluster_id is None:
                return ()
            return points.read_points(
                connection,
                cluster_id,
                frameworks=frameworks,
                control_id=control,
                since=since,
                until=until,
                up_to=up_to,
            )

    def courses(
        self, cluster: str, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[Course, ...]:
        """Control states over stored scans taken within [since, until], by framework and first control; no two alike.

        A control of which a framework had several editions has a course in each.
        """
        with self._reading() as connection:
            cluster_id = scans.cluster_id_of(connection, cluster)
            return () if cluster_id is None else points.read_courses(connection, cluster_id, since, until)

    def findings(self, scan: Scan, *, closed_since: int | None = None) -> tuple[FindingLife, ...]:
        """Findings open at a scan, as known then; and those closed after scan `closed_since` if given."""
        with self._reading() as connection:
            return lives_at(connection, reading.require_known(connection, scan), scan.number, closed_since)

    def object_changes(self, before: Scan, after: Scan) -> tuple[ObjectChange, ...]:
        """Objects that differ between two stored scans, sorted by identity.

        An object that one of them could not list is left out: not seen is neither removed nor added.
        """
        with self._reading() as connection:
            return reading.changes_between(connection, before, after)

    def slots(self, cluster: str, since: datetime, until: datetime) -> tuple[Slot, ...]:
        """Recorded slots of the schedule due within [since, until], oldest first."""
        with self._reading() as connection:
            cluster_id = scans.cluster_id_of(connection, cluster)
            if cluster_id is None:
                return ()
            return slots.read_slots(connection, cluster_id, cluster, since, until)

    def claim_slot(self, cluster: str, due_at: datetime) -> bool:
        """Record that this process runs a slot; False when it was recorded before, by whomever."""
        with self._writing(cluster) as (connection, cluster_id):
            return slots.claim(connection, cluster_id, due_at)

    def close_slot(
        self, cluster: str, due_at: datetime, status: SlotStatus, *, scan: int | None = None, reason: str = ""
    ) -> None:
        """Record how a slot ended; a slot that was never claimed is recorded too (MISSED).

        Raises:
            StoreError: it has ended otherwise already.
        """
        with self._writing(cluster) as (connection, cluster_id):
            slots.close(connection, cluster_id, due_at, status, scan=scan, reason=reason)

    def removed(self, cluster: str) -> dict[int, str]:
        """Scans whose evidence retention removed, by number, and the rule that let each go."""
        with self._reading() as connection:
            cluster_id = scans.cluster_id_of(connection, cluster)
            if cluster_id is None:
                return {}
            found = removed_scans(connection, cluster_id)
            return {number: stone.reason for number, stone in found.items()}

    def remove(
        self, cluster: str, wanted: Mapping[int, str], *, rule: str, tool_version: str
    ) -> tuple[int, ...]:
        """Remove the evidence of scans (number → rule that lets it go), and leave tombstones; returns their numbers.

        Raises:
            EvidenceError: the cluster's history does not match its digests; nothing is removed from it.
            StoreError: a scan cannot be removed, or this database user may not.
        """
        with self._reading() as connection:
            retention.require_whole(connection, cluster)
        gone: tuple[int, ...] = ()
        numbers = sorted(wanted)
        for start in range(0, len(numbers), _AT_ONCE):
            batch = {number: wanted[number] for number in numbers[start : start + _AT_ONCE]}
            with database_errors(), self._engine.begin() as connection:
                gone += retention.remove(connection, cluster, batch, rule=rule, tool_version=tool_version)
        return gone

    def check(self) -> StoreCheck:
        """Check everything stored: every byte against its digest, every scan rebuilt, every chain."""
        with self._reading() as connection:
            return self.check_on(connection)

    @staticmethod
    def check_on(connection: Connection) -> StoreCheck:
        """The same, on a connection: what its transaction sees."""
        return check_everything(connection)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A transaction that sees one moment, whatever is written or removed meanwhile."""
        with database_errors(), self._engine.connect() as connection:
            yield connection.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def _writing(self, cluster: str) -> Iterator[tuple[Connection, int]]:
        """One transaction, and the cluster's internal number."""
        with database_errors(), self._engine.begin() as connection:
            yield connection, scans.require_cluster(connection, cluster)

    def _record_left(self, cluster: str, left: Started, reason: str) -> None:
        """Record a run that ended without a result, with the slot that its process had claimed."""
        run = left.run
        with self._engine.begin() as connection:
            slot = slots.left_running(connection, run.cluster_id, run.host, run.pid, left.at)
            writing.write_failure(connection, run, writing.failed_scan(cluster, left.at, slot, reason, ""))
