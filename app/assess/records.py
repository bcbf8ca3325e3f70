"""Manual records: is the one that a control wants on file, and does it still count?

`review-attestation-overdue` and `segmentation-test-overdue` are answered here, per control, from `attestations.yaml`:
they test the date of a human record and never the requirement itself.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.assess.acceptance import Acceptance
from app.assess.attestations_file import SignificantChange
from app.assess.bearing import Bearing
from app.model.control import RECORD_CHECKS, Attestation, Control, Framework, ManualRecord, Role
from app.model.finding import CheckResult, Outcome, Severity, Strength, Subject, SubjectKind
from app.model.registers import RecordDuty

LIMIT = "Answered from attestations.yaml: it tests the date of a record, not the requirement."
ELSEWHERE = "Answered for each control that wants the record itself."


class RecordStatus(StrEnum):
    """What the attestation store says about a control's record."""

    CURRENT = "current"
    OVERDUE = "overdue"
    UNRESOLVED = "unresolved"  # the record itself reports something open
    UNDATED = "undated"  # nobody said until when it counts
    ABSENT = "absent"
    NOT_WANTED = "not-wanted"  # the control has no manual part


_OUTCOMES = {
    RecordStatus.CURRENT: Outcome.PASS,
    RecordStatus.OVERDUE: Outcome.FAIL,
    RecordStatus.UNRESOLVED: Outcome.FAIL,
    RecordStatus.UNDATED: Outcome.INSUFFICIENT,
    RecordStatus.ABSENT: Outcome.INSUFFICIENT,
    RecordStatus.NOT_WANTED: Outcome.NOT_APPLICABLE,
}


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """The latest record for a control, its status, and the sentence that says so."""

    status: RecordStatus
    says: str = ""
    attestation: Attestation | None = None

    @property
    def attested(self) -> bool:
        """True when the manual part is attested inside its interval, or there is none."""
        return self.status in (RecordStatus.CURRENT, RecordStatus.NOT_WANTED)


def record_answer(
    control: Control,
    attestations: Sequence[Attestation],
    changes: Sequence[SignificantChange],
    on: date,
) -> RecordAnswer:
    """Find the latest record made up to a day and judge it on that day.

    Args:
        control: the control that wants a record, or none.
        attestations: all records, oldest first.
        changes: significant changes, oldest first.
        on: the day of the scan; later records and changes are not looked at.
    """
    wanted = control.manual_record
    if wanted is None:
        return _without_record(control)
    found = [item for item in attestations if item.performed_on <= on and _is_for(item, control, wanted)]
    if not found:
        return _absent(control, wanted, attestations)
    latest = found[-1]
    status, says = _judge(latest, wanted, _ending_change(latest, control, wanted, changes, on), on)
    return RecordAnswer(status, f"“{latest.type}” by {latest.person} on {latest.performed_on}{says}", latest)


def record_bearing(
    check: str, control: Control, answer: RecordAnswer, severity: Severity, acceptance: Acceptance
) -> Bearing:
    """The answer as a check with a population of one, so that exceptions and counts treat it like any other."""
    outcome = _OUTCOMES[answer.status]
    counts = Counter([outcome])
    if outcome is not Outcome.FAIL or control.manual_record is None:
        return Bearing(check, counts, limits=(LIMIT,))
    late = CheckResult(
        check=check,
        subject=Subject(SubjectKind.RECORD, f"{control.id} {control.manual_record.type}"),
        outcome=outcome,
        strength=Strength.DECLARED,
        says=answer.says,
        remedy="Do it again, and enter the new record in attestations.yaml.",
        boundaries=frozenset({acceptance.boundary} if acceptance.boundary else ()),
        severity=severity,
    )
    if acceptance.accepts(late):
        return Bearing(check, counts, excepted=(late,), limits=(LIMIT,))
    return Bearing(check, counts, failures=(late,), limits=(LIMIT,))


def duties_of(
    framework: Framework, answers: Iterable[tuple[Control, RecordAnswer]]
) -> tuple[RecordDuty, ...]:
    """The records that a framework's controls want as direct evidence, with what is on file."""
    return tuple(
        RecordDuty(
            check=item.check,
            control=control.id,
            type=control.manual_record.type,
            outcome=_OUTCOMES[answer.status],
            says=answer.says,
            boundary=framework.boundary,
            framework=framework.name,
        )
        for control, answer in answers
        if control.manual_record is not None and control.enabled
        for item in control.checks
        if item.role is Role.DIRECT and item.check in RECORD_CHECKS
    )


def answered_elsewhere(check: str) -> Bearing:
    """A record check that only supports a control: it is answered for the control that wants the record."""
    return Bearing(check, Counter(), performed=False, population_complete=False, limits=(ELSEWHERE,))


def _without_record(control: Control) -> RecordAnswer:
    if not control.manual_parts:
        return RecordAnswer(RecordStatus.NOT_WANTED)
    return RecordAnswer(
        RecordStatus.ABSENT, "The framework names no record that could attest the manual part."
    )


def _is_for(item: Attestation, control: Control, wanted: ManualRecord) -> bool:
    return item.type == wanted.type and (not item.controls or control.id in item.controls)


def _absent(control: Control, wanted: ManualRecord, attestations: Sequence[Attestation]) -> RecordAnswer:
    later = [item.performed_on for item in attestations if _is_for(item, control, wanted)]
    tail = f"; one is dated {min(later)}, which is later than this" if later else ""
    return RecordAnswer(RecordStatus.ABSENT, f"No record of type “{wanted.type}” is on file{tail}.")


def _ending_change(
    item: Attestation,
    control: Control,
    wanted: ManualRecord,
    changes: Sequence[SignificantChange],
    on: date,
) -> SignificantChange | None:
    """The first significant change after the record, where the record ends with one."""
    if not wanted.ends_with_change:
        return None
    return next(
        (
            change
            for change in changes
            if item.performed_on < change.changed_on <= on
            and (not change.controls or control.id in change.controls)
        ),
        None,
    )


def _judge(
    item: Attestation, wanted: ManualRecord, change: SignificantChange | None, on: date
) -> tuple[RecordStatus, str]:
    if item.unresolved:
        return RecordStatus.UNRESOLVED, f" leaves open: {item.unresolved.rstrip('.')}."
    if change is not None:
        return (
            RecordStatus.OVERDUE,
            f" predates the change of {change.changed_on}: {change.what.rstrip('.')}.",
        )
    due = wanted.due(item)
    if due is None:
        return RecordStatus.UNDATED, " does not say until when it counts; the entity sets this interval."
    if on > due:
        return RecordStatus.OVERDUE, f" counted until {due} ({wanted.interval})."
    return RecordStatus.CURRENT, f", counts until {due} ({wanted.interval})."
