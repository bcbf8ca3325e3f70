"""The scheduler itself: one APScheduler job for each cluster, until it is told to stop.

Jobs live in memory and are declared from the schedule file at each start; what ran is in the store. So there is no
second truth to go stale, and nothing pickled in a database that somebody else could write to.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event
from time import monotonic

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from app.model.ports import Clock
from app.scheduler.leader import Leader
from app.scheduler.metrics import Metrics
from app.scheduler.runner import Runner
from app.scheduler.web import served
from app.settings import ClusterSchedule
from app.settings.program import ServiceSettings

_POLL_SECONDS = 0.1
# Between two looks at a cluster at most: work that is owed, slots that a clock jumped over, processes that died.
_LOOK = timedelta(minutes=5)
_WATCH = timedelta(minutes=1)
_CHORE = "\N{BULLET} "  # before a job's name that is no cluster: no cluster is named so
_WATCHING = f"{_CHORE}watch"


class SlotTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Fires at the slots of a cluster, put off by its offset, and every few minutes in between."""

    def __init__(self, schedule: ClusterSchedule) -> None:
        self._schedule = schedule

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The slot after now, or the next look if that comes first."""
        del previous_fire_time
        look, offset = now + _LOOK, self._schedule.offset
        slot = self._schedule.when.next_after(now - offset)
        return min(slot + offset, look) if slot else look


class Service:
    """Runs the schedule. Use `run`, and set the event to end it.

    Args:
        runners: one for each cluster.
        settings: where metrics are served, how long a stop waits.
        leader: decides whether this service keeps the schedule or stands by.
        metrics: what is served.
        clock: the time of day.
        parallel: how many clusters are scanned at once.
        chores: does what is due for the whole store.
        alarm: tells when the database does not answer.
    """

    def __init__(
        self,
        runners: Sequence[Runner],
        settings: ServiceSettings,
        leader: Leader,
        metrics: Metrics,
        clock: Clock,
        *,
        parallel: int,
        chores: Callable[[], None],
        alarm: Callable[[], None],
    ) -> None:
        self._runners = runners
        self._settings = settings
        self._leader = leader
        self._metrics = metrics
        self._clock = clock
        self._parallel = parallel
        self._chores = chores
        self._alarm = alarm
        self._log = structlog.get_logger("netattest")

    def run(self, stop: Event) -> bool:
        """Serve until `stop` is set, then wait for running scans.

        Returns:
            True when everything ended in time; False when a scan was abandoned and its thread still runs. Its
            transaction is rolled back when the process ends.
        """
        for runner in self._runners:
            self._metrics.declare(runner.cluster)
        with self._started() as scheduler, self._serving(scheduler):
            stop.wait()
            self._log.info("stopping", grace_seconds=self._settings.grace_seconds)
            ended = drained(self._runners, self._settings.grace_seconds)
        self._leader.resign()
        return ended

    @contextmanager
    def _started(self) -> Iterator[BackgroundScheduler]:
        scheduler = BackgroundScheduler(
            executors={
                "default": ThreadPoolExecutor(self._parallel),
                "lease": ThreadPoolExecutor(1),
                "watch": ThreadPoolExecutor(1),
                "chores": ThreadPoolExecutor(1),
                "alarm": ThreadPoolExecutor(1),
            },
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        self._declare(scheduler)
        scheduler.start()
        try:
            yield scheduler
        finally:
            scheduler.shutdown(wait=False)

    def _declare(self, scheduler: BackgroundScheduler) -> None:
        now = self._clock.now()
        for runner in self._runners:
            scheduler.add_job(
                self._when_leading(runner.tick, runner.stand_by),
                SlotTrigger(runner.work.schedule),
                id=runner.cluster,
            )
            schedule = runner.work.schedule
            self._log.info("scheduled", cluster=runner.cluster, cron=schedule.cron, zone=schedule.timezone)

        def renew() -> None:
            if self._leader.renew():  # what came due while nobody led is done at once
                for runner in self._runners:
                    scheduler.modify_job(runner.cluster, next_run_time=self._clock.now())
                scheduler.modify_job(_WATCHING, next_run_time=self._clock.now())

        every = {
            "lease": (renew, timedelta(seconds=self._leader.seconds / 3)),
            "watch": (self._watch, _WATCH),
            "alarm": (self._alarm, timedelta(seconds=self._leader.seconds / 3)),
            "chores": (self._when_leading(self._chores), _LOOK),
        }
        for name, (act, period) in every.items():
            trigger = IntervalTrigger(seconds=period.total_seconds(), timezone="UTC")
            scheduler.add_job(act, trigger, id=f"{_CHORE}{name}", executor=name, next_run_time=now)

    def _when_leading(
        self, act: Callable[[], None], otherwise: Callable[[], None] = lambda: None
    ) -> Callable[[], None]:
        def acting() -> None:
            if self._leader.leads:
                act()
            else:
                otherwise()

        return acting

    def _watch(self) -> None:
        if not self._leader.kept:
            return
        for runner in self._runners:
            runner.watch()

    @contextmanager
    def _serving(self, scheduler: BackgroundScheduler) -> Iterator[None]:
        settings = self._settings
        checks = {"/healthz": lambda: bool(scheduler.running), "/readyz": lambda: self._leader.ready}
        with served(settings.host, settings.port, self._metrics, checks) as port:
            self._log.info("serving metrics", url=f"http://{settings.host}:{port}/metrics")
            yield


def drained(runners: Sequence[Runner], seconds: float) -> bool:
    """Begin nothing more and wait for running slots; those that take longer than so many seconds are recorded as failed.

    Returns:
        True when everything ended in time.
    """
    for runner in runners:
        runner.stopping = True
    end, pause = monotonic() + seconds, Event()
    while any(runner.current for runner in runners) and monotonic() < end:
        pause.wait(_POLL_SECONDS)
    busy = [runner for runner in runners if runner.current]
    for runner in busy:
        runner.abandon()
    return not busy
