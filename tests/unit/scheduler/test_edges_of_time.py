"""What a slot is at the very instant at which something begins or ends: its patience, a pause, the wait before another attempt."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.model.schedule import Pause
from app.scheduler.jobs import MOST_ATTEMPTS, _wait
from app.scheduler.plan import Plan, expected_by, plan
from app.settings import Cron

SLOT = datetime(2026, 1, 4, 2, tzinfo=UTC)
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
NIGHTLY = Cron("0 2 * * *", ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("enrolled", "late", "expected"),
    [
        (SLOT - 3 * DAY, 6 * HOUR - SECOND, SLOT - DAY),
        (SLOT - 3 * DAY, 6 * HOUR, SLOT),
        (SLOT - SECOND, 6 * HOUR, SLOT),
        (SLOT, 6 * HOUR, None),
        (SLOT - SECOND, 6 * HOUR - SECOND, None),
    ],
    ids=[
        "a second before its patience ends",
        "when its patience ends",
        "enrolled just before",
        "enrolled with the slot, which is nobody's",
        "patience for the first slot",
    ],
)
def test_a_scan_is_expected_from_the_instant_at_which_patience_ends(enrolled, late, expected):
    assert expected_by(NIGHTLY, enrolled, SLOT + late, 6 * HOUR) == expected


@pytest.mark.parametrize(
    ("since", "until", "paused"),
    [
        (SLOT, None, True),
        (SLOT + SECOND, None, False),
        (SLOT - DAY, SLOT, True),
        (SLOT - DAY, SLOT - SECOND, False),
        (SLOT, SLOT, True),
    ],
    ids=["begun with the slot", "begun after it", "ended with it", "ended before it", "of one instant"],
)
def test_a_pause_holds_for_the_slots_at_both_its_ends(since, until, paused):
    pause = Pause("shop", since, "ada", "upgrade", until)
    missed = Plan(((SLOT, pause),), None) if paused else Plan((), SLOT)
    assert plan([SLOT], SLOT + HOUR, 12 * HOUR, [pause]) == missed


def test_a_pause_of_an_older_slot_does_not_hold_up_the_latest():
    pause = Pause("shop", SLOT - DAY, "ada", "upgrade", SLOT - HOUR)
    assert plan([SLOT - DAY, SLOT], SLOT, HOUR, [pause]) == Plan(((SLOT - DAY, pause),), SLOT)
    assert plan([SLOT, SLOT + DAY], SLOT + DAY, HOUR, [pause]) == Plan(((SLOT, None),), SLOT + DAY)


def test_the_wait_doubles_up_to_about_an_hour_however_often_it_was_tried():
    waits = [_wait(attempts) for attempts in range(1, MOST_ATTEMPTS + 3)]
    assert waits == [timedelta(minutes=minutes) for minutes in (2, 4, 8, 16, 32, 64, 64, 64)]
