"""Options about many nights, and the days that they mean."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from app import bootstrap
from app.cli.session import Session
from app.errors import InputError
from app.model.nights import Span
from app.settings import ClusterSchedule, due_slots, load_schedule

PeriodOption = Annotated[
    str, typer.Option("--period", metavar="FROM..TO", help="A report on these days, both included.")
]
NightsOption = Annotated[
    str, typer.Option("--nights", metavar="DATE,...", help="The sealed evidence of exactly these nights.")
]
SampleOption = Annotated[
    int | None, typer.Option("--sample", min=1, metavar="N", help="The same of N nights chosen by --seed.")
]
SeedOption = Annotated[
    str, typer.Option("--seed", metavar="TEXT", help="Chooses the nights of --sample; the assessor's own.")
]
TimezoneOption = Annotated[
    str,
    typer.Option(
        "--timezone",
        metavar="ZONE",
        help="Clock by which days are counted.  [default: the schedule's, else UTC]",
    ),
]


@dataclass(frozen=True)
class Asked:
    """What the command line says about nights."""

    cluster: str
    period: str
    nights: str
    sample: int | None
    seed: str
    timezone: str

    @property
    def any(self) -> bool:
        """True when it is about nights and not about one scan."""
        return bool(self.period or self.nights or self.sample or self.seed)


def span_of(asked: Asked, schedule: ClusterSchedule | None) -> Span:
    """The days that were asked for, which have to be over.

    Raises:
        InputError: they are no days, or not over yet.
    """
    zone = _zone(asked.timezone or (schedule.timezone if schedule else "UTC"))
    if asked.period:
        first, separator, last = asked.period.partition("..")
        ends = _day(first, "--period"), _day(last, "--period") if separator else date.min
    else:
        days = named_days(asked.nights)
        ends = days[0], days[-1]
    if ends[1] < ends[0]:
        raise InputError(
            f"--period {asked.period!r} does not end after it begins", advice="write 2025-07-01..2026-06-30"
        )
    today = bootstrap.SystemClock().now().astimezone(zone).date()
    if ends[1] >= today:
        raise InputError(
            f"{ends[1]} is not over yet on the clock of {zone.key}: a night that may still come cannot be counted",
            advice=f"end with {today - timedelta(days=1)}",
        )
    return Span(*ends, zone, schedule.cron if schedule and schedule.timezone == zone.key else "")


def due_of(span: Span, schedule: ClusterSchedule | None) -> tuple[datetime, ...]:
    """Slots of the schedule of today within the days."""
    if schedule is None or not span.cron:
        return ()
    moment = timedelta(microseconds=1)
    return due_slots(schedule.when, span.begin.astimezone(UTC) - moment, span.end.astimezone(UTC) - moment)


def named_days(text: str) -> tuple[date, ...]:
    """Days written with commas, each once, sorted."""
    return tuple(sorted({_day(part, "--nights") for part in text.split(",") if part.strip()}))


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(
            f"{option} {text!r} is not a day", advice="write 2026-03-17; a period is 2025-07-01..2026-06-30"
        ) from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InputError(
            f"--timezone {name!r} is not a name of the IANA time zone database",
            advice="write it like Europe/Amsterdam",
        ) from error


def schedule_of(session: Session, cluster: str) -> ClusterSchedule | None:
    """The cluster's schedule, where the file is there and knows the cluster."""
    path = session.settings.schedule_file
    if not path.is_file():
        return None
    return next((item for item in load_schedule(path).clusters if item.name == cluster), None)
