"""`netattest schedule`: what is due when, and what a person may do about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from getpass import getuser
from typing import TYPE_CHECKING, Annotated

import typer

from app import bootstrap
from app.cli.options import ConfigOption, DatabaseOption, DebugOption, JsonOption, PlainCommand, moment
from app.cli.output import emit, say, table
from app.cli.session import Session, begin
from app.errors import ExitCode, InputError, NotFoundError
from app.model.history import Slot, SlotStatus
from app.model.ports import DeliveryBook, FleetStore
from app.model.schedule import Ledger, Pause
from app.settings import ClusterSchedule, Schedule, load_schedule

if TYPE_CHECKING:
    from app.scheduler import Work

_RECENT = timedelta(days=40)
_REASON = "control plane upgrade, change 4711"
_EXAMPLE = "\b\nExample:\n  netattest schedule {}\n"

ClusterArgument = Annotated[str, typer.Argument(metavar="CLUSTER", help="A cluster of the schedule.")]
WhoOption = Annotated[
    str | None, typer.Option("--who", metavar="NAME", help="Who does this.  [default: this user]")
]


def register(program: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(
        help="The schedule: what is due when, what became of it; run, pause and resume clusters.",
        short_help="The schedule: list, next, run-now, pause, resume.",
        no_args_is_help=True,
    )
    for name, act, says, example in (
        ("list", show, "What is due next, and what became of the last slot.", "list"),
        ("next", upcoming, "The next slots of all clusters.", "next --count 5"),
        ("run-now", run_now, "Scan a cluster now, in this process.", "run-now prod-eu-1"),
        ("pause", pause, "Run no slot of a cluster for a while.", f"pause prod-eu-1 --why '{_REASON}'"),
        ("resume", resume, "End the pause of a cluster.", "resume prod-eu-1"),
    ):
        group.command(name, cls=PlainCommand, short_help=says, epilog=_EXAMPLE.format(example))(act)
    program.add_typer(group, name="schedule")


@dataclass(frozen=True)
class _Desk:
    """What all of these commands work with."""

    session: Session
    schedule: Schedule
    store: FleetStore
    ledger: Ledger
    book: DeliveryBook
    now: datetime

    def cluster(self, name: str) -> ClusterSchedule:
        for cluster in self.schedule.clusters:
            if cluster.name == name:
                return cluster
        known = ", ".join(item.name for item in self.schedule.clusters)
        raise NotFoundError(f"the schedule names no cluster {name!r}", advice=f"there are {known}")

    def pause_of(self, cluster: str) -> Pause | None:
        return next((item for item in self.ledger.pauses(cluster) if item.until is None), None)


@contextmanager
def _desk(session: Session) -> Iterator[_Desk]:
    schedule = load_schedule(session.settings.schedule_file)
    with bootstrap.opened_service(session.settings) as (store, ledger, book):
        yield _Desk(session, schedule, store, ledger, book, bootstrap.SystemClock().now())


def show(
    *,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """List the clusters of the schedule: when each is due next, what became of its last slot, and who paused it."""
    with _desk(begin(config, database_url, as_json=as_json, debug=debug)) as desk:
        rows = [_row(desk, cluster) for cluster in desk.schedule.clusters]
    if as_json:
        emit({"schema": "netattest/schedule/v1", "clusters": rows})
        return
    columns = ("cluster", "cron", "timezone", "next", "last slot", "status", "note")
    table(columns, [[row[name.replace(" ", "_")] or "-" for name in columns] for row in rows])


def _row(desk: _Desk, cluster: ClusterSchedule) -> dict[str, str]:
    slots = desk.store.slots(cluster.name, desk.now - _RECENT, desk.now)
    last, paused = slots[-1] if slots else None, desk.pause_of(cluster.name)
    said = f"paused by {paused.who}: {paused.why}" if paused else (last.reason if last else "")
    return {
        "cluster": cluster.name,
        "cron": cluster.cron,
        "timezone": cluster.timezone,
        "next": "" if paused else _text(cluster.when.next_after(desk.now)),
        "last_slot": _text(last.due_at) if last else "",
        "status": last.status.value if last else "",
        "note": said,
    }


def _text(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%dT%H:%MZ") if at else ""


def upcoming(
    *,
    count: Annotated[int, typer.Option("--count", min=1, max=1000, help="How many slots.")] = 10,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """List the next slots of all clusters in the order in which they begin; those of paused clusters are marked."""
    with _desk(begin(config, database_url, as_json=as_json, debug=debug)) as desk:
        found = [item for cluster in desk.schedule.clusters for item in _next(cluster, desk.now, count)]
        paused = {item.name for item in desk.schedule.clusters if desk.pause_of(item.name)}
    rows = [
        {
            "slot": _text(slot),
            "begins": begins.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "cluster": name,
            "paused": name in paused,
        }
        for begins, slot, name in sorted(found)[:count]
    ]
    if as_json:
        emit({"schema": "netattest/slots/v1", "slots": rows})
        return
    table(
        ("slot", "begins", "cluster", "note"),
        [[*list(row.values())[:3], "paused" if row["paused"] else ""] for row in rows],
    )


def _next(cluster: ClusterSchedule, now: datetime, count: int) -> Iterator[tuple[datetime, datetime, str]]:
    slot = cluster.when.next_after(now)
    for _ in range(count):
        if slot is None:
            return
        yield slot + cluster.offset, slot, cluster.name
        slot = cluster.when.next_after(slot)


def run_now(
    cluster: ClusterArgument,
    *,
    slot: Annotated[
        str | None,
        typer.Option(
            "--slot",
            metavar="ISO8601",
            help="The scheduled time that this is for: it is run once, and what follows is left to the service.",
        ),
    ] = None,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Scan a cluster of the schedule in this process, now; without --slot its reports follow at once.

    Exit code 3 when the scan could not read everything; 0 with --slot, where the record of the slot tells.
    """
    session = begin(config, database_url, as_json=as_json, debug=debug)
    due_at = moment(slot, "--slot")
    with _desk(session) as desk:
        work = _work(desk, desk.cluster(cluster))
        number, code = (_slot(work, due_at), ExitCode.DONE) if due_at else _unscheduled(work)
    if as_json:
        emit({"schema": "netattest/run/v1", "cluster": cluster, "scan": number})
    else:
        say(f"{cluster}: scan {number} is stored")
    raise typer.Exit(code)


def _work(desk: _Desk, cluster: ClusterSchedule) -> "Work":
    from app.cli.progress import LogLines
    from app.scheduler import Work
    from app.scheduler.metrics import Metrics

    return Work(
        cluster,
        desk.session.settings,
        desk.store,
        desk.ledger,
        desk.book,
        bootstrap.SystemClock(),
        Metrics(),
        LogLines,
        publish=desk.schedule.publish,
    )


def _slot(work: "Work", due_at: datetime) -> int | None:
    from app.scheduler import jobs
    from app.scheduler.work import run_slot

    work.ledger.owe(work.cluster, due_at, jobs.names())
    if not run_slot(work, due_at):
        say(f"slot {_text(due_at)} of {work.cluster} was recorded before; nothing was done")
        raise typer.Exit(ExitCode.DONE)
    return work.store.slots(work.cluster, due_at, due_at)[0].scan


def _unscheduled(work: "Work") -> tuple[int, ExitCode]:
    from app.scheduler.work import publish, report, scan

    stored = scan(work, None).scan
    slot = Slot(work.cluster, stored.taken_at, SlotStatus.DONE, stored.number)
    report(work, slot)
    publish(work, slot)
    return stored.number, ExitCode.INCOMPLETE if stored.gaps else ExitCode.DONE


def pause(
    cluster: ClusterArgument,
    *,
    why: Annotated[
        str, typer.Option("--why", metavar="TEXT", help="The reason; each missed slot is recorded with it.")
    ] = "",
    who: WhoOption = None,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Run no slot of a cluster until it is resumed; a scan that runs is not touched."""
    if not why.strip():
        raise InputError(
            "a pause needs a reason",
            advice="add --why TEXT: an auditor will read it beside each missed night",
        )
    with _desk(begin(config, database_url, as_json=as_json, debug=debug)) as desk:
        name = desk.cluster(cluster).name
        if not desk.ledger.pause(name, desk.now, who or getuser(), why.strip()):
            lasting = desk.pause_of(name)
            by = f" by {lasting.who}: {lasting.why}" if lasting else ""
            raise InputError(
                f"{name} is paused already{by}", advice=f"run `netattest schedule resume {name}` first"
            )
    _told(cluster, "paused", as_json=as_json)


def resume(
    cluster: ClusterArgument,
    *,
    who: WhoOption = None,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """End the pause of a cluster; slots that it covered stay missed."""
    with _desk(begin(config, database_url, as_json=as_json, debug=debug)) as desk:
        name = desk.cluster(cluster).name
        if not desk.ledger.resume(name, desk.now, who or getuser()):
            raise InputError(f"{name} is not paused", advice="see `netattest schedule list`")
    _told(cluster, "resumed", as_json=as_json)


def _told(cluster: str, state: str, *, as_json: bool) -> None:
    if as_json:
        emit({"schema": "netattest/pause/v1", "cluster": cluster, "state": state})
    else:
        say(f"{cluster} is {state}")
