"""What only the PCI boundary asks of an exception: outside it a pattern counts, and so does one without a worksheet."""

from datetime import date

import pytest

from app.assess.acceptance import Acceptance
from app.model.control import AcceptedException
from app.model.finding import CheckResult, Outcome, Severity, Strength, Subject, SubjectKind
from app.model.scope import Boundary

DAY = date(2026, 11, 22)
FAILED = CheckResult(
    check="policy-overly-broad",
    subject=Subject(SubjectKind.WORKLOAD, "shop/web[Deployment]"),
    outcome=Outcome.FAIL,
    strength=Strength.DECLARED,
    says="It fails.",
    severity=Severity.HIGH,
    boundaries=frozenset(Boundary),
)


@pytest.mark.parametrize(
    ("subject", "worksheet", "accepted"),
    [
        ("shop/web[Deployment]", "CCW-1", {Boundary.PCI, Boundary.HIPAA, Boundary.SOC2}),
        ("shop/web[Deployment]", " ", {Boundary.HIPAA, Boundary.SOC2}),
        ("shop/*", "CCW-1", {Boundary.HIPAA, Boundary.SOC2}),
        ("other/*", "CCW-1", set()),
    ],
)
def test_where_an_exception_counts(subject, worksheet, accepted):
    item = AcceptedException("EX-1", FAILED.check, (subject,), "why", "Ana", "Ben", DAY, DAY, worksheet)
    counts = {
        boundary
        for boundary in (Boundary.PCI, Boundary.HIPAA, Boundary.SOC2)
        if Acceptance((item,), boundary, DAY).accepts(FAILED)
    }
    assert counts == accepted
