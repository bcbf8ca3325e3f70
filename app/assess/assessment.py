"""One framework against one scan's check runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.assess.acceptance import Acceptance
from app.assess.bearing import Bearing, bearing, not_performed
from app.assess.configuration import Configuration
from app.assess.records import RecordAnswer, answered_elsewhere, duties_of, record_answer, record_bearing
from app.assess.rollup import Evidence, state_of
from app.assess.wording import missing, reason
from app.model.control import (
    RECORD_CHECKS,
    Assessment,
    CheckMapping,
    Control,
    ControlAssessment,
    Framework,
    NotApplicable,
    Role,
)
from app.model.finding import CheckRun, Severity
from app.model.registers import RecordDuty


def assess(
    framework: Framework, runs: Sequence[CheckRun], configuration: Configuration, *, at: datetime
) -> Assessment:
    """Roll check results up to control states, over the framework's own boundary only.

    Args:
        framework: the framework to assess.
        runs: every performed check with its whole population.
        configuration: exceptions, records and declarations that people made.
        at: the run's reference time, aware; exceptions and records are judged on its day in UTC.

    Returns:
        Controls in the framework's order, readiness items last; every exception of the register with its hits.
    """
    acceptance = Acceptance(configuration.exceptions, framework.boundary, at.astimezone(UTC).date())
    bearings = {run.meta.id: bearing(run, acceptance) for run in runs}
    desk = _Desk(framework, configuration, acceptance, bearings)
    ordered = sorted(framework.controls, key=lambda control: not control.enabled)
    return Assessment(
        framework=framework,
        at=at,
        controls=tuple(_control(desk.evidence(control)) for control in ordered),
        exceptions=acceptance.uses(runs),
    )


def duties(configuration: Configuration, *, at: datetime) -> tuple[RecordDuty, ...]:
    """Every record that a control of a framework wants as direct evidence, with what is on file on the day of a time."""
    day = at.astimezone(UTC).date()
    return tuple(
        duty
        for framework in configuration.frameworks
        for duty in duties_of(
            framework,
            (
                (item, record_answer(item, configuration.attestations, configuration.changes, day))
                for item in framework.controls
            ),
        )
    )


@dataclass(frozen=True)
class _Desk:
    """What one assessment of one framework works from; each check is counted once and used by many controls."""

    framework: Framework
    configuration: Configuration
    acceptance: Acceptance
    bearings: Mapping[str, Bearing]

    def evidence(self, control: Control) -> Evidence:
        """Gather what bears on one control: checks by role, the manual record, the declaration."""
        record = record_answer(
            control, self.configuration.attestations, self.configuration.changes, self.acceptance.on
        )
        mapped = tuple((item, self._answer(item, control, record)) for item in control.checks)
        return Evidence(
            control=control,
            direct=tuple(
                found
                for item, found in mapped
                if item.role is Role.DIRECT and item.check not in RECORD_CHECKS
            ),
            record_checks=tuple(
                found for item, found in mapped if item.role is Role.DIRECT and item.check in RECORD_CHECKS
            ),
            supporting=tuple(found for item, found in mapped if item.role is Role.SUPPORTING),
            tallies=tuple(found.tally(item.role) for item, found in mapped),
            record=record,
            declaration=self._declaration(control),
        )

    def _answer(self, item: CheckMapping, control: Control, record: RecordAnswer) -> Bearing:
        meta = self.configuration.catalogue.get(item.check)
        if item.check not in RECORD_CHECKS:
            expected = meta is not None and meta.performed
            return self.bearings.get(item.check) or not_performed(item.check, expected=expected)
        if item.role is Role.SUPPORTING:
            return answered_elsewhere(item.check)
        severity = meta.severity if meta else Severity.MEDIUM
        return record_bearing(item.check, control, record, severity, self.acceptance)

    def _declaration(self, control: Control) -> NotApplicable | None:
        """The declaration about a control; one of a later day says nothing yet."""
        place, day = (self.framework.id, control.id), self.acceptance.on
        declared = (item for item in self.configuration.declarations if item.declared_on <= day)
        return next((item for item in declared if (item.framework, item.control) == place), None)


def _control(evidence: Evidence) -> ControlAssessment:
    state = state_of(evidence)
    return ControlAssessment(
        control=evidence.control,
        state=state,
        reason=reason(state, evidence),
        missing=missing(state, evidence),
        contrary=evidence.contrary,
        tallies=evidence.tallies,
        failures=evidence.failures,
        excepted=evidence.excepted,
        attestation=evidence.record.attestation,
        not_applicable=evidence.declaration,
    )
