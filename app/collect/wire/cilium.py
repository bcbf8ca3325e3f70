"""`cilium.io/v2` policies and what they refer to.

A list that is missing and a list that is empty mean different things (`[]` selects nobody), so each is optional. Null is
the same as missing: the API server drops it. Names that no field here has are found by `unknown_fields`.
"""

from typing import Any

import msgspec

from app.collect.wire.base import Metadata, StringMap, Wire


class Requirement(Wire):
    """`matchExpressions[]`."""

    key: str
    operator: str
    values: list[str] | None = None


class LabelSelector(Wire):
    """`EndpointSelector`: label names may carry their source, as in `k8s:app`."""

    match_labels: StringMap | None = None
    match_expressions: list[Requirement] | None = None


class CIDRRule(Wire):
    """`fromCIDRSet[]` and `toCIDRSet[]`: one of `cidr`, `cidrGroupRef` and `cidrGroupSelector`."""

    cidr: str | None = None
    cidr_group_ref: str | None = None
    cidr_group_selector: LabelSelector | None = None
    except_: list[str] | None = msgspec.field(name="except", default=None)


class ServiceName(Wire):
    """`toServices[].k8sService`."""

    service_name: str = ""
    namespace: str = ""


class ServiceSelector(Wire):
    """`toServices[].k8sServiceSelector`."""

    selector: LabelSelector
    namespace: str = ""


class ServicePeer(Wire):
    """`toServices[]`."""

    k8s_service: ServiceName | None = msgspec.field(name="k8sService", default=None)
    k8s_service_selector: ServiceSelector | None = msgspec.field(name="k8sServiceSelector", default=None)


class FQDNPeer(Wire):
    """`toFQDNs[]`, and `rules.dns[]`."""

    match_name: str | None = None
    match_pattern: str | None = None


class Port(Wire):
    """`toPorts[].ports[]`; the number is text in this API, and 0 or none is any."""

    port: str | None = None
    end_port: int | None = None
    protocol: str | None = None


class HTTPRule(Wire):
    """`rules.http[]`: regular expressions, and headers."""

    path: str | None = None
    method: str | None = None
    host: str | None = None
    headers: list[str] | None = None
    header_matches: list[Any] | None = None


class L7Rules(Wire):
    """`toPorts[].rules`."""

    http: list[HTTPRule] | None = None
    kafka: list[Any] | None = None
    dns: list[FQDNPeer] | None = None
    l7proto: str | None = None
    l7: list[Any] | None = None


class PortRule(Wire):
    """`toPorts[]` of a rule that allows."""

    ports: list[Port] | None = None
    rules: L7Rules | None = None
    server_names: list[str] | None = None
    listener: Any = None
    terminating_tls: Any = msgspec.field(name="terminatingTLS", default=None)
    originating_tls: Any = msgspec.field(name="originatingTLS", default=None)


class PortDenyRule(Wire):
    """`toPorts[]` of a rule that denies: layer 7 does not exist there."""

    ports: list[Port] | None = None


class ICMPField(Wire):
    """`icmps[].fields[]`."""

    family: str | None = None
    type: int | str | None = None


class ICMPRule(Wire):
    """`icmps[]`."""

    fields: list[ICMPField] | None = None


class Authentication(Wire):
    """`authentication`."""

    mode: str | None = None


class FromPeers(Wire):
    """What `ingress[]` and `ingressDeny[]` share."""

    from_endpoints: list[LabelSelector] | None = None
    from_requires: list[Any] | None = None
    from_entities: list[str] | None = None
    from_cidr: list[str] | None = msgspec.field(name="fromCIDR", default=None)
    from_cidr_set: list[CIDRRule] | None = msgspec.field(name="fromCIDRSet", default=None)
    from_groups: list[dict[str, Any]] | None = None
    from_nodes: list[LabelSelector] | None = None
    icmps: list[ICMPRule] | None = None


class IngressRule(FromPeers):
    """`ingress[]`."""

    to_ports: list[PortRule] | None = None
    authentication: Authentication | None = None


class IngressDenyRule(FromPeers):
    """`ingressDeny[]`."""

    to_ports: list[PortDenyRule] | None = None


class ToPeers(Wire):
    """What `egress[]` and `egressDeny[]` share."""

    to_endpoints: list[LabelSelector] | None = None
    to_requires: list[Any] | None = None
    to_entities: list[str] | None = None
    to_cidr: list[str] | None = msgspec.field(name="toCIDR", default=None)
    to_cidr_set: list[CIDRRule] | None = msgspec.field(name="toCIDRSet", default=None)
    to_groups: list[dict[str, Any]] | None = None
    to_nodes: list[LabelSelector] | None = None
    to_services: list[ServicePeer] | None = None
    icmps: list[ICMPRule] | None = None


class EgressRule(ToPeers):
    """`egress[]`."""

    to_ports: list[PortRule] | None = None
    to_fqdns: list[FQDNPeer] | None = msgspec.field(name="toFQDNs", default=None)
    authentication: Authentication | None = None


class EgressDenyRule(ToPeers):
    """`egressDeny[]`."""

    to_ports: list[PortDenyRule] | None = None


class DefaultDeny(Wire):
    """`enableDefaultDeny`: missing means true in a direction that has rules."""

    ingress: bool | None = None
    egress: bool | None = None


class PolicySpec(Wire):
    """`spec`, and each of `specs[]`."""

    endpoint_selector: LabelSelector | None = None
    node_selector: LabelSelector | None = None
    ingress: list[IngressRule] | None = None
    ingress_deny: list[IngressDenyRule] | None = None
    egress: list[EgressRule] | None = None
    egress_deny: list[EgressDenyRule] | None = None
    enable_default_deny: DefaultDeny | None = None
    labels: Any = None
    description: Any = None
    log: Any = None


class Condition(Wire):
    """`status.conditions[]`."""

    type: str = ""
    status: str = ""
    message: str = ""


class Status(Wire):
    """`status`, as far as it says whether Cilium took the policy."""

    conditions: list[Condition] | None = None


class Policy(Wire):
    """`CiliumNetworkPolicy` and `CiliumClusterwideNetworkPolicy`."""

    metadata: Metadata
    spec: PolicySpec | None = None
    specs: list[PolicySpec] | None = None
    status: Status | None = None


class CIDRGroupSpec(Wire):
    """`spec` of a group."""

    external_cidrs: list[str] | None = msgspec.field(name="externalCIDRs", default=None)


class CIDRGroup(Wire):
    """`CiliumCIDRGroup`."""

    metadata: Metadata
    spec: CIDRGroupSpec | None = None


class ConfigMap(Wire):
    """`core/v1 ConfigMap`."""

    metadata: Metadata
    data: StringMap | None = None
