"""Whatever happens to an API server in a night of the service: a clear record, an alert, somebody is told once, and the next night is whole."""

import base64
import json
import re
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme
import yaml

from app.cli.progress import LogLines
from app.model.history import ScanStatus, SlotStatus
from app.scheduler import Runner, Work
from app.scheduler.metrics import Metrics
from app.settings import ClusterSchedule, load_settings
from app.store import PostgresDeliveryBook, PostgresLedger
from tests.apiserver import TOKEN, ApiServer, Fault
from tests.clock import Clock
from tests.faults.test_api_server_faults import SETTINGS, cluster
from tests.receivers import http_server

CHANNELS = "attempts: 1\nchannels: [{name: chat, kind: slack, url: {env: CHAT_URL}}]\n"
STAYS_FAILED = {
    "every answer is an error": Fault("*", status=500, times=None),
    "nothing answers": Fault("*", hang=3, times=None),
}
STAYS_PARTIAL = {
    "every page token expires": Fault("pods", status=410, after=1, times=None),
    "a storm of 429": Fault("pods", status=429, retry_after=0, times=None),
    "every body is cut": Fault("pods", cut=True, times=None),
    "policies cannot be listed": Fault("networkpolicies", status=500, times=None),
}


@pytest.fixture
def api():
    with ApiServer(cluster()) as running:
        yield running


@pytest.fixture
def runner(store, tmp_path, monkeypatch, api):
    config = tmp_path / "config"
    config.mkdir()
    monkeypatch.chdir(tmp_path)
    (config / "netattest.yaml").write_text(yaml.safe_dump(SETTINGS))
    (config / "deliveries.yaml").write_text(CHANNELS)
    schedule = {
        "name": "shop",
        "cron": "0 2 * * *",
        "formats": [],
        "kubeconfig": api.kubeconfig(config / "kubeconfig"),
    }
    now = datetime(2026, 1, 3, 8, tzinfo=UTC)
    engine = store._engine
    work = Work(
        ClusterSchedule.model_validate(schedule),
        load_settings(),
        store,
        PostgresLedger(engine),
        PostgresDeliveryBook(engine),
        Clock(now),
        Metrics(),
        LogLines,
    )
    made = Runner(work, now, claim_seconds=0)
    made.tick()  # enrols the cluster
    return made


def night(runner):
    """The slot, and a look some hours later, when somebody has to have been told; answers with its slot and the metrics."""
    clock = runner.work.clock
    clock.time = clock.time.replace(hour=2) + timedelta(days=1)
    runner.tick()
    slot = runner.work.store.slots("shop", clock.time, clock.time)[0]
    clock.time += timedelta(hours=7)
    runner.watch()
    text = runner.work.metrics.exposition().decode()
    return slot, {
        name: float(value) for name, value in re.findall(r"^(netattest_\S+) (\S+)$", text, re.MULTILINE)
    }


def said(hook):
    return [json.loads(body)["text"] for _, body in hook.requests]


def assert_a_night_that_failed(runner, hook, spoil, mend):
    night(runner)
    told = len(hook.requests)
    spoil()
    slot, metrics = night(runner)
    assert (slot.status, bool(slot.reason)) == (SlotStatus.FAILED, True)
    assert metrics['netattest_alerts_total{cluster="shop",status="failed"}'] == 1
    assert metrics['netattest_night_without_scan{cluster="shop"}'] == 1  # NetattestNightWithoutScan
    assert len(hook.requests) == told + 1
    assert slot.reason.split(":")[0] in said(hook)[-1]
    assert TOKEN not in f"{slot.reason}{said(hook)}"
    mend()
    slot, metrics = night(runner)
    assert slot.status is SlotStatus.DONE
    assert runner.work.store.scan("shop").status is ScanStatus.COMPLETE
    assert metrics['netattest_night_without_scan{cluster="shop"}'] == 0
    assert "Scanned again" in hook.requests[-1][1].decode()


@pytest.fixture
def hook(monkeypatch):
    with http_server() as running:
        monkeypatch.setenv("CHAT_URL", running.url)
        yield running


@pytest.mark.parametrize("fault", STAYS_FAILED.values(), ids=STAYS_FAILED)
def test_a_night_without_any_answer_is_recorded_alerted_and_told(runner, api, hook, fault):
    assert_a_night_that_failed(runner, hook, lambda: api.faults.append(fault), api.faults.clear)


def test_a_night_with_a_token_that_expired(runner, api, hook):
    path = runner.work.schedule.kubeconfig

    def spoil():
        api.kubeconfig(path, token="opensesame-expired")

    assert_a_night_that_failed(runner, hook, spoil, lambda: api.kubeconfig(path))
    assert "opensesame" not in str(said(hook))


def test_a_night_with_a_certificate_of_the_server_that_expired(runner, api, hook):
    authority, path = trustme.CA(), runner.work.schedule.kubeconfig
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) - timedelta(days=1)).configure_cert(context)
    listening = api._server.socket
    good = listening.context

    def spoil():
        config = yaml.safe_load(path.read_text())
        trusted = base64.b64encode(authority.cert_pem.bytes()).decode()
        config["clusters"][0]["cluster"]["certificate-authority-data"] = trusted
        path.write_text(yaml.safe_dump(config))
        listening._context = context

    def mend():
        api.kubeconfig(path)
        listening._context = good

    assert_a_night_that_failed(runner, hook, spoil, mend)


@pytest.mark.parametrize("fault", STAYS_PARTIAL.values(), ids=STAYS_PARTIAL)
def test_a_night_that_could_not_read_everything_is_partial_alerted_and_told_once(runner, api, hook, fault):
    night(runner)
    told = len(hook.requests)
    api.faults.append(fault)
    for _ in range(2):
        slot, metrics = night(runner)
        assert slot.status is SlotStatus.DONE
        assert runner.work.store.scan("shop").status is ScanStatus.PARTIAL
        assert metrics['netattest_last_scan_gaps{cluster="shop"}'] == 1  # NetattestScanIncomplete
    assert len(hook.requests) == told + 1  # the second night tells nothing new
    api.faults.clear()
    slot, metrics = night(runner)
    assert runner.work.store.scan("shop").status is ScanStatus.COMPLETE
    assert metrics['netattest_last_scan_gaps{cluster="shop"}'] == 0
