"""Nights, sets of nights, standings and samples, against slow and obvious reckoning."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.archive import Opening, SaidOver
from app.model.finding import Outcome, Severity
from app.model.history import ScanStatus, Slot, SlotStatus
from app.model.nights import Course, NightStatus, Span, Standing, each, longest_gap, runs
from app.model.scope import Boundary
from app.trend.fields import field_changes
from app.trend.period import Bearings, Terms, nights, sample
from app.trend.period.deviations import deviations
from app.trend.period.standing import Ledger, settle
from app.trend.period.words import day_range, says
from tests.histories import CHECK, result
from tests.unit.trend.world import scan

ZONE = ZoneInfo("Europe/Amsterdam")
SPAN = Span(date(2026, 11, 1), date(2026, 11, 5), ZONE)


def due(day):
    return datetime(2026, 11, day, 2, 0, tzinfo=UTC)


def slot(day, status, number=None, reason=""):
    return Slot("prod", due(day), status, number, reason)


def told(found):
    return [(night.day.day, night.status.value, night.scans) for night in found]


@given(st.sets(st.integers(0, 400)))
def test_a_set_of_nights_is_read_back_as_it_was_written(positions):
    nights = sum(1 << at for at in positions)
    assert list(each(nights)) == sorted(positions)
    assert [at for first, last in runs(nights) for at in range(first, last + 1)] == sorted(positions)
    ends = list(runs(nights))
    assert all(before[1] + 1 < after[0] for before, after in itertools.pairwise(ends))


def test_without_a_schedule_every_day_is_a_night():
    found = nights(SPAN, (), (), [scan(1), scan(3)])
    assert told(found) == [
        (1, "complete", (1,)), (2, "missing", ()), (3, "complete", (3,)), (4, "missing", ()), (5, "missing", ()),
    ]  # fmt: skip
    assert found[1].cause == "nothing is recorded about this night"
    assert found[1].caught_up == "scan 3 is the next one stored, 2026-11-03 02:00 UTC"
    assert [night.day.day for night in longest_gap(found)] == [4, 5]


def test_by_the_schedule_a_day_without_a_slot_is_no_night():
    found = nights(SPAN, [due(1), due(3)], (), [scan(1), scan(3, ScanStatus.PARTIAL, gaps=2)])
    assert told(found) == [(1, "complete", (1,)), (3, "partial", (3,))]
    assert found[1].cause == "the collection was incomplete: 2 gaps"


def test_what_was_recorded_counts_before_the_schedule_of_today():
    """The schedule was at two, and is at three o'clock now: the night of the first has one slot."""
    found = nights(
        SPAN, [due(day) + timedelta(hours=1) for day in (1, 2)], [slot(1, SlotStatus.DONE, 1)], [scan(1)]
    )
    assert [(night.due_at.hour, night.status) for night in found] == [
        (2, NightStatus.COMPLETE),
        (3, NightStatus.MISSING),
    ]


def test_a_failed_run_is_no_missing_night_and_keeps_its_reason():
    runs_of = [scan(1), scan(2, ScanStatus.FAILED, reason="the API server did not answer", slot=due(2))]
    found = nights(SPAN, (), [slot(2, SlotStatus.FAILED, 2)], runs_of)
    assert (found[1].status, found[1].cause, found[1].failed_runs) == (
        NightStatus.FAILED,
        "the API server did not answer",
        (2,),
    )


def test_a_night_before_the_first_scan_says_so():
    found = nights(SPAN, (), (), [scan(3)])
    assert found[0].cause == "no scan of this cluster was recorded before"


def test_a_night_whose_scan_was_removed_says_so():
    found = nights(SPAN, (), [slot(1, SlotStatus.DONE, 7)], [scan(8)])
    assert (found[0].status, found[0].cause) == (
        NightStatus.MISSING,
        "scan 7 was stored for it and is stored no more",
    )


def test_a_night_of_which_another_scan_is_left_is_that_of_the_other():
    again = replace(scan(2), taken_at=scan(1).taken_at + timedelta(hours=2))
    found = nights(SPAN, (), (), [scan(1), again], {1: "year"})
    assert (found[0].status, found[0].scans) == (NightStatus.COMPLETE, (2,))
    gone = nights(SPAN, (), (), [scan(1), again], {1: "year", 2: "year"})[0]
    assert (gone.status, gone.scans, gone.caught_up) == (NightStatus.MISSING, (), "")
    assert gone.cause == "retention removed the evidence of scan 2, rule year"


def test_a_period_ends_before_the_first_moment_of_the_day_after():
    after = replace(scan(2), taken_at=SPAN.end)
    found = nights(SPAN, (), [Slot("prod", SPAN.end, SlotStatus.DONE, 2)], [scan(1), after])
    assert [night.scans for night in found if night.scans] == [(1,)]
    assert len(found) == 5


def test_a_slot_is_of_the_day_that_the_zone_has():
    """In Amsterdam it is the second of November already; the schedule of today has its slot of that day elsewhere."""
    recorded = datetime(2026, 11, 1, 23, 30, tzinfo=UTC)
    done = Slot("prod", recorded, SlotStatus.DONE, 1)
    found = nights(SPAN, [due(1), due(2)], [done], [replace(scan(1), slot=recorded)])
    assert [(night.day.day, night.due_at) for night in found] == [(1, due(1)), (2, recorded)]
    planned = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)
    kept = nights(SPAN, [planned], [done], [replace(scan(1), slot=recorded)])
    assert [night.due_at for night in kept] == [recorded, planned], "the third of November in Amsterdam"


def test_a_scan_after_the_period_is_of_no_night_of_it():
    found = nights(SPAN, (), (), [scan(1), scan(40)])
    assert [night.scans for night in found if night.scans] == [(1,)]


def test_of_several_scans_of_a_night_the_worst_state_counts():
    ledger = Ledger.of(nights(SPAN, (), (), [scan(1)]))
    words = ("failed", "undecided", "accepted", "held")
    for at, worst in enumerate(words):
        found = settle(ledger, dict.fromkeys(words[at:], 1))
        assert [getattr(found, word) for word in words] == [int(word == worst) for word in words]


def test_a_scan_belongs_to_its_slot_however_late_it_ran():
    late = scan(1, slot=due(1))
    late = type(late)(
        **{**{name: getattr(late, name) for name in late.__slots__}, "taken_at": due(2) - timedelta(hours=1)}
    )
    found = nights(SPAN, [due(1), due(2)], [slot(1, SlotStatus.DONE, 1)], [late])
    assert told(found) == [(1, "complete", (1,)), (2, "missing", ())]
    assert found[0].caught_up == "scan 1 ran late, 2026-11-02 01:00 UTC"


@pytest.mark.parametrize(
    ("standing", "course", "words"),
    [
        (Standing(held=0b11111), Course.ALWAYS, "held on all 5 nights"),
        (
            Standing(held=0b11011, unseen=0b00100),
            Course.SOMETIMES,
            "held on 4 of 5 nights, 1 night not scanned (3 November 2026)",
        ),
        (
            Standing(held=0b10000, failed=0b00111, undecided=0b01000),
            Course.SOMETIMES,
            ("held on 1 of 5 nights, 3 nights failed for payments/api (1 to 3 November 2026), 1 night could not be"
            " decided (4 November 2026)"),
        ),
        (
            Standing(failed=0b11110, unseen=0b00001),
            Course.NEVER,
            "held on 0 of 5 nights, every scanned night failed for payments/api, 1 night not scanned (1 November 2026)",
        ),
        (Standing(untested=0b11110, unseen=1), Course.NOT_OBSERVED, "not tested automatically on any night"),
    ],
    ids=["always", "a night not scanned", "failed", "never", "not observed"],
)  # fmt: skip
def test_how_something_stood_in_a_word_and_a_sentence(standing, course, words):
    found = nights(SPAN, (), (), [scan(number) for number in range(1, 6)])
    assert standing.course is course
    assert says(standing, found, "payments/api") == words


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 3, 17), date(2026, 3, 17), "17 March 2026"),
        (date(2026, 3, 30), date(2026, 4, 2), "30 March to 2 April 2026"),
        (date(2025, 12, 30), date(2026, 1, 2), "30 December 2025 to 2 January 2026"),
    ],
)
def test_days_in_words(first, last, words):
    assert day_range(first, last) == words


def test_a_larger_sample_of_the_same_seed_holds_the_smaller_one():
    found = nights(SPAN, (), (), [])
    small, large = (sample(found, size, "x").nights for size in (2, 4))
    assert set(small) < set(large)
    assert sample(found, 9, "x").nights == (0, 1, 2, 3, 4)
    assert {sample(found, 2, str(seed)).nights for seed in range(30)} > {small}


def test_fields_that_differ_in_meaning_are_named_and_book_keeping_is_not():
    before = {
        "metadata": {"name": "a", "resourceVersion": "1", "labels": {"app": "x"}},
        "spec": {"ports": [{"port": 80}, {"port": 81}]},
        "status": {"ready": 1},
    }
    after = {
        "metadata": {"name": "a", "resourceVersion": "2", "labels": {"app": "y", "k8s.io/b": "1"}},
        "spec": {"ports": [{"port": 80}]},
        "status": {"ready": 2},
    }
    assert [(item.path, item.before, item.after) for item in field_changes(before, after)] == [
        ("metadata.labels.app", '"x"', '"y"'),
        ("metadata.labels[k8s.io/b]", "", '"1"'),
        ("spec.ports[1]", '{"port":81}', ""),
    ]


def test_a_finding_that_no_scan_of_the_period_could_judge_is_still_open_in_it():
    """It failed on the first, and nobody could tell on the nights from the second on, which are the period."""
    failing = SaidOver(1, 1, result("shop"))
    unclear = SaidOver(2, 3, result("shop", Outcome.INSUFFICIENT))
    scans = [scan(number) for number in (1, 2, 3)]
    span = Span(date(2026, 11, 2), date(2026, 11, 3), ZONE)
    terms = Terms(
        span, Boundary.PCI, Bearings({"1": (CHECK,)}, {}, frozenset({CHECK})), {Severity.HIGH: 1}, {}
    )
    (found,) = deviations(
        [Opening(failing.result.fingerprint, CHECK, 1, None)],
        [failing, unclear],
        scans,
        Ledger.of(nights(span, (), (), scans)),
        terms,
        lambda *_: "",
        lambda *_: (),
    )
    assert (found.failed, found.closed_at, found.opened_in, found.last_seen_at) == (
        0,
        None,
        1,
        scans[0].taken_at,
    )
    assert (found.days, found.overdue, found.clean_before) == (2, True, None)
