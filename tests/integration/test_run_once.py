"""The forms that Kubernetes or systemd wakes, by the very command of the manifests: each night is scanned, reported, delivered, counted."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import pytest
import structlog

from app.deliver import verify_signature
from app.errors import EvidenceError, NightError, StoreError
from app.model.history import SlotStatus
from app.model.news import DeliveryStatus
from app.scheduler import Wake
from app.scheduler.metrics import Metrics
from app.scheduler.once import awaited, counts_from, lost_now
from app.settings import ClusterSchedule
from tests.acceptance.test_cold_start import example
from tests.apiserver import ApiServer
from tests.clock import Clock
from tests.integration.test_run import kubeconfig, until
from tests.receivers import PASSWORD, USER, Authority, http_server, mail_server
from tests.unit.deploy.conftest import DEPLOY, pod_spec

ROOT = Path(__file__).resolve().parents[2]
MOUNTED = "/etc/netattest"
SCHEDULE = """
clusters:
  - {{name: breakwater, cron: "{when:%M} {when:%H} * * *", jitter: 3h, kubeconfig: kubeconfig, frameworks: [soc2-tsc-2017], formats: [json], output: out}}
"""
DELIVERIES = """
attempts: 1
channels:
  - name: team
    kind: mail
    host: localhost
    port: {mail}
    from: netattest@example.com
    to: [team@example.com]
    user: {user}
    password: {{file: smtp-password}}
    trust_anchors: ../anchors.pem
    formats: [pdf]
  - {{name: siem, kind: webhook, url: {{env: HOOK_URL}}, secret: {{env: HOOK_SECRET}}, trust_anchors: ../anchors.pem}}
  - {{name: watchman, kind: heartbeat, url: {{env: WATCHMAN_URL}}}}
"""


@pytest.fixture
def parties(tmp_path, monkeypatch):
    """Mailbox, signed hook and dead man's switch: real servers; the settings in what the pod has mounted."""
    authority = Authority(tmp_path)
    with (
        mail_server(authority) as (box, port),
        http_server(authority) as hook,
        http_server() as watchman,
    ):
        _ = authority.anchors
        config = tmp_path / "config"
        config.mkdir()
        (config / "netattest.yaml").write_text("{}\n")
        (config / "smtp-password").write_text(f"{PASSWORD}\n")
        (config / "deliveries.yaml").write_text(DELIVERIES.format(mail=port, user=USER))
        monkeypatch.setenv("HOOK_URL", hook.url)
        monkeypatch.setenv("HOOK_SECRET", "opensesame-hook")
        monkeypatch.setenv("WATCHMAN_URL", watchman.url)
        yield box, hook, watchman


def unit_command():
    """What netattest-once.service starts, without the program's path."""
    text = (DEPLOY / "systemd" / "netattest-once.service").read_text()
    return re.search(r"^ExecStart=/opt/netattest/bin/netattest (.+)$", text, re.MULTILINE)[1].split()


def woken(tmp_path, url, *more):
    """The CronJob's container, once: exit code and log lines."""
    wake = begun(tmp_path, url, *more)
    _, said = wake.communicate(timeout=300)
    assert "Traceback" not in said
    return wake.returncode, said


def begun(tmp_path, url, *more):
    """The CronJob's container as it runs."""
    (container,) = pod_spec("nightly")["containers"]
    command = [*container["args"], *more]
    assert command[: len(unit_command())] == unit_command()
    paths = [part.replace(MOUNTED, str(tmp_path / "config")) for part in command]
    environment = {"NETATTEST_DATABASE_URL": url, "NETATTEST_LOG__FORMAT": "json"}
    return subprocess.Popen(
        [sys.executable, "-m", "app", *paths],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def at(tmp_path, when):
    """The schedule, with its slot at a time of the day."""
    (tmp_path / "config" / "schedule.yaml").write_text(SCHEDULE.format(when=when))


def told(box, hook, watchman):
    return len(box.mails), len(hook.requests), len(watchman.requests)


def test_each_wake_does_what_is_due_and_owed_and_nothing_twice(store, database_url, tmp_path, parties):
    url, now = database_url.render_as_string(hide_password=False), datetime.now(UTC)
    at(tmp_path, now - timedelta(minutes=90))
    with ApiServer(example()) as server:
        server.kubeconfig(tmp_path / "config" / "kubeconfig")
        code, said = woken(tmp_path, url)
        assert (code, told(*parties)) == (0, (1, 1, 1)), said
        _check_deliveries(*parties)
        assert [path.suffix for path in (tmp_path / "config" / "out").glob("*.json")]
        assert woken(tmp_path, url)[0] == 0
        assert told(*parties) == (1, 1, 1)
    at(tmp_path, now - timedelta(minutes=30))  # another slot, and the server is gone
    code, said = woken(tmp_path, url)
    assert (code, told(*parties)) == (4, (2, 2, 1)), said
    assert "breakwater: a night is failed" in said
    assert woken(tmp_path, url)[0] == 0  # told and recorded: the next wake has nothing to say
    assert told(*parties) == (2, 2, 1)
    slots = store.slots("breakwater", now - timedelta(days=1), datetime.now(UTC))
    assert [(slot.status, slot.scan) for slot in slots] == [(SlotStatus.DONE, 1), (SlotStatus.FAILED, 2)]


def _check_deliveries(box, hook, watchman):
    (attached,) = box.mails[0].iter_attachments()
    assert attached.get_content().startswith(b"%PDF-")
    headers, body = hook.requests[0]
    assert verify_signature(headers["Netattest-Signature"], body, b"opensesame-hook", int(time.time()))
    assert json.loads(body)["cluster"] == "breakwater"
    assert watchman.requests[0][1] == b"{}"


@pytest.mark.parametrize(
    ("minutes", "messages"), [(10, 1), (90, 0)], ids=["this wake's night", "told before"]
)
def test_a_wake_without_a_database_tells_it_once_a_night(tmp_path, parties, minutes, messages):
    at(tmp_path, datetime.now(UTC) - timedelta(minutes=minutes))
    code, said = woken(tmp_path, "postgresql://netattest:opensesame-db@127.0.0.1:9/netattest")
    assert code == 4
    assert told(*parties) == (messages, messages, 0)
    assert "opensesame" not in said
    assert all("The database did not answer" in body.decode() for _, body in parties[1].requests)


def test_clusters_can_be_woken_one_by_one_and_a_name_that_is_none_is_refused(tmp_path, parties):
    at(tmp_path, datetime.now(UTC))
    code, said = woken(tmp_path, "postgresql://127.0.0.1:9/x", "--cluster", "breakwatr")
    assert (code, "the schedule names no cluster 'breakwatr'" in said) == (2, True)


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SINCE = {
    "a slot that may still be run": ("0 2 * * *", NOON.replace(hour=1, minute=59)),
    "one of the last instant at which it may": ("0 0 * * *", NOON.replace(day=1, hour=23, minute=59)),
    "one that is too old": ("0 20 * * *", NOON),
    "one that there never was": ("0 2 30 2 *", NOON),
}


@pytest.mark.parametrize(("cron", "since"), SINCE.values(), ids=SINCE)
def test_the_first_wake_ever_does_the_slot_that_it_still_may(cron, since):
    schedule = ClusterSchedule.model_validate({"name": "a", "cron": cron, "jitter": "3h"})
    counts = counts_from(awaited(schedule), NOON)
    assert since <= counts <= NOON
    assert (counts < NOON) == (since < NOON)
    assert counts < NOON.replace(hour=2) or since == NOON
    assert awaited(schedule).offset == timedelta(0) < schedule.offset


@pytest.mark.parametrize(
    ("cron", "lost"), [("30 11 * * *", True), ("0 11 * * *", False), ("0 12 * * *", True)]
)
def test_a_fault_is_told_by_the_wake_that_follows_a_slot(cron, lost):
    others = ClusterSchedule.model_validate({"name": "b", "cron": "0 3 * * *"})
    assert lost_now([others, ClusterSchedule.model_validate({"name": "a", "cron": cron})], NOON) is lost


def counted(act):
    metrics = Metrics()
    metrics.declare("a")
    act(metrics)
    return metrics.troubles()


TROUBLES = {
    "nothing": (lambda _: None, ()),
    "a good night": (
        lambda it: (it.ended("a", SlotStatus.DONE), it.delivered("a", "c", DeliveryStatus.DELIVERED)),
        (),
    ),
    "a pause, which is no news": (lambda it: it.ended("a", SlotStatus.MISSED), ()),
    "a night that failed": (lambda it: it.alerted("a", SlotStatus.FAILED), ("a: a night is failed",)),
    "a night that was missed": (lambda it: it.alerted("a", SlotStatus.MISSED), ("a: a night is missed",)),
    "work that is owed": (
        lambda it: (it.delivered("a", "c", DeliveryStatus.FAILED), it.job_failed("a", "deliver")),
        ("a: deliver failed",),
    ),
    "a refusal": (lambda it: it.delivered("a", "c", DeliveryStatus.GAVE_UP), ("a: channel c gave-up",)),
}


@pytest.mark.parametrize(("act", "troubles"), TROUBLES.values(), ids=TROUBLES)
def test_a_wake_ends_well_when_nobody_has_to_look_at_it(act, troubles):
    assert counted(act) == troubles


class Standing:
    """A runner as a wake sees it; `behind` is its answer after the tick."""

    def __init__(self, *, behind, owes=False):
        self.cluster, self.stopping, self.current, self.ticks = "a", False, None, 0
        schedule = ClusterSchedule.model_validate({"name": "a", "cron": "0 2 * * *"})
        self.work = SimpleNamespace(schedule=schedule, clock=Clock(NOON), log=structlog.get_logger)
        self._behind, self._owes = behind, owes

    def tick(self):
        self.ticks += 1

    def behind(self):
        if isinstance(self._behind, Exception):
            raise self._behind
        return self._behind

    def owes(self):
        return self._owes


def refuse():
    raise StoreError("no room left")


ENDS = {
    "well": (False, 0, lambda: None, None, ""),
    "a slot nobody recorded": (True, 0, lambda: None, NightError, "a: a slot is not recorded"),
    "no answer": (StoreError("gone"), 0, lambda: None, NightError, "a: a slot is not recorded"),
    "a chore": (False, 0, refuse, NightError, "chores: no room left"),
    "evidence": (True, 3, lambda: None, EvidenceError, "found 3 problems"),
}


@pytest.mark.parametrize(("behind", "problems", "chores", "error", "says"), ENDS.values(), ids=ENDS)
def test_a_wake_ends_with_what_is_wrong(behind, problems, chores, error, says):
    runner, metrics = Standing(behind=behind), Metrics()
    metrics.problems = problems
    wake = Wake([runner], metrics, 1, 0, chores)
    if error is None:
        assert wake.run(Event())
    else:
        with pytest.raises(error, match=says):
            wake.run(Event())
    assert runner.ticks == 1


@pytest.fixture
def stopped():
    """A wake that is stopped while its first cluster is at something, with a second one that has not begun."""
    stop, go, abandoned = Event(), Event(), []

    def wake(first, *, current=None, lasts=False, others=()):
        def tick():
            first.ticks += 1
            first.current = current
            stop.set()
            while not first.stopping or lasts:
                if go.wait(0.05):
                    return

        first.tick, first.abandon = tick, lambda: abandoned.append(first)
        metrics = Metrics()
        metrics.declare("a")
        return Wake([first, *others], metrics, 1 + (not others), 0.3, lambda: None).run(stop)

    wake.abandoned = abandoned
    yield wake
    go.set()


def test_a_wake_that_is_stopped_begins_nothing_more_and_says_what_is_left(stopped):
    first, second = Standing(behind=False), Standing(behind=True)
    second.cluster = "b"
    with pytest.raises(NightError, match="b: stopped before it was done; chores: stopped before it was done"):
        stopped(first, others=[second])
    Event().wait(0.2)  # what was waiting for a thread has one now
    assert (second.ticks, second.stopping, first.stopping) == (0, True, True)
    assert stopped.abandoned == []


LEFT = {
    "nothing": (Standing(behind=False), ""),
    "a slot": (Standing(behind=True), "a: stopped before it was done"),
    "a report, a message": (Standing(behind=False, owes=True), "a: stopped before it was done"),
    "nobody knows": (Standing(behind=StoreError("gone")), "a: stopped before it was done"),
}


@pytest.mark.parametrize(("runner", "says"), LEFT.values(), ids=LEFT)
def test_a_wake_that_ended_what_it_was_at_asks_what_is_left(stopped, runner, says):
    if says:
        with pytest.raises(NightError, match=says):
            stopped(runner)
    else:
        assert stopped(runner)


@pytest.mark.parametrize("current", [NOON, None], ids=["in a scan", "in a delivery"])
def test_a_wake_gives_up_what_does_not_end(stopped, current):
    first = Standing(behind=False)
    assert not stopped(first, current=current, lasts=True)
    assert stopped.abandoned == ([first] if current else [])


def test_a_wake_that_is_stopped_in_the_middle_of_a_scan_ends_with_4(tmp_path, store, database_url, parties):
    with socket.socket() as silent:  # an API server that accepts and never answers
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        at(tmp_path, datetime.now(UTC) - timedelta(minutes=10))
        (tmp_path / "config" / "kubeconfig").write_text(kubeconfig(silent.getsockname()[1]))
        (tmp_path / "config" / "netattest.yaml").write_text("service: {grace_seconds: 0.5}\n")
        wake = begun(tmp_path, database_url.render_as_string(hide_password=False))
        until(lambda: statuses(store) == [SlotStatus.RUNNING])
        wake.send_signal(signal.SIGTERM)
        _, said = wake.communicate(timeout=60)
    assert wake.returncode == 4, said
    assert "stopped before it was done" in said
    assert "breakwater" in said.splitlines()[-1]
    assert statuses(store) == [SlotStatus.FAILED]


def statuses(store):
    now = datetime.now(UTC)
    return [slot.status for slot in store.slots("breakwater", now - timedelta(days=1), now)]
