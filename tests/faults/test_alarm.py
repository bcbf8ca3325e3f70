"""What happens to PostgreSQL in a night of the service: somebody is told, with the database or without, and the next night is whole."""

import json
import re
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread

import psycopg
import pytest
from sqlalchemy import make_url

from app.bootstrap.databases import resource
from app.cli.progress import LogLines
from app.errors import InputError, StoreError
from app.model.history import SlotStatus
from app.scheduler import Alarm, Leader, Runner, Work
from app.scheduler.jobs import MOST_ATTEMPTS, Job, follow_up
from app.scheduler.metrics import Metrics
from app.scheduler.refusals import Refusals
from app.scheduler.unrecorded import tell_unrecorded
from app.settings import ClusterSchedule, load_settings
from app.store import PostgresDeliveryBook, PostgresLedger, PostgresStore, create_engine, migrate
from tests.clock import Clock
from tests.faults.postgres import DATABASE, PASSWORD, Postgres
from tests.faults.test_database_faults import MAY_MOUNT, manifests
from tests.receivers import http_server

CHANNELS = """
attempts: 1
channels:
  - {name: broken, kind: slack, url: {env: NOT_SET}}
  - {name: files, kind: folder, folder: ../out, formats: [json], frameworks: [soc2-tsc-2017]}
  - {name: chat, kind: slack, url: {env: CHAT_URL}}
"""


class Night:
    """A service by hand: its lease, its alarm and one cluster, on a server that can be spoilt."""

    def __init__(self, server, folder):
        self.server, self.folder, self.settings = server, folder, load_settings()
        self.engine = create_engine(make_url(server.url).set(drivername="postgresql+psycopg"), pool_timeout=1)
        migrate.upgrade(self.engine, resource("migrations"))
        self.store, self.ledger = PostgresStore(self.engine), PostgresLedger(self.engine)
        self.clock, self.metrics = Clock(datetime(2026, 1, 3, 8, tzinfo=UTC)), Metrics()
        schedule = {"name": "c", "cron": "0 2 * * *", "formats": [], "from": [str(folder / "cluster")]}
        work = Work(
            ClusterSchedule.model_validate(schedule),
            *(self.settings, self.store, self.ledger, PostgresDeliveryBook(self.engine)),
            *(self.clock, self.metrics, LogLines),
        )
        self.leader = Leader(self.ledger, 30, self.metrics)
        self.alarm = Alarm(self.leader, self.clock, 0, self.tell, work.refusals)
        self.runner = Runner(work, self.clock.now(), claim_seconds=0)
        self.beat()
        self.runner.tick()  # enrols the cluster

    def tell(self, news):
        tell_unrecorded(self.settings, ("c",), self.clock, news)

    def beat(self):
        self.leader.renew()
        self.alarm.look()

    def pass_by(self):
        """The slot's time, and a look in the morning; answers with the metrics."""
        self.clock.time = self.clock.time.replace(hour=2) + timedelta(days=1)
        for _ in range(2):
            self.beat()
            self.runner.tick()
        self.clock.time += timedelta(hours=7)
        self.runner.watch()
        text = self.metrics.exposition().decode()
        return {
            name: float(value) for name, value in re.findall(r"^(netattest_\S+) (\S+)$", text, re.MULTILINE)
        }

    def slots(self):
        return self.store.slots("c", datetime(2026, 1, 1, tzinfo=UTC), self.clock.now())


@pytest.fixture
def open_things():
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def hook(monkeypatch):
    with http_server() as running:
        monkeypatch.setenv("CHAT_URL", running.url)
        yield running


@pytest.fixture
def begun(open_things, tmp_path, monkeypatch):
    """A service with one good night behind it."""

    def begin(**options):
        server = open_things.enter_context(Postgres(**options))
        (tmp_path / "config").mkdir()
        (tmp_path / "config" / "deliveries.yaml").write_text(CHANNELS)
        monkeypatch.chdir(tmp_path)
        night = Night(server, tmp_path)
        night.change = manifests(tmp_path, padding=60_000, pods=5)
        night.change(1)
        open_things.callback(night.engine.dispose)
        metrics = night.pass_by()
        assert metrics["netattest_database_answers"] == 1
        assert metrics['netattest_night_without_scan{cluster="c"}'] == 0
        return night

    return begin


def said(hook):
    return [json.loads(body)["text"] for _, body in hook.requests]


def stopped(night, _stack):
    night.server.stop()
    return night.server.start


def read_only(night, _stack):
    night.server.execute(f"ALTER DATABASE {DATABASE} SET default_transaction_read_only = on")
    night.engine.dispose()  # as a failover does: what was connected is cut

    def mend():
        night.server.execute(
            f"ALTER DATABASE {DATABASE} RESET default_transaction_read_only", database="postgres"
        )
        night.engine.dispose()

    return mend


def without_connections(night, stack):
    night.engine.dispose()
    taken = stack.enter_context(ExitStack())
    with suppress(psycopg.OperationalError):
        while True:
            taken.enter_context(night.server.connect())
    return taken.close


@pytest.mark.skipif(not MAY_MOUNT, reason="this machine lets nobody mount a file system")
def test_a_night_on_a_full_disk_is_recorded_alerted_and_told_and_the_next_night_is_whole(begun, hook):
    night = begun(volume=150)
    told, ballast = len(hook.requests), night.server.folder / "home" / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as others:
        while others.write(bytes(2**16)):
            pass
    night.change(2)
    metrics = night.pass_by()
    assert metrics["netattest_database_answers"] == 1  # a lease needs no room: the night itself has to tell
    assert metrics['netattest_alerts_total{cluster="c",status="failed"}'] == 1
    assert metrics['netattest_night_without_scan{cluster="c"}'] == 1  # NetattestNightWithoutScan
    (sentence,) = said(hook)[told:]
    slot = night.slots()[-1]
    assert slot.status is SlotStatus.FAILED
    assert slot.reason.startswith("the database has no room left: ")
    assert slot.reason in sentence

    ballast.unlink()
    metrics = night.pass_by()
    assert [slot.status for slot in night.slots()] == [SlotStatus.DONE, SlotStatus.FAILED, SlotStatus.DONE]
    assert metrics['netattest_night_without_scan{cluster="c"}'] == 0
    assert night.store.check().problems == ()


REFUSING = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER no_room BEFORE INSERT ON {table} EXECUTE FUNCTION no_room();
"""


@pytest.mark.parametrize("table", ["slot_job", "slot", "delivery"])
def test_a_disk_that_has_room_for_the_lease_alone_is_told_without_a_record_and_nothing_is_lost(
    begun, hook, table
):
    night = begun()
    told, files = len(hook.requests), night.folder / "out" / "c"
    night.server.execute(REFUSING.format(table=table))
    night.pass_by()
    for _ in range(7):  # more often than other work is tried
        night.clock.time += timedelta(hours=2)
        night.runner.tick()
        night.beat()
    (sentence,) = said(hook)[told:]  # once, however often it is refused
    assert "The database answers and refuses what netattest writes" in sentence
    assert "no room left" in str(hook.requests[-1])
    assert len(list(files.iterdir())) == 1

    night.server.execute(f"DROP TRIGGER no_room ON {table}")
    night.clock.time += timedelta(hours=2)
    for _ in range(2):
        night.runner.tick()
        night.beat()
    again = said(hook)[told + 1 :]
    assert sum("takes again what the service writes" in item for item in again) == 1
    night.pass_by()
    statuses = [
        slot.status for slot in night.slots()
    ]  # of the night before, that night, one too many hours later, and the last
    assert statuses[0] is statuses[-1] is SlotStatus.DONE
    assert statuses[1] is (SlotStatus.DONE if table == "delivery" else SlotStatus.MISSED)
    assert len(list(files.iterdir())) == (3 if table == "delivery" else 2)
    assert night.store.check().problems == ()


TAKES_AGAIN = "takes again what the service writes"


def refused(night, table):
    """A night whose rows the database refuses, and what was said about it; answers with what mends it."""
    night.server.execute(REFUSING.format(table=table))
    night.pass_by()
    night.clock.time += timedelta(hours=2)
    night.runner.tick()
    night.beat()
    return lambda: night.server.execute(f"DROP TRIGGER no_room ON {table}")


def all_clear(night, hook):
    night.beat()
    return sum(TAKES_AGAIN in item for item in said(hook))


@pytest.mark.parametrize("table", ["slot_job", "slot", "delivery"])
def test_a_silence_in_between_is_no_sign_that_refused_rows_are_taken_again(begun, hook, table):
    night = begun()
    mend = refused(night, table)
    night.server.stop()
    night.beat()
    night.server.start()
    assert [all_clear(night, hook), all_clear(night, hook)] == [0, 0]  # nothing was tried since
    assert "answers again" in said(hook)[-1]
    night.clock.time += timedelta(hours=2)
    night.runner.tick()
    assert all_clear(night, hook) == 0
    mend()
    for _ in range(MOST_ATTEMPTS):  # one channel never works: what is owed to it comes to an end
        night.clock.time += timedelta(hours=2)
        night.runner.tick()
    assert [all_clear(night, hook), all_clear(night, hook)] == [1, 1]


@pytest.mark.parametrize("table", ["slot_job", "slot", "delivery"])
def test_an_all_clear_of_a_service_that_leads_no_more_waits_for_what_the_leader_wrote(begun, hook, table):
    night = begun()
    mend = refused(night, table)
    leader = Runner(
        replace(night.runner.work, metrics=Metrics(), refusals=Refusals()), night.clock.now(), claim_seconds=0
    )
    night.runner.stand_by()
    assert all_clear(night, hook) == 0
    mend()
    night.runner.stand_by()
    assert all_clear(night, hook) == 0
    for _ in range(MOST_ATTEMPTS):  # one channel never works: what is owed to it comes to an end
        night.clock.time += timedelta(hours=2)
        leader.tick()
    night.runner.stand_by()
    assert all_clear(night, hook) == 1


def test_work_that_is_refused_and_then_fails_before_it_comes_to_the_database_gives_no_all_clear(begun, hook):
    night, ends = begun(), []
    work = night.runner.work
    slot = night.slots()[-1]
    night.ledger.owe("c", slot.due_at, ["trial"])

    def act(_work, _slot):
        if ends:
            raise ends.pop(0)

    def tried():
        night.clock.time += timedelta(hours=2)
        owed = night.ledger.look("c", night.clock.now(), 0).owed
        follow_up(work, owed, (Job("trial", frozenset({SlotStatus.DONE}), act),))
        return all_clear(night, hook)

    ends += [StoreError("no room left"), InputError("a file is missing")]
    assert [tried(), tried(), tried()] == [0, 0, 1]


def test_an_open_slot_whose_cluster_is_locked_by_another_process_is_still_refused(begun, hook):
    night = begun()
    night.server.execute(REFUSING.replace("BEFORE INSERT", "BEFORE UPDATE").format(table="slot"))
    night.pass_by()  # claimed, and not closed
    night.clock.time += timedelta(minutes=10)
    night.runner.tick()
    night.beat()
    assert "refuses what netattest writes" in said(hook)[-1]
    night.server.execute("DROP TRIGGER no_room ON slot")
    with PostgresStore(night.engine).exclusive("c"):
        night.runner.tick()
        assert all_clear(night, hook) == 0
    night.runner.tick()
    assert all_clear(night, hook) == 1


@pytest.mark.parametrize("spoil", [stopped, read_only, without_connections])
def test_a_database_that_takes_nothing_is_told_without_it_and_the_next_night_is_whole(
    begun, hook, open_things, spoil
):
    night = begun(connections=8)
    told = len(hook.requests)
    mend = spoil(night, open_things)
    metrics = night.pass_by()
    assert metrics["netattest_database_answers"] == 0  # NetattestDatabaseSilent
    assert metrics['netattest_night_without_scan{cluster="c"}'] == 1  # NetattestNightWithoutScan
    (sentence,) = said(hook)[told:]  # once, however often it is looked at
    assert "all clusters: The database has not answered the service since 2026-01-05" in sentence
    assert PASSWORD not in str(hook.requests)

    mend()
    for _ in range(2):
        night.beat()
    (again,) = said(hook)[told + 1 :]  # once as well
    assert "answers again" in again
    metrics = night.pass_by()
    statuses = [slot.status for slot in night.slots()]
    assert statuses[0] is statuses[-1] is SlotStatus.DONE
    assert statuses[1] is not SlotStatus.RUNNING
    assert len(statuses) == 3
    assert all(slot.reason for slot in night.slots() if slot.status is not SlotStatus.DONE)
    assert metrics["netattest_database_answers"] == 1
    assert metrics['netattest_night_without_scan{cluster="c"}'] == 0
    assert night.store.check().problems == ()


def test_a_database_that_hangs_is_told_while_the_service_still_waits_for_it(begun, hook):
    night = begun()
    told, night.leader.seconds = len(hook.requests), 0.5
    with night.server.hanging():
        waiting = Thread(target=night.leader.renew)
        waiting.start()
        night.alarm.look()
        assert len(hook.requests) == told  # it may still answer
        waiting.join(1)
        night.alarm.look()
        assert waiting.is_alive()
        (sentence,) = said(hook)[told:]
        assert "has not answered" in sentence
        assert "netattest_database_answers 0.0" in night.metrics.exposition().decode()
    waiting.join()
    night.beat()
    assert "answers again" in said(hook)[-1]
    assert "netattest_database_answers 1.0" in night.metrics.exposition().decode()


def test_an_alarm_waits_for_its_patience(begun, hook):
    night = begun()
    night.alarm.patience = 3600
    night.server.stop()
    told = len(hook.requests)
    night.beat()
    with pytest.raises(StoreError):
        night.store.clusters()
    assert len(hook.requests) == told
    night.alarm.patience = 0
    night.alarm.look()
    assert len(hook.requests) == told + 1
