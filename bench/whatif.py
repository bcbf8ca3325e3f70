"""What one judgement takes, and what a what-if takes with its two judgements and the comparison of all paths.

    python -m bench.whatif [--pods 10000] [--closed 9]

The change is one NetworkPolicy that opens a namespace, the usual pull request.
"""

import argparse
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from app import bootstrap, collect, judging, pipeline, proposal
from app.model.history import Document
from app.settings import Settings
from bench.dump import SCOPE, dump

AT = datetime(2026, 11, 22, 2, tzinfo=UTC)


def opening(namespace: str) -> dict[str, object]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "opened", "namespace": namespace},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"ports": [{"port": 8080}]}]},
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.whatif", description=__doc__)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--closed", type=int, default=9, help="of ten namespaces, those with a default deny")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "dump.json"
        file.write_bytes(dump(wanted.pods, 0, wanted.closed))
        snapshot, inventory = pipeline.take_snapshot("bench", AT, bootstrap.manifests([str(file)]))
    documents = [item for item in bootstrap.documents(Settings()) if item.name != "scope.yaml"]
    given = (*documents, Document("scope.yaml", SCOPE))

    started = time.process_time()
    before = judging.judge(snapshot, given, inventory=inventory)
    one = time.process_time() - started

    namespace = before.reachability.workloads[-1].namespace
    started = time.process_time()
    changed = collect.overlay(snapshot, collect.objects_of([opening(namespace)]))
    put_over = time.process_time() - started
    result = proposal.what_if(snapshot, given, changed, before=before)
    rest = time.process_time() - started - put_over
    paths = len(result.consequences.paths)
    print(f"{len(before.reachability.workloads)} workloads, {len(snapshot.objects)} objects, processor time:")
    print(f"  one judgement       {one:6.1f} s")
    print(f"  putting over        {put_over:6.1f} s")
    print(f"  judging, comparing  {rest:6.1f} s  ({paths} paths differ)")
    print(
        f"  a what-if           {one + put_over + rest:6.1f} s, {(one + put_over + rest) / one:.1f} judgements"
    )


if __name__ == "__main__":
    main()
