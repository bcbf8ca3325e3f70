"""Two writers, readers and retention at once: nothing is lost, nothing is seen by halves, nobody waits for ever.

Lasts NETATTEST_SIDE_BY_SIDE_SECONDS, 20 by default.
"""

import multiprocessing
import os
import random
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

import pytest
from sqlalchemy import URL, Engine, text

from app.errors import NotFoundError
from app.store import PostgresStore, create_engine
from tests.histories import night, pods, record, result, snapshot

SECONDS = float(os.environ.get("NETATTEST_SIDE_BY_SIDE_SECONDS", "20"))
CLUSTERS = ("left", "right")
KEPT = 12


def write(url: str, cluster: str, seconds: float, told: Connection) -> None:
    """Write one night after the other. Both clusters have mostly the same objects, so that they share bodies."""
    engine = create_engine(url)
    store, end, number, digests = PostgresStore(engine), time.monotonic() + seconds, 0, {}
    rng = random.Random(cluster)
    while time.monotonic() < end:
        number += 1
        with store.exclusive(cluster):
            if rng.random() < 0.05:
                store.save_failure(cluster, night(number), night(number), "refused", "0.2.0")
                continue
            store.context(cluster, night(number))
            objects = pods(
                **{f"pod-{item}": rng.randrange(number // 4, number // 4 + 3) for item in range(120)}
            )
            failing = [
                result(f"ns-{item}", says=f"{number // 3}") for item in range(20) if rng.random() < 0.6
            ]
            scan = store.save(
                record(*failing, at=night(number), cluster=cluster, slot=night(number)),
                snapshot(objects, at=night(number), cluster=cluster),
            )
            digests[scan.number] = scan.digest
    engine.dispose()
    told.send((number, digests))


class Worker(threading.Thread):
    """Repeats one thing until it is told to stop, and keeps what went wrong."""

    def __init__(self, work: Callable[[], None], stop: threading.Event) -> None:
        super().__init__()
        self.work, self.stop, self.error, self.turns = work, stop, None, 0

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                self.work()
                self.turns += 1
        except BaseException as error:  # noqa: BLE001  the test asks for it
            self.error = error


def read_one(store: PostgresStore, rng: random.Random) -> None:
    """Any scan of any cluster: whole, or removed; its own digests tell whether it was seen by halves."""
    for cluster in store.clusters():
        scan = rng.choice(store.scans(cluster))
        try:
            taken = store.snapshot(scan)
        except NotFoundError as error:
            if scan.reason != "refused" and "removed by retention" not in str(error):
                raise
            continue
        assert len(taken.objects) == 120
        store.findings(store.scan(cluster))
        store.points(cluster)


def remove_old(store: PostgresStore) -> None:
    for cluster in store.clusters():
        gone = store.removed(cluster)
        there = [
            item.number for item in store.scans(cluster) if item.snapshot_digest and item.number not in gone
        ]
        old = dict.fromkeys(there[:-KEPT], "older than twelve nights")
        if old:
            store.remove(cluster, old, rule="{}", tool_version="0.2.0")
    time.sleep(0.2)


def check(store: PostgresStore) -> None:
    assert store.check().problems == ()
    time.sleep(1)


@pytest.mark.timeout(SECONDS * 2 + 300)
def test_writers_readers_and_retention_do_not_get_in_each_others_way(engine: Engine, database_url: URL):
    spawn = multiprocessing.get_context("spawn")
    url = database_url.render_as_string(hide_password=False)
    pipes = {cluster: spawn.Pipe(duplex=False) for cluster in CLUSTERS}
    writers = [
        spawn.Process(target=write, args=(url, cluster, SECONDS, pipes[cluster][1])) for cluster in CLUSTERS
    ]
    store, stop, rng = PostgresStore(engine), threading.Event(), random.Random(1)
    workers = [
        Worker(lambda: read_one(store, rng), stop),
        Worker(lambda: remove_old(store), stop),
        Worker(lambda: check(store), stop),
    ]
    for item in (*writers, *workers):
        item.start()
    written = {}
    for cluster, writer in zip(CLUSTERS, writers, strict=True):
        assert pipes[cluster][0].poll(SECONDS + 120), f"the writer of {cluster} did not end"
        written[cluster] = pipes[cluster][0].recv()
        writer.join(30)
    stop.set()
    for worker in workers:
        worker.join(120)

    assert [worker.error for worker in workers] == [None, None, None]
    assert all(worker.turns for worker in workers)
    with engine.connect() as connection:
        deadlocks = connection.scalar(
            text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        )
    assert deadlocks == 0
    for cluster, (nights, digests) in written.items():
        scans = {item.number: item.digest for item in store.scans(cluster)}
        assert list(scans) == list(range(1, nights + 1))
        assert {number: scans[number] for number in digests} == digests
        assert store.removed(cluster).keys() < digests.keys()
        assert store.removed(cluster)
    assert store.check().problems == ()
    print(  # noqa: T201  what a long run is for
        f"{ {cluster: nights for cluster, (nights, _) in written.items()} } nights,"
        f" {workers[0].turns} readings, {workers[1].turns} removals, {workers[2].turns} checks"
    )
