"""How long all-pairs reachability takes, how much memory, and how both grow.

    python bench/reachability.py                    # sizes up to 100,000 pods, closed and open
    python bench/reachability.py --pods 10000       # one size
    python bench/reachability.py --generator FILE   # also on clusters of that generator (its `--kind pods`)

Each size runs in a process of its own, so that peak memory is its own. Times are of one core, from parsed objects.
Where the Python peer (`network-config-analyzer`) is installed, it is timed on the same manifests at a size it can finish.
"""

import argparse
import json
import multiprocessing
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app import collect, evaluate
from app.model.inventory import Inventory
from app.model.platform import UNKNOWN_PLATFORM
from tests.builders import cidr, container_port, inventory, namespace, pod, pods_peer, policy, rule

GENERATOR = Path(__file__).resolve().parents[1] / "../shared/bench/gen_cluster.py"
TIERS = ("web", "api", "db", "cache")
PEER_SIZE = ["--namespaces", "10", "--workloads", "50", "--replicas", "2", "--policies", "50"]
BAR_SIZE = [
    "--namespaces",
    "50",
    "--workloads",
    "200",
    "--replicas",
    "10",
    "--policies",
    "100",
    "--kind",
    "pods",
]


def synthetic(pods: int, *, closed: bool) -> Inventory:
    """Ten replicas a workload, 200 workloads a namespace; closed: one policy for every second workload."""
    workloads = max(1, pods // 10)
    spaces = max(1, workloads // 200)
    found, policies = [], []
    for number in range(workloads):
        space, tier = f"team-{number % spaces}", TIERS[number % 4]
        labels = {"app": f"app-{number}", "tier": tier, "version": f"v{number % 3}"}
        ports = [container_port("http", 8000 + number % 3)]
        found += [
            pod(
                f"{space}/app-{number}-{at}",
                labels,
                owner=f"app-{number}[Deployment]",
                ips=[address(number * 10 + at)],
                ports=ports,
            )
            for at in range(10)
        ]
        if closed and number % 2 == 0:
            peers = [pods_peer(f"tier={TIERS[(number + 1) % 4]}"), cidr("10.0.0.0/8", "10.1.0.0/16")]
            policies.append(
                policy(
                    f"{space}/app-{number}",
                    f"app=app-{number}",
                    ingress=[rule(*peers, ports=["http/TCP"])],
                    egress=[rule(pods_peer("", "team=ops"), ports=["53/UDP"]), rule(pods_peer())],
                )
            )
    if closed:
        policies += [policy(f"team-{at}/default-deny", ingress=[]) for at in range(spaces)]
    labels = [namespace(f"team-{at}", {"team": "ops" if at == 0 else "dev"}) for at in range(spaces)]
    return inventory(found, policies, namespaces=labels)


def address(number: int) -> str:
    return f"10.{64 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


def generated(generator: Path) -> Inventory:
    """The cluster of the bar, made by a generator that writes manifests."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cluster.yaml"
        subprocess.run([sys.executable, generator, *BAR_SIZE, "-o", file], check=True, capture_output=True)
        collection = collect.ManifestSource([file]).collect()
    return collect.normalize(collection.objects).inventory


def measure(name: str, cluster: Inventory) -> dict[str, object]:
    started = time.perf_counter()
    engine = evaluate.reachability(cluster, UNKNOWN_PLATFORM, ())
    compiled = time.perf_counter() - started
    rows = engine.work_out_all()
    total = time.perf_counter() - started
    return {
        "cluster": name,
        "pods": len(cluster.pods),
        "workloads": len(engine.workloads),
        "policies": len(cluster.policies),
        "rows": rows,
        "compile_s": round(compiled, 2),
        "total_s": round(total, 2),
        "us_a_pod": round(total / max(1, len(cluster.pods)) * 1e6, 1),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def run(make: str, argument: str) -> dict[str, object]:
    """Entry of a child process."""
    if make == "generated":
        return measure("generated", generated(Path(argument)))
    return measure(make, synthetic(int(argument), closed=make == "closed"))


def peer() -> str:
    """The Python peer at 500 workloads and 500 policies, if it is installed; ours on the same manifests."""
    program = shutil.which("nca")
    if program is None or not GENERATOR.is_file():
        return "the peer network-config-analyzer is not installed: not compared"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, GENERATOR, *PEER_SIZE, "--split", folder]
        subprocess.run(command, check=True, capture_output=True)
        started = time.perf_counter()
        spaces, pods = f"{folder}/namespaces.yaml", f"{folder}/workloads.yaml"
        command = [program, "--connectivity", f"{folder}/policies.yaml", "-n", spaces, "-p", pods]
        subprocess.run(command, check=True, capture_output=True)
        theirs = time.perf_counter() - started
        objects = collect.ManifestSource([folder]).collect().objects
        ours = measure("peer", collect.normalize(objects).inventory)["total_s"]
    return f"500 workloads, 500 policies: peer {theirs:.1f} s, ours {ours} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pods", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--generator", type=Path, default=GENERATOR if GENERATOR.is_file() else None)
    arguments = parser.parse_args()
    jobs = [(kind, str(size)) for kind in ("closed", "open") for size in arguments.pods]
    if arguments.generator:
        jobs.append(("generated", str(arguments.generator)))
    for job in jobs:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(json.dumps(pool.apply(run, job)), flush=True)
    print(peer())


if __name__ == "__main__":
    main()
