"""Verdicts about encryption for all allowed pairs, beside reachability alone, in one run.

    python -m bench.encryption                  # 10,000 workloads, closed and open
    python -m bench.encryption --workloads 1000

Two meshes and encryption between nodes, made up: every third workload in one mesh, every third in the other, a few ports with
modes of their own, and one node in fifty without a key. Three ratios: classes (everything worked out, nothing listed), rows
(every allowed pair listed with its verdicts), and listeners (who could be served in plain text at each port).
"""

import argparse
import itertools
import time
from collections.abc import Iterator
from dataclasses import replace

from app import evaluate
from app.model.encryption import Label, Protection
from app.model.identity import ObjectRef
from app.model.inventory import Inventory
from app.model.platform import UNKNOWN_PLATFORM
from bench.reachability import synthetic
from tests.protection import FixedLinks, FixedMesh

NODES_PER_POD = 1 / 30


class Sidecars(FixedMesh):
    """A mesh that knows its pods by number instead of by name; `modes` are not used."""

    def key(self, pod: ObjectRef) -> tuple[tuple[str, str], ...]:
        number = int(pod.name.split("-")[1])
        if number % 3 != int(self.id[-1]):
            return ()
        mode = "PERMISSIVE" if number % 7 == 0 else "STRICT"
        return (("", mode), ("8001", "PERMISSIVE")) if number % 11 == 0 else (("", mode),)

    def member(self, pod: ObjectRef):
        return super().member(ObjectRef("", "Pod", "", "in")) if self.key(pod) else None


class Keys(FixedLinks):
    """Links by the number of a pod's node."""

    def end(self, pod: ObjectRef) -> str:
        return self.ends[pod.name]


def cluster(workloads: int, *, closed: bool) -> tuple[Inventory, Protection]:
    found = synthetic(workloads * 10, closed=closed)
    nodes = max(2, int(len(found.pods) * NODES_PER_POD))
    pods = tuple(replace(pod, node=f"n{at * 7919 % nodes}") for at, pod in enumerate(found.pods))
    ends = {pod.ref.name: "open" if int(pod.node[1:]) % 50 == 0 else "sealed" for pod in pods}
    meshes = tuple(Sidecars(f"mesh-{number}", {"in": "STRICT"}) for number in (0, 1))
    return replace(found, pods=pods), Protection(meshes, (Keys("wireguard", ends),))


def timed(what: Iterator[object]) -> tuple[float, int]:
    started = time.perf_counter()
    size = sum(1 for _ in what)
    return time.perf_counter() - started, size


def measure(workloads: int, limit: int, *, closed: bool) -> str:
    found, protection = cluster(workloads, closed=closed)
    started = time.perf_counter()
    engine = evaluate.reachability(found, UNKNOWN_PLATFORM, ())
    engine.work_out_all()
    alone = time.perf_counter() - started

    started = time.perf_counter()
    encryption = evaluate.encryption(engine, found, protection)
    counts = encryption.tally()
    classes = time.perf_counter() - started

    rows, size = timed(itertools.islice(engine.connections(), limit))
    verdicts, _ = timed(encryption.along(itertools.islice(engine.connections(), limit)))
    listeners, ports = timed(item for one in engine.workloads for item in encryption.listeners(one.id))
    total = sum(count for _, count in counts)
    labels = ", ".join(f"{Label(label).value} {count:,}" for label, count in counts)
    return (
        f"{'closed' if closed else 'open'}: {workloads:,} workloads, {total:,} allowed pairs: {labels}\n"
        f"  classes    reachability {alone:.2f} s, encryption {classes:.2f} s more: {(alone + classes) / alone:.2f} times\n"
        f"  rows       {size:,} listed in {rows:.2f} s, with verdicts in {verdicts:.2f} s: {verdicts / rows:.2f} times\n"
        f"  listeners  {ports:,} in {listeners:.2f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.encryption",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--workloads", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=2_000_000, help="list at most so many rows")
    wanted = parser.parse_args()
    for closed in (True, False):
        print(measure(wanted.workloads, wanted.rows, closed=closed), flush=True)


if __name__ == "__main__":
    main()
