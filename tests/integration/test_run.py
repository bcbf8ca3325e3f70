"""`netattest run`: each slot is recorded once, whatever happens; a stop is clean."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from sqlalchemy import text

from app.cli.progress import LogLines
from app.errors import CollectError, StoreError
from app.model.history import ScanStatus, SlotStatus
from app.scheduler import Leader, Runner, Work, plan
from app.scheduler.chores import CHORES, Keeping, do_chores
from app.scheduler.jobs import MOST_ATTEMPTS
from app.scheduler.metrics import Metrics
from app.scheduler.work import scan
from app.settings import ClusterSchedule, Cron, load_settings
from app.store import PostgresDeliveryBook, PostgresLedger
from tests.apiserver import ApiServer
from tests.clock import Clock

ROOT = Path(__file__).resolve().parents[2]
MANIFESTS = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
status: {phase: Running}
"""


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def runner(store, tmp_path, monkeypatch):
    """A runner of cluster `shop`, due at 02:00 each day; its service started on 3 January at 08:00."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text(MANIFESTS)
    schedule = ClusterSchedule.model_validate(
        {"name": "shop", "cron": "0 2 * * *", "from": [str(tmp_path / "shop.yaml")], "formats": []}
    )
    now = at("2026-01-03T08:00")
    ledger = PostgresLedger(store._engine)
    return Runner(
        Work(
            schedule,
            load_settings(),
            store,
            ledger,
            PostgresDeliveryBook(store._engine),
            Clock(now),
            Metrics(),
            LogLines,
        ),
        now,
        claim_seconds=0,
    )


def recorded(runner):
    slots = runner.work.store.slots("shop", at("2025-01-01T00:00"), at("2027-01-01T00:00"))
    return [(f"{slot.due_at:%m-%d %H}", slot.status, slot.scan) for slot in slots]


def began_before(runner, day):
    """Another process recorded a slot before this service started."""
    runner.work.store.close_slot("shop", at(day), SlotStatus.MISSED, reason="for the test")


def test_nothing_is_due_before_the_first_start_ever(runner):
    runner.tick()
    assert recorded(runner) == []


def test_a_slot_that_comes_due_is_run_and_recorded_with_its_scan(runner):
    runner.work.clock.time = at("2026-01-04T02:00")
    runner.tick()
    runner.tick()
    assert recorded(runner) == [("01-04 02", SlotStatus.DONE, 1)]
    scan = runner.work.store.scan("shop")
    assert (scan.slot, scan.taken_at) == (at("2026-01-04T02:00"), at("2026-01-04T02:00"))


def test_after_an_outage_the_latest_slot_is_caught_up_and_older_ones_are_missed(runner):
    began_before(runner, "2025-12-31T02:00")
    runner.tick()
    assert recorded(runner)[1:] == [
        ("01-01 02", SlotStatus.MISSED, None),
        ("01-02 02", SlotStatus.MISSED, None),
        ("01-03 02", SlotStatus.DONE, 1),
    ]
    missed = runner.work.store.slots("shop", at("2026-01-01T00:00"), at("2026-01-01T12:00"))[0]
    assert "was not running" in missed.reason


def test_a_slot_that_came_due_while_a_run_lasted_is_missed_for_that_reason(runner):
    first, execute = at("2026-01-04T02:00"), runner.execute

    def lasting(work, slot):
        execute(work, slot)
        if slot == first:
            work.clock.time = at("2026-01-06T02:00")

    runner.execute, runner.work.clock.time = lasting, first
    runner.tick()
    assert recorded(runner) == [
        ("01-04 02", SlotStatus.DONE, 1),
        ("01-05 02", SlotStatus.MISSED, None),
        ("01-06 02", SlotStatus.DONE, 2),
    ]
    (missed,) = runner.work.store.slots("shop", at("2026-01-05T00:00"), at("2026-01-05T12:00"))
    assert missed.reason == "the run before it had not ended"


def test_a_slot_beyond_the_window_is_missed(runner):
    began_before(runner, "2026-01-02T02:00")
    runner.work.clock.time = runner.since = at("2026-01-03T14:01")
    runner.tick()
    assert recorded(runner)[1:] == [("01-03 02", SlotStatus.MISSED, None)]
    assert runner.work.store.clusters() == ()


def test_a_cluster_that_cannot_be_read_fails_its_slot_and_the_next_one_works(runner):
    def refuse(_settings, _schedule):
        raise CollectError("the API server did not answer")

    readable, runner.work.source = runner.work.source, refuse
    runner.work.clock.time = at("2026-01-04T02:00")
    runner.tick()
    runner.work.source = readable
    runner.work.clock.time = at("2026-01-05T02:00")
    runner.tick()
    assert [status for _, status, _ in recorded(runner)] == [SlotStatus.FAILED, SlotStatus.DONE]
    reason = runner.work.store.slots("shop", at("2026-01-04T00:00"), at("2026-01-04T12:00"))[0].reason
    assert "the API server did not answer" in reason


def test_an_error_that_nobody_foresaw_ends_one_slot_and_not_the_schedule(runner):
    def break_down(_settings, _schedule):
        raise ZeroDivisionError

    runner.work.source = break_down
    runner.work.clock.time = at("2026-01-04T02:00")
    runner.tick()
    assert [status for _, status, _ in recorded(runner)] == [SlotStatus.FAILED]


def test_reports_that_fail_do_not_take_the_scan_away(runner, tmp_path):
    (tmp_path / "file").write_text("")
    runner.work.schedule = runner.work.schedule.model_copy(
        update={"formats": ("json",), "output": tmp_path / "file", "frameworks": ("soc2-tsc-2017",)}
    )
    runner.work.clock.time = at("2026-01-04T02:00")
    runner.tick()
    assert recorded(runner) == [("01-04 02", SlotStatus.DONE, 1)]


def test_reports_are_written_after_the_scan(runner, tmp_path):
    runner.work.schedule = runner.work.schedule.model_copy(
        update={"formats": ("json",), "output": tmp_path / "out", "frameworks": ("soc2-tsc-2017",)}
    )
    runner.work.clock.time = at("2026-01-04T02:00")
    runner.tick()
    assert [path.suffix for path in (tmp_path / "out").iterdir()] == [".json"]


def test_two_services_on_one_database_run_a_slot_once(runner):
    other = Runner(replace(runner.work, metrics=Metrics()), runner.since)
    runner.work.clock.time = at("2026-01-04T02:00")
    runner.tick()
    other.tick()
    assert recorded(runner) == [("01-04 02", SlotStatus.DONE, 1)]
    assert len(runner.work.store.scans("shop")) == 1


def test_a_slot_that_a_killed_process_left_open_is_closed_at_the_next_start(runner):
    runner.work.store.claim_slot("shop", at("2026-01-03T02:00"))
    runner.recover()
    assert recorded(runner) == [("01-03 02", SlotStatus.FAILED, None)]


def test_a_slot_that_another_service_left_open_is_closed_at_the_next_look(runner):
    runner.work.store.claim_slot("shop", at("2026-01-03T02:00"))
    runner.tick()
    assert recorded(runner)[0] == ("01-03 02", SlotStatus.FAILED, None)


def test_a_slot_that_was_claimed_just_now_is_left_alone(runner):
    runner.work.store.claim_slot("shop", at("2026-01-03T02:00"))  # and its run is about to take the lock
    runner.claim_seconds = 60
    runner.recover()
    assert recorded(runner) == [("01-03 02", SlotStatus.RUNNING, None)]


def test_a_slot_that_another_process_runs_right_now_is_left_alone(runner):
    runner.work.store.claim_slot("shop", at("2026-01-03T02:00"))
    with runner.work.store.exclusive("shop"):
        runner.recover()
    assert recorded(runner) == [("01-03 02", SlotStatus.RUNNING, None)]


@pytest.mark.parametrize(
    ("due", "missed", "run"),
    [
        ([], [], None),
        ([1], [], 1),
        ([3, 2, 1], [3, 2], 1),
        ([13], [13], None),
        ([30, 12], [30], 12),
    ],
    ids=["nothing is due", "one is due", "the latest is run", "too late", "just in time"],
)
def test_what_is_done_with_slots_that_are_hours_late(due, missed, run):
    now = at("2026-01-03T12:00")
    times = {hours: now - timedelta(hours=hours) for hours in due}
    planned = plan([times[hours] for hours in due], now, timedelta(hours=12))
    assert planned.missed == tuple((times[hours], None) for hours in missed)
    assert planned.run == times.get(run)


@pytest.fixture
def service(tmp_path, database_url):
    """Start `netattest run` as a process of its own; it is ended at the end of the test at the latest."""
    started = []

    def start(schedule, **settings):
        folder = tmp_path / "config"
        folder.mkdir(exist_ok=True)
        (folder / "schedule.yaml").write_text(schedule)
        port = free_port()
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "NETATTEST_DATABASE_URL": database_url.render_as_string(hide_password=False),
            "NETATTEST_SERVICE__PORT": str(port),
            **settings,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "run", "--json"],
            cwd=tmp_path,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process, f"http://127.0.0.1:{port}"

    yield start
    for process in started:
        process.kill()
        process.communicate()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def until(condition, seconds=120):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)
    return found


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return ""


def test_the_service_catches_up_serves_metrics_and_ends_cleanly(service, store, tmp_path):
    (tmp_path / "shop.yaml").write_text(MANIFESTS)
    now = datetime.now(UTC)
    store.close_slot("shop", now - timedelta(days=1), SlotStatus.MISSED, reason="for the test")
    cron = f"{now.minute} {now.hour} * * *"
    schedule = f"clusters: [{{name: shop, cron: '{cron}', from: [../shop.yaml], formats: [], catch_up: 1h}}]"
    process, url = service(schedule)

    until(lambda: 'netattest_slots_total{cluster="shop",status="done"} 1.0' in get(f"{url}/metrics"))
    assert get(f"{url}/healthz") == "ok\n"
    (scan,) = store.scans("shop")
    assert (scan.status, scan.slot) == (ScanStatus.COMPLETE, now.replace(second=0, microsecond=0))

    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=30)
    assert process.returncode == 0, log
    assert '"event":"stopping"' in log.replace(": ", ":")


def test_a_stop_that_cannot_wait_records_the_slot_as_failed(service, store, tmp_path):
    with socket.socket() as silent:  # an API server that accepts and never answers
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        (tmp_path / "kubeconfig").write_text(kubeconfig(silent.getsockname()[1]))
        now = datetime.now(UTC)
        store.close_slot("shop", now - timedelta(days=1), SlotStatus.MISSED, reason="for the test")
        cron = f"{now.minute} {now.hour} * * *"
        process, _ = service(
            f"clusters: [{{name: shop, cron: '{cron}', kubeconfig: ../kubeconfig, catch_up: 1h}}]",
            NETATTEST_SERVICE__GRACE_SECONDS="0.5",
        )
        until(lambda: SlotStatus.RUNNING in [slot.status for slot in slots(store)])
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=30)
    assert process.returncode == 0, log
    assert slots(store)[-1].status is SlotStatus.FAILED
    assert "stopped before the run ended" in slots(store)[-1].reason


def slots(store):
    now = datetime.now(UTC)
    return store.slots("shop", now - timedelta(days=2), now)


def kubeconfig(port):
    return f"""
apiVersion: v1
kind: Config
current-context: a
clusters: [{{name: a, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
contexts: [{{name: a, context: {{cluster: a, user: a}}}}]
users: [{{name: a, user: {{token: t}}}}]
"""


def jobs_of(runner):
    with runner.work.ledger._engine.connect() as connection:
        rows = connection.execute(
            text("SELECT job, status, attempts FROM slot_job ORDER BY due_at, position")
        )
        return [tuple(row) for row in rows]


def test_a_report_that_failed_is_made_again_by_whoever_comes_next(runner, tmp_path):
    (tmp_path / "file").write_text("")
    schedule = runner.work.schedule.model_copy(
        update={"formats": ("json",), "output": tmp_path / "file", "frameworks": ("soc2-tsc-2017",)}
    )
    runner.work.schedule = schedule
    runner.work.clock.time = at("2026-01-04T02:00")
    runner.tick()
    waiting = [(name, "pending", 0) for name in ("publish", "deliver")]
    assert jobs_of(runner) == [("alert", "skipped", 0), ("report", "pending", 1), *waiting]

    (tmp_path / "file").unlink()
    restarted = Runner(replace(runner.work, metrics=Metrics()), at("2026-01-04T02:01"))
    runner.work.clock.time = restarted.work.clock.time = at("2026-01-04T02:01:59")
    restarted.tick()  # too early for a second attempt
    assert not (tmp_path / "file").exists()
    runner.work.clock.time = restarted.work.clock.time = at("2026-01-04T02:02")
    restarted.tick()
    assert [path.suffix for path in (tmp_path / "file").iterdir()] == [".json"]
    assert jobs_of(runner) == [
        ("alert", "skipped", 0),
        ("report", "done", 2),
        ("publish", "done", 1),
        ("deliver", "done", 1),
    ]
    assert len(runner.work.store.scans("shop")) == 1


def test_work_that_fails_for_good_is_said_and_holds_nothing_up(runner, tmp_path):
    (tmp_path / "file").write_text("")
    runner.work.schedule = runner.work.schedule.model_copy(
        update={"formats": ("json",), "output": tmp_path / "file", "frameworks": ("soc2-tsc-2017",)}
    )
    runner.work.clock.time = at("2026-01-04T02:00")
    for _ in range(MOST_ATTEMPTS + 2):
        runner.tick()
        runner.work.clock.time += timedelta(hours=2)
    assert jobs_of(runner) == [
        ("alert", "skipped", 0),
        ("report", "failed", MOST_ATTEMPTS),
        ("publish", "done", 1),
        ("deliver", "done", 1),
    ]


def test_a_night_that_did_not_happen_is_told_once(runner):
    began_before(runner, "2025-12-31T02:00")
    for _ in range(2):
        runner.tick()
    said = runner.work.metrics.exposition().decode()
    assert 'netattest_alerts_total{cluster="shop",status="missed"} 2.0' in said
    assert 'netattest_night_without_scan{cluster="shop"}' not in said  # nobody watched yet


def test_the_watch_sees_a_night_that_nothing_has_ended(runner):
    runner.work.clock.time = at("2026-01-04T02:00")
    runner.work.store.claim_slot("shop", at("2026-01-04T02:00"))  # and whoever did hangs
    runner.watch()
    assert 'netattest_night_without_scan{cluster="shop"} 0.0' in runner.work.metrics.exposition().decode()
    runner.work.clock.time = at("2026-01-04T08:01")
    runner.watch()
    assert 'netattest_night_without_scan{cluster="shop"} 1.0' in runner.work.metrics.exposition().decode()


def test_paused_slots_are_missed_with_who_and_why_and_nobody_is_told(runner):
    ledger = runner.work.ledger
    runner.tick()
    assert ledger.pause("shop", at("2026-01-03T12:00"), "ada", "cluster upgrade")
    assert not ledger.pause("shop", at("2026-01-03T13:00"), "bob", "as well")
    runner.work.clock.time = at("2026-01-04T02:00")
    runner.tick()
    assert ledger.resume("shop", at("2026-01-04T09:00"), "bob")
    assert not ledger.resume("shop", at("2026-01-04T09:00"), "bob")
    runner.work.clock.time = at("2026-01-05T02:00")
    runner.tick()
    assert recorded(runner) == [("01-04 02", SlotStatus.MISSED, None), ("01-05 02", SlotStatus.DONE, 1)]
    (slot, _) = runner.work.store.slots("shop", at("2026-01-04T00:00"), at("2026-01-06T00:00"))
    assert slot.reason == "paused by ada: cluster upgrade"
    assert {job for job, _, _ in jobs_of(runner)} == {"report", "publish", "deliver", "alert"}
    assert len(jobs_of(runner)) == 4  # of the slot that ran


def test_slots_between_the_first_start_and_a_restart_are_accounted_for(runner):
    runner.tick()  # on 3 January; then it is down for two nights
    later = Runner(runner.work, at("2026-01-05T08:00"))
    later.work.clock.time = at("2026-01-05T08:00")
    later.tick()
    assert recorded(runner) == [("01-04 02", SlotStatus.MISSED, None), ("01-05 02", SlotStatus.DONE, 1)]


def test_the_start_is_put_off_by_a_part_of_the_jitter_that_follows_from_the_name(runner):
    schedule = runner.work.schedule.model_copy(update={"jitter": timedelta(hours=1)})
    runner.work.schedule = schedule
    assert timedelta(0) < schedule.offset < timedelta(hours=1)
    runner.work.clock.time = at("2026-01-04T02:00") + schedule.offset - timedelta(seconds=1)
    runner.tick()
    assert recorded(runner) == []
    assert not runner.behind(), "it is not due before its part of the jitter is over"
    runner.work.clock.time += timedelta(seconds=1)
    assert runner.behind()
    runner.tick()
    assert not runner.behind()
    assert recorded(runner) == [("01-04 02", SlotStatus.DONE, 1)]


def test_one_service_leads_until_it_resigns_or_its_lease_ends(store):
    ledger = PostgresLedger(store._engine)
    first, second = (Leader(ledger, 30, Metrics()) for _ in range(2))
    assert first.renew()
    assert not second.renew()
    assert (first.leads, second.leads, second.ready) == (True, False, True)
    first.renew()
    assert first.leads, "who holds the lease renews it before it ends"
    ledger.resign(second.holder)
    assert not second.renew(), "nobody gives back what another holds"
    first.resign()
    assert second.renew()
    with store._engine.begin() as connection:  # as if its holder had been silent for long
        connection.execute(text("UPDATE lease SET until = clock_timestamp() - interval '1 second'"))
    assert first.renew()
    second.renew()
    assert not second.leads


OF_THE_FLEET = (
    "netattest_last_scan_",
    "netattest_failures{",
    "netattest_next_",
    "netattest_night_",
    "netattest_jobs_owed{",
)


def served(metrics, *names):
    return {line for line in metrics.exposition().decode().splitlines() if line.startswith(names)}


def test_a_service_that_lost_the_lease_says_nothing_of_the_fleet_and_the_next_one_knows_it(runner):
    ledger, work = runner.work.ledger, runner.work
    standing_by = replace(work, metrics=Metrics())
    first, second = Leader(ledger, 30, work.metrics), Leader(ledger, 30, standing_by.metrics)
    assert first.renew()
    assert not second.renew()
    work.clock.time = at("2026-01-04T02:00")
    runner.tick()
    runner.watch()
    work.metrics.checked(3)
    told = served(work.metrics, *OF_THE_FLEET)
    assert len({line.split("{")[0] for line in told}) == 8
    assert served(standing_by.metrics, *OF_THE_FLEET, "netattest_store_problems ") == set()

    first.resign()
    assert served(work.metrics, *OF_THE_FLEET, "netattest_store_problems ") == set()
    assert served(work.metrics, "netattest_slots_total{")  # what it counted it has counted
    assert second.renew()
    other = Runner(standing_by, runner.since, claim_seconds=0)
    other.tick()
    other.watch()
    how_long = {line for line in told if "duration" in line}  # known to who scanned alone
    assert served(standing_by.metrics, *OF_THE_FLEET) == told - how_long
    assert served(standing_by.metrics, "netattest_store_problems ") == set()  # it has not checked the store

    second.resign()
    assert first.renew()
    assert served(work.metrics, *OF_THE_FLEET) == set()  # nothing that it knew before


def test_a_scan_that_somebody_else_took_is_shown_at_the_next_look(runner, tmp_path):
    runner.work.clock.time = at("2026-01-04T02:00")
    runner.tick()
    (tmp_path / "shop.yaml").write_text(MANIFESTS + "---" + MANIFESTS.replace("web", "api"))
    by_hand = replace(runner.work, metrics=Metrics())
    by_hand.clock.time = at("2026-01-04T09:00")
    scan(by_hand, None)
    runner.tick()
    shown = ("netattest_last_scan_objects", "netattest_last_scan_t", "netattest_failures")
    assert served(runner.work.metrics, *shown) == served(by_hand.metrics, *shown)
    assert 'netattest_last_scan_objects{cluster="shop"} 2.0' in served(runner.work.metrics, *shown)
    assert served(runner.work.metrics, "netattest_last_scan_duration_seconds{") == set()  # not of this scan


def test_a_scan_whose_end_cannot_be_recorded_runs_no_more(runner, monkeypatch):
    def silent(*_, **__):
        raise StoreError("the database could not be reached")

    monkeypatch.setattr(runner.work.store, "close_slot", silent)
    monkeypatch.setattr(runner.work, "source", silent)
    runner.work.clock.time = at("2026-01-04T02:00")
    runner.tick()
    assert served(runner.work.metrics, "netattest_scan_running") == {
        'netattest_scan_running{cluster="shop"} 0.0'
    }


def test_a_chore_comes_once_for_each_of_its_times(runner, monkeypatch):
    done = []
    monkeypatch.setitem(CHORES, "verify", lambda _keeping: done.append(1) or "a chain is broken")
    work, due = runner.work, {"verify": Cron("30 5 * * *", ZoneInfo("UTC"))}
    keeping = Keeping(work.store, work.metrics, work.settings, work.clock)
    for moment in ("2026-01-03T09:00", "2026-01-04T05:29", "2026-01-04T05:30", "2026-01-04T12:00"):
        work.clock.time = at(moment)
        do_chores(due, runner.since, work.ledger, keeping)
    assert done == [1]
    work.clock.time = at("2026-01-07T05:30")  # after three days: once, for the latest of its times
    for _ in range(2):
        do_chores(due, runner.since, work.ledger, keeping)
    assert done == [1, 1]
    assert work.ledger.last_chore("verify") == at("2026-01-07T05:30")
    with work.ledger._engine.connect() as connection:
        assert set(connection.scalars(text("SELECT problem FROM chore"))) == {"a chain is broken"}


def test_retention_is_a_chore_and_says_what_it_lacks(runner, tmp_path):
    work, due = runner.work, {"retention": Cron("0 6 * * *", ZoneInfo("UTC"))}
    keeping = Keeping(work.store, work.metrics, work.settings, work.clock)
    for day in (3, 4, 5):  # each night is scanned; the last one always stays
        work.clock.time = at(f"2026-01-0{day}T02:00")
        runner.tick()

    def problem(moment):
        work.clock.time = at(moment)
        do_chores(due, runner.since, work.ledger, keeping)
        with work.ledger._engine.connect() as connection:
            return connection.scalar(text("SELECT problem FROM chore ORDER BY due_at DESC LIMIT 1"))

    assert "there are no rules of retention" in problem("2026-01-05T07:00")
    (tmp_path / "config").mkdir(exist_ok=True)
    (tmp_path / "config" / "retention.yaml").write_text(
        "rules: [{id: short, clusters: ['*'], months: 1, reason: a test}]\n"
    )
    stored = {item.number for item in work.store.scans("shop")}
    assert problem("2036-01-01T07:00") == ""
    assert work.store.removed("shop").keys() == stored - {max(stored)}


def test_a_cluster_is_read_by_its_server_a_token_file_and_an_authority_file(runner, tmp_path):
    item = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}
    with ApiServer([item]) as server:
        given = yaml.safe_load(server.kubeconfig(tmp_path / "kubeconfig").read_text())
        (tmp_path / "token").write_text(given["users"][0]["user"]["token"] + "\n")
        authority = given["clusters"][0]["cluster"]["certificate-authority-data"]
        (tmp_path / "ca.pem").write_bytes(b64decode(authority))
        runner.work.schedule = ClusterSchedule.model_validate(
            {
                "name": "shop",
                "cron": "0 2 * * *",
                "server": server.url,
                "formats": [],
                "token_file": str(tmp_path / "token"),
                "ca_file": str(tmp_path / "ca.pem"),
                "collect": {"page_size": 1},
            }
        )
        runner.work.clock.time = at("2026-01-04T02:00")
        runner.tick()
        assert {query.get("limit") for target, query in server.queries if target == "pods"} == {"1"}
    assert recorded(runner) == [("01-04 02", SlotStatus.DONE, 1)]
    assert runner.work.store.scan("shop").objects == 1
