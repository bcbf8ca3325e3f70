"""Scan the small example clusters and write their reports: Calico's tiers, Cilium, admin policies, and three policy APIs at once.

`examples.demo` replays the nights of a larger one.
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
CLUSTERS = ("lighthouse", "saltmarsh", "breakwater", "estuary")
TAKEN_AT = "2026-11-22T02:15:00Z"
OUT = "out/examples"


def netattest(*arguments: str, may_find: bool = False) -> None:
    """Run the command that users run, and stop where it does; a scan of manifests may have gaps to tell."""
    print(f"\n$ netattest {' '.join(arguments)}", flush=True)
    ended = subprocess.run([sys.executable, "-m", "app", *arguments], check=False, cwd=ROOT)
    if ended.returncode and not (may_find and ended.returncode == INCOMPLETE):
        sys.exit(ended.returncode)


INCOMPLETE = 3


def stored(cluster: str) -> bool:
    """True when a run before this one stored the scan."""
    told = subprocess.run(
        [sys.executable, "-m", "app", "findings", "--cluster", cluster, "--json"],
        check=False,
        cwd=ROOT,
        capture_output=True,
    )
    return told.returncode == 0


def main() -> None:
    """Scan what is not stored yet, then write two reports of each cluster: that on findings and the auditor's."""
    os.environ.setdefault("NETATTEST_DATA_DIR", str(ROOT / OUT / "data"))
    for cluster in CLUSTERS:
        folder = f"examples/{cluster}"
        config = ("--config", f"{folder}/config/netattest.yaml")
        if not stored(cluster):
            taken = ("--from", f"{folder}/cluster", "--taken-at", TAKEN_AT)
            netattest("scan", "--cluster", cluster, *taken, *config, may_find=True)
        for name in ("findings", "auditor"):
            to = ("--definition", name, "--output", f"{OUT}/{cluster}/{name}")
            netattest("report", "--cluster", cluster, "--framework", "pci-dss-4.0.1", *to, *config)
    print(f"\nThe reports are below {OUT}.")


if __name__ == "__main__":
    main()
