"""One control, its checks and its records, put together from a few words."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from app.assess import Configuration, assess
from app.model.context import RunContext
from app.model.control import (
    AcceptedException,
    Assessment,
    Attestation,
    Automation,
    CheckMapping,
    Control,
    ControlAssessment,
    Framework,
    ManualRecord,
    NotApplicable,
    Role,
)
from app.model.finding import (
    CheckGroup,
    CheckMeta,
    CheckResult,
    CheckRun,
    Outcome,
    Severity,
    Strength,
    Subject,
    SubjectKind,
)
from app.model.scope import Boundary, Scope

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CHECKS = ("a", "b", "c", "not-performed", "review-attestation-overdue", "segmentation-test-overdue")

RECORDS = {
    "current": Attestation("review", "P. Auditor", date(2026, 9, 1)),
    "overdue": Attestation("review", "P. Auditor", date(2025, 9, 1)),
    "unresolved": Attestation("review", "P. Auditor", date(2026, 9, 1), unresolved="two failed tests"),
    "undated": Attestation("review", "P. Auditor", date(2026, 9, 1)),
}


def meta(check: str, *, performed: bool = True) -> CheckMeta:
    return CheckMeta(check, CheckGroup.SEGMENTATION, Severity.HIGH, check, "", "", "", "", performed)


def catalogue() -> dict[str, CheckMeta]:
    return {check: meta(check, performed=check in {"a", "b", "c"}) for check in CHECKS}


def result(
    check: str, subject: str, outcome: str, *, boundaries: Iterable[Boundary] = tuple(Boundary)
) -> CheckResult:
    return CheckResult(
        check=check,
        subject=Subject(SubjectKind.WORKLOAD, subject),
        outcome=Outcome(outcome),
        strength=Strength.EFFECTIVE,
        says="it says so",
        boundaries=frozenset(boundaries),
        severity=Severity.HIGH,
    )


def run(
    check: str, outcomes: Mapping[str, str], *, complete: bool = True, outside: Iterable[str] = ()
) -> CheckRun:
    results = [
        result(check, name, outcome, boundaries=[Boundary.SOC2] if name in set(outside) else Boundary)
        for name, outcome in sorted(outcomes.items())
    ]
    return CheckRun(meta(check), tuple(results), population_complete=complete)


def exception(
    check: str = "a",
    subjects: Iterable[str] = ("one",),
    *,
    name: str = "EX-1",
    owner: str = "Ana",
    approver: str = "Ben",
    starts_on: date = date(2026, 6, 1),
    expires_on: date = date(2027, 5, 31),
    control: str = "CCW-1",
) -> AcceptedException:
    return AcceptedException(
        name, check, tuple(subjects), "because", owner, approver, starts_on, expires_on, control
    )


def control(
    direct: Iterable[str] = ("a",),
    supporting: Iterable[str] = ("b",),
    *,
    name: str = "1.0",
    record: ManualRecord | None = ManualRecord("review", "12 months", "standard", months=12),  # noqa: B008  frozen
    enabled: bool = True,
) -> Control:
    return Control(
        id=name,
        title="A control",
        objective="Something is shown.",
        chapter="1 Chapter",
        automation=Automation.PARTIAL,
        severity="high",
        scope="CDE",
        cadence="nightly scan",
        checks=(
            *(CheckMapping(check, Role.DIRECT) for check in direct),
            *(CheckMapping(check, Role.SUPPORTING) for check in supporting),
        ),
        manual_parts=("the written standard",) if record else (),
        direct_facts=(),
        supporting_facts=(),
        evidence_expected=(),
        auditor_questions=(),
        tool_supports=(),
        manual_record=record,
        enabled=enabled,
    )


def framework(*controls: Control, boundary: Boundary = Boundary.PCI) -> Framework:
    return Framework("pci-test", "PCI", "1", "PCI 1", "1", boundary, "pci-", "ours", controls, "digest")


def configuration(
    exceptions: Iterable[AcceptedException] = (),
    attestations: Iterable[Attestation] = (),
    declarations: Iterable[NotApplicable] = (),
    **other: Any,
) -> Configuration:
    return Configuration(
        scope=Scope(),
        exceptions=tuple(exceptions),
        declarations=tuple(declarations),
        attestations=tuple(attestations),
        catalogue=catalogue(),
        frameworks=(),
        context=RunContext(),
        **other,
    )


DECLARED = {
    True: NotApplicable("pci-test", "1.0", "We tested it", "Ben", date(2026, 10, 1)),
    "later": NotApplicable("pci-test", "1.0", "We tested it", "Ben", date(2026, 11, 24)),
}


def wanted(record: str) -> ManualRecord | None:
    """The record that the control of a case wants."""
    match record:
        case "not-wanted":
            return None
        case "undated":
            return ManualRecord("review", "the entity's interval", "entity")
        case _:
            return ManualRecord("review", "12 months", "standard", months=12)


def judged(case: Mapping[str, Any]) -> ControlAssessment:
    """The one control of a case of `tests/tables/assess/rollup.yaml`."""
    return assessed(case).controls[0]


def assessed(case: Mapping[str, Any]) -> Assessment:
    record = case.get("record", "current")
    runs = case.get("runs", {"a": {"one": "pass"}, "b": {"one": "pass"}})
    return assess(
        framework(control(case.get("direct", ["a"]), case.get("supporting", ["b"]), record=wanted(record))),
        [
            run(
                check,
                outcomes,
                complete=check not in case.get("incomplete", ()),
                outside=case.get("outside", ()),
            )
            for check, outcomes in runs.items()
        ],
        configuration(
            exceptions=[exception(**item) for item in case.get("exceptions", ())],
            attestations=[RECORDS[record]] if record in RECORDS else [],
            declarations=[DECLARED[said]] if (said := case.get("declared")) else [],
        ),
        at=AT,
    )
