"""Deviations of a period as a person draws them: a sign for each night, a bracket around those of the period, a letter for the cluster.

x fails, y fails in other words, ? cannot tell, . is gone. Nights are days of March, and each has a scan of its number.
"""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.model.finding import Severity, Subject, SubjectKind
from app.model.nights import Span
from app.model.scope import Boundary
from app.trend.period import Bearings, Terms, nights
from app.trend.period.building import failed_for
from app.trend.period.deviations import closing_times, deviations
from app.trend.period.standing import Ledger
from tests.histories import CHECK, FIRST_NIGHT, night
from tests.unit.trend.test_exposures import openings_of, said_about, scan

ANY = Boundary.PCI


def over(course, clusters="", *, allowed=2, accepted=(), causes=lambda *_: (), bears=CHECK):
    """Deviations of a course, and the nights of its period; the store knows nothing after it."""
    first, last = course.index("[") + 1, course.index("]") - 1
    signs = course.replace("[", "").replace("]", "")
    scans = [scan(number, clusters[number - 1 : number]) for number in range(1, last + 1)]
    start = FIRST_NIGHT.date() - timedelta(days=1)
    span = Span(start + timedelta(days=first), start + timedelta(days=last), ZoneInfo("UTC"))
    terms = Terms(span, ANY, Bearings({"1": (bears,)}, {}, frozenset({CHECK})), {Severity.HIGH: allowed}, {})
    ledger = Ledger.of(nights(span, (), (), scans))
    said = list(said_about("shop", signs[:last], Severity.HIGH))
    accepts = lambda _result, number: "risk" if number in accepted else ""  # noqa: E731  it reads as the table does
    return deviations(openings_of("shop", signs), said, scans, ledger, terms, accepts, causes), ledger


def told(item):
    """First sight, end and how it ended, days, and which time it was."""
    end = item.closed_at or item.another_cluster_at
    word = "closed" if item.closed_at else "left" if item.another_cluster_at else "open"
    assert item.is_open == (word == "open")
    return (item.opened_at.day, word, end.day if end else None, item.days, item.opening)


@pytest.mark.parametrize(
    ("course", "found"),
    [
        ("x[..]", []),
        ("xx[..]", []),
        ("x[x.]", [(1, "closed", 3, 2, 1)]),
        ("[x.]", [(1, "closed", 2, 1, 1)]),
        (".[.x]", [(3, "open", None, 0, 1)]),
        ("[xx]", [(1, "open", None, 1, 1)]),
        ("x[xx]", [(1, "open", None, 2, 1)]),
        ("[.x].", [(2, "open", None, 0, 1)]),
        ("x.[xx.]", [(3, "closed", 5, 2, 2)]),
        ("[x.x]", [(1, "closed", 2, 1, 1), (3, "open", None, 0, 2)]),
        ("[..]x", []),
    ],
)
def test_a_deviation_was_open_on_a_night_of_the_period(course, found):
    assert [told(item) for item in over(course)[0]] == found


@pytest.mark.parametrize(
    ("course", "clusters", "found"),
    [
        ("[xxxx]", "aaaa", [(1, "open", None, 3, 1)]),
        ("[xxxx]", "aabb", [(1, "left", 3, 2, 1), (3, "open", None, 1, 1)]),
        ("[xx..]", "aabb", [(1, "left", 3, 2, 1)]),
        ("[xxx.]", "aabb", [(1, "left", 3, 2, 1), (3, "closed", 4, 1, 1)]),
        ("[x.xx]", "aabb", [(1, "closed", 2, 1, 1), (3, "open", None, 1, 1)]),
        ("[xx?x]", "aabb", [(1, "left", 3, 2, 1), (4, "open", None, 0, 1)]),
        ("[xx??]", "aabb", [(1, "left", 3, 2, 1)]),
        ("[x.x.x]", "aabbb", [(1, "closed", 2, 1, 1), (3, "closed", 4, 1, 1), (5, "open", None, 0, 2)]),
        ("[xxx]", "aba", [(1, "left", 2, 1, 1), (2, "left", 3, 1, 1), (3, "open", None, 0, 1)]),
        ("xx[xx]", "aabb", [(3, "open", None, 1, 1)]),
        ("xxx[x]", "aabb", [(3, "open", None, 1, 1)]),
        ("xx.[x]", "aabb", [(4, "open", None, 0, 1)]),
        ("xx[..]", "aabb", []),
        ("xxy[?]", "aabb", [(3, "open", None, 1, 1)]),
        ("x?[?x]", "aaab", [(1, "left", 4, 3, 1), (4, "open", None, 0, 1)]),
    ],
)
def test_no_deviation_goes_on_where_another_cluster_begins_to_answer(course, clusters, found):
    assert [told(item) for item in over(course, clusters)[0]] == found


def test_what_was_left_behind_counts_neither_as_closed_nor_as_open():
    found, ledger = over("[xxxx]", "aabb", allowed=1)
    (before, after) = found
    assert (before.last_seen_at, before.failed, after.failed) == (night(2), 0b0011, 0b1100)
    times = closing_times("high", found, ledger)
    assert (times.opened, times.closed, times.reopened, times.open_at_end, times.mean_days) == (
        2,
        0,
        0,
        1,
        None,
    )
    assert (before.overdue, after.overdue) == (True, False)


def test_the_first_scan_of_another_cluster_has_no_causes_and_nothing_before_it():
    causes = lambda opening, _result: (opening.opened,)  # noqa: E731
    (_, after) = over("[xxxx]", "aabb", causes=causes)[0]
    assert (after.clean_before, after.causes) == (None, ())
    (_, inside) = over("[xx.x]", "aabb", causes=causes)[0]
    assert (inside.clean_before, inside.causes) == (night(3), (4,))


def test_other_words_are_a_change_within_one_cluster_alone():
    (before, after) = over("[xyyx]", "aabb")[0]
    assert (before.changed_at, after.changed_at) == ((night(2),), (night(4),))


def test_a_deviation_is_overdue_from_the_day_after_the_last_that_is_allowed():
    for course, late in (("[xx.]", False), ("[xxx.]", True), ("[xxx]", False), ("[xxxx]", True)):
        ((found,), _) = over(course)
        assert found.overdue is late, course


def test_an_exception_stands_before_its_own_nights():
    ((found,), _) = over("x[xxx.]", accepted=(1, 2, 3))
    assert [(item.exception, item.nights) for item in found.accepted] == [("risk", 0b0011)]
    assert found.failed == 0b0100


def test_times_to_close_count_openings_of_the_period_and_nine_of_ten_that_closed():
    ((found,), ledger) = over("x[x.]")
    times = closing_times("high", [found], ledger)
    assert (times.opened, times.closed, times.open_at_end, times.mean_days) == (0, 1, 0, 2)
    ten = [replace(found, days=days) for days in range(1, 11)]
    assert closing_times("high", ten, ledger).ninetieth_days == 9


def test_what_bears_on_no_control_is_no_deviation():
    assert over("[xx]", bears="another-check")[0] == ()


def test_whom_a_control_failed_for_is_called_by_its_name_and_a_lost_night_by_its_instant():
    (one,) = over("[x.]")[0]
    space = replace(one, subject=Subject(SubjectKind.NAMESPACE, "slot", "slot"))
    lost = replace(
        one, check="scan-night-missing", subject=Subject(SubjectKind.RECORD, "slot 2026-03-01T01:15:00+00:00")
    )

    assert failed_for([space]) == "slot"
    assert failed_for([lost]) == "the slot of 2026-03-01 01:15 UTC"
    assert failed_for([space, lost]) == "one or both of slot and the slot of 2026-03-01 01:15 UTC"
