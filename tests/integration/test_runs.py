import multiprocessing
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, text

from app.errors import ScanInProgressError, StoreError
from app.model.history import ScanStatus, SlotStatus
from app.store import PostgresStore
from tests.histories import CLUSTER, night, pods, record, snapshot
from tests.integration.writer import main

ROOT = Path(__file__).resolve().parents[2]
KILLS = 20


# Children are forked from a process that has imported everything: twenty starts take seconds, not half a minute.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.integration.writer"])


@contextmanager
def writing(url: URL) -> Iterator[BaseProcess]:
    """A process that writes scans; it has begun its first run when this is entered."""
    begun, told = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=main, args=(url.render_as_string(hide_password=False), CLUSTER, told))
    process.start()
    try:
        assert begun.poll(60), "the writer did not start"
        yield process
    finally:
        process.kill()
        process.join()
        process.close()
        for end in (begun, told):
            end.close()


def test_a_process_killed_at_any_moment_leaves_whole_scans_only(store: PostgresStore, database_url: URL):
    moments = random.Random(20260301)
    for _ in range(KILLS):
        with writing(database_url) as process:
            time.sleep(moments.uniform(0, 0.3))
            process.kill()  # SIGKILL
        assert_whole(store)

    with store.exclusive(CLUSTER):
        last = store.save(record(at=night(400)), snapshot(pods(cart=1), at=night(400)))
    assert last.status is ScanStatus.COMPLETE
    assert_whole(store)
    failed = [scan for scan in store.scans(CLUSTER) if scan.status is ScanStatus.FAILED]
    assert len(failed) >= KILLS // 2, "most kills should have hit a run"
    assert all("its process is gone" in scan.reason for scan in failed)


def assert_whole(store: PostgresStore) -> None:
    assert store.check().problems == ()
    numbers = [scan.number for scan in store.scans(CLUSTER)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_run_whose_process_died_becomes_a_failed_scan_and_ends_its_slot(
    store: PostgresStore, engine: Engine
):
    store.claim_slot(CLUSTER, night(1))
    store.claim_slot(CLUSTER, night(9))
    with engine.begin() as connection:  # as a process of another machine would have left it
        connection.execute(text("INSERT INTO run SELECT id, clock_timestamp(), 'gone', 4711 FROM cluster"))
        connection.execute(
            text("UPDATE slot SET host = 'gone', pid = 4711 WHERE due_at = :due"), {"due": night(1)}
        )

    with store.exclusive(CLUSTER):
        failed = store.scan(CLUSTER, 1)

    assert (failed.status, failed.slot) == (ScanStatus.FAILED, night(1))
    assert [(slot.status, slot.scan) for slot in store.slots(CLUSTER, night(1), night(9))] == [
        (SlotStatus.FAILED, 1),
        (SlotStatus.RUNNING, None),
    ]
    with store.exclusive(CLUSTER):
        assert len(store.scans(CLUSTER)) == 1, "it is recorded once"


def test_two_processes_never_scan_one_cluster_at_once(store: PostgresStore, database_url: URL):
    with store.exclusive(CLUSTER):
        store.save(record(), snapshot())
        url = database_url.render_as_string(hide_password=False)
        second = subprocess.run(
            [sys.executable, "-m", "tests.integration.writer", url, CLUSTER],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert "ScanInProgressError" in second.stderr
    assert f"process {os.getpid()}" not in second.stderr.split("database session")[1]


def test_whoever_is_turned_away_learns_who_holds_the_lock(store: PostgresStore):
    with store.exclusive(CLUSTER), pytest.raises(ScanInProgressError) as caught, store.exclusive(CLUSTER):
        pass

    assert CLUSTER in str(caught.value)
    assert f"process {os.getpid()}" in str(caught.value)
    assert f"netattest {os.uname().nodename[:40]} {os.getpid()}" in str(caught.value)


@pytest.mark.parametrize("ending", [KeyboardInterrupt, ZeroDivisionError("a bug")])
def test_a_run_that_is_interrupted_is_recorded_with_its_reason(store: PostgresStore, ending):
    with pytest.raises((KeyboardInterrupt, ZeroDivisionError)), store.exclusive(CLUSTER):
        raise ending

    failed = store.scan(CLUSTER, 1)
    assert failed.status is ScanStatus.FAILED
    assert failed.reason.startswith("the run was interrupted: ")


def test_nothing_is_stored_when_the_lock_was_lost(store: PostgresStore, engine: Engine):
    cut = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
    with store.exclusive(CLUSTER):
        with engine.connect() as connection:
            connection.execute(text(cut))
        for _ in range(2):
            with pytest.raises(StoreError, match="lock"):
                store.save(record(), snapshot())
        store.save_failure(CLUSTER, night(1), None, "the lock was lost", "0.1.0")

    assert [scan.status for scan in store.scans(CLUSTER)] == [ScanStatus.FAILED]


def test_scans_saved_at_once_get_numbers_without_holes(store: PostgresStore):
    def save(number: int) -> None:
        store.save(record(at=night(number)), snapshot(pods(cart=number), at=night(number)))

    threads = [threading.Thread(target=save, args=(number,)) for number in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [scan.number for scan in store.scans(CLUSTER)] == [1, 2, 3, 4, 5]
    assert store.check().problems == ()


def test_clusters_that_share_objects_are_written_at_once_without_a_deadlock(store: PostgresStore):
    shared = pods(**{f"pod-{index}": index for index in range(300)})
    errors: list[Exception] = []

    def save(cluster: str) -> None:
        try:
            for number in range(1, 4):
                store.save(
                    record(cluster=cluster, at=night(number)),
                    snapshot(shared, cluster=cluster, at=night(number)),
                )
        except Exception as error:  # noqa: BLE001  shown by the assertion below
            errors.append(error)

    threads = [threading.Thread(target=save, args=(f"cluster-{index}",)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert store.check().problems == ()
