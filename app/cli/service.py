"""`netattest run`: the service."""

import os
import signal
import sys
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from app import bootstrap
from app.cli.options import ConfigOption, DatabaseOption, DebugOption, JsonOption
from app.cli.session import begin
from app.errors import ExitCode, InputError, NightError, NotFoundError, StoreError
from app.model.ports import Clock
from app.settings import Settings

if TYPE_CHECKING:
    from app.model.news import News
    from app.scheduler import Runner
    from app.scheduler.metrics import Metrics
    from app.scheduler.runner import Execute
    from app.settings import ClusterSchedule, Schedule
    from app.store import PostgresDeliveryBook, PostgresLedger, PostgresStore

_CHORES_SINCE = timedelta(
    days=8
)  # a store that was never checked is checked at its first wake, by a weekly time

_EPILOG = """\b
Examples:
  netattest run --config /etc/netattest/netattest.yaml
  netattest run --once --config /etc/netattest/netattest.yaml    # woken each hour by a CronJob or a timer

The schedule is schedule.yaml beside the settings file. SIGTERM and SIGINT end the service: a scan
that runs is finished if it ends within service.grace_seconds.
"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command("run", short_help="The service: schedule, metrics and health.", epilog=_EPILOG)(run)


class Executor(StrEnum):
    """Where scans run."""

    LOCAL = "local"
    KUBERNETES = "kubernetes"


def run(
    *,
    executor: Annotated[
        Executor,
        typer.Option(
            "--executor",
            help="Scan in this process, or in one Kubernetes Job for each cluster and slot (service.job_template).",
        ),
    ] = Executor.LOCAL,
    once: Annotated[
        bool,
        typer.Option(
            "--once", help="Do what is due and owed, and end: for a CronJob or a timer that wakes it."
        ),
    ] = False,
    cluster: Annotated[
        list[str] | None,
        typer.Option(
            "--cluster",
            metavar="NAME",
            help="With --once: only this cluster of the schedule; may be repeated.",
        ),
    ] = None,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Scan and report every cluster of the schedule at its time; serve metrics and health.

    --json makes the log lines JSON. With --once the exit code is 4 when a night has no scan, something that it owes failed, or a
    stop left something undone.
    """
    from app.settings import load_schedule

    session = begin(config, database_url, as_json=as_json, debug=debug, log_json=as_json)
    schedule, stop = load_schedule(session.settings.schedule_file), _stop_signal()
    execute = _execute(executor, session.settings, stop)
    if cluster and not once:
        raise InputError(
            "--cluster goes with --once: the service keeps the whole schedule",
            advice="leave --cluster out, or give --once",
        )
    if once:
        _wake(session.settings, _chosen(schedule, cluster), stop, execute)
    else:
        _serve(session.settings, schedule, stop, execute)


def _chosen(schedule: "Schedule", names: list[str] | None) -> "Schedule":
    """The schedule with those clusters alone, beginning at their times."""
    from app.scheduler.once import awaited

    known = [item.name for item in schedule.clusters]
    for name in names or ():
        if name not in known:
            raise NotFoundError(
                f"the schedule names no cluster {name!r}", advice=f"there are {', '.join(known)}"
            )
    clusters = tuple(awaited(item) for item in schedule.clusters if not names or item.name in names)
    return schedule.model_copy(update={"clusters": clusters})


def _serve(settings: Settings, schedule: "Schedule", stop: Event, execute: "Execute") -> None:
    """Until it is told to stop."""
    from app.scheduler import Alarm, Leader, Service
    from app.scheduler.metrics import Metrics
    from app.scheduler.unrecorded import tell_unrecorded

    clock, metrics = bootstrap.SystemClock(), Metrics()
    # A running scan holds two connections, its lock and its transaction; lease, watch and chores have one each.
    with bootstrap.opened_service(settings, connections=2 * schedule.parallel + 3) as parts:
        since = clock.now()
        staff = _Staff(settings, schedule, parts, clock, metrics)
        leader = Leader(staff.ledger, settings.service.lease_seconds, metrics)
        names = tuple(cluster.name for cluster in schedule.clusters)
        alarm = Alarm(
            leader,
            clock,
            settings.service.database_patience_seconds,
            lambda news: tell_unrecorded(settings, names, clock, news),
            staff.refusals,
        )
        service = Service(
            [staff.runner(cluster, since, execute) for cluster in schedule.clusters],
            settings.service,
            leader,
            metrics,
            clock,
            parallel=schedule.parallel,
            chores=lambda: staff.chores(since),
            alarm=alarm.look,
        )
        if not service.run(stop):
            _leave(ExitCode.DONE)


def _wake(settings: Settings, schedule: "Schedule", stop: Event, execute: "Execute") -> None:
    """Once."""
    from app.scheduler import Wake
    from app.scheduler.alarm import refused_tonight, silent_tonight
    from app.scheduler.metrics import Metrics
    from app.scheduler.once import counts_from, lost_now
    from app.scheduler.unrecorded import tell_unrecorded

    clock, metrics = bootstrap.SystemClock(), Metrics()
    now, names = clock.now(), tuple(cluster.name for cluster in schedule.clusters)

    def tell(news: "News") -> None:
        if lost_now(schedule.clusters, now):
            tell_unrecorded(settings, names, clock, news)

    try:
        with bootstrap.opened_service(settings, connections=2 * schedule.parallel + 3) as parts:
            staff = _Staff(settings, schedule, parts, clock, metrics)
            runners = [staff.runner(item, counts_from(item, now), execute) for item in schedule.clusters]
            chores = partial(staff.chores, now - _CHORES_SINCE)
            wake = Wake(runners, metrics, schedule.parallel, settings.service.grace_seconds, chores)
            try:
                ended = wake.run(stop)
            finally:
                if reason := staff.refusals.lasting(0):
                    tell(refused_tonight(now, reason))
            if not ended:
                _leave(NightError.exit_code)
    except StoreError as error:
        tell(silent_tonight(now, str(error)))
        raise


def _leave(code: ExitCode) -> None:
    """End at once: the thread of what was abandoned would keep the process alive."""
    sys.stderr.flush()
    os._exit(code)


class _Staff:
    """What both forms make of the settings: a runner for each cluster, and the chores."""

    def __init__(
        self,
        settings: Settings,
        schedule: "Schedule",
        parts: "tuple[PostgresStore, PostgresLedger, PostgresDeliveryBook]",
        clock: Clock,
        metrics: "Metrics",
    ) -> None:
        from app.scheduler.refusals import Refusals

        self._settings, self._schedule, self._clock, self._metrics = settings, schedule, clock, metrics
        self._store, self.ledger, self._book = parts
        self.refusals = Refusals()

    def runner(self, cluster: "ClusterSchedule", since: datetime, execute: "Execute") -> "Runner":
        from app.cli.progress import LogLines
        from app.scheduler import Runner, Work

        work = Work(
            cluster,
            self._settings,
            self._store,
            self.ledger,
            self._book,
            self._clock,
            self._metrics,
            LogLines,
            publish=self._schedule.publish,
            refusals=self.refusals,
        )
        return Runner(work, since, execute)

    def chores(self, since: datetime) -> None:
        from app.scheduler.chores import Keeping, do_chores

        keeping = Keeping(self._store, self._metrics, self._settings, self._clock)
        do_chores(self._schedule.chores.due, since, self.ledger, keeping)


def _execute(executor: Executor, settings: Settings, stop: Event) -> "Execute":
    from app.scheduler.work import run_slot

    if executor is Executor.LOCAL:
        return run_slot
    from app.scheduler.kubernetes import kubernetes_jobs

    return kubernetes_jobs(settings.service.job_template or settings.folder / "job.yaml", stop)


def _stop_signal() -> Event:
    """An event that SIGTERM and SIGINT set."""
    stop = Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)
    return stop
