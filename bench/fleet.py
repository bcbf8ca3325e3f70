"""A fleet's night in one service: clusters scanned at once, beside one after another; throughput, and peak memory.

    python -m bench.fleet [--clusters 8] [--pods 2000] [--parallel 8]

The bar: a cluster at once costs at most a tenth more of the whole night than one after another. Each way runs in a process of its
own on clusters of its own, as `netattest run` scans them: threads of one process, the store shared.
"""

import argparse
import resource as process
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import structlog
from pydantic import SecretStr

from app import bootstrap
from app.cli import look_for_cycles_rarely
from app.cli.progress import LogLines
from app.scheduler import Work
from app.scheduler.metrics import Metrics
from app.scheduler.work import run_slot
from app.settings import ClusterSchedule, Settings
from bench.dump import dump
from bench.nightly import alone

SLOT = datetime(2026, 11, 22, 2, tzinfo=UTC)
MOST = 1.1


def night(folder: Path, url: str, prefix: str, clusters: int, parallel: int) -> tuple[float, float, int]:
    """Seconds by the clock, seconds of processor time, and peak MiB of one night of the fleet."""
    look_for_cycles_rarely()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    settings, clock = Settings(database_url=SecretStr(url)), bootstrap.SystemClock()
    with bootstrap.opened_service(settings, connections=2 * parallel + 3) as parts:
        store, ledger, book = parts
        fleet = [
            Work(
                ClusterSchedule.model_validate(
                    {"name": f"{prefix}{number}", "cron": "0 2 * * *", "from": [str(folder / "cluster.json")]}
                ),
                *(settings, store, ledger, book, clock, Metrics(), LogLines),
            )
            for number in range(clusters)
        ]
        started, worked = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(parallel) as pool:
            done = list(pool.map(lambda work: run_slot(work, SLOT), fleet))
        seconds, processor = time.perf_counter() - started, time.process_time() - worked
    assert all(done)
    return seconds, processor, process.getrusage(process.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clusters", type=int, default=8)
    parser.add_argument("--pods", type=int, default=2000)
    parser.add_argument("--parallel", type=int, default=8)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="netattest-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # the server's own user passes through it
        (folder / "cluster.json").write_bytes(dump(wanted.pods, 0, 9))
        settings = Settings(data_dir=folder / "data")
        with bootstrap.opened_database(settings) as (database, _), bootstrap.opened_store(settings):
            url = database.url.render_as_string(hide_password=False)
            alone(
                night, folder, url, "warm", 1, 1
            )  # the first run of a database stores what the others find there
            ways = {
                prefix: alone(night, folder, url, prefix, wanted.clusters, parallel)
                for prefix, parallel in (
                    ("one after another", 1),
                    (f"{wanted.parallel} at once", wanted.parallel),
                )
            }
    print(f"{wanted.clusters} clusters of {wanted.pods:,} pods")
    for way, (seconds, processor, peak) in ways.items():
        each, hour = seconds / wanted.clusters, 3600 * wanted.clusters / seconds
        print(
            f"{way:18} {seconds:6.1f} s, {processor:6.1f} s of processor time, {peak} MiB; "
            f"{each:.2f} s for a cluster, {hour:,.0f} clusters an hour"
        )
    alone_seconds, at_once = (way[0] for way in ways.values())
    print(f"at once takes {at_once / alone_seconds:.2f} of the time, at most {MOST} allowed")


if __name__ == "__main__":
    main()
