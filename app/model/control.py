"""Frameworks, controls and their states. A control is never decided by a scan alone; a state says what was shown."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fnmatch import fnmatchcase

from app.model.approval import same_person
from app.model.dates import months_after
from app.model.finding import ARROW, CheckResult, Outcome
from app.model.scope import Boundary

RECORD_CHECKS = frozenset({"review-attestation-overdue", "segmentation-test-overdue"})
"""Checks that `attestations.yaml` answers, not the cluster: they test the date of a record, never the requirement."""

MOST_HITS = 20
"""Failures that one accepted exception may stand before; beyond, nobody looked at each of them."""


class ControlState(StrEnum):
    """States of a control, in the order in which they are decided: the first that applies wins (DESIGN 6)."""

    NOT_APPLICABLE = "not-applicable"
    EXCEPTION = "exception"
    INSUFFICIENT = "insufficient-evidence"
    PARTIAL = "partial"
    MANUAL = "manual-evidence-needed"
    SUPPORTED = "supported"


class Role(StrEnum):
    """What a check means for a control: direct evidence decides, supporting evidence never lifts a state."""

    DIRECT = "direct"
    SUPPORTING = "supporting"


class Automation(StrEnum):
    """How much of a control a scan can show."""

    FULL = "full"
    PARTIAL = "partial"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class CheckMapping:
    """One check of a control."""

    check: str
    role: Role


@dataclass(frozen=True, slots=True)
class ManualRecord:
    """The record that a manual control wants, its greatest age in the file's words, and who set that interval."""

    type: str
    max_age: str
    interval_set_by: str  # "standard", "entity" or "product default"
    months: int | None = None  # None: the entity sets it, and each record says until when it counts
    ends_with_change: bool = False  # a significant change ends it, whatever its age

    def due(self, item: "Attestation") -> date | None:
        """Last day on which a record counts: the earlier of the framework's limit and the record's own; None: nobody says."""
        limit = months_after(item.performed_on, self.months) if self.months else None
        return min((day for day in (limit, item.valid_until) if day is not None), default=None)

    @property
    def set_by(self) -> str:
        """Whose the interval is, so that nobody reads a default of this product as a rule; empty where `max_age` says so."""
        if self.interval_set_by == "product default":
            return "a default of this product"
        return "" if self.interval_set_by in self.max_age else f"set by the {self.interval_set_by}"

    @property
    def interval(self) -> str:
        """The interval and whose it is."""
        return ", ".join(part for part in (self.max_age, self.set_by) if part)


@dataclass(frozen=True, slots=True)
class Control:
    """One requirement, in our own words; `id` is the publisher's number."""

    id: str
    title: str
    objective: str
    chapter: str
    automation: Automation
    severity: str
    scope: str
    cadence: str
    checks: tuple[CheckMapping, ...]
    manual_parts: tuple[str, ...]
    direct_facts: tuple[str, ...]
    supporting_facts: tuple[str, ...]
    evidence_expected: tuple[str, ...]
    auditor_questions: tuple[str, ...]
    tool_supports: tuple[str, ...]
    manual_record: ManualRecord | None = None
    note: str = ""
    does_not_prove: tuple[
        str, ...
    ] = ()  # of this control in particular; what its kinds of checks leave open is added
    outside_tool: str = ""  # why no check bears on it, where none does
    enabled: bool = True  # False: readiness items of proposed rules, listed and never counted


@dataclass(frozen=True, slots=True)
class Framework:
    """One file of `config/frameworks/`."""

    id: str  # pci-dss-4.0.1
    name: str  # PCI DSS
    version: str
    title: str  # as a cover prints it
    catalogue_version: str
    boundary: Boundary | None  # None: the whole cluster
    prefix: str  # for identifiers that may not start with a digit (OSCAL)
    text_licence: str
    controls: tuple[Control, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class AcceptedException:
    """One entry of `config/exceptions.yaml`. It never turns a failure into a pass: exception → partial, at most.

    Attributes:
        subjects: subject ids, exact; shell patterns are allowed outside the CDE only.
        compensating_control: reference to the worksheet (PCI DSS Appendix C) or the measure itself.
    """

    id: str
    check: str
    subjects: tuple[str, ...]
    reason: str
    owner: str
    approver: str
    starts_on: date
    expires_on: date
    compensating_control: str = ""

    def problem(self, on: date) -> str:
        """Why it does not count on a day, as a sentence; empty when it does."""
        if same_person(self.owner, "") or same_person(self.approver, ""):
            return "it has no owner or no approver"
        if same_person(self.owner, self.approver):
            return "its owner approved it"
        if on < self.starts_on:
            return f"it starts on {self.starts_on.isoformat()}"
        if on > self.expires_on:
            return f"it expired on {self.expires_on.isoformat()}"
        return ""

    @property
    def broad(self) -> tuple[str, ...]:
        """Subjects that stand for a whole namespace or more: nobody looked at each of what they accept."""
        return tuple(text for text in self.subjects if any(_is_broad(end) for end in text.split(ARROW)))

    def names(self, subject: str) -> bool:
        """True for a subject it names, exactly or by `*` and `?`; square brackets stand for themselves."""
        return subject in self.subjects or any(
            fnmatchcase(subject, text.replace("[", "[[]"))
            for text in self.subjects
            if "*" in text or "?" in text
        )


def _is_broad(end: str) -> bool:
    """A pattern whose namespace, or whose whole name, is left open: `*`, `shop/*`, `*/web`, `shop/*[Deployment]`."""
    namespace, _, name = end.rpartition("/")
    if not {"*", "?"} & set(end):
        return False
    return bool({"*", "?"} & set(namespace)) or not name.partition("[")[0].strip("*?")


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """A signed declaration that a control does not apply, with its tested reason."""

    framework: str
    control: str
    reason: str
    declared_by: str
    declared_on: date


@dataclass(frozen=True, slots=True)
class Attestation:
    """A manual record: what kind, who, when, for which control, and the digest of the document."""

    type: str
    person: str
    performed_on: date
    controls: tuple[str, ...] = ()  # empty: every control that wants this type
    document: str = ""
    document_digest: str = ""
    valid_until: date | None = None  # the entity's own interval; None leaves it to the framework's
    unresolved: str = ""  # what the record itself leaves open: such a record is an exception


@dataclass(frozen=True, slots=True)
class ExceptionUse:
    """An exception and the failures it stood in front of in one scan; unused ones have none."""

    exception: AcceptedException
    problem: str
    hits: tuple[CheckResult, ...]


@dataclass(frozen=True, slots=True)
class CheckTally:
    """One mapped check as it bears on one control: counts over the in-boundary population."""

    check: str
    role: Role
    performed: bool
    counts: tuple[tuple[Outcome, int], ...]  # every outcome, in order of definition
    excepted: int  # failures under a valid exception
    population_complete: bool
    limits: tuple[str, ...] = ()

    def count(self, outcome: Outcome) -> int:
        """Number of subjects with this outcome."""
        return next((number for name, number in self.counts if name is outcome), 0)

    @property
    def population(self) -> int:
        """Subjects judged, whatever the outcome."""
        return sum(number for _, number in self.counts)


@dataclass(frozen=True, slots=True)
class ControlAssessment:
    """One control in one scan.

    Attributes:
        state: the outcome of the roll-up.
        reason: the sentence the report prints for it.
        missing: what would be needed to decide, one sentence each, for insufficient and manual states.
        contrary: a supporting check fails: the flag *contrary evidence*.
        tallies: each mapped check.
        failures: failing results of direct checks without a valid exception, worst first.
        excepted: failing results of direct checks under a valid exception.
    """

    control: Control
    state: ControlState
    reason: str
    missing: tuple[str, ...]
    contrary: bool
    tallies: tuple[CheckTally, ...]
    failures: tuple[CheckResult, ...]
    excepted: tuple[CheckResult, ...]
    attestation: Attestation | None = None
    not_applicable: NotApplicable | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """One framework in one scan; controls in the framework's order, readiness items last and never counted."""

    framework: Framework
    at: datetime
    controls: tuple[ControlAssessment, ...]
    exceptions: tuple[ExceptionUse, ...]

    def count(self, state: ControlState) -> int:
        """Number of enabled controls in a state."""
        return sum(item.state is state for item in self.controls if item.control.enabled)
