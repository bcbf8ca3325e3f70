"""Runs what is due for one cluster, and records each slot once, however it ends."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from app import __version__, bootstrap
from app.deliver import deliver_to_folder
from app.errors import NetattestError, ScanInProgressError
from app.model.finding import Outcome
from app.model.history import SlotStatus
from app.model.ports import Clock, ObjectSource, Progress, Store
from app.scheduler.metrics import Metrics
from app.scheduler.plan import plan
from app.settings import ClusterSchedule, Settings, due_slots

if TYPE_CHECKING:
    from app.pipeline import ScanResult

LOOK_BACK = timedelta(days=400)  # an annual audit period and a month
_STOPPED = "the service was stopped before the run ended"
_DIED = "the process that ran it ended without a word"


def source_of(settings: Settings, schedule: ClusterSchedule) -> ObjectSource:
    """Where a scheduled cluster is read from."""
    if schedule.from_:
        return bootstrap.manifests([str(path) for path in schedule.from_])
    access = bootstrap.Access(schedule.kubeconfig, schedule.context, schedule.in_cluster)
    return bootstrap.cluster(settings, access)


@dataclass
class Runner:
    """One cluster of the schedule. `tick` is called by one thread at a time.

    Attributes:
        since: when the service started; slots before the first start ever are nobody's.
        current: the slot that runs now; None in between.
        stopping: set from outside: finish what runs, begin nothing.
    """

    schedule: ClusterSchedule
    settings: Settings
    store: Store
    clock: Clock
    metrics: Metrics
    progress: Callable[[str], Progress]
    since: datetime
    source: Callable[[Settings, ClusterSchedule], ObjectSource] = source_of
    current: datetime | None = field(default=None, init=False)
    stopping: bool = field(default=False, init=False)

    @property
    def cluster(self) -> str:
        """The cluster's name."""
        return self.schedule.name

    def tick(self) -> None:
        """Do everything that is due; slots that come due meanwhile belong to it too.

        Never raises: an error here must not end the schedule of the nights to come. It is logged and recorded.
        """
        log = structlog.get_logger("netattest").bind(cluster=self.cluster)
        try:
            while not self.stopping and self._step():
                self.current = None
            self.metrics.due(self.cluster, self.schedule.when.next_after(self.clock.now()))
        except NetattestError as error:
            log.error("the schedule could not be kept", reason=str(error), next_step=error.advice)  # noqa: TRY400  a person acts on the sentence
        except Exception:
            log.exception("the schedule could not be kept")
        finally:
            self.current = None

    def recover(self) -> None:
        """Close slots that a killed process left open. Whoever still runs one holds the cluster's lock."""
        now = self.clock.now()
        slots = self.store.slots(self.cluster, now - LOOK_BACK, now)
        left = [slot for slot in slots if slot.status is SlotStatus.RUNNING]
        if not left:
            return
        try:
            with self.store.exclusive(self.cluster):
                for slot in left:
                    self._close(slot.due_at, SlotStatus.FAILED, reason=_DIED)
        except ScanInProgressError:
            return

    def abandon(self) -> None:
        """Record that the running slot will not be finished."""
        if self.current:
            self._close(self.current, SlotStatus.FAILED, reason=_STOPPED)

    def _step(self) -> bool:
        """Record what was missed and run what is due; False when there is nothing to do."""
        now = self.clock.now()
        recorded = self.store.slots(self.cluster, now - LOOK_BACK, now)
        since = recorded[-1].due_at if recorded else self.since
        due = due_slots(self.schedule.when, since, now)
        todo = plan(due, now, self.schedule.catch_up)
        for slot in todo.missed:
            self._close(slot, SlotStatus.MISSED, reason=self._why_missed(slot))
        self.current = todo.run
        if todo.run and self.store.claim_slot(self.cluster, todo.run):
            self._run(todo.run)
        return bool(due)

    def _why_missed(self, slot: datetime) -> str:
        if slot <= self.since:
            return "the service was not running, and a later slot or the time to catch up had come"
        return "the run before it had not ended"

    def _run(self, slot: datetime) -> None:
        """Scan and report. The store closes the slot with the scan, in one transaction; this covers what is around it."""
        self.metrics.started(self.cluster)
        try:
            result = self._scan(slot)
        except Exception as error:
            self._close(slot, SlotStatus.FAILED, reason=str(error) or type(error).__name__)
            raise
        try:
            self._report(result)
        finally:  # a report can be made again, the scan is what the slot was for
            self._close(slot, SlotStatus.DONE, scan=result.scan.number)

    def _scan(self, slot: datetime) -> "ScanResult":
        from app import pipeline  # noqa: PLC0415  every stage hangs on it; `--help` does without

        began = self.clock.now()
        request = pipeline.ScanRequest(
            self.cluster, began, bootstrap.documents(self.settings), slot=slot, tool_version=__version__
        )
        source = self.source(self.settings, self.schedule)
        result = pipeline.scan(request, source, self.store, self.progress(self.cluster))
        seconds = (self.clock.now() - began).total_seconds()
        failures = Counter(
            item.severity
            for run in result.judgement.runs
            for item in run.results
            if item.outcome is Outcome.FAIL
        )
        self.metrics.stored(self.cluster, began, seconds, len(result.snapshot.gaps), failures)
        return result

    def _report(self, result: "ScanResult") -> None:
        from app import pipeline  # noqa: PLC0415  as above

        if not self.schedule.formats:
            return
        sealer = bootstrap.sealer(self.settings)
        formats = self.schedule.formats
        artefacts = pipeline.report(
            result.scan,
            self.schedule.frameworks,
            bootstrap.definition(self.settings),
            bootstrap.sealed_formats(formats) if sealer else formats,
            self.store,
            bootstrap.renderer(),
            self.progress(self.cluster),
            sealer=sealer,
        )
        folder = self.schedule.output or self.settings.reports.output / self.cluster
        for item in deliver_to_folder(artefacts, folder):
            structlog.get_logger("netattest").info(
                "wrote", cluster=self.cluster, file=str(item.path), sha256=item.digest
            )

    def _close(
        self, slot: datetime, status: SlotStatus, *, scan: int | None = None, reason: str = ""
    ) -> None:
        self.store.close_slot(self.cluster, slot, status, scan=scan, reason=reason)
        self.metrics.ended(self.cluster, status)
        log = structlog.get_logger("netattest").bind(
            cluster=self.cluster, slot=slot.isoformat(), status=status.value
        )
        if status is SlotStatus.DONE and not reason:
            log.info("slot recorded", scan=scan)
        else:
            log.warning("slot recorded", scan=scan, reason=reason)
