"""Verdicts about encryption for all allowed pairs, beside reachability alone, in one run.

    python -m bench.encryption                  # 10,000 workloads, closed and open
    python -m bench.encryption --workloads 1000

Two meshes and encryption between nodes, made up: every third workload in one mesh, every third in the other, a few ports with
modes of their own, and one node in fifty without a key. Three ratios: classes (everything worked out, nothing listed), rows
(every allowed pair listed with its verdicts), and listeners (who could be served in plain text at each port). Seconds are of processor time.
"""

import argparse
import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace

from app import evaluate
from app.model.encryption import Label
from app.model.identity import ObjectRef
from app.model.inventory import Inventory, Pod
from app.model.platform import UNKNOWN_PLATFORM
from app.model.transit import Protection
from bench.reachability import synthetic
from tests.protection import FixedLinks, FixedMesh

NODES_PER_POD = 1 / 30


class Sidecars(FixedMesh):
    """A mesh that read every pod beforehand, as those of `app.detect` do; what reading costs is for `bench.meshes` to say.

    Each pod's side is found from its number; `modes` are not used.
    """

    def read(self, pods: Iterable[Pod]) -> "Sidecars":
        self.__dict__["keys"] = {pod.ref: self._read(pod.ref) for pod in pods}
        member = super().member(ObjectRef("", "Pod", "", "in"))
        self.__dict__["members"] = {ref: member for ref, key in self.keys.items() if key}
        return self

    def _read(self, pod: ObjectRef) -> tuple[tuple[str, str], ...]:
        number = int(pod.name.split("-")[1])
        if number % 3 != int(self.id[-1]):
            return ()
        mode = "PERMISSIVE" if number % 7 == 0 else "STRICT"
        return (("", mode), ("8001", "PERMISSIVE")) if number % 11 == 0 else (("", mode),)

    def key(self, pod: ObjectRef) -> tuple[tuple[str, str], ...]:
        return self.keys[pod]

    def member(self, pod: ObjectRef):
        return self.members.get(pod)


class Keys(FixedLinks):
    """Links by the number of a pod's node."""

    def end(self, pod: ObjectRef) -> str:
        return self.ends[pod.name]


def cluster(workloads: int, *, closed: bool) -> tuple[Inventory, Protection]:
    found = synthetic(workloads * 10, closed=closed)
    nodes = max(2, int(len(found.pods) * NODES_PER_POD))
    pods = tuple(replace(pod, node=f"n{at * 7919 % nodes}") for at, pod in enumerate(found.pods))
    ends = {pod.ref.name: "open" if int(pod.node[1:]) % 50 == 0 else "sealed" for pod in pods}
    meshes = tuple(Sidecars(f"mesh-{number}", {"in": "STRICT"}).read(pods) for number in (0, 1))
    return replace(found, pods=pods), Protection(meshes, (Keys("wireguard", ends),))


def timed(what: Iterator[object]) -> tuple[float, int]:
    started = time.process_time()
    size = sum(1 for _ in what)
    return time.process_time() - started, size


def measure(workloads: int, limit: int, *, closed: bool) -> str:
    found, protection = cluster(workloads, closed=closed)
    started = time.process_time()
    engine = evaluate.reachability(found, UNKNOWN_PLATFORM, ())
    engine.work_out_all()
    alone = time.process_time() - started

    started = time.process_time()
    encryption = evaluate.encryption(engine, found, protection)
    counts = encryption.tally()
    classes = time.process_time() - started

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
