"""Small clusters written by hand, and real manifests read from files, as snapshots."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.collect import ManifestSource
from app.model.canonical import canonical_json, digest
from app.model.identity import GroupKind, ObjectRef
from app.model.snapshot import (
    CollectionGap,
    Coverage,
    GapReason,
    KindCoverage,
    Snapshot,
    SnapshotObject,
    SourceInfo,
    SourceKind,
)

SHARED = Path(__file__).resolve().parents[3] / "../shared/data/manifests"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)

LISTED = (
    ("", "ConfigMap"),
    ("", "Node"),
    ("", "Pod"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("networking.k8s.aws", "PolicyEndpoint"),
    ("cilium.io", "CiliumEndpoint"),
    ("cilium.io", "CiliumEndpointSlice"),
    ("cilium.io", "CiliumNode"),
    ("cilium.io", "CiliumNodeConfig"),
    ("crd.antrea.io", "AntreaNodeConfig"),
    ("crd.projectcalico.org", "FelixConfiguration"),
    ("projectcalico.org", "FelixConfiguration"),
    ("operator.openshift.io", "Network"),
)


def cluster(
    *objects: Mapping[str, Any],
    gaps: Sequence[CollectionGap] = (),
    without: Sequence[str] = (),
    server_version: str = "v1.31.0",
) -> Snapshot:
    """A snapshot of an API server where every kind that detection reads was listed, except kinds in `without`."""
    refused = {gap.group_kind for gap in gaps if not gap.namespace and not gap.name}
    kinds = tuple(
        KindCoverage(
            GroupKind(group, kind),
            "v1",
            Coverage.REFUSED if GroupKind(group, kind) in refused else Coverage.COMPLETE,
            0,
        )
        for group, kind in LISTED
        if kind not in without
    )
    source = SourceInfo(SourceKind.API, "API server of context test", server_version=server_version)
    return _snapshot(source, objects, kinds, gaps)


def folder(*objects: Mapping[str, Any], gaps: Sequence[CollectionGap] = ()) -> Snapshot:
    """A snapshot of a folder of manifests."""
    return _snapshot(SourceInfo(SourceKind.FILES, "1 folder"), objects, (), gaps)


def names(folder: str) -> list[str]:
    """The files of a folder of the shared data; none where it is not beside the project."""
    return sorted(path.name for path in (SHARED / folder).glob("*.y*ml"))


def files(*paths: str) -> Snapshot:
    """A snapshot of real manifests below the shared data, redacted as every snapshot is."""
    found = ManifestSource([SHARED / path for path in paths]).collect()
    return Snapshot("test", NOON, found.source, found.objects, found.kinds, found.gaps)


def refused(group: str, kind: str, namespace: str = "") -> CollectionGap:
    return CollectionGap(
        GroupKind(group, kind), GapReason.FORBIDDEN, f"listing {kind} was refused (HTTP 403)", "", namespace
    )


def stored(item: Mapping[str, Any]) -> SnapshotObject:
    body = canonical_json(item)
    return SnapshotObject(reference(item), body, digest(body))


def reference(item: Mapping[str, Any]) -> ObjectRef:
    group = item["apiVersion"].rpartition("/")[0]
    metadata = item["metadata"]
    return ObjectRef(group, item["kind"], metadata.get("namespace", ""), metadata["name"])


def daemon_set(name: str, *containers: Mapping[str, Any], namespace: str = "kube-system", **more: Any) -> Any:
    """A DaemonSet as a manifest has it; `labels`, `status`, `selector`, `account`, `volumes`, `host_network`."""
    pod: dict[str, Any] = {"hostNetwork": more.get("host_network", True), "containers": list(containers)}
    for key, spec_field in (
        ("selector", "nodeSelector"),
        ("account", "serviceAccountName"),
        ("volumes", "volumes"),
    ):
        if key in more:
            pod[spec_field] = more[key]
    labels = more.get("labels", {})
    item: dict[str, Any] = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"template": {"metadata": {"labels": labels}, "spec": pod}},
    }
    if "status" in more:
        desired, ready = more["status"]
        item["status"] = {"desiredNumberScheduled": desired, "numberReady": ready}
    return item


def container(name: str, image: str = "", **more: Any) -> Any:
    """A container; `args`, `command`, `env` (name to value, or to a whole entry) and anything else of the API."""
    env = [
        {"name": key, **value} if isinstance(value, dict) else {"name": key, "value": value}
        for key, value in more.pop("env", {}).items()
    ]
    return {
        "name": name,
        "image": image or f"registry.example/{name}:v1.2.3",
        **({"env": env} if env else {}),
        **more,
    }


def node(name: str, **more: Any) -> Any:
    """A ready Linux node; `labels`, `annotations`, `kubelet`, `provider`, `ready`, `taints`."""
    labels = {"kubernetes.io/os": "linux", "kubernetes.io/hostname": name, **more.get("labels", {})}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": more.get("annotations", {})},
        "spec": {
            "providerID": more.get("provider", ""),
            "taints": [{"key": key, "effect": "NoSchedule"} for key in more.get("taints", ())],
        },
        "status": {
            "nodeInfo": {"kubeletVersion": more.get("kubelet", "v1.31.0")},
            "conditions": [{"type": "Ready", "status": "True" if more.get("ready", True) else "Unknown"}],
        },
    }


def pod(name: str, on: str = "", namespace: str = "kube-system", **more: Any) -> Any:
    """A running pod; `owner` (kind, name), `ready`, `started`, `host_network`, `phase`, `labels`, `leaving`, `ips`."""
    metadata: dict[str, Any] = {"name": name, "namespace": namespace, "labels": more.get("labels", {})}
    if "owner" in more:
        kind, owner = more["owner"]
        metadata["ownerReferences"] = [{"kind": kind, "name": owner}]
    addresses = {"podIPs": [{"ip": ip} for ip in more["ips"]]} if "ips" in more else {}
    if more.get("leaving"):
        metadata["deletionTimestamp"] = "2026-11-01T11:59:00Z"
    started = more.get("started", "2026-10-01T00:00:00Z")
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"nodeName": on, "hostNetwork": more.get("host_network", False)},
        "status": {
            "phase": more.get("phase", "Running"),
            **addresses,
            "startTime": started,
            "conditions": [{"type": "Ready", "status": "True" if more.get("ready", True) else "False"}],
            "containerStatuses": [{"state": {"running": {"startedAt": started}}}],
        },
    }


def agent_pod(owner: str, on: str, **more: Any) -> Any:
    return pod(f"{owner}-{on}", on, owner=("DaemonSet", owner), host_network=True, **more)


def config_map(name: str, data: Mapping[str, str], namespace: str = "kube-system", changed: str = "") -> Any:
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    if changed:
        metadata["managedFields"] = [{"manager": "kubectl", "time": changed}]
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(data)}


def thing(api_version: str, kind: str, name: str, namespace: str = "", **fields: Any) -> Any:
    """Any other object."""
    place = {"namespace": namespace} if namespace else {}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **place}, **fields}


def policy(name: str = "default-deny", namespace: str = "shop", **selector: str) -> Any:
    return thing(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        name,
        namespace,
        spec={"podSelector": {"matchLabels": selector}, "policyTypes": ["Ingress"]},
    )


def policy_reader(
    account: str, *, group: str = "networking.k8s.io", resource: str = "networkpolicies"
) -> tuple[Any, Any]:
    """A ClusterRole that may list and watch something, and its binding to an account in kube-system."""
    rules = [{"apiGroups": [group], "resources": [resource], "verbs": ["list", "watch"]}]
    role = thing("rbac.authorization.k8s.io/v1", "ClusterRole", account, rules=rules)
    binding = thing(
        "rbac.authorization.k8s.io/v1",
        "ClusterRoleBinding",
        account,
        roleRef={"kind": "ClusterRole", "name": account},
        subjects=[{"kind": "ServiceAccount", "name": account, "namespace": "kube-system"}],
    )
    return role, binding


def _snapshot(
    source: SourceInfo,
    objects: Sequence[Mapping[str, Any]],
    kinds: tuple[KindCoverage, ...],
    gaps: Sequence[CollectionGap],
) -> Snapshot:
    items = tuple(sorted((stored(item) for item in objects), key=lambda item: item.ref))
    return Snapshot("test", NOON, source, items, kinds, tuple(sorted(gaps)))
