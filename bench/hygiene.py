"""What looking at every policy takes, beside working out who reaches whom.

    python -m bench.hygiene [--pods 1000 10000 100000]

Clusters are those of `bench.reachability`: closed, mixed (tiers and denials on top), and of the generator where it is there.
"""

import argparse
import time
from pathlib import Path

from app import evaluate
from app.model.hygiene import Flaw
from app.model.inventory import Inventory
from app.model.platform import UNKNOWN_PLATFORM
from app.model.reachability import Profile
from bench.reachability import GENERATOR, MIXED, generated, mixed, synthetic


def measure(name: str, cluster: Inventory, profile: Profile) -> None:
    started = time.process_time()
    engine = evaluate.reachability(cluster, UNKNOWN_PLATFORM, (), profile=profile)
    engine.work_out_all()
    rows = time.process_time() - started
    started = time.process_time()
    found = evaluate.hygiene(engine, cluster)
    took = time.process_time() - started
    said = ", ".join(f"{found.count(flaw)} {flaw.value}" for flaw in Flaw if found.count(flaw))
    print(
        f"{name:14} {len(cluster.pods):>8,} pods {len(cluster.policies):>6,} policies  "
        f"all rows {rows:5.1f} s  hygiene {took:5.1f} s  ({said or 'no remark'})",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.hygiene", description=__doc__)
    parser.add_argument("--pods", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--generator", type=Path, default=GENERATOR if GENERATOR.is_file() else None)
    wanted = parser.parse_args()
    for pods in wanted.pods:
        measure("closed", synthetic(pods, closed=True), Profile.SPEC)
        for kind, style in MIXED.items():
            measure(kind, mixed(pods, style), style)
    if wanted.generator:
        measure("generated", generated(wanted.generator), Profile.SPEC)


if __name__ == "__main__":
    main()
