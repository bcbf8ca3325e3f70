"""Lives of exposures as a person draws them, a sign for each night: x fails, y fails in other words, ? cannot tell, . is gone."""

from dataclasses import replace
from itertools import groupby

import pytest

from app.model.archive import Opening, SaidOver
from app.model.cluster import IDENTITY
from app.model.exposure import Days
from app.model.finding import Outcome, Severity
from app.model.history import Scan, ScanStatus
from app.trend import ages, exposures, lifetimes
from tests.histories import night, result

ALLOWED = {Severity.HIGH: 2}


def scan(number, cluster=""):
    at, documents = night(number), ((IDENTITY, cluster),) if cluster else ()
    return Scan("prod", number, ScanStatus.COMPLETE, at, at, None, "0.1.0", "", documents, "", "")


def said_about(name, course, severity):
    """Rows as the store keeps them: one for each run of nights with the same result."""
    at = 1
    for sign, run in groupby(course):
        length = len(list(run))
        if sign != ".":
            outcome = Outcome.INSUFFICIENT if sign == "?" else Outcome.FAIL
            found = replace(result(name, outcome, says=f"{name} {sign}"), severity=severity)
            yield SaidOver(at, at + length - 1, found)
        at += length


def openings_of(name, course):
    opened = None
    for number, sign in enumerate(course, start=1):
        if sign in "xy" and opened is None:
            opened = number
        if sign == "." and opened is not None:
            yield Opening(result(name).fingerprint, result(name).check, opened, number)
            opened = None
    if opened is not None:
        yield Opening(result(name).fingerprint, result(name).check, opened, None)


def lives(courses, clusters=""):
    openings = [item for name, (course, _) in courses.items() for item in openings_of(name, course)]
    said = [
        item for name, (course, severity) in courses.items() for item in said_about(name, course, severity)
    ]
    nights = max(len(course) for course, _ in courses.values())
    scans = [scan(number, clusters[number - 1 : number]) for number in range(1, nights + 1)]
    found = exposures(openings, said, scans, ALLOWED)
    return {item.subject.id: item for item in found}


@pytest.mark.parametrize(
    ("clusters", "course", "opened"),
    [
        ("aaaa", "xxxx", [(1, 3)]),
        ("aabb", "xxxx", [(3, 1)]),
        ("aabb", "xx..", None),
        ("aabb", "x.xx", [(3, 1)]),
        ("aabb", "xx?x", [(4, 0)]),
        ("aabb", "xx??", None),
        ("abbb", "xx.x", [(2, 1), (4, 0)]),
    ],
)
def test_lives_begin_where_another_cluster_begins_to_answer_to_the_name(clusters, course, opened):
    found = lives({"shop": (course, Severity.HIGH)}, clusters).get("shop")
    if opened is None:
        assert found is None
    else:
        assert [(item.at, item.days) for item in found.opened] == [(night(at), days) for at, days in opened]
        assert found.first_at == night(opened[0][0])


@pytest.mark.parametrize(
    ("course", "days", "changed", "last_seen", "states"),
    [
        ("..xx", [1], [], 4, "open"),
        ("xxxx", [3], [], 4, "open overdue"),
        ("x.xx", [1, 1], [], 4, "open reopened"),
        ("xxx.", [3], [], 3, "overdue"),
        ("x...", [1], [], 1, ""),
        ("xyy.", [3], [2], 3, "overdue"),
        ("x?x.", [3], [], 3, "overdue"),  # a night that cannot tell neither closes it nor changes it
        ("x?y.", [3], [3], 3, "overdue"),
        ("xx??", [3], [], 2, "open overdue"),
        ("x.y.", [1, 1], [], 3, "reopened"),  # other words after it had closed are an opening, no change
    ],
)  # fmt: skip
def test_one_life(course, days, changed, last_seen, states):
    found = lives({"shop": (course, Severity.HIGH)})["shop"]
    told = {"open": found.is_open, "reopened": found.reopened, "overdue": found.overdue}
    assert [time.days for time in found.opened] == days
    assert found.changed_at == tuple(map(night, changed))
    assert (found.first_at, found.last_seen_at) == (night(course.index("x") + 1), night(last_seen))
    assert {name for name, holds in told.items() if holds} == set(states.split())


def test_nine_of_ten_closed_within_the_ninetieth_percentile():
    found = lives({str(days): (("x" * days).ljust(12, "."), Severity.LOW) for days in range(1, 11)})
    (told,) = lifetimes(found.values(), lambda item: item.severity.value, [])
    assert (told.closed, told.ninetieth_days) == (10, 9)


def test_days_are_those_of_the_calendar_in_utc():
    """Seen at eleven in the evening and gone at one in the night after next: two days, though not 48 hours."""
    first = scan(1)
    late, early = (
        replace(first, number=number, taken_at=night(day).replace(hour=hour))
        for number, day, hour in ((1, 1, 23), (2, 3, 1))
    )
    own = result("shop")
    opening = Opening(own.fingerprint, own.check, 1, 2)
    (found,) = exposures([opening], [SaidOver(1, 1, own)], [late, early], ALLOWED)
    assert [item.days for item in found.opened] == [2]


def test_open_exposures_are_counted_by_age_to_the_day():
    old = {str(days): ("x" * (days + 1), Severity.LOW) for days in (7, 8, 30, 31, 90, 91)}
    longest = max(len(course) for course, _ in old.values())
    found = lives({name: (course.rjust(longest, "."), severity) for name, (course, severity) in old.items()})
    assert [number for _, number in ages(found.values())] == [1, 2, 2, 1]


def test_a_time_that_was_too_long_counts_although_the_last_one_was_short():
    found = lives({"a": ("xxxxxx.x.", Severity.HIGH)})
    (told,) = lifetimes(found.values(), lambda item: item.severity.value, [])
    assert (told.overdue, found["a"].overdue) == (1, False)


def test_times_to_close_and_ages_are_counted_by_what_is_asked_for():
    found = lives(
        {
            "a": ("xx........", Severity.HIGH),  # closed after 2 days
            "b": ("x.xxxxxx..", Severity.HIGH),  # after 1 and after 6
            "c": ("xxxxxxxxxx", Severity.LOW),  # open for 9
        }
    )
    by_severity = lifetimes(found.values(), lambda item: item.severity.value, ["high", "medium", "low"])
    assert [
        (item.name, item.opened, item.reopened, item.closed, item.open_at_end, item.overdue, item.mean_days)
        for item in by_severity
    ] == [("high", 3, 1, 3, 0, 1, 3.0), ("low", 1, 0, 0, 1, 0, None)]
    later = lifetimes(found.values(), lambda item: item.severity.value, [], Days(night(3), night(5)))
    assert [(item.name, item.opened, item.reopened, item.closed, item.open_at_end) for item in later] == [
        (
            "high",
            1,
            1,
            1,
            1,
        ),  # a closed on the third night, b came back on it; b's first time was over before
        ("low", 0, 0, 0, 1),
    ]
    by_namespace = lifetimes(found.values(), lambda item: item.subject.namespace, [])
    assert {item.name: item.mean_days for item in by_namespace} == {"a": 2, "b": 3.5, "c": None}
    assert dict(ages(found.values())) == {
        "0 to 7 days": 0, "8 to 30 days": 1, "31 to 90 days": 0, "over 90 days": 0,
    }  # fmt: skip
