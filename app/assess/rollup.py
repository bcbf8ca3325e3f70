"""The state of a control: the first rule that applies wins, in the order of `ControlState`."""

from dataclasses import dataclass

from app.assess.bearing import Bearing
from app.assess.records import RecordAnswer
from app.model.control import CheckTally, Control, ControlState, NotApplicable
from app.model.finding import CheckResult, Outcome

NOTHING_TESTED = (
    "No subject inside the boundary could be tested: every direct check says that it does not apply."
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that bears on one control.

    Attributes:
        direct: direct checks of the scan.
        record_checks: direct checks that the attestation store answers.
        supporting: supporting checks.
        tallies: all of them as a report prints them, in the framework's order.
        record: the manual record.
        declaration: the entity's word that the control does not apply.
    """

    control: Control
    direct: tuple[Bearing, ...]
    record_checks: tuple[Bearing, ...]
    supporting: tuple[Bearing, ...]
    tallies: tuple[CheckTally, ...]
    record: RecordAnswer
    declaration: NotApplicable | None

    @property
    def failures(self) -> tuple[CheckResult, ...]:
        """Direct failures that no exception covers, worst first."""
        found = [item for bearing in (*self.direct, *self.record_checks) for item in bearing.failures]
        return tuple(sorted(found, key=_worst_first))

    @property
    def excepted(self) -> tuple[CheckResult, ...]:
        """Direct failures under a valid exception, worst first."""
        found = [item for bearing in (*self.direct, *self.record_checks) for item in bearing.excepted]
        return tuple(sorted(found, key=_worst_first))

    @property
    def contradicts_declaration(self) -> bool:
        """True when the scan found a failure, accepted or not; a late record contradicts nothing."""
        return any(bearing.counts[Outcome.FAIL] for bearing in self.direct)

    @property
    def contrary(self) -> bool:
        """True when a supporting check fails: it never decides, and it is never hidden."""
        return any(bearing.counts[Outcome.FAIL] for bearing in self.supporting)

    @property
    def missing(self) -> tuple[str, ...]:
        """What direct checks could not judge, one sentence each."""
        return tuple(sentence for bearing in self.direct for sentence in bearing.missing)

    @property
    def undecided(self) -> tuple[str, ...]:
        """Why the automated part does not decide, one sentence each."""
        missing = self.missing
        if not missing and self.direct and not any(bearing.tested for bearing in self.direct):
            return (NOTHING_TESTED,)
        return missing


def state_of(evidence: Evidence) -> ControlState:
    """Decide the state.

    A proven failure comes before missing data on purpose: a hole is a hole even in an incomplete scan. A control
    whose only direct check reads the attestation store has nothing for the scan to decide, so a record that is not on
    file leaves it with manual evidence needed.
    """
    if evidence.declaration and not evidence.contradicts_declaration:
        return ControlState.NOT_APPLICABLE
    if evidence.failures:
        return ControlState.EXCEPTION
    if evidence.undecided:
        return ControlState.INSUFFICIENT
    if evidence.excepted:
        return ControlState.PARTIAL
    has_direct = bool(evidence.direct or evidence.record_checks)
    if not has_direct or not evidence.record.attested:
        return ControlState.MANUAL
    return ControlState.SUPPORTED


def _worst_first(result: CheckResult) -> tuple[int, str, str]:
    return result.severity.rank, result.check, result.subject.id
