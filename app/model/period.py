"""A period: what held when, what deviated for how long, and what changed about how that was judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.model.archive import ObjectCause
from app.model.finding import Severity, Subject
from app.model.nights import Night, Nights, NightStatus, Span, Standing


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
        clean_before: the last stored scan before it, None when the first scan of the cluster saw it.
        opened_at: the first scan that saw it.
        last_seen_at: the last one up to the end of the period.
        closed_at: the first whole scan in which it was gone; None where none saw it gone.
        another_cluster_at: the scan in which another cluster began to answer to the name while it was open: neither closed
            nor open; None for all others.
        days: days on the calendar from the first sight to the closing scan, to the first one of another cluster, or to the
            last day of the period.
        allowed: days that the entity allows for this severity; None where it set none.
        failed: nights on which it failed without a valid exception.
        changed_at: scans that said something else about it than the scan before, while it was open.
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
    another_cluster_at: datetime | None
    days: int
    allowed: int | None
    failed: Nights
    accepted: tuple[Acceptance, ...] = ()
    causes: tuple[ObjectCause, ...] = ()
    changed_at: tuple[datetime, ...] = ()

    @property
    def is_open(self) -> bool:
        """True when it was open at the end of the period."""
        return self.closed_at is None and self.another_cluster_at is None

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
    CLUSTER = "cluster"  # another one answers under the name


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
