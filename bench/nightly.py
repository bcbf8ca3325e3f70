"""A nightly run from a JSON dump, parse to commit on the embedded database, beside orjson's time for the same file.

    python -m bench.nightly [--pods 10000] [--closed 9]

The bar: at most 3 times what orjson takes, or 10 s, whichever is more; at most 1 GiB. Each measurement runs in a process of its
own, so that peak memory is its own. A second night, with 2 % of the workloads changed, is compared with the first, and reported on
in all frameworks as PDF and HTML.
"""

import argparse
import multiprocessing
import resource as process
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from pydantic import SecretStr

from app import bootstrap, pipeline
from app.cli import look_for_cycles_rarely
from app.model.history import Document
from app.settings import Settings
from bench.dump import SCOPE, dump

FIRST = datetime(2026, 11, 22, 2, tzinfo=UTC)
FACTOR, SECONDS, MEBIBYTES = 3, 10, 1024


class Stopwatch:
    """Progress that times its stages."""

    def __init__(self) -> None:
        self.began: list[tuple[str, float]] = []

    def stage(self, name: str, **facts: object) -> None:
        called = f"{name} {facts.get('framework', '')}".strip()
        self.began.append((called, time.perf_counter()))

    def seconds(self) -> dict[str, float]:
        ends = [begun for _, begun in self.began[1:]] + [time.perf_counter()]
        return {name: end - begun for (name, begun), end in zip(self.began, ends, strict=True)}


def parse(file: Path) -> float:
    """The best of three times that orjson takes."""
    times = []
    for _ in range(3):
        data = file.read_bytes()
        started = time.perf_counter()
        orjson.loads(data)
        times.append(time.perf_counter() - started)
    return min(times)


def scan(file: Path, url: str, at: datetime) -> tuple[dict[str, float], int, str]:
    """One run as `netattest scan` makes it: seconds by stage, peak MiB, and what came of it."""
    look_for_cycles_rarely()
    settings = Settings(database_url=SecretStr(url))
    documents = [item for item in bootstrap.documents(settings) if item.name != "scope.yaml"]
    request = pipeline.ScanRequest("bench", at, (*documents, Document("scope.yaml", SCOPE)))
    watch = Stopwatch()
    with bootstrap.opened_store(settings) as store:
        result = pipeline.scan(request, bootstrap.manifests([str(file)]), store, watch)
        seconds = watch.seconds()
    peak = process.getrusage(process.RUSAGE_SELF).ru_maxrss // 1024
    judged = sum(len(run.results) for run in result.judgement.runs)
    failing = sum(item.outcome == "fail" for run in result.judgement.runs for item in run.results)
    told = f"{len(result.snapshot.objects):,} objects, {judged:,} results, {failing:,} of them failing"
    return seconds, peak, told


def report(url: str) -> tuple[dict[str, float], int]:
    """What `netattest report` makes of the last night: seconds by stage, and peak MiB."""
    look_for_cycles_rarely()
    settings, watch = Settings(database_url=SecretStr(url)), Stopwatch()
    with bootstrap.opened_store(settings) as store:
        shape, renderer = bootstrap.definition(settings), bootstrap.renderer()
        pipeline.report(store.scan("bench"), (), shape, ("pdf", "html"), store, renderer, watch)
        seconds = watch.seconds()
    return seconds, process.getrusage(process.RUSAGE_SELF).ru_maxrss // 1024


def alone(work: Callable[..., Any], *arguments: object) -> Any:
    """Call it in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def shown(seconds: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.2f} s" for name, value in seconds.items())


def measure(folder: Path, pods: int, closed: int, url: str) -> None:
    file = folder / "cluster.json"
    file.write_bytes(dump(pods, 0, closed))
    parsing = alone(parse, file)
    print(f"{pods:,} pods, {file.stat().st_size / 1e6:.1f} MB; orjson parses it in {parsing:.2f} s")

    seconds, peak, told = alone(scan, file, url, FIRST)
    whole, bar = sum(seconds.values()), max(FACTOR * parsing, SECONDS)
    print(
        f"first night   {whole:6.2f} s of {bar:.1f} allowed, {peak} MiB of {MEBIBYTES} allowed: {shown(seconds)}"
    )
    print(f"              {told}; {whole / parsing:.1f} times the parse")

    file.write_bytes(dump(pods, 1, closed))
    seconds, peak, told = alone(scan, file, url, FIRST + timedelta(days=1))
    whole = sum(seconds.values()) - seconds["compare"]
    print(f"second night  {whole:6.2f} s, with the comparison {peak} MiB: {shown(seconds)}")
    print(f"              {told}")

    seconds, peak = alone(report, url)
    print(f"reports       {sum(seconds.values()):6.2f} s, {peak} MiB: {shown(seconds)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--closed", type=int, default=9, help="namespaces of ten that deny by default")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="netattest-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # the server's own user passes through it
        settings = Settings(data_dir=folder / "data")
        with bootstrap.opened_database(settings) as (database, _), bootstrap.opened_store(settings):
            measure(folder, wanted.pods, wanted.closed, database.url.render_as_string(hide_password=False))


if __name__ == "__main__":
    main()
