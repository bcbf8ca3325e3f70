"""How long it takes to read meshes from a large cluster, as a ratio to reading its pods at all.

    python -m bench.meshes [--pods N] [--policies N]

Pods of 200 namespaces, half of them behind Istio's sidecars and half behind Linkerd's, with policies of every kind that names them.
"""

import argparse
import time
from datetime import UTC, datetime
from typing import Any

from app.collect import normalize
from app.collect.objects import identify, snapshot_object
from app.detect import detect
from app.detect.evidence import Evidence
from app.detect.ground import Ground
from app.detect.meshes import MESHES
from app.model.snapshot import Snapshot, SourceInfo, SourceKind

SPACES = 200


def pod(number: int) -> dict[str, Any]:
    space, app = f"team-{number % SPACES}", f"app-{number % 1000}"
    istio = number % SPACES < SPACES // 2
    labels = (
        {"app": app, "security.istio.io/tlsMode": "istio"}
        if istio
        else {"app": app, "linkerd.io/control-plane-ns": "linkerd"}
    )
    proxy = {"name": "istio-proxy", "args": ["proxy", "sidecar"]} if istio else {"name": "linkerd-proxy"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"{app}-{number}", "namespace": space, "labels": labels},
        "spec": {
            "serviceAccountName": app,
            "nodeName": f"node-{number % 100}",
            "containers": [{"name": "main", "image": "example.com/x:1", "ports": [{"containerPort": 8080}]}],
            "initContainers": [{**proxy, "restartPolicy": "Always"}],
        },
        "status": {
            "phase": "Running",
            "podIP": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        },
    }


def policies(count: int):
    for number in range(count):
        space = f"team-{number % SPACES}"
        if number % SPACES < SPACES // 2:
            principal = f"cluster.local/ns/{space}/sa/app-{number * 7 % 1000}"
            spec = {
                "selector": {"matchLabels": {"app": f"app-{number % 1000}"}},
                "rules": [{"from": [{"source": {"principals": [principal]}}]}],
            }
            yield {
                "apiVersion": "security.istio.io/v1",
                "kind": "AuthorizationPolicy",
                "metadata": {"name": f"p-{number}", "namespace": space},
                "spec": spec,
            }
        else:
            spec = {"podSelector": {"matchLabels": {"app": f"app-{number % 1000}"}}, "port": 8080}
            yield {
                "apiVersion": "policy.linkerd.io/v1beta3",
                "kind": "Server",
                "metadata": {"name": f"p-{number}", "namespace": space},
                "spec": spec,
            }
    for number in range(SPACES // 2):
        yield {
            "apiVersion": "security.istio.io/v1",
            "kind": "PeerAuthentication",
            "metadata": {"name": "default", "namespace": f"team-{number}"},
            "spec": {"mtls": {"mode": "STRICT" if number % 2 else "PERMISSIVE"}},
        }
    for number in range(1000):
        for space in (number % SPACES,):
            yield {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": f"app-{number}", "namespace": f"team-{space}"},
                "spec": {"selector": {"app": f"app-{number}"}, "ports": [{"port": 80, "targetPort": 8080}]},
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--policies", type=int, default=2_000)
    given = parser.parse_args()
    pods, count = given.pods, given.policies
    objects = [
        snapshot_object(identify(item), item) for item in (*(pod(n) for n in range(pods)), *policies(count))
    ]
    ordered = tuple(sorted(objects, key=lambda item: item.ref))
    snapshot = Snapshot(
        "bench", datetime(2026, 11, 1, tzinfo=UTC), SourceInfo(SourceKind.FILES, "bench"), ordered, (), ()
    )
    start = time.process_time()
    inventory = normalize(snapshot.objects).inventory
    reading = time.process_time() - start
    ground = Ground(Evidence.of(snapshot), inventory, detect(snapshot))
    start = time.process_time()
    found = [mesh for find in MESHES for mesh in find(ground)]
    finding = time.process_time() - start
    classes = [len({mesh.key(item.ref) for item in inventory.pods}) for mesh in found]
    print(
        f"{pods} pods, {count} policies: inventory {reading:.2f} s, meshes {finding:.2f} s ({finding / reading:.1f} ×)"
    )
    print("classes of pods:", dict(zip([mesh.id for mesh in found], classes, strict=True)))


if __name__ == "__main__":
    main()
