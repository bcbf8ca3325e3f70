"""How long a collection takes beside the raw requests: 10,000 pods from an API server, and from a JSON file.

The bar: reading 10,000 pods from an API server takes at most twice the raw paged requests plus the redaction itself.
Run it with `python -m bench.collect`; figures are ratios within one run, so that the machine cancels out.
"""

import gc
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from app.collect import ApiSettings, KubernetesSource, ManifestSource, normalize
from app.collect.connection import connect
from app.collect.objects import identify, snapshot_object
from tests.apiserver import ApiServer

PODS = 10_000


def pod(number: int) -> dict[str, Any]:
    """A pod of about 5 KB, as web workloads have them."""
    env = [{"name": f"SETTING_{index}", "value": f"value-{number}-{index}"} for index in range(20)]
    mounts = [
        {"name": f"volume-{index}", "mountPath": f"/mnt/{index}", "readOnly": True} for index in range(6)
    ]
    conditions = [
        {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": "2026-11-22T01:00:00Z"}
        for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]
    app = f"app-{number // 5}"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{app}-7d9c6b5f4-{number:05d}",
            "namespace": f"team-{number % 50}",
            "uid": f"uid-{number}",
            "labels": {"app": app, "tier": "web", "pod-template-hash": "7d9c6b5f4"},
            "annotations": {"prometheus.io/scrape": "true", "checksum/config": "0123456789abcdef" * 4},
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "ReplicaSet",
                    "name": f"{app}-7d9c6b5f4",
                    "controller": True,
                }
            ],
            "managedFields": [
                {
                    "manager": "kubelet",
                    "operation": "Update",
                    "subresource": "status",
                    "fieldsV1": {"f:status": {}},
                }
            ]
            * 3,
        },
        "spec": {
            "nodeName": f"node-{number % 100}",
            "serviceAccountName": app,
            "containers": [
                {
                    "name": name,
                    "image": f"registry.example/{app}/{name}:1.2.3",
                    "args": ["--listen=:8080", "--log-level=info"],
                    "env": env,
                    "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
                    "volumeMounts": mounts,
                    "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080, "scheme": "HTTP"}},
                }
                for name in ("main", "proxy")
            ],
            "volumes": [
                {"name": f"volume-{index}", "configMap": {"name": f"config-{index}"}} for index in range(6)
            ],
        },
        "status": {
            "phase": "Running",
            "podIP": f"10.{number // 65536}.{number // 256 % 256}.{number % 256}",
            "conditions": conditions,
            "containerStatuses": [{"name": "main", "ready": True, "state": {"running": {"startedAt": "x"}}}],
        },
    }


def seconds(work: Callable[[], Any], times: int = 3) -> float:
    """The best of several runs."""
    best = float("inf")
    for _ in range(times):
        gc.collect()
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def raw_pages(settings: ApiSettings) -> None:
    """The requests alone: every page is received, nothing is kept."""
    with connect(settings) as connection:
        query: dict[str, str | int] = {"limit": settings.page_size}
        while True:
            page = connection.get("/api/v1/pods", orjson_page, query)
            if not page:
                return
            query["continue"] = page


def orjson_page(data: bytes) -> str:
    """The page token, found without decoding the page."""
    head = data[: data.index(b'"items"')]
    return str(orjson.loads(head.rstrip(b", ") + b"}")["metadata"].get("continue", ""))


def main() -> None:
    """Measure and print."""
    pods = [pod(number) for number in range(PODS)]
    raw = [orjson.dumps(item) for item in pods]
    print(f"{PODS:,} pods, {sum(map(len, raw)) / 1e6:.1f} MB of JSON")

    def redaction() -> None:
        for data in raw:
            value = orjson.loads(data)
            snapshot_object(identify(value), value)

    with TemporaryDirectory() as folder, ApiServer(pods) as server:
        settings = ApiSettings(kubeconfig=server.kubeconfig(Path(folder, "kubeconfig")))
        requests = seconds(lambda: raw_pages(settings))
        alone = seconds(redaction)
        source = KubernetesSource(settings)
        whole = seconds(source.collect)
        print(f"raw paged requests      {requests:6.2f} s")
        print(f"decode and redact       {alone:6.2f} s")
        print(f"collect from the API    {whole:6.2f} s   {whole / (2 * requests + alone):.2f} of the bar")
        collected = source.collect()
        print(f"normalize               {seconds(lambda: normalize(collected.objects)):6.2f} s")
        path = Path(folder, "pods.json")
        items = [{**orjson.loads(item), "apiVersion": "v1", "kind": "Pod"} for item in raw]
        path.write_bytes(orjson.dumps({"kind": "List", "apiVersion": "v1", "items": items}))
        parse = seconds(lambda: orjson.loads(path.read_bytes()))
        from_file = seconds(ManifestSource([path]).collect)
        print(f"orjson parse of a file  {parse:6.2f} s")
        print(f"collect from the file   {from_file:6.2f} s   {from_file / parse:.2f} of the parse")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory, server and client together {peak:,.0f} MiB", file=sys.stderr)


if __name__ == "__main__":
    main()
