from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.settings import Cron, due_slots

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def slots(expression, zone, since, until):
    found = due_slots(Cron(expression, zone), utc(since), utc(until))
    return [f"{slot:%Y-%m-%dT%H:%M}" for slot in found]


TABLE = {
    "a daily slot follows the clock of its zone in winter": (
        "15 2 * * *",
        AMSTERDAM,
        "2026-01-10T00:00",
        "2026-01-12T00:00",
        ["2026-01-10T01:15", "2026-01-11T01:15"],
    ),
    "and in summer": (
        "15 2 * * *",
        AMSTERDAM,
        "2026-07-10T00:00",
        "2026-07-11T00:00",
        ["2026-07-10T00:15"],
    ),
    "a time that summer time leaves out is due that night all the same, once": (
        "30 2 * * *",
        AMSTERDAM,
        "2026-03-28T00:00",
        "2026-03-31T00:00",
        ["2026-03-28T01:30", "2026-03-29T01:30", "2026-03-30T00:30"],
    ),
    "a fixed time in the hour that comes twice is due once": (
        "30 2 * * *",
        AMSTERDAM,
        "2026-10-24T00:00",
        "2026-10-27T00:00",
        ["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"],
    ),
    "an hourly slot is due each time in the hour that comes twice": (
        "30 * * * *",
        AMSTERDAM,
        "2026-10-24T23:45",
        "2026-10-25T02:45",
        ["2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T02:30"],
    ),
    "an hourly slot is not due in the hour that is left out": (
        "30 * * * *",
        AMSTERDAM,
        "2026-03-29T00:00",
        "2026-03-29T02:00",
        ["2026-03-29T00:30", "2026-03-29T01:30"],
    ),
    "the first moment is excluded and the last one included": (
        "0 4 * * *",
        UTC,
        "2026-01-10T04:00",
        "2026-01-12T04:00",
        ["2026-01-11T04:00", "2026-01-12T04:00"],
    ),
    "0 is Sunday": (
        "0 0 * * 0",
        UTC,
        "2026-11-20T12:00",
        "2026-11-30T00:00",
        ["2026-11-22T00:00", "2026-11-29T00:00"],
    ),
    "7 is Sunday too": ("0 0 * * 7", UTC, "2026-11-20T12:00", "2026-11-23T12:00", ["2026-11-22T00:00"]),
    "1-5 are Monday to Friday": (
        "0 0 * * 1-5",
        UTC,
        "2026-11-20T12:00",
        "2026-11-25T00:00",
        ["2026-11-23T00:00", "2026-11-24T00:00", "2026-11-25T00:00"],
    ),
    "names of days may go round the end of the week": (
        "0 0 * * Sat-Mon",
        UTC,
        "2026-11-20T12:00",
        "2026-11-24T12:00",
        ["2026-11-21T00:00", "2026-11-22T00:00", "2026-11-23T00:00"],
    ),
    "every second day of the week begins on Sunday": (
        "0 0 * * */2",
        UTC,
        "2026-11-21T12:00",
        "2026-11-27T00:00",
        ["2026-11-22T00:00", "2026-11-24T00:00", "2026-11-26T00:00"],
    ),
    "30 February never comes": ("0 0 30 2 *", UTC, "2026-01-01T00:00", "2027-01-01T00:00", []),
}


@pytest.mark.parametrize(("expression", "zone", "since", "until", "expected"), TABLE.values(), ids=TABLE)
def test_slots(expression, zone, since, until, expected):
    assert slots(expression, ZoneInfo("UTC") if zone is UTC else zone, since, until) == expected


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("15 2 * *", "five fields"),
        ("15 2 1 * 1", "day of month and day of week"),
        ("61 2 * * *", "61"),
        ("0 0 * * 8", "'8' is not a day of the week"),
        ("0 0 * * mon/x", "'mon/x' is not a step"),
        ("0 0 * * ²", "'²' is not a day of the week"),
        ("0 0 * * mon/²", "'mon/²' is not a step"),
        ("a b c d e", "a"),
    ],
)
def test_an_expression_that_cannot_be_computed_is_refused(expression, says):
    with pytest.raises(ValueError, match=says):
        Cron(expression, AMSTERDAM)
