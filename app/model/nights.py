"""The nights of a period, and how something stood on them.

A set of nights is a number whose n-th bit is the n-th night of the period. So a year is one number, and a cluster of a
thousand workloads and fifty controls is looked through in a moment.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

Nights = int
"""A set of nights: bit n is night n."""

LOST_NIGHT = "scan-night-missing"
"""The check about nights without a scan: what fails it is a slot, and its sentence ends with the reason."""


class NightStatus(StrEnum):
    """What is stored about one night."""

    COMPLETE = "complete"
    PARTIAL = "partial"  # stored, with collection gaps
    FAILED = "failed"  # a run was recorded, and nothing of the cluster was stored
    MISSING = "missing"  # no run at all


@dataclass(frozen=True, slots=True)
class Night:
    """One occasion on which the cluster had to be scanned.

    Attributes:
        day: the day on the clock of the period's zone.
        due_at: the slot of the schedule, or the day's begin where no schedule is known.
        status: of the best scan that belongs to it.
        scans: numbers of its stored scans.
        failed_runs: numbers of its failed runs.
        taken_at: reference time of its last stored scan.
        cause: why it is not complete; a sentence, empty for a complete night.
        caught_up: when and how it was made up for; a sentence, empty where there was nothing to make up.
    """

    day: date
    due_at: datetime
    status: NightStatus
    scans: tuple[int, ...] = ()
    failed_runs: tuple[int, ...] = ()
    taken_at: datetime | None = None
    cause: str = ""
    caught_up: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """The days of a period, both included, on the clock of a zone; `cron` is empty where no schedule is known."""

    first: date
    last: date
    zone: ZoneInfo
    cron: str = ""

    @property
    def begin(self) -> datetime:
        """The first moment."""
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        after = self.last + timedelta(days=1)
        return datetime(after.year, after.month, after.day, tzinfo=self.zone)


class Course(StrEnum):
    """How something held over a period; what was not shown on every night is not *always*."""

    ALWAYS = "always"
    SOMETIMES = "at some time"
    NEVER = "never"
    NOT_OBSERVED = "not observed"


@dataclass(frozen=True, slots=True)
class Standing:
    """How something stood on each night of a period; every night is in at most one set, in none where it did not exist.

    Attributes:
        held: its tests were performed and found no exception.
        accepted: they found exceptions, all of them under a valid acceptance.
        failed: they found an exception.
        undecided: they could not tell, in part at least.
        untested: nothing of it is tested, or it was declared not to apply.
        unseen: no scan of the night is stored.
    """

    held: Nights = 0
    accepted: Nights = 0
    failed: Nights = 0
    undecided: Nights = 0
    untested: Nights = 0
    unseen: Nights = 0

    @property
    def nights(self) -> Nights:
        """Nights on which it existed, or may have."""
        return self.held | self.accepted | self.failed | self.undecided | self.untested | self.unseen

    @property
    def course(self) -> Course:
        """All of that in one word."""
        if not self.held | self.accepted | self.failed:
            return Course.NOT_OBSERVED
        if not self.held:
            return Course.NEVER
        return Course.ALWAYS if self.held == self.nights else Course.SOMETIMES


def each(nights: Nights) -> Iterator[int]:
    """Positions of the nights of a set, in order."""
    while nights:
        low = nights & -nights
        yield low.bit_length() - 1
        nights ^= low


def runs(nights: Nights) -> Iterator[tuple[int, int]]:
    """First and last position of each run of consecutive nights."""
    while nights:
        first = (nights & -nights).bit_length() - 1
        shifted = nights >> first
        length = (~shifted & (shifted + 1)).bit_length() - 1
        yield first, first + length - 1
        nights &= ~(((1 << length) - 1) << first)


def positions(nights: Sequence[Night]) -> Mapping[int, int]:
    """Stored scan → position of its night."""
    return {scan: at for at, night in enumerate(nights) for scan in night.scans}


def longest_gap(found: Sequence[Night]) -> tuple[Night, ...]:
    """The longest run of nights of which nothing is stored; the first of several, empty where there is none."""
    best: list[Night] = []
    here: list[Night] = []
    for night in found:
        here = [] if night.scans else [*here, night]
        if len(here) > len(best):
            best = here
    return tuple(best)
