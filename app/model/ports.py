"""What the pipeline needs from the outside world. Each port has a real adapter and one that tests can hold in memory."""

from collections.abc import Collection as Items
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from app.model.archive import Counted, ObjectVersion, Opening, SaidOver
from app.model.chain import ChainLink
from app.model.context import RunContext
from app.model.edge import Endpoint
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
from app.model.identity import GroupKind
from app.model.news import Delivery, DeliveryKey, DeliveryStatus, Parcel
from app.model.report import Artefact, ReportInput
from app.model.snapshot import Collection, Snapshot, SnapshotObject


class Clock(Protocol):
    """The only source of the time of day."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        ...


class ObjectSource(Protocol):
    """A cluster, or a folder of manifests."""

    def collect(self) -> Collection:
        """Read everything once.

        Refusals and unreadable documents become gaps in the result.

        Raises:
            CollectError: nothing can be read at all (no connection, credentials that are refused).
            ConfigurationError: there are no usable credentials, or no such context.
            InputError: a path does not exist or holds no Kubernetes object.
        """
        ...


class Prober(Protocol):
    """Connects to endpoints that the cluster declares."""

    def probe(self, endpoints: Sequence[Endpoint]) -> tuple[SnapshotObject, ...]:
        """One object for each distinct endpoint, in order of identity, whatever happens; never raises for a server."""
        ...


class Store(Protocol):
    """Snapshots, verdicts and history. All methods raise `StoreError` when the database cannot be used."""

    def exclusive(self, cluster: str) -> AbstractContextManager[None]:
        """Hold the cluster's lock; raises `ScanInProgressError` when another run holds it."""
        ...

    def context(self, cluster: str, at: datetime) -> RunContext:
        """What the past contributes to a scan taken at `at`."""
        ...

    def save(self, record: ScanRecord, snapshot: Snapshot) -> Scan:
        """Write a whole scan in one transaction, or nothing."""
        ...

    def save_failure(
        self, cluster: str, taken_at: datetime, slot: datetime | None, reason: str, tool_version: str
    ) -> Scan:
        """Record that a run ended without a snapshot."""
        ...

    def clusters(self) -> tuple[str, ...]:
        """Names of clusters that have scans, sorted."""
        ...

    def scan(self, cluster: str, number: int | None = None) -> Scan:
        """A scan by number, or the latest that was stored whole. Raises `NotFoundError` naming what exists."""
        ...

    def scans(
        self, cluster: str, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[Scan, ...]:
        """Scans by `taken_at` within [since, until], failed ones included, by number."""
        ...

    def chain(self, scan: Scan, most: int) -> tuple[ChainLink, ...]:
        """The last `most` links of the cluster's chain up to a scan, by number."""
        ...

    def snapshot(self, scan: Scan) -> Snapshot:
        """Rebuild exactly what was collected. Raises `EvidenceError` when a digest does not match."""
        ...

    def documents(self, scan: Scan) -> tuple[Document, ...]:
        """The files that judged the scan, sorted by name."""
        ...

    def points(
        self,
        cluster: str,
        *,
        frameworks: Items[str] = (),
        control: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        up_to: int | None = None,
    ) -> tuple[ControlPoint, ...]:
        """Control states over stored scans, by scan, framework, control; empty filters take everything."""
        ...

    def courses(
        self, cluster: str, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[Course, ...]:
        """Control states over stored scans taken within [since, until], by framework and first control; no two alike.

        A control of which a framework had several editions has a course in each.
        """
        ...

    def findings(self, scan: Scan, *, closed_since: int | None = None) -> tuple[FindingLife, ...]:
        """Findings open at a scan, with their life up to it; and those closed after scan `closed_since` if given."""
        ...

    def object_changes(self, before: Scan, after: Scan) -> tuple[ObjectChange, ...]:
        """Objects that differ between two stored scans, sorted by identity."""
        ...

    def slots(self, cluster: str, since: datetime, until: datetime) -> tuple[Slot, ...]:
        """Recorded slots of the schedule, oldest first."""
        ...

    def claim_slot(self, cluster: str, due_at: datetime) -> bool:
        """Record that this process runs a slot; False when it was recorded before, by whomever."""
        ...

    def removed(self, cluster: str) -> Mapping[int, str]:
        """Scans whose evidence retention removed, by number, and the rule that let each go."""
        ...

    def close_slot(
        self, cluster: str, due_at: datetime, status: SlotStatus, *, scan: int | None = None, reason: str = ""
    ) -> None:
        """Record how a slot ended; a slot that was never claimed is recorded too (MISSED)."""
        ...


class Archive(Protocol):
    """Questions about many scans at once; numbers are those of scans, both ends of an interval included."""

    def versions(
        self, cluster: str, first: int, last: int, kinds: Items[GroupKind] = ()
    ) -> tuple[ObjectVersion, ...]:
        """Versions of objects that some scan of [first, last] may have seen, by identity and scan; all kinds if empty."""
        ...

    def bodies(self, digests: Iterable[str]) -> Mapping[str, bytes]:
        """Bodies of stored objects by digest. Raises `EvidenceError` when one does not match it."""
        ...

    def said(
        self, cluster: str, first: int, last: int, fingerprints: Items[str] | None = None
    ) -> tuple[SaidOver, ...]:
        """Failing and undecided results over the scans of [first, last], by fingerprint and scan; of all findings if None."""
        ...

    def openings(self, cluster: str, last: int) -> tuple[Opening, ...]:
        """Every interval of every finding that opened up to a scan, by fingerprint and opening."""
        ...

    def counted(self, cluster: str, first: int, last: int) -> tuple[Counted, ...]:
        """Which checks were performed in the scans of [first, last], by scan and check."""
        ...


class Retention(Protocol):
    """Scans that can be removed whole."""

    def clusters(self) -> tuple[str, ...]:
        """Names of clusters that have scans, sorted."""
        ...

    def scans(
        self, cluster: str, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[Scan, ...]:
        """Scans by `taken_at` within [since, until], failed and removed ones included, by number."""
        ...

    def removed(self, cluster: str) -> Mapping[int, str]:
        """Scans whose evidence was removed, by number, and the rule that let each go."""
        ...

    def remove(
        self, cluster: str, wanted: Mapping[int, str], *, rule: str, tool_version: str
    ) -> tuple[int, ...]:
        """Remove the evidence of scans, by number with the rule that lets it go, and leave tombstones."""
        ...


class FleetStore(Store, Retention, Protocol):
    """A store that also tells what retention removed."""


class Renderer(Protocol):
    """Makes artefacts of a report."""

    def render(self, report: ReportInput, formats: Sequence[str]) -> tuple[Artefact, ...]:
        """Render in the formats asked for ("pdf", "html", "json", …); same input, same bytes."""
        ...

    def render_each(
        self, reports: Iterable[ReportInput], formats: Sequence[str]
    ) -> Iterator[tuple[Artefact, ...]]:
        """Render reports of one scan, one for each framework, as `render` does each of them."""
        ...

    def evidence(self, report: ReportInput) -> tuple[Artefact, ...]:
        """The files that travel with a report, as a PDF attaches them."""
        ...

    def typesetter(self) -> str:
        """The libraries that set PDF pages here, with their versions."""
        ...


class Sealer(Protocol):
    """Signs what a report consists of."""

    def seal(self, artefacts: Iterable[Artefact]) -> tuple[Artefact, ...]:
        """The artefacts with their signatures; raises `SealError` when no time-stamp could be had."""
        ...


class Channel(Protocol):
    """One way out: a folder, a mailbox, a webhook, an object store."""

    @property
    def name(self) -> str:
        """Its name in `deliveries.yaml`."""
        ...

    def send(self, parcel: Parcel) -> str:
        """Hand over once; sending the same again does no harm.

        Returns:
            Where it went, for the record; holds no secret.

        Raises:
            TransientDeliveryError: it may work later.
            DeliveryError: it will not, until somebody changes something.
        """
        ...


class DeliveryBook(Protocol):
    """The record of deliveries, so that each happens once, whoever does it and however often a run is repeated."""

    def claim_delivery(self, key: DeliveryKey, digest: str, at: datetime, *, given_up: bool = False) -> bool:
        """Record that this process delivers; False when it is delivered, or somebody else is at it.

        What was given up is claimed only with `given_up`.
        """
        ...

    def close_delivery(
        self, key: DeliveryKey, status: DeliveryStatus, at: datetime, *, attempts: int, note: str
    ) -> None:
        """Record how an attempt that was claimed ended; `attempts` are added to those before."""
        ...

    def deliveries(self, cluster: str, since: datetime) -> tuple[Delivery, ...]:
        """Deliveries whose last attempt is not older than `since`, oldest first."""
        ...


class Progress(Protocol):
    """Where a run says what it is doing; a bar on a terminal, log lines elsewhere."""

    def stage(self, name: str, **facts: object) -> None:
        """A stage begins; `facts` are counts and names to log."""
        ...
