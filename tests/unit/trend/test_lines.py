from dataclasses import replace
from datetime import timedelta

import pytest

from app.model.control import ControlState
from app.model.history import ControlPoint, Course, ScanStatus, Slot, SlotStatus
from app.trend import check_counts, follow, follow_courses, nights, points
from tests.unit.assess.world import AT, assess, configuration, control, exception, framework, run
from tests.unit.trend.world import FIRST_NIGHT, scan


def point(number, state=ControlState.SUPPORTED, name="1", of="pci-test"):
    return ControlPoint(number, FIRST_NIGHT, of, "f", name, state, False, 1, 0, 0, 0)


def line(scans, found=None):
    found = (
        [point(item.number) for item in scans if item.status is not ScanStatus.FAILED]
        if found is None
        else found
    )
    return follow(found, scans, None).lines[0].points


def test_a_line_counts_the_states_of_each_night():
    found = line(
        [scan(1)],
        [point(1, ControlState.EXCEPTION, "1"), point(1, ControlState.EXCEPTION, "2"), point(1, name="3")],
    )

    assert dict(found[0].counts) == {
        state: {ControlState.EXCEPTION: 2, ControlState.SUPPORTED: 1}.get(state, 0) for state in ControlState
    }


def test_a_night_that_failed_is_a_break_and_never_a_zero():
    found = line([scan(1), scan(2, ScanStatus.FAILED, reason="The API server did not answer."), scan(3)])

    assert [item.counts is None for item in found] == [False, True, False]
    assert (found[1].status, found[1].scan, found[1].breaks) == (
        "failed",
        2,
        ("The API server did not answer.",),
    )
    assert found[2].breaks == ()


def test_lines_are_sorted_by_framework_and_scans_by_number():
    scans = [scan(2), scan(1)]
    found = follow([point(number, of=name) for number in (2, 1) for name in ("z", "a")], scans, None)

    assert [item.framework for item in found.lines] == ["a", "z"]
    assert [item.scan for item in found.lines[0].points] == [1, 2]


def test_a_line_begins_with_the_frameworks_first_scan():
    found = line([scan(1), scan(2, ScanStatus.FAILED), scan(3)], [point(3)])

    assert [item.scan for item in found] == [3]


def test_a_scan_in_which_the_framework_was_not_assessed_has_no_counts():
    found = line([scan(1), scan(2), scan(3)], [point(1), point(3)])

    assert found[1].counts is None
    assert found[1].breaks == ("This framework was not assessed in this scan.",)


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (
            {"documents": (("frameworks/pci-test.yaml", "f"), ("scope.yaml", "new"))},
            "The scope map changed after scan 1.",
        ),
        ({"documents": (("frameworks/pci-test.yaml", "f"),)}, "The scope map changed after scan 1."),
        (
            {"documents": (("frameworks/pci-test.yaml", "new"), ("scope.yaml", "s"))},
            "The framework's catalogue changed after scan 1.",
        ),
        (
            {"documents": (("checks.yaml", "c"), ("frameworks/pci-test.yaml", "f"), ("scope.yaml", "s"))},
            "The catalogue of checks changed after scan 1.",
        ),
        ({"tool_version": "0.2.0"}, "netattest changed from 0.1.0 to 0.2.0."),
        ({"status": ScanStatus.PARTIAL, "gaps": 1}, "The collection was incomplete: 1 gap."),
        ({"status": ScanStatus.PARTIAL, "gaps": 2}, "The collection was incomplete: 2 gaps."),
    ],
)
def test_what_else_changed_is_said_at_the_point_where_it_did(other, says):
    found = line([scan(1), replace(scan(2), **other), replace(scan(3), **other)])

    assert [item.breaks for item in found] == [(), (says,), ()]


def test_another_frameworks_catalogue_breaks_no_line():
    documents = (("frameworks/other.yaml", "o"), ("frameworks/pci-test.yaml", "f"), ("scope.yaml", "s"))

    assert line([scan(1), scan(2, documents=documents)])[1].breaks == ()


def test_a_collection_that_is_complete_again_is_said():
    found = line([scan(1), scan(2, ScanStatus.PARTIAL, gaps=3), scan(3)])

    assert found[2].breaks == ("The collection is complete again.",)


def test_a_change_during_a_failed_night_is_said_at_the_next_point():
    found = line([scan(1), scan(2, ScanStatus.FAILED), scan(3, tool_version="0.2.0")])

    assert found[2].breaks == ("netattest changed from 0.1.0 to 0.2.0.",)


def test_without_points_there_is_no_line():
    assert follow([], [scan(1)], None).lines == ()


def test_counts_of_a_check_cover_every_outcome():
    found = check_counts(run("a", {"x": "pass", "y": "fail", "z": "fail"}, complete=False))

    assert found.check == "a"
    assert [(outcome.value, number) for outcome, number in found.counts] == [
        ("pass", 1),
        ("fail", 2),
        ("not-applicable", 0),
        ("insufficient-evidence", 0),
        ("error", 0),
    ]
    assert not found.population_complete


def test_a_point_tells_accepted_failures_from_open_ones_and_leaves_supporting_checks_out():
    runs = [
        run("a", {"one": "pass", "two": "fail", "three": "fail", "four": "error", "five": "not-applicable"}),
        run("b", {"one": "fail"}),
    ]
    controls = [control(name="1"), control(name="2", enabled=False)]
    assessment = assess(framework(*controls), runs, configuration([exception("a", ["two"])]), at=AT)

    found = points(assessment)

    assert [(item.control, item.scan, item.taken_at) for item in found] == [("1", 0, AT)]
    assert (found[0].passed, found[0].failed, found[0].excepted, found[0].undecided) == (1, 1, 1, 1)
    assert (found[0].state, found[0].contrary) == (ControlState.EXCEPTION, True)


def test_a_missed_slot_is_a_night_of_its_own_and_has_no_counts():
    missed = Slot("prod", FIRST_NIGHT + timedelta(days=1), SlotStatus.MISSED, reason="it was off")
    before, after = (Slot("prod", FIRST_NIGHT + timedelta(days=days), SlotStatus.MISSED) for days in (-1, 9))
    found = follow([point(1), point(3)], [scan(1), scan(3)], None, [before, missed, after]).lines[0].points

    assert [(item.scan, item.status, item.counts is None) for item in found] == [
        (1, "complete", False),
        (None, "missed", True),
        (3, "complete", False),
    ]
    assert found[1].breaks == ("it was off",)


def test_lines_drawn_from_courses_are_those_drawn_from_points():
    scans = [scan(1), scan(2, ScanStatus.FAILED), scan(3), scan(4)]
    slots = [Slot("prod", FIRST_NIGHT + timedelta(days=2.5), SlotStatus.MISSED)]
    good, bad = ControlState.SUPPORTED, ControlState.EXCEPTION
    courses = [
        Course("a", ("1", "2"), ((1, good, False), (3, bad, False))),
        Course("a", ("3",), ((1, good, True), (3, good, False), (4, bad, False))),
        Course("b", ("1",), ((3, bad, False), (4, good, False))),
    ]
    told = [
        replace(point(number, state, name, course.framework), contrary=contrary)
        for course in courses
        for name in course.controls
        for number, state, contrary in course.seen
    ]
    assert follow_courses(courses, scans, slots) == follow(told, scans, None, slots).lines


def test_a_night_whose_evidence_was_removed_has_no_counts_and_says_so():
    scans = [scan(1), scan(2), scan(3)]
    line = follow([point(1), point(3)], scans, None, (), {2: "year"}).lines[0].points
    for found in (line, nights(scans, (), {2: "year"})):
        assert [item.counts is None for item in found] == [False, True, False]
        assert found[1].breaks == ("retention removed the evidence of scan 2, rule year",)
        assert found[2].breaks == ()


def test_a_point_carries_what_it_was_measured_by():
    (found,) = line([scan(1, ScanStatus.PARTIAL, gaps=2)])

    assert (found.scope, found.catalogue, found.tool, found.gaps) == ("s", "f", "0.1.0", 2)
