"""What a slot needs to be run, and the two things that are done for it: the scan, and its report."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog

from app import __version__, bootstrap
from app.deliver import deliver_to_folder
from app.errors import TransientDeliveryError
from app.model.finding import Outcome
from app.model.history import Slot, SlotStatus
from app.model.news import DeliveryStatus
from app.model.ports import Clock, DeliveryBook, FleetStore, ObjectSource, Progress
from app.model.schedule import Ledger
from app.scheduler.metrics import Metrics
from app.scheduler.refusals import Refusals
from app.scheduler.timing import Timed
from app.settings import ClusterSchedule, Publish, Settings

if TYPE_CHECKING:
    from app.pipeline import ScanResult


def source_of(settings: Settings, schedule: ClusterSchedule) -> ObjectSource:
    """Where a scheduled cluster is read from."""
    if schedule.from_:
        return bootstrap.manifests([str(path) for path in schedule.from_])
    return bootstrap.cluster(settings, access_of(schedule))


def access_of(schedule: ClusterSchedule) -> bootstrap.Access:
    """How the schedule says to reach a cluster's API server."""
    return bootstrap.Access(
        kubeconfig=schedule.kubeconfig,
        context=schedule.context,
        in_cluster=schedule.in_cluster,
        server=schedule.server,
        token_file=schedule.token_file,
        ca_file=schedule.ca_file,
    )


@dataclass
class Work:
    """One cluster of the schedule, and everything that its runs use. `settings` hold for all clusters."""

    schedule: ClusterSchedule
    settings: Settings
    store: FleetStore
    ledger: Ledger
    book: DeliveryBook
    clock: Clock
    metrics: Metrics
    progress: Callable[[str], Progress]
    source: Callable[[Settings, ClusterSchedule], ObjectSource] = source_of
    publish: Publish | None = None
    refusals: Refusals = field(default_factory=Refusals)

    @property
    def cluster(self) -> str:
        """The cluster's name."""
        return self.schedule.name

    def log(self, **facts: object) -> Any:
        """Log lines about this cluster."""
        return structlog.get_logger("netattest").bind(cluster=self.cluster, **facts)

    @contextmanager
    def followed(self, what: str) -> Iterator[Progress]:
        """Progress of a piece of work, whose stages are measured and traced."""
        with (
            bootstrap.traced(what, self.cluster, self.progress(self.cluster)) as progress,
            Timed(progress, self.cluster, self.metrics) as timed,
        ):
            yield timed

    def close(self, slot: datetime, status: SlotStatus, *, scan: int | None = None, reason: str = "") -> None:
        """Record how a slot ended, count it, and say so."""
        self.store.close_slot(self.cluster, slot, status, scan=scan, reason=reason)
        self.metrics.ended(self.cluster, status)
        log = self.log(slot=slot.isoformat(), status=status.value)
        if status is SlotStatus.DONE and not reason:
            log.info("slot recorded", scan=scan)
        else:
            log.warning("slot recorded", scan=scan, reason=reason)


def run_slot(work: Work, slot: datetime) -> bool:
    """Claim a slot and scan for it; False, and nothing is done, when it was claimed before, by whomever.

    The store closes the slot with the scan, in one transaction; this covers what is around it.
    """
    if not work.store.claim_slot(work.cluster, slot):
        return False
    with structlog.contextvars.bound_contextvars(run=new_run()):
        work.metrics.started(work.cluster)
        try:
            result = scan(work, slot)
        except Exception as error:
            work.close(slot, SlotStatus.FAILED, reason=str(error) or type(error).__name__)
            raise
        finally:
            work.metrics.idle(work.cluster)
        work.close(slot, SlotStatus.DONE, scan=result.scan.number)
    return True


def new_run() -> str:
    """A name that all log lines of one run have in common."""
    return uuid4().hex[:12]


def scan(work: Work, slot: datetime | None) -> "ScanResult":
    """One scan, now; its numbers go to the metrics."""
    from app import pipeline  # noqa: PLC0415  every stage hangs on it; `--help` does without

    settings, began = work.schedule.settings(work.settings), work.clock.now()
    request = pipeline.ScanRequest(
        work.cluster, began, bootstrap.documents(settings), slot=slot, tool_version=__version__
    )
    source = work.source(settings, work.schedule)
    with work.followed("scan") as progress:
        result = pipeline.scan(request, source, work.store, progress)
    if result.another_cluster:
        work.log(scan=result.scan.number).warning("another cluster", reason=result.another_cluster)
    failures = Counter(
        item.severity for run in result.judgement.runs for item in run.results if item.outcome is Outcome.FAIL
    )
    work.metrics.stored(result.scan, (work.clock.now() - began).total_seconds(), failures)
    return result


def report(work: Work, slot: Slot) -> None:
    """Make the reports of a slot's scan and write them to their folder; made again, they are the same."""
    from app import pipeline  # noqa: PLC0415  as above

    settings, formats = work.schedule.settings(work.settings), work.schedule.formats
    if not formats:
        return
    sealer = bootstrap.sealer(settings)
    with work.followed("report") as progress:
        artefacts = pipeline.report(
            work.store.scan(work.cluster, slot.scan),
            work.schedule.frameworks,
            bootstrap.definition(settings, work.schedule.definition),
            bootstrap.sealed_formats(formats) if sealer else formats,
            work.store,
            bootstrap.renderer(),
            progress,
            sealer=sealer,
        )
    for item in deliver_to_folder(artefacts, work.schedule.reports_folder(settings)):
        work.log().info("wrote", file=str(item.path), sha256=item.digest)


def publish(work: Work, slot: Slot) -> None:
    """Bring the fleet's pages up to date: a night without a scan is to be seen there as well."""
    del slot  # pages are about all that is stored
    if work.publish is None or not work.store.clusters():
        return
    from app.publication import Publication  # noqa: PLC0415  as above

    with work.followed("publish") as progress:
        pages = Publication(
            work.settings,
            work.store,
            progress,
            work.clock.now().date(),
            work.publish.reports,
            _folders(work),
        )
        placed = pages.write(work.publish.folder)
    work.log().info(
        "published", folder=str(work.publish.folder), written=placed.written, removed=placed.removed
    )


def _folders(work: Work) -> Mapping[str, Path]:
    """Reports of all clusters of the schedule, this one's as it is run."""
    own = {work.cluster: work.schedule.reports_folder(work.settings)} if work.schedule.formats else {}
    return {**bootstrap.report_folders(work.settings), **own}


def deliver(work: Work, slot: Slot) -> None:
    """Hand over what the night brought, or that it brought nothing, over every channel that has not had it.

    Raises:
        TransientDeliveryError: a channel could not be reached; those that were are not asked again.
    """
    from app.postroom import Postroom  # noqa: PLC0415  as above
    from app.settings.deliveries import load_deliveries  # noqa: PLC0415

    settings = work.schedule.settings(work.settings)
    deliveries = load_deliveries(settings.deliveries_file)
    if not deliveries.serving(work.cluster):
        return
    with work.followed("deliver") as progress:
        room = Postroom(
            settings,
            deliveries,
            work.store,
            work.book,
            progress,
            work.clock.now,
            frameworks=work.schedule.frameworks,
        )
        done = slot.status is SlotStatus.DONE
        sent = room.after_scan(work.store.scan(work.cluster, slot.scan)) if done else room.after_slot(slot)
    for item in sent:
        work.metrics.delivered(work.cluster, item.key.channel, item.status)
        told = work.log(channel=item.key.channel, status=item.status.value, note=item.note)
        if item.status is DeliveryStatus.DELIVERED:
            told.info("handed over")
        else:
            told.error("not handed over", next_step=item.advice)
    waiting = [item for item in sent if item.status in (DeliveryStatus.FAILED, DeliveryStatus.SENDING)]
    if waiting:
        raise TransientDeliveryError("; ".join(item.note for item in waiting), advice=waiting[0].advice)
