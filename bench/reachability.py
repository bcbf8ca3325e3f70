"""How long all-pairs reachability takes, how much memory, and how both grow.

    python bench/reachability.py                    # sizes up to 100,000 pods, closed and open
    python bench/reachability.py --pods 10000       # one size
    python bench/reachability.py --generator FILE   # also on clusters of that generator (its `--kind pods`)
    python bench/reachability.py --peer ENV         # and against network-config-analyzer in an environment of its own

Each size runs in a process of its own, so that peak memory is its own. Times are processor time of
one core, from parsed objects, so that other programs beside it change little. Kinds of
clusters: closed by NetworkPolicy; open, without any policy; and mixed, closed and with tiers, denials and passes on top,
arranged as Calico and as Cilium do. The peer is timed on the same manifests, at a size that it can finish.
"""

import argparse
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app import collect, evaluate
from app.model.inventory import NAME_LABEL, Inventory
from app.model.platform import UNKNOWN_PLATFORM
from app.model.policy import Action, Facet, Family, LabelSelector, Operator, OtherPeer, Requirement
from app.model.reachability import Profile
from tests.builders import cidr, container_port, inventory, namespace, pod, pods_peer, policy, rule
from tests.wide import act, tier, wide

GENERATOR = Path(__file__).resolve().parents[1] / "../shared/bench/gen_cluster.py"
TIERS = ("web", "api", "db", "cache")
MIXED = {"mixed-calico": Profile.CALICO, "mixed-cilium": Profile.CILIUM}
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


def mixed(pods: int, style: Profile) -> Inventory:
    """The closed cluster, and for each namespace admin policies and those of a vendor, with every action."""
    cluster = synthetic(pods, closed=True)
    family = Family.CALICO if style is Profile.CALICO else Family.CILIUM
    spaces = [item.name for item in cluster.namespaces]
    more = [
        made
        for at, space in enumerate(spaces)
        for made in (
            wide(
                f"admin-{at}",
                Family.ADMIN,
                inside(space),
                order=at % 900,
                ingress=[
                    act(Action.PASS, pods_peer("", "team=ops")),
                    act(Action.DENY, pods_peer("tier=cache", ""), ports=["22/TCP"]),
                ],
            ),
            wide(
                f"{space}/guard",
                family,
                "tier=db",
                order=at % 50,
                isolates=True,
                ingress=[
                    act(Action.DENY, pods_peer("version=v2"), ports=["5000-6000/TCP"]),
                    act(Action.ALLOW, pods_peer("tier in (api,web)"), ports=["http/TCP"]),
                ],
                egress=[act(Action.ALLOW, OtherPeer(cidr("169.254.169.254/32")))],
            ),
        )
    ]
    tiers = (tier("security", Family.CALICO, 10, Action.PASS),)
    return replace(
        cluster, policies=tuple(sorted((*cluster.policies, *more), key=lambda item: item.ref)), tiers=tiers
    )


def inside(space: str) -> LabelSelector:
    return LabelSelector((Requirement(NAME_LABEL, Operator.IN, (space,), Facet.NAMESPACE),))


def address(number: int) -> str:
    return f"10.{64 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


def generated(generator: Path) -> Inventory:
    """The cluster of the bar, made by a generator that writes manifests."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cluster.yaml"
        subprocess.run([sys.executable, generator, *BAR_SIZE, "-o", file], check=True, capture_output=True)
        collection = collect.ManifestSource([file]).collect()
    return collect.normalize(collection.objects).inventory


def measure(name: str, cluster: Inventory, profile: Profile = Profile.SPEC) -> dict[str, object]:
    started = time.process_time()
    engine = evaluate.reachability(cluster, UNKNOWN_PLATFORM, (), profile=profile)
    compiled = time.process_time() - started
    rows = engine.work_out_all()
    total = time.process_time() - started
    return {
        "cluster": name,
        "pods": len(cluster.pods),
        "workloads": len(engine.workloads),
        "policies": len(cluster.policies),
        "rows": rows,
        "compile_s": round(compiled, 2),
        "total_s": round(total, 2),
        "seconds": total,
        "us_a_pod": round(total / max(1, len(cluster.pods)) * 1e6, 1),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def run(make: str, argument: str) -> dict[str, object]:
    """Entry of a child process."""
    if make == "generated":
        return measure("generated", generated(Path(argument)))
    if make in MIXED:
        return measure(make, mixed(int(argument), MIXED[make]), MIXED[make])
    return measure(make, synthetic(int(argument), closed=make == "closed"))


def peer(environment: Path, generator: Path) -> str:
    """The Python peer at 500 workloads and 500 policies; ours on the same manifests."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, generator, *PEER_SIZE, "--split", folder]
        subprocess.run(command, check=True, capture_output=True)
        spaces, pods = f"{folder}/namespaces.yaml", f"{folder}/workloads.yaml"
        started = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [
            environment / "bin" / "nca",
            "--connectivity",
            f"{folder}/policies.yaml",
            "-n",
            spaces,
            "-p",
            pods,
        ]
        subprocess.run(command, check=True, capture_output=True)
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        theirs = ended.ru_utime + ended.ru_stime - started.ru_utime - started.ru_stime
        objects = collect.ManifestSource([folder]).collect().objects
        cluster = collect.normalize(objects).inventory
        runs = [measure("peer", replace(cluster)) for _ in range(3)]
    ours = min(item["seconds"] for item in runs)
    size = f"{runs[0]['workloads']} workloads, {runs[0]['policies']} policies"
    return f"{size}: peer {theirs:.1f} s, ours {ours * 1000:.0f} ms, {theirs / ours:,.0f} times as fast (bar: 1,000)"


def growth(found: list[dict[str, object]]) -> None:
    """Microseconds a pod, by kind of cluster and size; and how much slower the mixed ones are than the closed one."""
    sizes = sorted({item["pods"] for item in found if item["cluster"] != "generated"})
    print(f"\n{'us a pod':16}" + "".join(f"{size:>10,}" for size in sizes))
    for kind in dict.fromkeys(item["cluster"] for item in found if item["cluster"] != "generated"):
        costs = {item["pods"]: item["us_a_pod"] for item in found if item["cluster"] == kind}
        print(f"{kind:16}" + "".join(f"{costs.get(size, ''):>10}" for size in sizes))
    largest = {item["cluster"]: item["seconds"] for item in found if item["pods"] == sizes[-1]}
    for kind, seconds in largest.items():
        if kind != "closed" and "closed" in largest:
            print(
                f"{kind} takes {seconds / largest['closed']:.2f} times as long as closed at {sizes[-1]:,} pods"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pods", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--generator", type=Path, default=GENERATOR if GENERATOR.is_file() else None)
    parser.add_argument("--peer", type=Path, help="virtual environment that has network-config-analyzer")
    arguments = parser.parse_args()
    kinds = ("closed", "open", *MIXED)
    jobs = [(kind, str(size)) for kind in kinds for size in arguments.pods]
    if arguments.generator:
        jobs.append(("generated", str(arguments.generator)))
    found = []
    for job in jobs:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found.append(pool.apply(run, job))
        print(json.dumps({key: value for key, value in found[-1].items() if key != "seconds"}), flush=True)
    if arguments.pods:
        growth(found)
    if arguments.peer and arguments.generator:
        print(peer(arguments.peer, arguments.generator))


if __name__ == "__main__":
    main()
