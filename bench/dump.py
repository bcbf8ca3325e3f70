"""A cluster of any size as `kubectl get -o json` would dump it: the same bytes for the same size and night.

Pods are some 5 KB each, as web workloads have them; five pods a workload, 200 pods a namespace. Of ten namespaces, `closed` deny by
default and open what they need; the others have no policy. Calico enforces. In each night after the first, every fiftieth
workload has a new pod template.
"""

from collections.abc import Iterator
from typing import Any

import orjson

Object = dict[str, Any]

TIERS = ("web", "api", "store", "worker")
PODS_A_WORKLOAD = 5
PODS_A_NAMESPACE = 200
NODES = 100
CHANGED = 50  # one workload of so many gets a new template each night
DNS = {"namespaceSelector": {"matchLabels": {"role": "platform"}}}

SCOPE = b"""
owner: Platform
reviewed_on: 2026-11-01
rules:
  - {id: platform, namespaces: [kube-system], zone: security-impacting, ephi: false, soc2: true, confidential: false, shared: true}
  - {id: others, namespaces: [team-*], zone: out-of-scope, ephi: false, soc2: true, confidential: false}
  - {id: connected, namespaces: ["team-*1", "team-*2"], zone: connected-to}
  - {id: cde, namespaces: ["team-*3"], zone: cde, confidential: true}
  - {id: care, namespaces: ["team-*4"], ephi: true, confidential: true}
  - {id: stores, podSelector: {matchLabels: {tier: store}}, data_store: true}
approved_flows: []
approved_exposures: []
"""


def dump(pods: int, night: int = 0, closed: int = 9) -> bytes:
    """The cluster as one `List`, in bytes."""
    items = [*system(), *nodes(), *teams(pods, closed), *workloads(pods, night, closed)]
    return orjson.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def workloads(pods: int, night: int, closed: int) -> Iterator[Object]:
    for number in range(pods // PODS_A_WORKLOAD):
        yield from workload(number, night)
        if space_of(number) % 10 < closed:
            yield app_policy(number)
        for at in range(number * PODS_A_WORKLOAD, (number + 1) * PODS_A_WORKLOAD):
            yield pod(at, night)


def teams(pods: int, closed: int) -> Iterator[Object]:
    for number in range(max(1, pods // PODS_A_NAMESPACE)):
        name = f"team-{number}"
        labels = {"kubernetes.io/metadata.name": name, "role": "team"}
        yield plain("v1", "Namespace", "", name, labels=labels)
        if number % 10 < closed:
            yield policy(name, "default-deny", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
            ports = [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]
            rule = {"to": [DNS], "ports": ports}
            yield policy(name, "dns", {"podSelector": {}, "policyTypes": ["Egress"], "egress": [rule]})


def workload(number: int, night: int) -> Iterator[Object]:
    """Deployment, its ReplicaSet and its Service."""
    space, app, labels = names(number)
    owner = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": app,
        "uid": f"d-{app}",
        "controller": True,
    }
    selector = {"matchLabels": {"app": app}}
    spec = {
        "replicas": PODS_A_WORKLOAD,
        "selector": selector,
        "template": {"metadata": {"labels": labels}, "spec": pod_spec(app, number, night)},
    }
    yield plain("apps/v1", "Deployment", space, app, labels=labels, spec=spec)
    yield plain("apps/v1", "ReplicaSet", space, f"{app}-7d9c6b5f4", labels=labels, spec=spec, owner=owner)
    ports = [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}]
    yield plain("v1", "Service", space, app, labels=labels, spec={"selector": {"app": app}, "ports": ports})


def app_policy(number: int) -> Object:
    """Who may reach a workload, and whom it may reach."""
    space, app, _ = names(number)
    before, after = TIERS[number % 4 - 1], TIERS[(number + 1) % 4]
    ingress = {"from": [{"podSelector": {"matchLabels": {"tier": before}}}], "ports": [{"port": "http"}]}
    egress = {"to": [{"podSelector": {"matchLabels": {"tier": after}}}], "ports": [{"port": 8080}]}
    rules = {"policyTypes": ["Ingress", "Egress"], "ingress": [ingress], "egress": [egress]}
    return policy(space, app, {"podSelector": {"matchLabels": {"app": app}}, **rules})


def space_of(number: int) -> int:
    """Number of the namespace of a workload."""
    return number * PODS_A_WORKLOAD // PODS_A_NAMESPACE


def names(number: int) -> tuple[str, str, dict[str, str]]:
    """Namespace, name and labels of a workload."""
    app, tier = f"app-{number}", TIERS[number % 4]
    return f"team-{space_of(number)}", app, {"app": app, "tier": tier, "pod-template-hash": "7d9c6b5f4"}


def pod(number: int, night: int = 0) -> Object:
    """A pod of about 5 KB."""
    space, app, labels = names(number // PODS_A_WORKLOAD)
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": f"{app}-7d9c6b5f4", "controller": True}
    found = plain("v1", "Pod", space, f"{app}-7d9c6b5f4-{number:05d}", labels=labels, owner=owner)
    found["metadata"]["annotations"] = {
        "prometheus.io/scrape": "true",
        "checksum/config": "0123456789abcdef" * 4,
    }
    fields = {"f:status": {"f:conditions": {}, "f:phase": {}}}
    managed = {"manager": "kubelet", "operation": "Update", "subresource": "status", "fieldsV1": fields}
    found["metadata"]["managedFields"] = [managed] * 3
    found["spec"] = {"nodeName": f"node-{number % NODES}", **pod_spec(app, number // PODS_A_WORKLOAD, night)}
    found["status"] = pod_status(number)
    return found


def pod_spec(app: str, number: int, night: int) -> Object:
    version = f"1.2.{night if number % CHANGED == night % CHANGED else 0}"
    env = [{"name": f"SETTING_{index}", "value": f"value-{number}-{index}"} for index in range(20)]
    mounts = [
        {"name": f"volume-{index}", "mountPath": f"/mnt/{index}", "readOnly": True} for index in range(6)
    ]
    containers = [
        {
            "name": name,
            "image": f"registry.example/{app}/{name}:{version}",
            "args": ["--listen=:8080", "--log-level=info"],
            "env": env,
            "ports": [{"name": port, "containerPort": value, "protocol": "TCP"}],
            "volumeMounts": mounts,
            "readinessProbe": {"httpGet": {"path": "/ready", "port": value, "scheme": "HTTP"}},
        }
        for name, port, value in (("main", "http", 8080), ("proxy", "metrics", 9090))
    ]
    volumes = [{"name": f"volume-{index}", "configMap": {"name": f"config-{index}"}} for index in range(6)]
    return {"serviceAccountName": app, "containers": containers, "volumes": volumes}


def pod_status(number: int) -> Object:
    conditions = [
        {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": "2026-11-22T01:00:00Z"}
        for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]
    address = f"10.{64 + number // 65536}.{number // 256 % 256}.{number % 256}"
    running = {"running": {"startedAt": "2026-11-22T01:00:00Z"}}
    return {
        "phase": "Running",
        "hostIP": f"10.0.0.{number % NODES + 1}",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "conditions": conditions,
        "containerStatuses": [{"name": name, "ready": True, "state": running} for name in ("main", "proxy")],
    }


def system() -> Iterator[Object]:
    """The platform: Calico on every node, and the name service."""
    space = "kube-system"
    yield plain("v1", "Namespace", "", space, labels={"role": "platform"})
    agent = {"k8s-app": "calico-node"}
    containers = [{"name": "calico-node", "image": "docker.io/calico/node:v3.30.3"}]
    pods = {"metadata": {"labels": agent}, "spec": {"hostNetwork": True, "containers": containers}}
    found = plain("apps/v1", "DaemonSet", space, "calico-node", labels=agent)
    found["spec"] = {"selector": {"matchLabels": agent}, "template": pods}
    found["status"] = {"desiredNumberScheduled": NODES, "numberReady": NODES}
    yield found
    dns = plain("v1", "Pod", space, "coredns", labels={"k8s-app": "kube-dns"})
    ports = [{"name": "dns", "containerPort": 53, "protocol": "UDP"}]
    dns["spec"] = {"nodeName": "node-0", "containers": [{"name": "coredns", "ports": ports}]}
    dns["status"] = {"phase": "Running", "podIP": "10.63.0.2", "podIPs": [{"ip": "10.63.0.2"}]}
    yield dns


def nodes() -> Iterator[Object]:
    for number in range(NODES):
        name = f"node-{number}"
        owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "calico-node", "controller": True}
        found = plain("v1", "Node", "", name, labels={"kubernetes.io/os": "linux"})
        found["status"] = {
            "addresses": [{"type": "InternalIP", "address": f"10.0.0.{number + 1}"}],
            "conditions": [{"type": "Ready", "status": "True"}],
        }
        yield found
        agent = plain(
            "v1",
            "Pod",
            "kube-system",
            f"calico-node-{number}",
            labels={"k8s-app": "calico-node"},
            owner=owner,
        )
        containers = [{"name": "calico-node", "image": "docker.io/calico/node:v3.30.3"}]
        agent["spec"] = {"nodeName": name, "hostNetwork": True, "containers": containers}
        ready = [{"type": "Ready", "status": "True"}]
        agent["status"] = {"phase": "Running", "podIP": f"10.0.0.{number + 1}", "conditions": ready}
        yield agent


def policy(space: str, name: str, spec: Object) -> Object:
    return plain("networking.k8s.io/v1", "NetworkPolicy", space, name, spec=spec)


def plain(
    version: str,
    kind: str,
    space: str,
    name: str,
    *,
    labels: dict[str, str] | None = None,
    spec: Object | None = None,
    owner: Object | None = None,
) -> Object:
    metadata: Object = {"name": name, "uid": f"{kind}-{space}-{name}", "labels": labels or {}}
    if space:
        metadata["namespace"] = space
    if owner:
        metadata["ownerReferences"] = [owner]
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **({"spec": spec} if spec else {})}
