from pathlib import Path

import pytest
import yaml

from app.model.control import ControlState, Role
from app.model.finding import Outcome
from app.model.scope import Boundary
from tests.unit.assess.world import AT, assess, configuration, control, exception, framework, judged, run

CASES = yaml.safe_load((Path(__file__).parents[2] / "tables/assess/rollup.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["it"])
def test_the_state_of_a_control(case):
    found = judged(case)

    assert found.state == ControlState(case["state"])
    assert case.get("reason", "") in found.reason
    assert found.contrary is case.get("contrary", False)
    for sentence in case.get("missing", ()):
        assert any(sentence in said for said in found.missing), found.missing


def test_the_table_has_a_case_for_each_state():
    assert {case["state"] for case in CASES} == {state.value for state in ControlState}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["it"])
def test_what_is_missing_is_named_where_something_is_missing(case):
    found = judged(case)

    wants = found.state in (ControlState.INSUFFICIENT, ControlState.MANUAL)
    assert bool(found.missing) is wants


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["it"])
def test_no_sentence_claims_that_a_rule_is_met(case):
    found = judged(case)

    said = " ".join((found.reason, *found.missing)).casefold()
    assert not [word for word in ("complian", "certif", "in place", "passed") if word in said]


def test_counts_are_taken_inside_the_boundary():
    runs = [run("a", {"one": "pass", "two": "fail", "three": "fail", "four": "error"}, outside=["three"])]
    accepted = [exception("a", ["two"])]

    tally = assess(framework(control()), runs, configuration(accepted), at=AT).controls[0].tallies[0]

    assert tally.role is Role.DIRECT
    assert dict(tally.counts) == {
        Outcome.PASS: 1,
        Outcome.FAIL: 1,
        Outcome.NOT_APPLICABLE: 0,
        Outcome.INSUFFICIENT: 0,
        Outcome.ERROR: 1,
    }
    assert (tally.excepted, tally.population) == (1, 3)


def test_tallies_say_which_checks_were_not_performed():
    assessment = assess(framework(control(["not-performed"], ["c"])), [], configuration(), at=AT)

    assert [(item.check, item.performed) for item in assessment.controls[0].tallies] == [
        ("not-performed", False),
        ("c", False),
    ]


def test_failures_and_accepted_failures_are_listed_apart_and_in_order():
    runs = [run("a", {"z": "fail", "m": "fail", "b": "fail"})]

    found = assess(framework(control()), runs, configuration([exception("a", ["m"])]), at=AT).controls[0]

    assert [item.subject.id for item in found.failures] == ["b", "z"]
    assert [item.subject.id for item in found.excepted] == ["m"]


def test_readiness_items_stand_last_and_are_never_counted():
    controls = [control(name="1", enabled=False), control(name="2"), control(name="3")]

    assessment = assess(framework(*controls), [run("a", {"one": "fail"})], configuration(), at=AT)

    assert [item.control.id for item in assessment.controls] == ["2", "3", "1"]
    assert assessment.count(ControlState.EXCEPTION) == 2


def test_outside_the_pci_boundary_a_pattern_accepts_what_it_matches():
    runs = [run("a", {"shop/web[Deployment]": "fail", "shop/db[StatefulSet]": "fail"})]
    accepted = [exception("a", ["shop/*[Deployment]"])]

    found = assess(
        framework(control(), boundary=Boundary.HIPAA), runs, configuration(accepted), at=AT
    ).controls[0]

    assert [item.subject.id for item in found.excepted] == ["shop/web[Deployment]"]
    assert [item.subject.id for item in found.failures] == ["shop/db[StatefulSet]"]


def test_each_exception_is_reported_with_its_hits_and_unused_ones_without():
    runs = [run("a", {"one": "fail", "two": "fail", "far": "fail"}, outside=["far"])]
    register = [
        exception("a", ["one"], name="EX-1"),
        exception("a", ["elsewhere"], name="EX-2"),
        exception("a", ["two"], name="EX-3", approver=""),
        exception("a", ["t*"], name="EX-4"),
        exception("a", ["far"], name="EX-5"),
    ]

    uses = assess(framework(control()), runs, configuration(register), at=AT).exceptions

    assert [(use.exception.id, use.problem, [hit.subject.id for hit in use.hits]) for use in uses] == [
        ("EX-1", "", ["one"]),
        ("EX-2", "", []),
        ("EX-3", "it has no owner or no approver", ["two"]),
        (
            "EX-4",
            "it names subjects by pattern, and inside the PCI boundary each subject is named exactly",
            ["two"],
        ),
        ("EX-5", "", []),
    ]
