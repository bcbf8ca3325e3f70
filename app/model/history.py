"""Scans, schedule slots, intervals and points over time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.model.canonical import digest
from app.model.control import ControlState
from app.model.finding import CheckResult, Outcome, Severity, Subject
from app.model.identity import ObjectRef


@dataclass(frozen=True, slots=True)
class Document:
    """A file that judged a scan, byte for byte: scope, exceptions, frameworks, checks, and the run's context."""

    name: str  # `scope.yaml`, `frameworks/pci-dss-4.0.1.yaml`, `context.json`
    body: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of its bytes."""
        return digest(self.body)


class ScanStatus(StrEnum):
    """How a scan ended."""

    COMPLETE = "complete"
    PARTIAL = "partial"  # stored, with collection gaps
    FAILED = "failed"  # nothing stored but this record and its reason


@dataclass(frozen=True, slots=True)
class Scan:
    """One finished run. `number` counts per cluster from 1, without holes; failed runs have numbers too.

    `digest` covers snapshot digest, document digests, tool version, status, times, results and the previous scan's digest.
    """

    cluster: str
    number: int
    status: ScanStatus
    taken_at: datetime
    recorded_at: datetime
    slot: datetime | None
    tool_version: str
    snapshot_digest: str
    documents: tuple[tuple[str, str], ...]  # (name, digest), sorted by name
    previous_digest: str
    digest: str
    objects: int = 0
    gaps: int = 0
    reason: str = ""  # for FAILED: what happened, one sentence
    ledger: str = ""  # digest over every row that the scan began or ended; empty for scans of 0.1
    imported: bool = False  # `taken_at` was given by whoever imported it, `recorded_at` is the database's


class SlotStatus(StrEnum):
    """What became of one slot of the schedule."""

    DONE = "done"
    FAILED = "failed"
    MISSED = "missed"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Slot:
    """One scheduled time of one cluster; each is recorded once."""

    cluster: str
    due_at: datetime
    status: SlotStatus
    scan: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CheckCounts:
    """One check in one scan, over its whole population."""

    check: str
    counts: tuple[tuple[Outcome, int], ...]
    population_complete: bool


@dataclass(frozen=True, slots=True)
class ControlPoint:
    """One control in one scan, as stored. Counts are over direct checks and the in-boundary population."""

    scan: int
    taken_at: datetime
    framework: str
    framework_digest: str
    control: str
    state: ControlState
    contrary: bool
    passed: int
    failed: int
    excepted: int
    undecided: int  # insufficient-evidence and error


@dataclass(frozen=True, slots=True)
class Course:
    """Controls of one framework that had the same states in the same scans: a year has 70,000 points, and few courses.

    Attributes:
        controls: sorted.
        seen: scan, state, and whether a supporting check contradicts it; by scan. Scans without these controls are left out.
    """

    framework: str
    controls: tuple[str, ...]
    seen: tuple[tuple[int, ControlState, bool], ...]


@dataclass(frozen=True, slots=True)
class FindingLife:
    """A failing result over time, as known at one scan.

    Attributes:
        fingerprint: identity (check and subject).
        opened_in / opened_at: scan of the current or last interval's begin.
        closed_in / closed_at: first whole scan in which it was gone; None while open.
        first_in / first_at: first scan ever.
        times_opened: 1, or more when it was reopened.
        seen_in: number of scans that saw it.
        result: the latest failing result.
    """

    fingerprint: str
    check: str
    subject: Subject
    severity: Severity
    first_in: int
    first_at: datetime
    opened_in: int
    opened_at: datetime
    last_in: int
    last_at: datetime
    closed_in: int | None
    closed_at: datetime | None
    times_opened: int
    seen_in: int
    result: CheckResult


@dataclass(frozen=True, slots=True)
class ScanRecord:
    """Everything about one scan that is written in one transaction; `app.model.ports.Store.save` takes it.

    `failures` are failing results, `undecided` insufficient and error ones; passing ones are recomputed when wanted.
    `passed` are fingerprints of subjects that passed, or do not apply, in checks whose population is incomplete: there
    nothing else tells that a finding is gone.
    """

    cluster: str
    taken_at: datetime
    slot: datetime | None
    tool_version: str
    documents: tuple[Document, ...]
    failures: tuple[CheckResult, ...]
    undecided: tuple[CheckResult, ...]
    counts: tuple[CheckCounts, ...]
    points: tuple[ControlPoint, ...]  # `scan` is 0 here; the store numbers them
    streaks: Mapping[str, int]
    passed: frozenset[str] = frozenset()
    imported: bool = False


class ChangeKind(StrEnum):
    """What happened to an object between two scans."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, order=True)
class ObjectChange:
    """One object that differs between two scans; digests are empty on the side where it does not exist."""

    ref: ObjectRef
    kind: ChangeKind
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One scan, or one night without any, on one framework's line.

    Attributes:
        counts: None for a night without a stored scan (failed or missed): the line breaks there, it is never zero.
        breaks: sentences on what changed since the point before: scope, framework, tool version, coverage. The line breaks
            there too, because the values on the two sides are not one measure.
        scope: digest of the scope map that judged the scan, empty where there was none.
        catalogue: digest of the framework's file.
        tool: version of netattest.
        gaps: things that were not read or not understood.
    """

    at: datetime
    scan: int | None
    status: str
    counts: tuple[tuple[ControlState, int], ...] | None
    breaks: tuple[str, ...] = ()
    scope: str = ""
    catalogue: str = ""
    tool: str = ""
    gaps: int = 0


@dataclass(frozen=True, slots=True)
class TrendLine:
    """One framework over the stored scans, oldest first."""

    framework: str
    points: tuple[TrendPoint, ...]

    @property
    def stored(self) -> int:
        """Nights with a stored scan; a line is drawn between two of them at least."""
        return sum(point.counts is not None for point in self.points)


@dataclass(frozen=True, slots=True, order=True)
class ControlFlip:
    """A control whose state differs from the scan before."""

    framework: str
    control: str
    before: ControlState
    after: ControlState


@dataclass(frozen=True, slots=True)
class PathChange:
    """A connection that opened or closed between two scans; `ports` is the difference, as text."""

    source: str
    destination: str
    opened: bool
    ports: str


@dataclass(frozen=True, slots=True, order=True)
class Move:
    """A workload of both scans whose place differs: what a rule says of it, before and after, in the scope file's words.

    `field` is one of `zone`, `ephi`, `soc2`, `confidential` and `data_store`; what no rule says is *unknown*.
    """

    workload: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """This scan against an earlier one; empty tuples mean nothing differed."""

    before: Scan
    after: Scan
    opened: tuple[CheckResult, ...]
    closed: tuple[CheckResult, ...]
    flips: tuple[ControlFlip, ...]
    objects: tuple[ObjectChange, ...]
    paths: tuple[PathChange, ...]
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True)
class Began:
    """The first scan of the cluster that answers now, where another one answered to the same name before."""

    scan: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Trend:
    """Lines for the frameworks asked for, and what changed since the last whole scan.

    Attributes:
        lines: by framework.
        comparison: None for the first scan of a cluster.
        began: where another cluster answered to the name before; lives of findings begin there.
    """

    lines: tuple[TrendLine, ...]
    comparison: Comparison | None
    began: Began | None = None
