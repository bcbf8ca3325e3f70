from dataclasses import replace

import pytest

from app.model.control import ControlState
from app.model.finding import CheckRun, Severity, Subject, SubjectKind
from app.model.history import ChangeKind, ControlFlip, ObjectChange
from app.model.identity import ObjectRef
from app.trend import compare
from tests.unit.assess.world import AT, assess, configuration, control, framework, meta, result, run
from tests.unit.trend.world import judgement, scan


def compared(before, after, objects=()):
    return compare(scan(1), judgement(before), scan(2), judgement(after), objects)


def names(results):
    return [(item.check, item.subject.id) for item in results]


def test_what_fails_now_and_did_not_before_has_opened():
    found = compared([run("a", {"x": "pass", "y": "fail"})], [run("a", {"x": "fail", "y": "fail"})])

    assert (names(found.opened), names(found.closed)) == ([("a", "x")], [])


def test_what_failed_before_and_passes_now_has_closed():
    found = compared([run("a", {"x": "fail", "y": "fail"})], [run("a", {"x": "pass", "y": "fail"})])

    assert (names(found.opened), names(found.closed)) == ([], [("a", "x")])


def test_a_failing_subject_that_is_gone_from_a_whole_population_has_closed():
    found = compared([run("a", {"x": "fail"})], [run("a", {"y": "pass"})])

    assert names(found.closed) == [("a", "x")]


@pytest.mark.parametrize("outcome", ["insufficient-evidence", "error"])
def test_a_finding_that_cannot_be_judged_now_has_not_closed(outcome):
    found = compared([run("a", {"x": "fail"})], [run("a", {"x": outcome})])

    assert (names(found.opened), names(found.closed)) == ([], [])


def test_a_finding_that_is_gone_from_an_incomplete_population_has_not_closed():
    found = compared([run("a", {"x": "fail"})], [run("a", {"y": "pass"}, complete=False)])

    assert names(found.closed) == []


def test_a_finding_that_passes_in_an_incomplete_population_has_closed():
    found = compared([run("a", {"x": "fail"})], [run("a", {"x": "pass"}, complete=False)])

    assert names(found.closed) == [("a", "x")]


def test_a_finding_of_a_check_that_did_not_run_has_not_closed():
    assert names(compared([run("a", {"x": "fail"})], []).closed) == []


@pytest.mark.parametrize(
    ("kind", "name", "closed"),
    [
        (SubjectKind.CLUSTER, "prod", []),
        (SubjectKind.NAMESPACE, "shop", []),
        (SubjectKind.NAMESPACE, "bank", [("a", "shop/x")]),
    ],
)
def test_a_finding_has_not_closed_where_what_contains_it_could_not_be_judged(kind, name, closed):
    was = replace(result("a", "shop/x", "fail"), subject=Subject(SubjectKind.WORKLOAD, "shop/x", "shop"))
    doubt = replace(result("a", name, "insufficient-evidence"), subject=Subject(kind, name))

    found = compared([CheckRun(meta("a"), (was,))], [CheckRun(meta("a"), (doubt,))])

    assert names(found.closed) == closed


def test_a_finding_of_no_namespace_may_lie_in_any_that_could_not_be_judged():
    was = replace(result("a", "node-1", "fail"), subject=Subject(SubjectKind.CLUSTER, "node-1"))
    doubt = replace(
        result("a", "shop", "insufficient-evidence"), subject=Subject(SubjectKind.NAMESPACE, "shop")
    )

    assert names(compared([CheckRun(meta("a"), (was,))], [CheckRun(meta("a"), (doubt,))]).closed) == []


def test_the_same_subject_in_two_checks_is_two_findings():
    found = compared([run("a", {"x": "fail"})], [run("a", {"x": "pass"}), run("b", {"x": "fail"})])

    assert (names(found.opened), names(found.closed)) == ([("b", "x")], [("a", "x")])


def test_the_worst_stand_first():
    low = replace(result("a", "a", "fail"), severity=Severity.LOW)
    critical = replace(result("a", "z", "fail"), severity=Severity.CRITICAL)

    found = compared([], [CheckRun(meta("a"), (low, critical))])

    assert names(found.opened) == [("a", "z"), ("a", "a")]


def test_two_equal_scans_differ_in_nothing():
    runs = [run("a", {"x": "fail", "y": "pass"})]

    found = compared(runs, runs)

    assert (found.opened, found.closed, found.flips, found.objects, found.paths) == ((), (), (), (), ())


def test_changed_objects_are_listed_in_order():
    changes = [
        ObjectChange(ObjectRef("", "Pod", "shop", name), ChangeKind.CHANGED, "1", "2") for name in ("b", "a")
    ]

    assert [item.ref.name for item in compared([], [], changes).objects] == ["a", "b"]


def assessed(state_of_second):
    outcomes = {"pass": {"x": "pass"}, "fail": {"x": "fail"}}[state_of_second]
    controls = [
        control(["a"], name="1", record=None),
        control(["b"], name="2", record=None),
        control(["b"], name="3", record=None, enabled=False),
    ]
    runs = [run("a", {"x": "pass"}), run("b", outcomes)]
    return judgement(runs, [assess(framework(*controls), runs, configuration(), at=AT)])


def test_a_control_whose_state_differs_has_flipped_and_readiness_items_never_do():
    found = compare(scan(1), assessed("pass"), scan(2), assessed("fail"), ())

    assert found.flips == (ControlFlip("pci-test", "2", ControlState.SUPPORTED, ControlState.EXCEPTION),)


def test_a_framework_that_is_new_flips_nothing():
    assert compare(scan(1), judgement(), scan(2), assessed("fail"), ()).flips == ()
