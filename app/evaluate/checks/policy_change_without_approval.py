"""Does every change of a network or mesh policy since the last night carry an approved reference?"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date

from app.evaluate.checks.common.doubts import Gaps, kind_gaps
from app.evaluate.checks.common.evidence import evidence_for
from app.evaluate.checks.common.population import (
    EVERY_BOUNDARY,
    boundaries_of_namespace,
    by_namespace,
    cluster_subject,
    policy_subject,
    record_subject,
)
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts
from app.evaluate.checks.common.wording import names
from app.model.approval import unapproved
from app.model.context import Changes, DocumentChange
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Severity, Subject
from app.model.history import ChangeKind, ObjectChange, SlotStatus
from app.model.identity import ObjectRef
from app.model.registers import ChangeReference
from app.model.scope import Boundary

ANNOTATION = "netattest.io/change"
_LIMITS = (
    (
        "A change that was made and taken back between two scans leaves no trace in snapshots; the API server's audit log is "
        "the record of it."
    ),
    "An entry of the register is taken at its word: whether its approver could approve it is for a person to see.",
)
_NO_PAST = Doubt(
    "there is no whole scan before this one to compare with",
    "Scan again; two scans in a row show what changed between them.",
)
_NO_REGISTER = Doubt(
    "no register of approved changes was supplied",
    "List approved changes in the registers file (`changes`); an empty list says that none was approved.",
)
_VERBS = {ChangeKind.ADDED: "was added", ChangeKind.CHANGED: "was changed", ChangeKind.REMOVED: "was removed"}


@dataclass(frozen=True, slots=True)
class PolicyChangeWithoutApproval:
    """Judges every policy, route and mesh setting that differs from the last whole scan, and every policy that does not.

    A change passes when an entry of the register names the object, or the object names an entry by its annotation, and
    the entry was approved, by somebody other than who asked for it, no later than the scan and not for a time that was
    over before the change could have been made. A changed scope, register or exceptions file is a change like any
    other. Where a night in between is missing, a reference may stand for one of several changes.
    """

    id: str = "policy-change-without-approval"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every change, and every policy that is as it was."""
        verdicts, changes = Verdicts.of(facts, self.id), facts.context.changes
        if changes is None:
            says = "what changed cannot be told"
            return verdicts.run(
                [verdicts.undecided(cluster_subject(facts), says, (_NO_PAST,))], limits=_LIMITS
            )
        judge = _Judge(facts, verdicts, changes)
        results = list(judge.results())
        if not results and not judge.gaps:
            says = "there is no policy, and none was removed"
            results = [verdicts.not_applicable(cluster_subject(facts), says)]
        return verdicts.run(results, complete=not judge.gaps, limits=_LIMITS)


CHECK: Check = PolicyChangeWithoutApproval()


@dataclass(frozen=True, slots=True)
class _Found:
    """A change, before it is held against the register."""

    subject: Subject
    says: str
    details: Details


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    changes: Changes
    gaps: Gaps = field(init=False)
    homes: dict[str, frozenset[Boundary]] = field(init=False)
    since: date = field(init=False)
    missed: tuple[Doubt, ...] = field(init=False)

    def __post_init__(self) -> None:
        kinds = {ref.group_kind for ref in self.facts.policies}
        self.gaps = kind_gaps(self.facts, *kinds, *(item.ref.group_kind for item in self.changes.objects))
        self.homes = {
            name: boundaries_of_namespace(self.facts, name, workloads)
            for name, workloads in by_namespace(self.facts).items()
        }
        self.since = self.changes.since.astimezone(UTC).date()
        self.missed = tuple(_missed(self.facts))

    def results(self) -> Iterator[CheckResult]:
        changed = {item.ref for item in self.changes.objects}
        yield from (self._object(item) for item in self.changes.objects)
        yield from (self._document(item) for item in self.changes.documents)
        for ref in sorted(self.facts.policies.keys() - changed):
            says = f"{ref} is as it was on {self.since}"
            yield self.verdicts.passed(policy_subject(ref), says, boundaries=self._boundaries(ref))

    def _object(self, item: ObjectChange) -> CheckResult:
        details = Details(
            why=(
                f"{item.ref} {_VERBS[item.kind]} between {self.changes.since:%Y-%m-%d %H:%M} UTC and this scan.",
            ),
            boundaries=self._boundaries(item.ref),
            evidence=(evidence_for(self.facts, item.ref, "spec"),) if item.after else (),
            data={"change": item.kind.value, "before": item.before, "after": item.after},
        )
        subject, says = policy_subject(item.ref), f"{item.ref} {_VERBS[item.kind]} since {self.since}"
        return self._judged(_Found(subject, says, details), str(item.ref), self._annotated(item))

    def _document(self, item: DocumentChange) -> CheckResult:
        details = Details(
            why=(f"Its SHA-256 was {item.before or 'none'} and is {item.after or 'none'}.",),
            severity=Severity.MEDIUM,
            boundaries=EVERY_BOUNDARY,
            data={"before": item.before, "after": item.after},
        )
        says = f"{item.name} differs from the one that judged the scan of {self.since}"
        return self._judged(_Found(record_subject(item.name), says, details), item.name, "")

    def _judged(self, found: _Found, name: str, annotated: str) -> CheckResult:
        register = self.facts.registers.changes
        if register is None:
            return self.verdicts.undecided(found.subject, found.says, (_NO_REGISTER,), base=found.details)
        named = [item for item in register if item.id == annotated or item.names(name)]
        problems = {item.id: self._problem(item) for item in named}
        good = [item for item in named if not problems[item.id]]
        if good:
            says = f"{found.says}, under approved change {names(item.id for item in good)}"
            joined = {**found.details.get("data", {}), "approved_changes": [item.id for item in good]}
            return self.verdicts.passed(
                found.subject, says, doubts=self.missed, base=found.details, data=joined
            )
        said = "; ".join(f"{name}: {problem}" for name, problem in problems.items())
        why = said or (f"change {annotated} is not on the register" if annotated else "no entry names it")
        return self.verdicts.failed(
            found.subject,
            f"{found.says} without an approved change: {why}",
            remedy=(
                "Find out who made it and why; undo it, or have it approved and entered under changes in the registers "
                f"file, or name the change on the object by the annotation {ANNOTATION}."
            ),
            base=found.details,
        )

    def _problem(self, entry: ChangeReference) -> str:
        """Why it cannot stand for a change that was made after the last scan and before this one."""
        if entry.until < self.since:
            return f"it had to be carried out by {entry.until}, before the last scan"
        return unapproved(entry, min(self.facts.at.astimezone(UTC).date(), entry.until))

    def _annotated(self, item: ObjectChange) -> str:
        stored = self.facts.snapshot.find(item.ref) if item.after else None
        notes = stored.parsed().get("metadata", {}).get("annotations") if stored else None
        return str(notes.get(ANNOTATION, "")) if isinstance(notes, dict) else ""

    def _boundaries(self, ref: ObjectRef) -> frozenset[Boundary]:
        return self.homes.get(ref.namespace, EVERY_BOUNDARY)


def _missed(facts: Facts) -> Iterator[Doubt]:
    slots = facts.context.slots or ()
    lost = [item for item in slots if item.status in (SlotStatus.FAILED, SlotStatus.MISSED)]
    if lost:
        yield Doubt(
            f"no scan was stored for {len(lost)} scheduled time{'s' if len(lost) > 1 else ''} since, so there may have been "
            "several changes",
            "Compare with the API server's audit log of that time.",
        )
