"""Cron expressions as crontab(5) means them, in a named time zone.

APScheduler computes the times. Three things differ from crontab(5) there and are put right or refused here: it counts
weekdays from Monday, it wants both day fields to match where crontab wants either, and it repeats a fixed time in the
hour that comes twice when summer time ends.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from app.model.fields import decimal

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = 5


@dataclass(frozen=True)
class Cron:
    """A crontab expression of five fields, and the zone whose clock it reads.

    A time that the change to summer time leaves out is due at the same instant as if the clock had not changed (02:30
    becomes 03:30). In the hour that comes twice, a fixed hour is due once and a wildcard hour (`*`, `*/2`) each time.
    """

    expression: str
    zone: ZoneInfo

    def __post_init__(self) -> None:
        """Refuse what cannot be computed; raises `ValueError` with a sentence."""
        self._trigger()

    def next_after(self, moment: datetime) -> datetime | None:
        """The first slot after a moment, in UTC; None when there is none (30 February)."""
        trigger, earliest = self._trigger(), moment + timedelta(microseconds=1)
        while True:
            found = trigger.get_next_fire_time(None, earliest.astimezone(self.zone))
            if found is None:
                return None
            if not (found.fold and self._fixed_hour):
                return _instant(found)
            earliest = _instant(found) + timedelta(microseconds=1)

    def last_before(self, moment: datetime) -> datetime | None:
        """The last slot not after a moment, in UTC; None when there was none in the five years before."""
        for days in (2, 9, 40, 400, 5 * 366):
            if found := due_slots(self, moment - timedelta(days=days), moment):
                return found[-1]
        return None

    @property
    def _fixed_hour(self) -> bool:
        return not self.expression.split()[1].startswith("*")

    def _trigger(self) -> CronTrigger:
        fields = self.expression.split()
        if len(fields) != _FIELDS:
            raise ValueError(f"a cron expression has five fields, {self.expression!r} has {len(fields)}")
        minute, hour, day, month, weekday = fields
        if day != "*" and weekday != "*":
            raise ValueError("day of month and day of week are both given; use one of them")
        return CronTrigger(
            minute=minute,
            hour=hour,
            day=day,
            month=month.lower(),
            day_of_week=_weekdays(weekday.lower()),
            timezone=self.zone,
        )


def due_slots(cron: Cron, since: datetime, until: datetime) -> tuple[datetime, ...]:
    """Slots after `since` and not after `until`, in UTC, oldest first."""
    return tuple(_slots(cron, since, until))


def _slots(cron: Cron, since: datetime, until: datetime) -> Iterator[datetime]:
    slot = cron.next_after(since)
    while slot is not None and slot <= until:
        yield slot
        slot = cron.next_after(slot)


def _instant(local: datetime) -> datetime:
    return local.astimezone(UTC)


def _weekdays(field: str) -> str:
    """Spell days of the week as names: `0`, `7`, `1-5`, `fri-mon`, `*/2` in crontab's count from Sunday."""
    if field == "*":
        return field
    numbers = {day % 7 for part in field.split(",") for day in _days_of(part)}
    return ",".join(_DAYS[day] for day in sorted(numbers))


def _days_of(part: str) -> range:
    span, _, step = part.partition("/")
    first, dash, last = ("0", "-", "6") if span == "*" else span.partition("-")
    start = _day(first)
    end = _day(last) if dash else (6 if step else start)
    if end < start:
        end += 7
    every = decimal(step) if step else 1
    if not every:
        raise ValueError(f"{part!r} is not a step of days")
    return range(start, end + 1, every)


def _day(text: str) -> int:
    if text in _DAYS:
        return _DAYS.index(text)
    number = decimal(text)
    if number is not None and number <= len(_DAYS):
        return number
    raise ValueError(f"{text!r} is not a day of the week (0 to 7, or sun to sat)")
