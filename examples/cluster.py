"""A cluster as its API server would show it: manifests in, and what the controllers make of them.

The example's files hold what people write (Deployments, policies). A live cluster also has ReplicaSets, scheduled pods
with addresses, and status; `Cluster.objects` adds these the way the controllers do, always in the same way.
"""

import copy
import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]
Key = tuple[str, str, str]

_TEMPLATE_KINDS = ("Deployment", "StatefulSet", "DaemonSet")


def key_of(manifest: Manifest) -> Key:
    """Identity within one cluster: kind, namespace, name."""
    meta = manifest["metadata"]
    return manifest["kind"], meta.get("namespace", ""), meta["name"]


def read(path: Path) -> list[Manifest]:
    """All documents of a file."""
    with path.open(encoding="utf-8") as stream:
        return [item for item in yaml.safe_load_all(stream) if item]


class Cluster:
    """Manifests that are applied and deleted night by night."""

    def __init__(self) -> None:
        self._manifests: dict[Key, Manifest] = {}

    def apply(self, manifests: list[Manifest]) -> None:
        """Create or replace."""
        self._manifests |= {key_of(item): item for item in manifests}

    def delete(self, text: str) -> None:
        """Delete `Kind namespace/name`; it must exist, or the story is wrong."""
        kind, place = text.split(" ")
        namespace, _, name = place.rpartition("/")
        del self._manifests[(kind, namespace, name)]

    def objects(self) -> list[Manifest]:
        """Everything the API server would list, sorted by identity."""
        everything = [copy.deepcopy(item) for item in self._manifests.values()]
        for item in everything:
            _stamp(item)
        nodes = _Nodes(sorted((item for item in everything if item["kind"] == "Node"), key=key_of))
        made = [child for item in everything for child in _controlled(item, nodes)]
        return sorted([*everything, *made], key=key_of)


class _Nodes:
    """The machines: where pods may go, and which addresses they get there."""

    def __init__(self, nodes: list[Manifest]) -> None:
        self._nodes = {node["metadata"]["name"]: node for node in nodes}
        self._taken: dict[str, set[int]] = {name: set() for name in self._nodes}

    def names(self) -> list[str]:
        return list(self._nodes)

    def pool(self, name: str) -> list[str]:
        return [node for node, item in self._nodes.items() if item["metadata"]["labels"].get("pool") == name]

    def address(self, node: str) -> str:
        address: str = self._nodes[node]["status"]["addresses"][0]["address"]
        return address

    def pod_address(self, node: str, pod: str) -> str:
        """An address of the node's range that depends on the pod's name alone, unless two names collide."""
        last = 10 + zlib.crc32(pod.encode()) % 230
        while last in self._taken[node]:
            last += 1
        self._taken[node].add(last)
        return self._nodes[node]["spec"]["podCIDR"].replace(".0/24", f".{last}")


def _stamp(item: Manifest) -> None:
    """Fields that the API server sets on every object."""
    meta = item["metadata"]
    meta.setdefault("uid", _uid("/".join(key_of(item))))
    meta.setdefault("creationTimestamp", "2026-08-03T09:00:00Z")
    if item["kind"] == "Namespace":
        meta.setdefault("labels", {})["kubernetes.io/metadata.name"] = meta["name"]


def _controlled(item: Manifest, nodes: _Nodes) -> Iterator[Manifest]:
    """Children that a controller makes of a workload; sets the workload's own status too."""
    if item["kind"] not in _TEMPLATE_KINDS:
        return
    name, template = item["metadata"]["name"], item["spec"]["template"]
    if item["kind"] == "DaemonSet":
        count = len(nodes.names())
        item["status"] = {
            "desiredNumberScheduled": count,
            "numberReady": count,
            "currentNumberScheduled": count,
        }
        for node in nodes.names():
            yield _pod(item, f"{name}-{_short(name + node)}", template, {}, node, nodes)
        return
    replicas = item["spec"]["replicas"]
    item["status"] = {"replicas": replicas, "readyReplicas": replicas}
    pool = nodes.pool(template["spec"].get("nodeSelector", {}).get("pool", "general"))
    if item["kind"] == "StatefulSet":
        for index in range(replicas):
            labels = {
                "apps.kubernetes.io/pod-index": str(index),
                "statefulset.kubernetes.io/pod-name": f"{name}-{index}",
            }
            yield _pod(item, f"{name}-{index}", template, labels, pool[index % len(pool)], nodes)
        return
    template_hash = _short(str(template))
    replica_set = _replica_set(item, template_hash)
    yield replica_set
    for index in range(replicas):
        pod_name = f"{name}-{template_hash}-{_short(f'{name}{index}')[:5]}"
        yield _pod(
            replica_set,
            pod_name,
            template,
            {"pod-template-hash": template_hash},
            pool[index % len(pool)],
            nodes,
        )


def _replica_set(deployment: Manifest, template_hash: str) -> Manifest:
    meta = deployment["metadata"]
    item = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{meta['name']}-{template_hash}",
            "namespace": meta["namespace"],
            "ownerReferences": [_owner(deployment)],
        },
        "spec": copy.deepcopy(deployment["spec"]),
        "status": dict(deployment["status"]),
    }
    _stamp(item)
    return item


def _pod(
    owner: Manifest,
    name: str,
    template: Manifest,
    labels: dict[str, str],
    node: str,
    nodes: _Nodes,
) -> Manifest:
    spec = copy.deepcopy(template["spec"]) | {"nodeName": node}
    namespace = owner["metadata"]["namespace"]
    host = bool(spec.get("hostNetwork"))
    ip = nodes.address(node) if host else nodes.pod_address(node, f"{namespace}/{name}")
    annotations = {}
    if namespace == "storefront":
        annotations["sidecar.istio.io/status"] = '{"containers":["istio-proxy"],"revision":"default"}'
        spec["containers"].append(
            {"name": "istio-proxy", "image": "docker.io/istio/proxyv2:1.27.1", "args": ["proxy", "sidecar"]}
        )
    item = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": template["metadata"]["labels"] | labels,
            "annotations": annotations,
            "ownerReferences": [_owner(owner)],
        },
        "spec": spec,
        "status": {
            "phase": "Running",
            "podIP": ip,
            "podIPs": [{"ip": ip}],
            "hostIP": nodes.address(node),
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }
    _stamp(item)
    return item


def _owner(item: Manifest) -> Manifest:
    meta = item["metadata"]
    return {
        "apiVersion": item["apiVersion"],
        "kind": item["kind"],
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
    }


def _short(text: str) -> str:
    """Ten characters as Kubernetes' safe-encoded hashes look."""
    return "".join("bcdfghjklmnpqrstvwxz2456789"[byte % 27] for byte in _digest(text)[:10])


def _uid(text: str) -> str:
    code = _digest(text).hex()
    return f"{code[:8]}-{code[8:12]}-4{code[13:16]}-8{code[17:20]}-{code[20:32]}"


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
