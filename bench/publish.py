"""Pages of a fleet: the first publication, one that changes nothing, one after a night of one cluster, one after a night of all.

    python -m bench.publish [--clusters 50] [--nights 365] [--objects 200] [--keep DIR] [--copied]

`--keep DIR` leaves the database there; asked again, nights that it has are not stored again. `--copied` stores the year of one
cluster, gives its scans and states to all others, and stores their last nights: the pages are the same, in minutes instead of an hour.

Every night is written by the store: pods of `bench.history`, which no policy separates, so that paths grow with the square of the
objects, and the states of 180 controls. The bars: the first publication in minutes, one night in seconds, memory of one cluster.
"""

import argparse
import resource as process
import tempfile
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Engine, text

from app.deliver import Placed
from app.publication import Publication
from app.resources import resource
from app.settings import Settings
from app.store import PostgresStore, create_engine, migrate, open_database
from bench.history import START, Cluster, record

COPIES = (
    "INSERT INTO cluster (name) SELECT unnest(CAST(:names AS text[]))",
    # whoever owns the tables may; what is made here is no evidence
    "SET LOCAL session_replication_role = replica",
    """INSERT INTO control_state SELECT c.id, s.scan, control_id, state, contrary, passed, failed, excepted, undecided
       FROM control_state s CROSS JOIN cluster c WHERE s.cluster_id = 1 AND c.id > 1 ORDER BY c.id, s.scan""",
    """INSERT INTO scan SELECT c.id, number, status, taken_at, recorded_at, slot, tool_version, snapshot_digest, results_digest,
              previous_digest, digest, objects, gaps, reason, manifest_id, origins_id, streaks_id, ledger_digest, imported
       FROM scan s CROSS JOIN cluster c WHERE s.cluster_id = 1 AND c.id > 1""",
    """INSERT INTO chain_head SELECT c.id, number, digest, slots, slots_digest
       FROM chain_head h CROSS JOIN cluster c WHERE h.cluster_id = 1 AND c.id > 1 ON CONFLICT DO NOTHING""",
)


class Silent:
    def stage(self, name: str, **facts: object) -> None:
        """Nothing."""


def write_night(store: PostgresStore, clusters: dict[str, Cluster], night: int) -> None:
    at = START + timedelta(days=night)
    for name, cluster in clusters.items():
        if night:
            cluster.pass_night()
        store.save(
            replace(record(cluster, at, night), cluster=name), replace(cluster.snapshot(at), cluster=name)
        )


def write_nights(store: PostgresStore, clusters: dict[str, Cluster], nights: int) -> int:
    """Store nights up to a number, in the order of a real fleet; returns how many every cluster has now."""
    stored = min(len(store.scans(name)) for name in clusters)
    for _ in range(1, stored):
        for cluster in clusters.values():
            cluster.pass_night()
    began = time.perf_counter()
    for night in range(stored, nights):
        write_night(store, clusters, night)
    took = time.perf_counter() - began
    print(f"{len(clusters)} clusters, {max(nights - stored, 0)} nights: {took:.0f} s to store", flush=True)
    return max(stored, nights)


def copy_year(engine: Engine, store: PostgresStore, clusters: dict[str, Cluster], nights: int) -> None:
    """All nights of the first cluster, and its scans and states for all others."""
    first, *others = clusters
    write_nights(store, {first: clusters[first]}, nights)
    with engine.begin() as connection:
        for statement in COPIES:
            connection.execute(text(statement), {"names": others} if ":names" in statement else {})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def day_of(night: int) -> date:
    return (START + timedelta(days=night)).date()


def timed(title: str, store: PostgresStore, folder: Path, day: date) -> None:
    began, worked = time.perf_counter(), time.process_time()
    placed: Placed = Publication(Settings(), store, Silent(), day).write(folder)
    peak = process.getrusage(process.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{title:32} {time.perf_counter() - began:7.1f} s, {time.process_time() - worked:6.1f} s of processor time,"
        f" {placed.written} written, {placed.kept} kept, {placed.removed} removed, {peak} MiB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clusters", type=int, default=50)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--objects", type=int, default=200)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--copied", action="store_true")
    wanted = parser.parse_args()
    folder = wanted.keep or Path(tempfile.mkdtemp(prefix="netattest-bench-"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711)
    clusters = {f"bench-{number:03}": Cluster(wanted.objects) for number in range(wanted.clusters)}
    with open_database(data_dir=folder / "data") as database:
        engine = create_engine(database.url)
        migrate.upgrade(engine, resource("migrations"))
        store, site = PostgresStore(engine), folder / f"site-{int(time.time())}"
        if wanted.copied and not store.clusters():
            copy_year(engine, store, clusters, wanted.nights - 1)
        last = write_nights(store, clusters, wanted.nights) - 1
        timed("first", store, site, day_of(last))
        timed("again, nothing is new", store, site, day_of(last))
        timed("another day", store, site, day_of(last + 1))
        one = dict(list(clusters.items())[:1])
        write_night(store, one, last + 1)
        timed("a night of one cluster", store, site, day_of(last + 1))
        write_night(store, {name: item for name, item in clusters.items() if name not in one}, last + 1)
        timed("the night of all others", store, site, day_of(last + 1))
        size = sum(path.stat().st_size for path in site.rglob("*"))
        print(f"{size / 1e6:.0f} MB of pages; folder: {folder}; remove it when you are done")
        engine.dispose()


if __name__ == "__main__":
    main()
