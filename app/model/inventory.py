"""Typed Kubernetes objects: only the fields that a verdict can depend on.

Made from a snapshot by `app.collect.normalize` (pure), so that the same stored snapshot always gives the same inventory.
Field names follow the Kubernetes API. Mappings are read-only by convention; nothing in this program changes one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from app.model.connections import Protocol
from app.model.identity import ObjectRef, WorkloadKey
from app.model.policy import Direction, Policy, Tier

Labels = Mapping[str, str]

NAME_LABEL = (
    "kubernetes.io/metadata.name"  # set on every namespace by the API server and not changeable by users
)


@dataclass(frozen=True, slots=True)
class Namespace:
    """`core/v1 Namespace`. `assumed` when objects use it but it was not given; then it has only its name label."""

    ref: ObjectRef
    labels: Labels
    assumed: bool = False
    digest: str = ""

    @property
    def name(self) -> str:
        """The namespace's name."""
        return self.ref.name


@dataclass(frozen=True, slots=True, order=True)
class ContainerPort:
    """`containers[].ports[]`; `name` is empty when unnamed, `host_port` is 0 when unset.

    `init` marks ports of init containers: data planes differ in whether a policy may name them.
    """

    name: str
    protocol: Protocol
    container_port: int
    host_port: int = 0
    host_ip: str = ""
    init: bool = False


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod that can have connections, or the pods that a template stands for.

    Attributes:
        ref: the Pod, or the workload object whose template it is when `from_template`.
        owner: the top-level controller that a person would name (Deployment, not ReplicaSet).
        ips: `status.podIPs`, as written; empty for templates and pods that have none yet.
        node: `spec.nodeName`; empty when not scheduled or from a template.
        host_network: `spec.hostNetwork`; such a pod has its node's addresses.
        phase: `status.phase`; finished pods (Succeeded, Failed) are not in an inventory.
        from_template: True where only the template was given; replicas are alike then.
        replicas: pods that this value stands for (1 for a real pod).
    """

    ref: ObjectRef
    owner: WorkloadKey
    labels: Labels
    ips: tuple[str, ...] = ()
    node: str = ""
    host_network: bool = False
    phase: str = ""
    ports: tuple[ContainerPort, ...] = ()
    service_account: str = ""
    from_template: bool = False
    replicas: int = 1
    digest: str = ""

    @property
    def namespace(self) -> str:
        """The pod's namespace."""
        return self.ref.namespace


@dataclass(frozen=True, slots=True)
class Node:
    """`core/v1 Node`. `addresses` are InternalIP and ExternalIP values; `ready` is the Ready condition."""

    ref: ObjectRef
    labels: Labels
    annotations: Labels
    addresses: tuple[str, ...] = ()
    pod_cidrs: tuple[str, ...] = ()
    kubelet_version: str = ""
    os: str = ""
    provider_id: str = ""
    ready: bool = True

    @property
    def name(self) -> str:
        """The node's name."""
        return self.ref.name


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """`core/v1 ServiceAccount`, as far as a policy can select by it."""

    ref: ObjectRef
    labels: Labels


@dataclass(frozen=True, slots=True, order=True)
class ServicePort:
    """`spec.ports[]`; `target` is a number, a port name, or 0 when it equals `port` by default."""

    port: int
    protocol: Protocol
    target: int | str
    node_port: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """`core/v1 Service`; `selector` is None for selector-less services."""

    ref: ObjectRef
    type: str  # ClusterIP, NodePort, LoadBalancer, ExternalName
    selector: Labels | None
    ports: tuple[ServicePort, ...]
    cluster_ips: tuple[str, ...] = ()
    external_ips: tuple[str, ...] = ()
    load_balancer: tuple[str, ...] = ()  # status.loadBalancer.ingress: IPs and host names
    load_balancer_source_ranges: tuple[str, ...] = ()
    annotations: Labels = field(default_factory=dict)
    digest: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Backend:
    """A service port that something at the edge sends traffic to; `port` is a number, a name, or 0 if unsaid."""

    service: str
    port: int | str


class EdgeKind(StrEnum):
    """What opens a way in from outside the cluster, beside Services and host ports."""

    INGRESS = "Ingress"
    HTTP_ROUTE = "HTTPRoute"
    ROUTE = "Route"


@dataclass(frozen=True, slots=True)
class Guard:
    """A host endpoint of Calico whose policies are applied to what a node forwards; what they deny is not evaluated.

    Attributes:
        ref: the HostEndpoint.
        node: the node; empty where that could not be read.
        directions: ingress where pods of the node may not be reached through it, egress where they may not reach out.
    """

    ref: ObjectRef
    node: str
    directions: frozenset[Direction]


@dataclass(frozen=True, slots=True)
class EdgeRoute:
    """`networking.k8s.io/v1 Ingress`, Gateway API route or OpenShift Route: hosts and the services behind them."""

    ref: ObjectRef
    kind: EdgeKind
    hosts: tuple[str, ...]
    backends: tuple[Backend, ...]
    ingress_class: str = ""
    tls: bool = False
    digest: str = ""


@dataclass(frozen=True)
class Inventory:
    """All objects of one snapshot that bear on a verdict; each tuple sorted by identity.

    `beside` are policies of another state of the cluster, with which this one is compared: they decide nothing here, but
    pods and addresses are told apart wherever they would be there, so that both states have the same workloads.
    """

    namespaces: tuple[Namespace, ...]
    pods: tuple[Pod, ...]
    nodes: tuple[Node, ...]
    services: tuple[Service, ...]
    edges: tuple[EdgeRoute, ...]
    policies: tuple[Policy, ...]
    tiers: tuple[Tier, ...] = ()
    accounts: tuple[ServiceAccount, ...] = ()
    beside: tuple[Policy, ...] = ()
    guards: tuple[Guard, ...] = ()

    @cached_property
    def namespace_labels(self) -> Mapping[str, Labels]:
        """Labels by namespace name, assumed namespaces included."""
        return {namespace.name: namespace.labels for namespace in self.namespaces}

    @cached_property
    def unread_accounts(self) -> tuple[str, ...]:
        """Service accounts that pods use and that were not given, as `namespace/name`, sorted.

        A missing `default` is left out: the controller manager makes it, without labels.
        """
        known = {(item.ref.namespace, item.ref.name) for item in self.accounts}
        used = {(item.namespace, item.service_account) for item in self.pods if not item.host_network}
        missing = {item for item in used - known if item[1] not in ("", "default")}
        return tuple(f"{namespace}/{name}" for namespace, name in sorted(missing))
