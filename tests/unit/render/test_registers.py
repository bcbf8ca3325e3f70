"""The registers of the entity as pages: what counts, what is used, what is missing, and nothing that looks like a pass."""

from dataclasses import replace
from datetime import date

import pytest

from app.model.control import Attestation, ManualRecord
from app.model.finding import Outcome
from app.model.history import Move
from app.model.registers import (
    AddressableDecision,
    Choice,
    EntityControl,
    ExternalControl,
    Registers,
    TlsPolicy,
)
from app.model.scope import ApprovedExposure, ApprovedFlow, Boundary
from app.render.dossier import Dossier
from app.render.sections import exceptions, registers
from tests.report_builder import empty_input, ports, report_input

SIGNED = {"owner": "Ann", "approver": "Ben", "approved_on": date(2026, 1, 1)}
FLOW = ApprovedFlow("F-1", "shop", "payments", ports(8443), "needed", **SIGNED)


def dossier(framework=0, *, flows=None, used=(), **said):
    """A report on PCI DSS (0), HIPAA (1) or SOC 2 (2)."""
    report = report_input()
    judged = report.judgement
    runs = judged.runs
    if used is not None:
        base = next(run for run in runs if run.results)
        result = replace(base.results[0], data={"approved_flows": list(used)})
        meta = replace(base.meta, id="flow-not-in-approved-register")
        runs = (*runs, replace(base, meta=meta, results=(result,), population_complete=True))
    scope = replace(judged.scope, approved_flows=flows, approved_exposures=said.pop("exposures", None))
    judged = replace(judged, runs=runs, scope=scope, registers=Registers(**said))
    return Dossier(replace(report, judgement=judged, assessment=judged.assessments[framework]))


def marks(page, caption):
    tables = [group.table for group in page.groups if group.table.caption == caption]
    return {row.cells[0]: row.cells[-1].word for table in tables for row in table.rows}


@pytest.mark.parametrize(
    ("flow", "used", "word"),
    [
        (FLOW, ["F-1"], "In use"),
        (FLOW, [], "No use seen"),
        (FLOW, None, "Not known"),
        (replace(FLOW, justification=""), ["F-1"], "Does not count"),
        (replace(FLOW, approver="Ann"), ["F-1"], "Does not count"),
        (replace(FLOW, review_by=date(2026, 8, 1)), ["F-1"], "Does not count"),
    ],
)
def test_an_approved_flow(flow, used, word):
    assert marks(registers.build(dossier(flows=(flow,), used=used)), "Approved flows") == {"F-1": word}


def test_a_way_in_that_is_not_there_is_not_used():
    entry = ApprovedExposure("X-1", "Service gone/gone", **SIGNED)
    page = registers.build(dossier(exposures=(entry,)))
    assert marks(page, "Approved ways in") == {"X-1": "No use seen"}


def test_a_control_outside_is_never_a_pass():
    control = ExternalControl("E-1", "A firewall", ("1.4.2",), "", **SIGNED)
    page = registers.build(dossier(external_controls=(control,)))
    assert marks(page, "Controls outside the cluster") == {"E-1": "Not tested here"}
    elsewhere = replace(control, covers=("9.9.9",))
    page = registers.build(dossier(external_controls=(elsewhere,)))
    assert not marks(page, "Controls outside the cluster")


def test_decisions_belong_to_hipaa_and_own_controls_to_soc2():
    decision = AddressableDecision("A-1", "164.312(e)(2)(ii)", Choice.IMPLEMENTED, "r", "", **SIGNED)
    control = EntityControl("N-1", "", "", ("unrestricted-path-into-cde",), ("CC6.1",), **SIGNED)
    given = {"addressable_decisions": (decision,), "entity_controls": (control,)}
    found = [{group.table.caption for group in registers.build(dossier(n, **given)).groups} for n in range(3)]
    decisions, own = "Decisions about addressable specifications", "The entity's own controls"
    assert [decisions in item for item in found] == [False, True, False]
    assert [own in item for item in found] == [False, False, True]


@pytest.mark.parametrize(
    ("checks", "word"),
    [(("unrestricted-path-into-cde",), "exception"), (("no-such-check",), "Not determined")],
)
def test_an_own_control_says_what_its_checks_found(checks, word):
    control = EntityControl("N-1", "w", "daily", checks, ("CC6.1",), **SIGNED)
    (found,) = marks(
        registers.build(dossier(2, entity_controls=(control,))), "The entity's own controls"
    ).values()
    assert word in found


RECORD = Attestation("nsc-review", "Ann", date(2026, 6, 1))


@pytest.mark.parametrize(
    ("found", "wanted", "word"),
    [
        (RECORD, {}, "On file"),
        (replace(RECORD, performed_on=date(2025, 6, 1)), {}, "Overdue"),
        (replace(RECORD, unresolved="two tests failed"), {}, "Leaves open"),
        (RECORD, {"months": None, "interval_set_by": "entity"}, "No end given"),
    ],
)
def test_a_record_with_its_due_date(found, wanted, word):
    base = dossier()
    record = ManualRecord(
        **{"type": "nsc-review", "max_age": "6 months", "interval_set_by": "standard", "months": 6, **wanted}
    )
    first = next(item for item in base.assessment.controls if item.control.manual_record)
    control = replace(
        first, control=replace(first.control, manual_record=record), attestation=found, tallies=()
    )
    page = registers.build(
        Dossier(replace(base.report, assessment=replace(base.assessment, controls=(control,))))
    )
    (row,) = next(group.table for group in page.groups).rows
    assert row.cells[-1].word == word


def test_the_rule_for_tls_and_whether_it_counts():
    policy = TlsPolicy("NIST SP 800-52", "TLS 1.2", (), "Ann", "", None)
    facts = {item.label: item.value for item in registers.build(dossier(tls_policy=policy)).tls}
    assert facts["Lowest version"] == "TLS 1.2"
    assert facts["In this scan"].startswith("It does not count")


def test_what_is_missing_says_which_file_to_write():
    page = registers.build(Dossier(empty_input()))
    assert page.groups == ()
    assert any("`approved_flows` in `scope.yaml`" in text for text in page.missing)
    assert any("`tls_policy` in `registers.yaml`" in text for text in page.missing)


def test_an_empty_register_is_not_a_missing_one():
    page = registers.build(dossier(flows=()))
    assert "Approved flows: `approved_flows` of `scope.yaml` has no entry for this report." in page.missing


def test_what_would_have_failed_without_an_exception():
    page = exceptions.build(Dossier(report_input()))
    accepted = [row for row in page.beneath.rows if row.cells[-1] == "EX-2026-014"]
    hits = next(use for use in report_input().assessment.exceptions if use.exception.id == "EX-2026-014").hits
    assert len(accepted) == len(hits) > 0
    assert all(item.outcome is Outcome.FAIL for item in hits)


def test_an_over_broad_exception_says_so_and_counts():
    report = report_input()
    use = report.assessment.exceptions[0]
    wide = replace(use, exception=replace(use.exception, subjects=("sandbox/*",)))
    assessment = replace(report.assessment, exceptions=(wide,))
    (item,) = exceptions.build(Dossier(replace(report, assessment=assessment))).exceptions
    assert item.flaw.startswith("It is over-broad")
    assert item.mark.state == "partial"


@pytest.mark.parametrize(("framework", "fields"), [(0, ["zone"]), (1, ["ephi"]), (2, ["soc2"])])
def test_workloads_that_changed_place_in_this_boundary(framework, fields):
    base = dossier(framework)
    moved = tuple(Move("shop/web[Deployment]", name, "cde", "unknown") for name in ("ephi", "soc2", "zone"))
    trend = replace(base.report.trend, comparison=replace(base.report.trend.comparison, moves=moved))
    page = registers.build(Dossier(replace(base.report, trend=trend)))
    table = next(group.table for group in page.groups if "changed place" in group.table.caption)
    assert [row.cells[1] for row in table.rows] == fields
    assert table.rows[0].cells[-1].word == "Unknown: in scope"


@pytest.mark.parametrize(
    ("outcome", "data", "expected"),
    [
        (Outcome.PASS, {"before": "a", "approved_changes": ["CHG-1"]}, [("CHG-1", "Approved")]),
        (Outcome.FAIL, {"before": "a"}, [("none", "Not approved")]),
        (Outcome.INSUFFICIENT, {"before": "a"}, [("none", "Not known")]),
        (Outcome.PASS, {}, []),  # it is as it was
    ],
)
def test_a_change_is_joined_to_its_approval(outcome, data, expected):
    base = dossier()
    run = next(run for run in base.report.judgement.runs if run.results)
    result = replace(run.results[0], outcome=outcome, data=data, boundaries=frozenset(Boundary))
    judged = replace(run, meta=replace(run.meta, id="policy-change-without-approval"), results=(result,))
    judgement = replace(base.report.judgement, runs=(judged,))
    page = registers.build(Dossier(replace(base.report, judgement=judgement)))
    tables = [group.table for group in page.groups if group.table.caption == "Changes and their approvals"]
    assert [(row.cells[2], row.cells[3].word) for table in tables for row in table.rows] == expected


def test_records_that_nobody_entered_are_named_with_their_controls_and_whose_interval_it_is():
    base = dossier()
    absent = [item.control for item in base.counted if item.control.manual_record and not item.attestation]
    assert absent
    lines = [text for text in registers.build(base).missing if text.startswith("Records (")]
    for control in absent:
        wanted = control.manual_record
        assert any(wanted.interval in text and wanted.type in text and control.id in text for text in lines)
