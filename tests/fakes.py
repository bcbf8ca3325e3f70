"""Ports held in memory. `tests/contracts/` runs the same tests on these and on the real adapters."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.errors import NotFoundError, ScanInProgressError, StoreError
from app.model.chain import ChainLink, record_digest, results_digest, scan_digest
from app.model.cluster import began
from app.model.context import Integrity, RunContext
from app.model.control import ControlState
from app.model.finding import CheckResult
from app.model.history import (
    ChangeKind,
    ControlPoint,
    Course,
    Document,
    FindingLife,
    ObjectChange,
    Scan,
    ScanRecord,
    ScanStatus,
    Slot,
    SlotStatus,
)
from app.model.identity import ObjectRef
from app.model.snapshot import Coverage, GapReason, Snapshot, SourceKind

_UNREAD = {
    GapReason.FORBIDDEN,
    GapReason.UNREACHABLE,
    GapReason.TRUNCATED,
    GapReason.UNREADABLE,
    GapReason.TOO_LARGE,
}


@dataclass(frozen=True)
class _Night:
    scan: Scan
    record: ScanRecord | None = None
    snapshot: Snapshot | None = None


@dataclass
class _Life:
    """One finding while the nights are replayed."""

    opened: list[Scan] = field(default_factory=list)
    seen: list[Scan] = field(default_factory=list)
    closed: Scan | None = None
    result: CheckResult | None = None


class InMemoryStore:
    """`app.model.ports.Store` for tests: keeps every night whole and replays them when asked."""

    def __init__(self) -> None:
        self._nights: dict[str, list[_Night]] = {}
        self._slots: dict[tuple[str, datetime], Slot] = {}
        self._running: set[str] = set()

    @contextmanager
    def exclusive(self, cluster: str) -> Iterator[None]:
        if cluster in self._running:
            raise ScanInProgressError(f"another run of cluster {cluster} is under way")
        self._running.add(cluster)
        try:
            yield
        finally:
            self._running.discard(cluster)

    def context(self, cluster: str, at: datetime) -> RunContext:
        nights = self._nights.get(cluster, [])
        stored = [night for night in nights if night.record]
        complete = [night.scan for night in stored if night.scan.status is ScanStatus.COMPLETE]
        after = (complete[-1].slot or complete[-1].taken_at) if complete else None
        scheduled = sorted(
            (slot for (name, _), slot in self._slots.items() if name == cluster), key=lambda slot: slot.due_at
        )
        wanted = tuple(
            slot for slot in scheduled if (after is None or slot.due_at > after) and slot.due_at <= at
        )
        return RunContext(
            previous=stored[-1].scan.number if stored else None,
            streaks=dict(stored[-1].record.streaks) if stored and stored[-1].record else {},
            slots=wanted if scheduled else None,
            integrity=Integrity(len(nights)),
        )

    def save(self, record: ScanRecord, snapshot: Snapshot) -> Scan:
        return self._append(
            _Night(
                Scan(
                    cluster=record.cluster,
                    number=0,
                    status=ScanStatus.COMPLETE if snapshot.complete else ScanStatus.PARTIAL,
                    taken_at=record.taken_at,
                    recorded_at=record.taken_at,
                    slot=record.slot,
                    tool_version=record.tool_version,
                    snapshot_digest=snapshot.digest,
                    documents=tuple(sorted((item.name, item.digest) for item in record.documents)),
                    previous_digest="",
                    digest="",
                    objects=len(snapshot.objects),
                    gaps=len(snapshot.gaps),
                ),
                record,
                snapshot,
            )
        )

    def save_failure(
        self, cluster: str, taken_at: datetime, slot: datetime | None, reason: str, tool_version: str
    ) -> Scan:
        failed = Scan(
            cluster=cluster,
            number=0,
            status=ScanStatus.FAILED,
            taken_at=taken_at,
            recorded_at=taken_at,
            slot=slot,
            tool_version=tool_version,
            snapshot_digest="",
            documents=(),
            previous_digest="",
            digest="",
            reason=reason,
        )
        return self._append(_Night(failed))

    def clusters(self) -> tuple[str, ...]:
        return tuple(sorted(self._nights))

    def scan(self, cluster: str, number: int | None = None) -> Scan:
        nights = self._nights.get(cluster, [])
        for night in reversed(nights):
            if night.scan.number == number or (number is None and night.record):
                return night.scan
        raise NotFoundError(
            f"cluster {cluster} has no such scan; it has 1 to {len(nights)}; known: {self.clusters()}"
        )

    def scans(
        self, cluster: str, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[Scan, ...]:
        return tuple(
            night.scan
            for night in self._nights.get(cluster, [])
            if (since is None or night.scan.taken_at >= since)
            and (until is None or night.scan.taken_at <= until)
        )

    def chain(self, scan: Scan, most: int) -> tuple[ChainLink, ...]:
        nights = self._nights[scan.cluster][: scan.number][-most:]
        return tuple(ChainLink(night.scan, _results(night)) for night in nights)

    def snapshot(self, scan: Scan) -> Snapshot:
        snapshot = self._night(scan).snapshot
        if snapshot is None:
            raise NotFoundError(f"scan {scan.number} of {scan.cluster} stored no snapshot: {scan.reason}")
        return snapshot

    def documents(self, scan: Scan) -> tuple[Document, ...]:
        record = self._night(scan).record
        return tuple(sorted(record.documents, key=lambda item: item.name)) if record else ()

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
        points = (
            replace(point, scan=night.scan.number, taken_at=night.scan.taken_at)
            for night in self._nights.get(cluster, [])
            if night.record and (up_to is None or night.scan.number <= up_to)
            for point in night.record.points
        )
        wanted = (
            point
            for point in points
            if (not frameworks or point.framework in frameworks)
            and control in ("", point.control)
            and (since is None or point.taken_at >= since)
            and (until is None or point.taken_at <= until)
        )
        return tuple(sorted(wanted, key=lambda item: (item.scan, item.framework, item.control)))

    def removed(self, cluster: str) -> Mapping[int, str]:
        return {}

    def courses(
        self, cluster: str, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[Course, ...]:
        seen: dict[tuple[str, str, str], list[tuple[int, ControlState, bool]]] = {}
        for point in self.points(cluster, since=since, until=until):
            key = (point.framework, point.framework_digest, point.control)
            seen.setdefault(key, []).append((point.scan, point.state, point.contrary))
        alike: dict[tuple[str, tuple[tuple[int, ControlState, bool], ...]], set[str]] = {}
        for (framework, _, control), steps in seen.items():
            alike.setdefault((framework, tuple(steps)), set()).add(control)
        courses = (Course(name, tuple(sorted(ids)), steps) for (name, steps), ids in alike.items())
        return tuple(sorted(courses, key=lambda item: (item.framework, item.controls, item.seen)))

    def findings(self, scan: Scan, *, closed_since: int | None = None) -> tuple[FindingLife, ...]:
        lives: dict[str, _Life] = {}
        nights = self._nights[scan.cluster][: scan.number]
        border = began(night.scan for night in nights)
        for night in nights[border.scan - 1 if border else 0 :]:
            _replay(lives, night)
        found = (
            _finished(life)
            for life in lives.values()
            if life.closed is None or (closed_since is not None and life.closed.number > closed_since)
        )
        return tuple(sorted(found, key=lambda item: (item.check, item.subject)))

    def object_changes(self, before: Scan, after: Scan) -> tuple[ObjectChange, ...]:
        old, new = self.snapshot(before), self.snapshot(after)
        refs = sorted({item.ref for item in (*old.objects, *new.objects)})
        return tuple(change for ref in refs if (change := _change(ref, old, new)))

    def slots(self, cluster: str, since: datetime, until: datetime) -> tuple[Slot, ...]:
        found = (
            slot for slot in self._slots.values() if slot.cluster == cluster and since <= slot.due_at <= until
        )
        return tuple(sorted(found, key=lambda item: item.due_at))

    def claim_slot(self, cluster: str, due_at: datetime) -> bool:
        if (cluster, due_at) in self._slots:
            return False
        self._slots[cluster, due_at] = Slot(cluster, due_at, SlotStatus.RUNNING)
        return True

    def close_slot(
        self, cluster: str, due_at: datetime, status: SlotStatus, *, scan: int | None = None, reason: str = ""
    ) -> None:
        recorded = self._finish_slot(Slot(cluster, due_at, status, scan, reason))
        if recorded is not status:
            raise StoreError(f"slot {due_at.isoformat()} is recorded as {recorded.value}, not {status.value}")

    def _finish_slot(self, slot: Slot) -> SlotStatus:
        key = (slot.cluster, slot.due_at)
        if key not in self._slots or self._slots[key].status is SlotStatus.RUNNING:
            self._slots[key] = slot
        return self._slots[key].status

    def _append(self, night: _Night) -> Scan:
        nights = self._nights.setdefault(night.scan.cluster, [])
        draft = replace(
            night.scan, number=len(nights) + 1, previous_digest=nights[-1].scan.digest if nights else ""
        )
        scan = replace(draft, digest=scan_digest(draft, _results(night)))
        nights.append(replace(night, scan=scan))
        if scan.slot is not None:
            status = SlotStatus.DONE if night.record else SlotStatus.FAILED
            self._finish_slot(Slot(scan.cluster, scan.slot, status, scan.number, scan.reason))
        return scan

    def _night(self, scan: Scan) -> _Night:
        return self._nights[scan.cluster][scan.number - 1]


def _results(night: _Night) -> str:
    return record_digest(night.record) if night.record else results_digest((), (), (), "")


def _replay(lives: dict[str, _Life], night: _Night) -> None:
    if night.record is None:
        return
    record = night.record
    complete = {item.check for item in record.counts if item.population_complete}
    failing = {item.fingerprint: item for item in reversed(record.failures)}
    undecided = {item.fingerprint for item in record.undecided}
    for fingerprint, result in failing.items():
        life = lives.setdefault(fingerprint, _Life())
        if not life.opened or life.closed:
            life.opened.append(night.scan)
            life.closed = None
        life.seen.append(night.scan)
        life.result = result
    for fingerprint, life in lives.items():
        gone = fingerprint not in failing and fingerprint not in undecided and life.closed is None
        assert life.result is not None
        if gone and (life.result.check in complete or fingerprint in record.passed):
            life.closed = night.scan


def _finished(life: _Life) -> FindingLife:
    assert life.result is not None
    first, opened, last, closed = life.opened[0], life.opened[-1], life.seen[-1], life.closed
    return FindingLife(
        fingerprint=life.result.fingerprint,
        check=life.result.check,
        subject=life.result.subject,
        severity=life.result.severity,
        first_in=first.number,
        first_at=first.taken_at,
        opened_in=opened.number,
        opened_at=opened.taken_at,
        last_in=last.number,
        last_at=last.taken_at,
        closed_in=closed.number if closed else None,
        closed_at=closed.taken_at if closed else None,
        times_opened=len(life.opened),
        seen_in=len(life.seen),
        result=life.result,
    )


def _change(ref: ObjectRef, old: Snapshot, new: Snapshot) -> ObjectChange | None:
    before, after = old.find(ref), new.find(ref)
    if before and after:
        if before.digest == after.digest:
            return None
        return ObjectChange(ref, ChangeKind.CHANGED, before.digest, after.digest)
    if after:
        return ObjectChange(ref, ChangeKind.ADDED, "", after.digest) if _listed_whole(ref, old) else None
    assert before is not None
    return ObjectChange(ref, ChangeKind.REMOVED, before.digest, "") if _listed_whole(ref, new) else None


def _listed_whole(ref: ObjectRef, snapshot: Snapshot) -> bool:
    coverage = snapshot.coverage(ref.group, ref.kind)
    if coverage is None and snapshot.source.kind is SourceKind.FILES:
        coverage = Coverage.COMPLETE
    unread = any(gap.reason in _UNREAD for gap in snapshot.gaps_of(ref.group, ref.kind))
    return coverage in (Coverage.COMPLETE, Coverage.ABSENT) and not unread
