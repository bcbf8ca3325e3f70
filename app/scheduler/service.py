"""The scheduler itself: one APScheduler job for each cluster, until it is told to stop.

Jobs live in memory and are declared from the schedule file at each start; what ran is in the store. So there is no
second truth to go stale, and nothing pickled in a database that somebody else could write to.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Event
from time import monotonic

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from app.model.ports import Clock
from app.scheduler.metrics import Metrics
from app.scheduler.runner import Runner
from app.scheduler.web import served
from app.settings import Cron
from app.settings.program import ServiceSettings

_WORKERS = 4  # scans hold a cluster in memory; more at once needs more of it
_POLL_SECONDS = 0.1


class SlotTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Fires at the slots of a cron expression as `app.settings.Cron` computes them."""

    def __init__(self, cron: Cron) -> None:
        self._cron = cron

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The slot after the last one that fired, else after now."""
        return self._cron.next_after(max(previous_fire_time or now, now))


class Service:
    """Runs the schedule. Use `run`, and set the event to end it."""

    def __init__(
        self, runners: Sequence[Runner], settings: ServiceSettings, metrics: Metrics, clock: Clock
    ) -> None:
        self._runners = runners
        self._settings = settings
        self._metrics = metrics
        self._clock = clock
        self._log = structlog.get_logger("netattest")

    def run(self, stop: Event) -> bool:
        """Serve until `stop` is set, then wait for running scans.

        Returns:
            True when everything ended in time; False when a scan was abandoned and its thread still runs. Its
            transaction is rolled back when the process ends.
        """
        for runner in self._runners:
            runner.recover()
            self._metrics.declare(runner.cluster)
        with self._started() as scheduler, self._serving(scheduler):
            stop.wait()
            for runner in self._runners:
                runner.stopping = True
            self._log.info("stopping", grace_seconds=self._settings.grace_seconds)
        return self._drained()

    @contextmanager
    def _started(self) -> Iterator[BackgroundScheduler]:
        scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(_WORKERS)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        for runner in self._runners:
            scheduler.add_job(
                runner.tick,
                SlotTrigger(runner.schedule.when),
                id=runner.cluster,
                next_run_time=self._clock.now(),  # at once: a slot may have passed while nothing ran
            )
            self._log.info(
                "scheduled", cluster=runner.cluster, cron=runner.schedule.cron, zone=runner.schedule.timezone
            )
        scheduler.start()
        try:
            yield scheduler
        finally:
            scheduler.shutdown(wait=False)

    @contextmanager
    def _serving(self, scheduler: BackgroundScheduler) -> Iterator[None]:
        settings = self._settings
        with served(settings.host, settings.port, self._metrics, lambda: bool(scheduler.running)) as port:
            self._log.info("serving metrics", url=f"http://{settings.host}:{port}/metrics")
            yield

    def _drained(self) -> bool:
        """Wait for running slots; those that take longer than the grace period are recorded as failed."""
        end = monotonic() + self._settings.grace_seconds
        pause = Event()
        while any(runner.current for runner in self._runners) and monotonic() < end:
            pause.wait(_POLL_SECONDS)
        busy = [runner for runner in self._runners if runner.current]
        for runner in busy:
            runner.abandon()
        return not busy
