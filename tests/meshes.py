"""Small clusters with a mesh, written as a person would, and what the whole chain says of their paths and listeners.

cluster:
  namespaces: {shop: {labels: {...}, annotations: {...}}}
  pods:
    shop/web: {like: istio, labels: {...}, annotations: {...}, ports: {http: 8080}, account: web, node: n1}
    shop/api: {like: istio, as: Deployment}                      a template instead of a pod
    shop/db: {main: {readinessProbe: {...}}}                     more fields of the application's container
  services: {shop/cart: {80: 8080}}                              Service port to container port; selects label app=cart
  objects: [...]                                                 whole manifests
says:
  shop/web > shop/cart:8080: mtls-enforced                       the label of the path
  shop/web asks shop/cart:8080: denied                              what the mesh's authorisation says
  shop/cart:8080: no, STRICT                                     plain text, and the mode
  level shop/cart:8080: namespace spec.mtls.mode                 where the setting stands that decides, and its field
  why shop/cart:8080: port 8080 bypasses its proxy               the sentence about the listener
  caution consul: entries that were …                            what is said beside the mesh
  shop/web: sidecar yes observed                                 membership
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from app.collect import normalize
from app.collect.objects import identify, snapshot_object
from app.detect import detect, protection
from app.evaluate import encryption, reachability
from app.model.connections import Connections, PortSet, Protocol
from app.model.encryption import UNTOLD, EvidenceStrength, Known
from app.model.identity import GroupKind
from app.model.links import Link, LinkState
from app.model.snapshot import (
    CollectionGap,
    Coverage,
    GapReason,
    KindCoverage,
    Snapshot,
    SourceInfo,
    SourceKind,
)
from app.model.transit import Protection
from tests.builders import platform as make_platform

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

# What each mesh puts into a pod, in few words: containers beside the application's, labels, annotations.
_LIKE: Mapping[str, Mapping[str, Any]] = {
    "istio": {
        "natives": [{"name": "istio-proxy", "args": ["proxy", "sidecar"]}],
        "inits": [
            {
                "name": "istio-init",
                "args": ["istio-iptables", "-i", "*", "-x", "", "-b", "*", "-d", "15090,15021,15020"],
            }
        ],
        "labels": {"security.istio.io/tlsMode": "istio"},
        "annotations": {"sidecar.istio.io/status": '{"revision":"default"}'},
    },
    "istio gateway": {"containers": [{"name": "istio-proxy", "args": ["proxy", "router"]}]},
    "ambient": {"annotations": {"ambient.istio.io/redirection": "enabled"}},
    "linkerd": {
        "natives": [{"name": "linkerd-proxy"}],
        "inits": [{"name": "linkerd-init", "args": ["--inbound-ports-to-ignore", "4190,4191"]}],
        "labels": {"linkerd.io/control-plane-ns": "linkerd"},
        "annotations": {"linkerd.io/proxy-version": "edge-1", "linkerd.io/trust-root-sha256": "aa"},
    },
    "consul": {
        "containers": [{"name": "consul-dataplane"}],
        "labels": {"consul.hashicorp.com/connect-inject-status": "injected"},
        "annotations": {
            "consul.hashicorp.com/connect-inject-status": "injected",
            "consul.hashicorp.com/transparent-proxy-status": "enabled",
        },
    },
    "kuma": {
        "natives": [{"name": "kuma-sidecar"}],
        "inits": [{"name": "kuma-init"}],
        "labels": {"kuma.io/mesh": "default"},
        "annotations": {
            "kuma.io/sidecar-injected": "true",
            "traffic.kuma.io/transparent-proxy-config": "redirect:\n  inbound:\n    enabled: true\n    excludePorts: [9000]\n  outbound:\n    enabled: true\n",
        },
    },
    "plain": {},
}

# Every kind that meshes read: listed completely, so that what is not there is absent.
_LISTED = [
    "Pod",
    "Namespace",
    "Service",
    "Node",
    "ConfigMap",
    "ServiceAccount",
    "Deployment.apps",
    "DaemonSet.apps",
    "PeerAuthentication.security.istio.io",
    "AuthorizationPolicy.security.istio.io",
    "DestinationRule.networking.istio.io",
    "Sidecar.networking.istio.io",
    "EnvoyFilter.networking.istio.io",
    "ServiceEntry.networking.istio.io",
    "VirtualService.networking.istio.io",
    "WorkloadEntry.networking.istio.io",
    "BackendTLSPolicy.gateway.networking.k8s.io",
    "Gateway.gateway.networking.k8s.io",
    "HTTPRoute.gateway.networking.k8s.io",
    "Server.policy.linkerd.io",
    "ServerAuthorization.policy.linkerd.io",
    "AuthorizationPolicy.policy.linkerd.io",
    "MeshTLSAuthentication.policy.linkerd.io",
    "NetworkAuthentication.policy.linkerd.io",
    "Mesh.consul.hashicorp.com",
    "ProxyDefaults.consul.hashicorp.com",
    "ServiceDefaults.consul.hashicorp.com",
    "ServiceIntentions.consul.hashicorp.com",
    "Mesh.kuma.io",
    "MeshIdentity.kuma.io",
    "MeshService.kuma.io",
    "MeshTLS.kuma.io",
    "MeshTrust.kuma.io",
    "MeshTrafficPermission.kuma.io",
    "CiliumNetworkPolicy.cilium.io",
    "CiliumClusterwideNetworkPolicy.cilium.io",
    "CiliumNode.cilium.io",
    "CiliumNodeConfig.cilium.io",
]


@dataclass(frozen=True)
class _Clear:
    """Links that are known not to encrypt."""

    id: str = "clear"
    name: str = "Clear"
    signs: tuple[Any, ...] = ()
    cautions: tuple[str, ...] = ()
    fips: Known = Known.NO

    def end(self, pod: Any) -> None:
        return None

    def link(self, source: Any, destination: Any) -> Link:
        return Link(LinkState.CLEAR, EvidenceStrength.OBSERVED, "nothing between nodes is encrypted")


@dataclass(frozen=True)
class Cluster:
    """One case, judged through the real reader, the real finders and the real engine."""

    snapshot: Snapshot
    inventory: Any

    @cached_property
    def protection(self) -> Protection:
        return protection(self.snapshot, self.inventory, detect(self.snapshot))

    @cached_property
    def _reach(self) -> Any:
        return reachability(self.inventory, make_platform(), self.snapshot.gaps, as_declared=False)

    @cached_property
    def _engine(self) -> Any:
        """Links between nodes are shown to be clear, so that what no mesh encrypts is plain text."""
        return encryption(self._reach, self.inventory, replace(self.protection, links=(_Clear(),)))

    @cached_property
    def _ids(self) -> Mapping[str, str]:
        return {f"{item.key.namespace}/{item.key.name}": item.id for item in self._reach.workloads}

    def answer(self, question: str) -> str:
        """What is said of a path, an authorisation, a listener or a membership."""
        for start, asked in (("level ", self._level), ("why ", self._why), ("caution ", self._cautions)):
            if question.startswith(start):
                return asked(question.removeprefix(start))
        if " > " in question:
            source, _, target = question.partition(" > ")
            return self.path(source, target).label.value
        if " asks " in question:
            source, _, target = question.partition(" asks ")
            return self.authorisation(source, target).decision.value
        return self._listener(question) if ":" in question else self._membership(question)

    def _why(self, target: str) -> str:
        found = self.accepting(target)
        return found.says if found else ""

    def _cautions(self, mesh: str) -> str:
        return " ".join(text for item in self.protection.meshes if item.id == mesh for text in item.cautions)

    def path(self, source: str, target: str) -> Any:
        name, _, port = target.partition(":")
        ports = Connections.of({Protocol.TCP: PortSet.of([(int(port), int(port))])})
        return self._engine.paths(self._ids[source], self._ids[name], ports)[0]

    def authorisation(self, source: str, target: str) -> Any:
        name, _, port = target.partition(":")
        mesh = next(item for item in self.protection.meshes if item.member(self._ref(name)))
        client = None if source == "outside" else mesh.key(self._ref(source))
        return mesh.authorises(client, mesh.key(self._ref(name)), int(port))

    def accepting(self, target: str) -> Any:
        name, _, port = target.partition(":")
        found = [mesh.accepts(mesh.key(self._ref(name)), int(port)) for mesh in self.protection.meshes]
        return next((item for item in found if item), None)

    def sending(self, source: str, target: str) -> Any:
        name, _, port = target.partition(":")
        mesh = self.protection.meshes[0]
        return mesh.sends(mesh.key(self._ref(source)), mesh.key(self._ref(name)), int(port))

    def guard(self, name: str) -> Any:
        mesh = next(item for item in self.protection.meshes if item.member(self._ref(name)))
        return mesh.guard(mesh.key(self._ref(name)))

    def member(self, name: str) -> Any:
        found = [(mesh.id, item) for mesh in self.protection.meshes if (item := mesh.member(self._ref(name)))]
        return found[0] if found else None

    def _listener(self, target: str) -> str:
        found = self.accepting(target)
        if found is None:
            return "unguarded"
        return ", ".join(filter(None, (found.plain.value, found.mode if found.mode != UNTOLD else "")))

    def _level(self, target: str) -> str:
        found = self.accepting(target)
        if found is None or not found.level:
            return "none"
        field = found.own or (found.signs[0].field if found.signs else "")
        return f"{found.level.value} {field}".strip()

    def _membership(self, name: str) -> str:
        found = self.member(name)
        if found is None:
            return "none"
        return f"{found[1].how} {found[1].enrolled.value} {found[1].strength.value}"

    def _ref(self, name: str) -> Any:
        namespace, _, short = name.partition("/")
        return next(
            pod.ref for pod in self.inventory.pods if (pod.namespace, pod.ref.name) == (namespace, short)
        )


def cluster_of(case: Mapping[str, Any]) -> Cluster:
    """A cluster of a case; `source: files` for manifests, `gaps: [PeerAuthentication.security.istio.io forbidden]`."""
    manifests = list(_manifests(case["cluster"]))
    objects = tuple(
        sorted((snapshot_object(identify(item), item) for item in manifests), key=lambda item: item.ref)
    )
    normalized = normalize(objects)
    gaps = tuple(_gap(text) for text in case.get("gaps") or ())
    live = case.get("source", "api") == "api"
    kinds = tuple(_listed(name, gaps) for name in sorted(_LISTED)) if live else ()
    source = SourceInfo(SourceKind.API if live else SourceKind.FILES, "a test")
    snapshot = Snapshot("test", AT, source, objects, kinds, tuple(sorted({*gaps, *normalized.gaps})))
    return Cluster(snapshot, normalized.inventory)


def _listed(name: str, gaps: tuple[CollectionGap, ...]) -> KindCoverage:
    kind = _kind(name)
    refused = any(gap.group_kind == kind and not gap.namespace for gap in gaps)
    return KindCoverage(kind, "v1", Coverage.REFUSED if refused else Coverage.COMPLETE, 0)


def _gap(text: str) -> CollectionGap:
    words, _, namespace = text.partition(" in ")
    name, reason = words.split()
    return CollectionGap(_kind(name), GapReason(reason), f"{name} {reason}", namespace=namespace)


def _kind(name: str) -> GroupKind:
    kind, _, group = name.partition(".")
    return GroupKind(group, kind)


def _manifests(cluster: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, said in (cluster.get("namespaces") or {}).items():
        metadata = {"name": name, "labels": {"kubernetes.io/metadata.name": name}}
        metadata["labels"] |= (said or {}).get("labels") or {}
        metadata["annotations"] = (said or {}).get("annotations") or {}
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    for name, said in (cluster.get("pods") or {}).items():
        yield _pod(name, said or {})
    for name, ports in (cluster.get("services") or {}).items():
        namespace, _, short = name.partition("/")
        yield {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": short, "namespace": namespace},
            "spec": {"selector": {"app": short}, "ports": [_port(*item) for item in ports.items()]},
        }
    yield from cluster.get("objects") or ()


def _port(port: Any, target: Any) -> dict[str, Any]:
    """`80: 8080`, or `tcp-db 5432: 5432` for a port with a name."""
    name, _, number = str(port).rpartition(" ")
    return {"port": int(number), "targetPort": target, **({"name": name} if name else {})}


def _pod(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    namespace, _, short = name.partition("/")
    like = _LIKE[said.get("like", "plain")]
    labels = {"app": short, **(like.get("labels") or {}), **(said.get("labels") or {})}
    annotations = {**(like.get("annotations") or {}), **(said.get("annotations") or {})}
    ports = [{"name": key, "containerPort": value} for key, value in (said.get("ports") or {}).items()]
    beside = [dict(item) for item in like.get("containers") or ()]
    natives = [{**item, "restartPolicy": "Always"} for item in like.get("natives") or ()]
    inits = said.get("inits", like.get("inits")) or []
    spec: dict[str, Any] = {
        "serviceAccountName": said.get("account", "default"),
        "containers": [
            {"name": "main", "image": "example.com/main:1", "ports": ports, **(said.get("main") or {})},
            *beside,
        ],
        "initContainers": [*(dict(item) for item in inits), *natives],
        **({"nodeName": said["node"]} if "node" in said else {}),
        **({"hostNetwork": True} if said.get("host_network") else {}),
    }
    for item in (*spec["containers"], *spec["initContainers"]):
        item["env"] = [{"name": key, "value": value} for key, value in (said.get("env") or {}).items()]
    metadata = {
        "name": short,
        "namespace": namespace,
        "labels": _kept(labels),
        "annotations": _kept(annotations),
    }
    if kind := said.get("as"):
        template = {
            "metadata": {"labels": metadata["labels"], "annotations": metadata["annotations"]},
            "spec": spec,
        }
        spec.pop("nodeName", None)
        owner = {"name": short, "namespace": namespace}
        return {"apiVersion": "apps/v1", "kind": kind, "metadata": owner, "spec": {"template": template}}
    states = [{"name": item["name"], "state": {"running": {}}} for item in (*beside, *natives)]
    status = {"phase": "Running", "podIP": said.get("ip", ""), "containerStatuses": states[: len(beside)]}
    status["initContainerStatuses"] = states[len(beside) :]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def _kept(values: Mapping[str, Any]) -> dict[str, str]:
    """A null takes a label or an annotation away that the pod would have."""
    return {key: value for key, value in values.items() if value is not None}
