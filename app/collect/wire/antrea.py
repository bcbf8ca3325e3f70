"""`crd.antrea.io`: policies, tiers and groups.

Unknown fields are dropped here; the readers compare with the object and name them. Source: `pkg/apis/crd/v1beta1` of
antrea.io/antrea; the older versions of these kinds have the same fields or fewer (`ipBlock` of a group apart).
"""

import msgspec

from app.collect.wire.base import Wire
from app.collect.wire.policies import IPBlock, LabelSelector


class NamespacedName(Wire):
    """A reference to a service or service account."""

    name: str = ""
    namespace: str = ""


class AppliedTo(Wire):
    """`appliedTo[]` of a policy or rule."""

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    node_selector: LabelSelector | None = None
    external_entity_selector: LabelSelector | None = None
    group: str = ""
    service_account: NamespacedName | None = None
    service: NamespacedName | None = None


class PeerNamespaces(Wire):
    """`namespaces` of a peer: relative to the namespace of the selected pod."""

    match: str = ""
    same_labels: list[str] | None = None


class Peer(Wire):
    """`from[]` and `to[]`."""

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    node_selector: LabelSelector | None = None
    external_entity_selector: LabelSelector | None = None
    namespaces: PeerNamespaces | None = None
    ip_block: IPBlock | None = None
    group: str = ""
    fqdn: str = ""
    service_account: NamespacedName | None = None
    scope: str = ""


class PeerService(Wire):
    """`toServices[]`."""

    name: str = ""
    namespace: str = ""
    scope: str = ""


class Port(Wire):
    """`ports[]`."""

    protocol: str | None = None
    port: int | str | None = None
    end_port: int | None = None
    source_port: int | None = None
    source_end_port: int | None = None


class ICMP(Wire):
    """`protocols[].icmp`."""

    icmp_type: int | None = None
    icmp_code: int | None = None


class IGMP(Wire):
    """`protocols[].igmp`."""

    igmp_type: int | None = None
    group_address: str = ""


class OtherProtocol(Wire):
    """`protocols[]`: protocols without ports."""

    icmp: ICMP | None = None
    igmp: IGMP | None = None


class HTTP(Wire):
    """`l7Protocols[].http`."""

    host: str = ""
    method: str = ""
    path: str = ""


class TLS(Wire):
    """`l7Protocols[].tls`."""

    sni: str = ""


class L7Protocol(Wire):
    """`l7Protocols[]`."""

    http: HTTP | None = None
    tls: TLS | None = None


class Rule(Wire):
    """`ingress[]` and `egress[]`. `enableLogging` and `logLabel` only observe."""

    action: str
    ports: list[Port] | None = None
    protocols: list[OtherProtocol] | None = None
    l7_protocols: list[L7Protocol] | None = msgspec.field(name="l7Protocols", default=None)
    from_: list[Peer] | None = msgspec.field(name="from", default=None)
    to: list[Peer] | None = None
    to_services: list[PeerService] | None = None
    applied_to: list[AppliedTo] | None = None
    name: str = ""
    enable_logging: bool = False
    log_label: str = ""


class PolicySpec(Wire):
    """`spec` of both policy kinds."""

    priority: float
    tier: str = ""
    applied_to: list[AppliedTo] | None = None
    ingress: list[Rule] | None = None
    egress: list[Rule] | None = None


class Policy(Wire):
    """`crd.antrea.io NetworkPolicy` and `ClusterNetworkPolicy`."""

    api_version: str
    spec: PolicySpec


class TierSpec(Wire):
    """`spec` of a Tier."""

    priority: int


class Tier(Wire):
    """`crd.antrea.io Tier`."""

    spec: TierSpec


class GroupSpec(Wire):
    """`spec` of both group kinds."""

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    node_selector: LabelSelector | None = None
    external_entity_selector: LabelSelector | None = None
    ip_block: IPBlock | None = None
    ip_blocks: list[IPBlock] | None = None
    service_reference: NamespacedName | None = None
    child_groups: list[str] | None = None


class Group(Wire):
    """`crd.antrea.io Group` and `ClusterGroup`."""

    spec: GroupSpec
