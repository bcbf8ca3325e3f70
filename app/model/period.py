"""A period of nights: what was scanned, what held when, and what deviated for how long.

A set of nights is a number whose n-th bit is the n-th night of the period. So a year is one number, and a cluster of a
thousand workloads and fifty controls is looked through in a moment.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.model.finding import CheckResult, Severity, Subject
from app.model.history import ChangeKind
from app.model.identity import ObjectRef

Nights = int
"""A set of nights: bit n is night n."""


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
        failed: numbers of its failed runs.
        taken_at: reference time of its last stored scan.
        cause: why it is not complete; a sentence, empty for a complete night.
        caught_up: when and how it was made up for; a sentence, empty where there was nothing to make up.
    """

    day: date
    due_at: datetime
    status: NightStatus
    scans: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
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


@dataclass(frozen=True, slots=True)
class ControlCourse:
    """One control over the period; `says` is the sentence about it."""

    control: str
    title: str
    standing: Standing
    says: str


@dataclass(frozen=True, slots=True)
class WorkloadCourse:
    """One workload over the period.

    Attributes:
        workload: id of the `reach` contract, without the number of a part.
        inside: in the framework's population; None where no scope rule says, which counts as inside.
        first_at: the first scan of the period that saw it.
        last_at: the last one.
        present: nights on which a scan saw it.
        whole: True when it was there on every scanned night.
        controls: controls by number whose tests are about workloads, paths or namespaces, with how each stood.
        says: one sentence for each control that did not always hold, by control.
    """

    workload: str
    namespace: str
    inside: bool | None
    first_at: datetime
    last_at: datetime
    present: Nights
    whole: bool
    controls: tuple[tuple[str, Standing], ...]
    says: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs; values as short JSON text, empty where there is none."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ObjectCause:
    """An object that changed when a finding opened, the fields that differ, and who wrote it last.

    `manager` is the field manager of the latest write (API field `metadata.managedFields`) and `written_at` its time as
    the API gave it; `reference` is the approved change that the object names.
    """

    ref: ObjectRef
    kind: ChangeKind
    fields: tuple[FieldChange, ...]
    manager: str = ""
    written_at: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """An exception that stood before a finding, and on which nights."""

    exception: str
    reference: str
    nights: Nights


@dataclass(frozen=True, slots=True)
class Deviation:
    """One time over which a subject failed a check that bears on the framework.

    A finding that a scan saw began after the last scan that did not see it, and ended before the first one that no
    longer did. Both bounds are kept; neither is the duration.

    Attributes:
        opening: 1 for the first time, more when it was reopened.
        clean_before: the last stored scan before it, None when the first scan ever saw it.
        opened_at: the first scan that saw it.
        last_seen_at: the last one within the period.
        closed_at: the first whole scan in which it was gone; None while open at the end of the period.
        days: days on the calendar from the first sight to the closing scan, or to the last day of the period.
        allowed: days that the entity allows for this severity; None where it set none.
        failed: nights on which it failed without a valid exception.
        causes: objects that changed between the scan before and the one that saw it first.
    """

    fingerprint: str
    check: str
    subject: Subject
    severity: Severity
    says: str
    controls: tuple[str, ...]
    direct: bool
    opening: int
    opened_in: int
    opened_at: datetime
    clean_before: datetime | None
    last_seen_at: datetime
    closed_in: int | None
    closed_at: datetime | None
    days: int
    allowed: int | None
    failed: Nights
    accepted: tuple[Acceptance, ...] = ()
    causes: tuple[ObjectCause, ...] = ()

    @property
    def overdue(self) -> bool:
        """True when it was, or is, open for longer than the entity allows."""
        return self.allowed is not None and self.days > self.allowed


class TurnKind(StrEnum):
    """What changed about how the cluster was judged."""

    SCOPE = "scope"
    FRAMEWORK = "framework"
    TOOL = "tool"
    CONFIGURATION = "configuration"
    COVERAGE = "coverage"


@dataclass(frozen=True, slots=True)
class Turn:
    """A change on the time line that is not one of the cluster; digests or versions before and after."""

    at: datetime
    scan: int
    kind: TurnKind
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ClosingTimes:
    """Findings of one severity or namespace over the period; means are in days, None where none closed."""

    name: str
    opened: int
    closed: int
    reopened: int
    open_at_end: int
    overdue: int
    mean_days: float | None
    ninetieth_days: int | None


@dataclass(frozen=True, slots=True)
class Sample:
    """Nights that were chosen, by number or by name; `seed` is empty where they were named."""

    nights: tuple[int, ...]
    seed: str = ""


@dataclass(frozen=True)
class Period:
    """Everything about a cluster and a framework over some nights, worked out from what was stored."""

    cluster: str
    framework: str
    framework_title: str
    span: Span
    nights: tuple[Night, ...]
    controls: tuple[ControlCourse, ...]
    workloads: tuple[WorkloadCourse, ...]
    deviations: tuple[Deviation, ...]
    turns: tuple[Turn, ...]
    by_severity: tuple[ClosingTimes, ...]
    by_namespace: tuple[ClosingTimes, ...]
    allowed_days: Mapping[Severity, int] = field(default_factory=dict)
    sample: Sample | None = None

    def count(self, status: NightStatus) -> int:
        """Number of nights that ended so."""
        return sum(night.status is status for night in self.nights)

    def days(self, nights: Nights) -> tuple[date, ...]:
        """Days of a set of nights."""
        return tuple(self.nights[at].day for at in each(nights))


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """An object as it was over some scans; `hidden` are closed intervals of scans inside that could not see it."""

    ref: ObjectRef
    first: int
    last: int
    digest: str
    hidden: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """One interval of a finding: opened in a scan, gone in another one, None while it is not known to be gone."""

    fingerprint: str
    check: str
    opened: int
    closed: int | None


@dataclass(frozen=True, slots=True)
class SaidOver:
    """A failing or undecided result over a closed interval of scans."""

    first: int
    last: int
    result: CheckResult


@dataclass(frozen=True, slots=True)
class Counted:
    """One check in one scan: whether its whole population was read."""

    scan: int
    check: str
    complete: bool


def positions(nights: Sequence[Night]) -> Mapping[int, int]:
    """Stored scan → position of its night."""
    return {scan: at for at, night in enumerate(nights) for scan in night.scans}
