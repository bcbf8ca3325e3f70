"""`netattest scan` in processes of its own, killed at moments spread over the whole run."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, text

from app.model.history import ScanStatus
from app.store import PostgresStore

ROOT = Path(__file__).resolve().parents[2]
CLUSTER = "c"
PODS = 100  # enough that every stage takes a while
STAGES = ("start", "collect", "judge", "store", "compare")
KILLS_A_STAGE = int(os.environ.get("NETATTEST_KILLS_A_STAGE", "4"))  # 40 makes 200 kills, some twenty minutes
FIRST_NIGHT = datetime(2026, 3, 1, 2, tzinfo=UTC)


class Scanner:
    """Starts `netattest scan` on a cluster that changes from night to night."""

    def __init__(self, folder: Path, url: URL) -> None:
        self.folder = folder / "manifests"
        self.folder.mkdir()
        self.url = url.render_as_string(hide_password=False)
        self.nights = count(1)

    def scan(self) -> "subprocess.Popen[str]":
        """A started scan of the next night; its log lines are JSON."""
        night = next(self.nights)
        cluster = {"kind": "List", "items": [item for number in range(PODS) for item in app(number, night)]}
        (self.folder / "cluster.json").write_text(json.dumps(cluster))
        taken_at = (FIRST_NIGHT + timedelta(days=night)).isoformat()
        return self.start("scan", "--cluster", CLUSTER, "--from", self.folder, "--taken-at", taken_at)

    def start(self, *arguments: object) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "app", *map(str, arguments), "--database-url", self.url]
        return subprocess.Popen(
            command,
            cwd=self.folder.parent,
            env={**os.environ, "PYTHONPATH": str(ROOT), "NETATTEST_LOG__FORMAT": "json"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )


def app(number: int, night: int) -> Iterator[dict[str, object]]:
    """A pod, and on every other night the policy that isolates it: objects change, findings open and close."""
    place = {"namespace": f"team-{number % 9}", "name": f"app-{number}"}
    labels = {"app": f"app-{number}", "night": str(night if number % 3 else 0)}
    spec = {"containers": [{"name": "app", "image": "app"}]}
    status = {"phase": "Running", "podIP": f"10.1.{number // 250}.{number % 250}"}
    yield {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**place, "labels": labels},
        "spec": spec,
        "status": status,
    }
    if (number + night) % 2:
        spec = {"podSelector": {"matchLabels": {"app": f"app-{number}"}}, "policyTypes": ["Ingress"]}
        yield {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": place,
            "spec": spec,
        }


@pytest.fixture
def scanner(tmp_path: Path, database_url: URL) -> Scanner:
    return Scanner(tmp_path, database_url)


@contextmanager
def ended(process: "subprocess.Popen[str]") -> Iterator["subprocess.Popen[str]"]:
    """A process that is dead when this is left, whatever happens."""
    with process:
        try:
            yield process
        finally:
            process.kill()  # SIGKILL


def seconds_of_stages(process: "subprocess.Popen[str]") -> dict[str, float]:
    """How long each stage of an undisturbed scan takes, from its log lines."""
    begun = {"start": time.monotonic()}
    with ended(process):
        for line in process.stderr or ():
            begun[json.loads(line)["event"]] = time.monotonic()
        process.wait()
    moments = pairwise([*begun.values(), time.monotonic()])
    return {stage: after - at for stage, (at, after) in zip(begun, moments, strict=True)}


def kill(process: "subprocess.Popen[str]", stage: str, delay: float) -> int:
    """Kill a scan so many seconds after a stage began; answers with its process id."""
    with ended(process):
        if stage != "start":
            found = any(json.loads(line)["event"] == stage for line in process.stderr or ())
            assert found, f"the scan never came to {stage}"
        time.sleep(delay)
    return process.pid


def wait_for_session_end(engine: Engine, pid: int) -> None:
    """The server notices the death of a client by itself; a commit that reached it is still carried out."""
    sessions = text("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE :name")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with engine.connect() as connection:
            if not connection.scalar(sessions, {"name": f"netattest % {pid}"}):
                return
        time.sleep(0.02)
    pytest.fail(f"the sessions of process {pid} did not end")


def assert_whole(store: PostgresStore) -> None:
    assert store.check().problems == ()
    scans = store.scans(CLUSTER) if store.clusters() else ()
    assert [scan.number for scan in scans] == list(range(1, len(scans) + 1))
    for scan in scans[-2:]:
        if scan.status is not ScanStatus.FAILED:
            assert store.snapshot(scan).digest == scan.snapshot_digest


@pytest.mark.timeout(3 * 3600)
def test_a_scan_killed_at_any_moment_leaves_whole_scans_only(
    scanner: Scanner, store: PostgresStore, engine: Engine
):
    moments = random.Random(20260301)
    seconds_of_stages(scanner.scan())  # a first night has nothing to compare with
    usual = seconds_of_stages(scanner.scan())
    assert tuple(usual) == STAGES

    cut_short: set[datetime] = set()  # when each run began that was still on record after its death
    for stage in moments.sample(STAGES * KILLS_A_STAGE, len(STAGES) * KILLS_A_STAGE):
        pid = kill(scanner.scan(), stage, moments.uniform(0, usual[stage]))
        wait_for_session_end(engine, pid)
        with engine.connect() as connection:
            cut_short.update(connection.scalars(text("SELECT started_at FROM run")))
        assert_whole(store)

    last = scanner.scan()
    with ended(last):
        _, errors = last.communicate(timeout=300)
    assert last.returncode == 0, errors
    failed = [scan for scan in store.scans(CLUSTER) if scan.status is ScanStatus.FAILED]
    assert len(failed) == len(cut_short), "each run that was cut short is recorded once, by the run after it"
    assert len(cut_short) >= KILLS_A_STAGE, "at least those killed early in a stage hit a run"
    assert all("its process is gone" in scan.reason for scan in failed)
    newest = store.scan(CLUSTER)
    assert (newest.status, len(store.snapshot(newest).objects)) == (ScanStatus.COMPLETE, PODS * 3 // 2)
    with ended(scanner.start("db", "check")) as check:
        _, errors = check.communicate(timeout=300)
    assert check.returncode == 0, errors
    stored = len(store.scans(CLUSTER)) - len(failed)
    sys.stdout.write(
        f"{len(STAGES) * KILLS_A_STAGE} kills: {len(failed)} cut short, {stored} whole\n"
    )  # with -s
