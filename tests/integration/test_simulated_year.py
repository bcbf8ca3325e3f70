"""Nights of a fleet on a clock of our own, with the real slots in a real PostgreSQL: each slot is accounted for exactly once.

Scans are pretended; outages, restarts, clocks that jump, two services and both changes of summer time are not. Small by default;
NETATTEST_FULL_YEAR=1 takes 50 clusters and 370 nights.
"""

import os
import random
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from app.cli.progress import LogLines
from app.errors import CollectError
from app.model.history import SlotStatus
from app.scheduler import Runner, Work
from app.scheduler.metrics import Metrics
from app.settings import ClusterSchedule, due_slots, load_settings
from app.store import PostgresDeliveryBook, PostgresLedger, PostgresStore
from tests.clock import Clock

FULL = os.environ.get("NETATTEST_FULL_YEAR") == "1"
CLUSTERS, LOOKS = (50, 2) if FULL else (5, 4)
ZONES = ("Europe/Amsterdam", "America/New_York", "UTC", "Australia/Lord_Howe", "Asia/Kolkata")
CRONS = ("30 2 * * *", "30 1 * * *", "15 3 * * *", "0 2 * * *", "0 4 * * mon-fri")
# The small run takes 30 nights around each change of Europe's clocks, the full one the whole year.
SPANS = (
    [(datetime(2026, 1, 1, tzinfo=UTC), 370)]
    if FULL
    else [(datetime(2026, 3, 14, tzinfo=UTC), 30), (datetime(2026, 10, 10, tzinfo=UTC), 30)]
)


class Fleet:
    """Two services on one database. Either may be down; a restart forgets everything that is not stored."""

    def __init__(self, store, start, seed):
        self.store, self.ledger = store, PostgresLedger(store._engine)
        self.book = PostgresDeliveryBook(store._engine)
        self.random = random.Random(seed)
        self.clock, self.settings = Clock(start), load_settings()
        self.ran: Counter[tuple[str, datetime]] = Counter()
        self.schedules = [
            ClusterSchedule.model_validate(
                {
                    "name": f"c{number:02}",
                    "cron": CRONS[number % len(CRONS)],
                    "timezone": ZONES[number % len(ZONES)],
                    "jitter": "40m" if number % 2 else "0m",
                    "formats": [],
                }
            )
            for number in range(CLUSTERS)
        ]
        self.services = [self.started(), self.started()]

    def started(self):
        now = self.clock.now()
        return [
            Runner(
                Work(
                    item, self.settings, self.store, self.ledger, self.book, self.clock, Metrics(), LogLines
                ),
                now,
                self.execute,
                claim_seconds=0,
            )
            for item in self.schedules
        ]

    def execute(self, work, slot):
        """A scan that is only pretended: it works, fails, or its process dies without a word."""
        if not work.store.claim_slot(work.cluster, slot):
            return
        self.ran[work.cluster, slot] += 1
        fate = self.random.random()
        if fate < 0.03:
            return  # killed: the slot stays claimed
        if fate < 0.10:
            work.close(slot, SlotStatus.FAILED, reason="the API server did not answer")
            raise CollectError("the API server did not answer")
        work.close(slot, SlotStatus.DONE, scan=1)

    def night(self):
        """Several looks of both services, at times that sometimes go back, with outages and restarts between."""
        for _ in range(LOOKS):
            self.clock.time += timedelta(hours=24 / LOOKS)
            jump = timedelta(hours=self.random.choice((0, 0, 0, 0, 0, -5, 7)))
            self.clock.time += jump
            for number in (0, 1):
                if self.random.random() < 0.05:
                    self.services[number] = self.started()
            self.random.shuffle(self.services)
            for service in self.services:
                if self.random.random() < 0.7:
                    for runner in service:
                        runner.tick()
            self.clock.time -= jump


@pytest.fixture
def quiet(monkeypatch):
    """Failures are planted by the thousand; their log lines are no news here."""
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("start", "nights"), SPANS, ids=[f"{start:%B}" for start, _ in SPANS])
@pytest.mark.timeout(7200)
def test_every_slot_of_the_schedule_is_accounted_for_exactly_once(engine, start, nights):
    store = PostgresStore(engine)
    fleet = Fleet(store, start, seed=nights)
    for service in fleet.services:
        for runner in service:
            runner.tick()
    for night in range(nights):
        if night % 23 in (7, 8, 9):  # nothing runs for three nights
            fleet.clock.time += timedelta(days=1)
            continue
        if night == 11:
            fleet.ledger.pause("c00", fleet.clock.now(), "ada", "upgrade")
        if night == 14:
            fleet.ledger.resume("c00", fleet.clock.now(), "ada")
        fleet.night()
    fleet.services = [fleet.started()]
    fleet.clock.time += timedelta(hours=12)
    for runner in fleet.services[0]:
        runner.recover()
        runner.tick()
        runner.recover()

    ended = Counter()
    for schedule in fleet.schedules:
        expected = due_slots(schedule.when, start, fleet.clock.now() - schedule.offset)
        slots = store.slots(schedule.name, start - timedelta(days=9), fleet.clock.now())
        assert [slot.due_at for slot in slots] == list(expected), schedule.name
        assert all(slot.reason for slot in slots if slot.status is not SlotStatus.DONE)
        ended.update(slot.status for slot in slots)
    assert SlotStatus.RUNNING not in ended
    assert min(ended[status] for status in (SlotStatus.DONE, SlotStatus.FAILED, SlotStatus.MISSED)) > 0
    assert set(fleet.ran.values()) == {1}
    paused = [slot for slot in store.slots("c00", start, fleet.clock.now()) if "paused by ada" in slot.reason]
    assert paused
    assert all(slot.status is SlotStatus.MISSED for slot in paused)
    sys.stdout.write(f"{ {str(status): count for status, count in sorted(ended.items())} }\n")  # seen with -s
