"""What the service hands over by itself: each night once, failures once, and again when a channel was down."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.cli.progress import LogLines
from app.errors import CollectError
from app.model.history import SlotStatus
from app.model.news import DeliveryKey
from app.scheduler import Runner, Work
from app.scheduler.metrics import Metrics
from app.settings import ClusterSchedule, load_settings
from app.store import PostgresDeliveryBook, PostgresLedger
from tests.clock import Clock
from tests.receivers import http_server

POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
status: {phase: Running}
"""
CHANNELS = """
attempts: 1
channels:
  - {name: chat, kind: slack, url: {env: CHAT_URL}}
  - {name: files, kind: folder, folder: ../out, formats: [json], frameworks: [soc2-tsc-2017]}
"""


@pytest.fixture
def runner(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text(POD)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "deliveries.yaml").write_text(CHANNELS)
    schedule = ClusterSchedule.model_validate(
        {"name": "shop", "cron": "0 2 * * *", "from": [str(tmp_path / "shop.yaml")], "formats": []}
    )
    now = datetime(2026, 1, 3, 8, tzinfo=UTC)
    engine = store._engine
    work = Work(
        schedule,
        load_settings(),
        store,
        PostgresLedger(engine),
        PostgresDeliveryBook(engine),
        Clock(now),
        Metrics(),
        LogLines,
    )
    runner = Runner(work, now, claim_seconds=0)
    runner.tick()  # enrols the cluster
    return runner


def night(runner, days=1):
    clock = runner.work.clock
    clock.time = clock.time.replace(hour=2) + timedelta(days=days)
    runner.tick()


def refuse(_settings, _schedule):
    raise CollectError("the API server did not answer")


def headlines(hook):
    return [json.loads(body)["text"] for _, body in hook.requests]


def test_a_night_is_told_once_and_a_quiet_one_to_nobody(runner, tmp_path, monkeypatch):
    with http_server() as hook:
        monkeypatch.setenv("CHAT_URL", hook.url)
        for _ in range(3):
            night(runner)
            runner.tick()
    said = headlines(hook)
    assert said[0].startswith("shop: First scan: ")
    assert not [line for line in said[1:] if "First scan" in line]
    assert len(said) < 4
    files = sorted(path.name for path in (tmp_path / "out" / "shop").iterdir())
    assert files == [f"shop-soc2-tsc-2017-2026-01-0{day}.json" for day in (4, 5, 6)]


def test_nights_that_fail_for_one_reason_are_told_once_and_the_recovery_too(runner, monkeypatch):
    with http_server() as hook:
        monkeypatch.setenv("CHAT_URL", hook.url)
        night(runner)
        readable, runner.work.source = runner.work.source, refuse
        for _ in range(3):
            night(runner)
        runner.work.source = readable
        night(runner)
    said = headlines(hook)
    failed = [line for line in said if "failed: the API server did not answer" in line]
    assert len(failed) == 1
    assert "due 2026-01-05 02:00 UTC" in failed[0]
    bodies = b"".join(body for _, body in hook.requests)
    assert b"Scanned again, after 3 nights without a scan." in bodies


def test_a_heartbeat_comes_once_for_each_night_that_has_its_scan_and_says_nothing(
    runner, monkeypatch, tmp_path
):
    with http_server() as watchman:
        monkeypatch.setenv("WATCHMAN_URL", f"{watchman.url}opensesame")
        (tmp_path / "config" / "deliveries.yaml").write_text(
            "channels: [{name: watchman, kind: heartbeat, url: {env: WATCHMAN_URL}}]"
        )
        readable = runner.work.source
        for source in (readable, refuse, readable):
            runner.work.source = source
            night(runner)
            runner.tick()
    assert [body for _, body in watchman.requests] == [b"{}", b"{}"]
    assert "opensesame" not in str(runner.work.book.deliveries("shop", runner.since))


def test_a_night_that_did_not_happen_is_told_with_its_reason(runner, monkeypatch):
    with http_server() as hook:
        monkeypatch.setenv("CHAT_URL", hook.url)
        night(runner)
        runner.work.clock.time += timedelta(days=1, hours=20)
        runner.tick()
    assert "did not happen" in headlines(hook)[-1]


def test_a_channel_that_was_down_gets_the_night_later_and_the_others_get_it_at_once(
    runner, tmp_path, monkeypatch
):
    monkeypatch.setenv("CHAT_URL", "http://localhost:9/")
    night(runner)
    assert len(list((tmp_path / "out" / "shop").iterdir())) == 1
    assert b'netattest_deliveries_total{channel="chat",cluster="shop",status="failed"} 1.0' in (
        runner.work.metrics.exposition()
    )
    with http_server() as hook:
        monkeypatch.setenv("CHAT_URL", hook.url)
        runner.tick()
        assert hook.requests == []  # it waits before it tries again
        runner.work.clock.time += timedelta(minutes=3)
        runner.tick()
        runner.work.clock.time += timedelta(minutes=30)
        runner.tick()
    (said,) = headlines(hook)
    assert said.startswith("shop: First scan: ")


def test_a_process_that_died_at_a_delivery_costs_nobody_the_message(runner, monkeypatch):
    with http_server() as hook:
        monkeypatch.setenv("CHAT_URL", hook.url)
        runner.work.clock.time = runner.work.clock.time.replace(hour=2) + timedelta(days=1)
        key = DeliveryKey("shop", "scan 1", "chat")
        runner.work.book.claim_delivery(key, "d", runner.work.clock.now())
        for _ in range(9):  # another service looks every few minutes
            runner.tick()
            runner.work.clock.time += timedelta(minutes=5)
    (said,) = headlines(hook)
    assert said.startswith("shop: First scan: ")


def test_a_missing_secret_fails_its_channel_alone_and_the_slot_is_done(runner, monkeypatch, tmp_path):
    monkeypatch.delenv("CHAT_URL", raising=False)
    night(runner)
    now = runner.work.clock.now()
    (slot,) = runner.work.store.slots("shop", now - timedelta(days=1), now)
    assert slot.status is SlotStatus.DONE
    owed = runner.work.ledger.look("shop", now, 0).owed
    (waiting,) = [item for item in owed if item.name == "deliver"]
    assert "CHAT_URL holds no secret" in waiting.reason
    assert [
        path for path in (tmp_path / "out").rglob("*") if path.is_file()
    ]  # channel `files`, named after it
