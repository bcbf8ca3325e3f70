"""`netattest run`: the service."""

import os
import signal
import sys
from enum import StrEnum
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from app import bootstrap
from app.cli.options import ConfigOption, DatabaseOption, DebugOption, JsonOption
from app.cli.session import begin
from app.errors import ExitCode
from app.settings import Settings

if TYPE_CHECKING:
    from app.scheduler.runner import Execute

_EPILOG = """\b
Example:
  netattest run --config /etc/netattest/netattest.yaml

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
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Scan and report every cluster of the schedule at its time; serve metrics and health.

    --json makes the log lines JSON.
    """
    from app.cli.progress import LogLines
    from app.scheduler import Alarm, Leader, Runner, Service, Work
    from app.scheduler.chores import Keeping, do_chores
    from app.scheduler.metrics import Metrics
    from app.scheduler.unrecorded import tell_unrecorded
    from app.settings import load_schedule

    session = begin(config, database_url, as_json=as_json, debug=debug, log_json=as_json)
    settings, schedule = session.settings, load_schedule(session.settings.schedule_file)
    stop, clock, metrics = _stop_signal(), bootstrap.SystemClock(), Metrics()
    execute = _execute(executor, settings, stop)
    # A running scan holds two connections, its lock and its transaction; lease, watch and chores have one each.
    with bootstrap.opened_service(settings, connections=2 * schedule.parallel + 3) as parts:
        store, ledger, book = parts
        since = clock.now()
        runners = [
            Runner(
                Work(
                    cluster,
                    settings,
                    store,
                    ledger,
                    book,
                    clock,
                    metrics,
                    LogLines,
                    publish=schedule.publish,
                ),
                since,
                execute,
            )
            for cluster in schedule.clusters
        ]
        leader = Leader(ledger, settings.service.lease_seconds, metrics)
        names = tuple(cluster.name for cluster in schedule.clusters)
        alarm = Alarm(
            leader,
            clock,
            settings.service.database_patience_seconds,
            lambda news: tell_unrecorded(settings, names, clock, news),
        )
        service = Service(
            runners,
            settings.service,
            leader,
            metrics,
            clock,
            parallel=schedule.parallel,
            chores=lambda: do_chores(
                schedule.chores.due, since, ledger, Keeping(store, metrics, settings, clock)
            ),
            alarm=alarm.look,
        )
        if not service.run(stop):
            sys.stderr.flush()
            os._exit(ExitCode.DONE)  # the abandoned scan's thread would keep the process alive


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
