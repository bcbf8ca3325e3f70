"""`policy.networking.k8s.io`: v1alpha1 (with the fields that v0.1.7 removed) and v1alpha2.

Unknown fields are dropped here; the readers compare with the object and name them. The selectors of `pods` may be
missing: the CRDs require some of them, but the typed clients of the API cannot leave them out and write `{}`, which
selects everything, so this is what a manifest without them becomes. Source: `apis/v1alpha1`,
`apis/v1alpha2` and the CRDs of sigs.k8s.io/network-policy-api.
"""

import msgspec

from app.collect.wire.base import StringMap, Wire
from app.collect.wire.policies import LabelSelector, Requirement


class PodSelectors(Wire):
    """`pods` of a subject, and of a peer in v1alpha2."""

    namespace_selector: LabelSelector | None = None
    pod_selector: LabelSelector | None = None


class Subject(Wire):
    """`spec.subject`."""

    namespaces: LabelSelector | None = None
    pods: PodSelectors | None = None


class NamespacePeer(Wire):
    """`namespaces` of a v1alpha1 peer: a label selector, or before v0.1.7 one of the three forms below it."""

    match_labels: StringMap | None = None
    match_expressions: list[Requirement] | None = None
    namespace_selector: LabelSelector | None = None
    same_labels: list[str] | None = None
    not_same_labels: list[str] | None = None


class PodPeer(Wire):
    """`pods` of a v1alpha1 peer: `namespaceSelector`, or `namespaces` before v0.1.7."""

    namespace_selector: LabelSelector | None = None
    pod_selector: LabelSelector | None = None
    namespaces: NamespacePeer | None = None


class IngressPeer(Wire):
    """`from[]` of v1alpha1."""

    namespaces: NamespacePeer | None = None
    pods: PodPeer | None = None


class EgressPeer(IngressPeer):
    """`to[]` of v1alpha1."""

    nodes: LabelSelector | None = None
    networks: list[str] | None = None
    domain_names: list[str] | None = None


class PortNumber(Wire):
    """`portNumber`."""

    port: int
    protocol: str | None = None


class PortRange(Wire):
    """`portRange`."""

    start: int
    end: int
    protocol: str | None = None


class Port(Wire):
    """`ports[]` of v1alpha1."""

    port_number: PortNumber | None = None
    port_range: PortRange | None = None
    named_port: str | None = None


class IngressRule(Wire):
    """`spec.ingress[]` of v1alpha1."""

    action: str
    from_: list[IngressPeer] = msgspec.field(name="from")
    name: str = ""
    ports: list[Port] | None = None


class EgressRule(Wire):
    """`spec.egress[]` of v1alpha1."""

    action: str
    to: list[EgressPeer]
    name: str = ""
    ports: list[Port] | None = None


class BaselineSpec(Wire):
    """`spec` of a BaselineAdminNetworkPolicy."""

    subject: Subject
    ingress: list[IngressRule] | None = None
    egress: list[EgressRule] | None = None


class AdminSpec(BaselineSpec, kw_only=True):
    """`spec` of an AdminNetworkPolicy."""

    priority: int


class BaselineAdminNetworkPolicy(Wire):
    """`policy.networking.k8s.io/v1alpha1 BaselineAdminNetworkPolicy`."""

    api_version: str
    spec: BaselineSpec


class AdminNetworkPolicy(Wire):
    """`policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy`."""

    api_version: str
    spec: AdminSpec


class ClusterIngressPeer(Wire):
    """`from[]` of v1alpha2."""

    namespaces: LabelSelector | None = None
    pods: PodSelectors | None = None


class ClusterEgressPeer(ClusterIngressPeer):
    """`to[]` of v1alpha2."""

    nodes: LabelSelector | None = None
    networks: list[str] | None = None
    domain_names: list[str] | None = None


class ClusterPortRange(Wire):
    """`destinationPort.range`."""

    start: int
    end: int


class DestinationPort(Wire):
    """`destinationPort`."""

    number: int | None = None
    range: ClusterPortRange | None = None


class ProtocolMatch(Wire):
    """`tcp`, `udp` and `sctp`."""

    destination_port: DestinationPort | None = None


class ClusterProtocol(Wire):
    """`protocols[]`."""

    tcp: ProtocolMatch | None = None
    udp: ProtocolMatch | None = None
    sctp: ProtocolMatch | None = None
    destination_named_port: str | None = None


class ClusterIngressRule(Wire):
    """`spec.ingress[]` of v1alpha2."""

    action: str
    from_: list[ClusterIngressPeer] = msgspec.field(name="from")
    name: str = ""
    protocols: list[ClusterProtocol] | None = None


class ClusterEgressRule(Wire):
    """`spec.egress[]` of v1alpha2."""

    action: str
    to: list[ClusterEgressPeer]
    name: str = ""
    protocols: list[ClusterProtocol] | None = None


class ClusterSpec(Wire):
    """`spec` of a ClusterNetworkPolicy."""

    tier: str
    priority: int
    subject: Subject
    ingress: list[ClusterIngressRule] | None = None
    egress: list[ClusterEgressRule] | None = None


class ClusterNetworkPolicy(Wire):
    """`policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy`."""

    api_version: str
    spec: ClusterSpec
