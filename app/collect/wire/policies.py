"""Network policies: here an unknown field is an error, because it could change the verdict."""

import msgspec

from app.collect.wire.base import Metadata, StringMap, Wire


class StrictWire(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Base of decoded policy parts: an unknown field is an error."""


class Requirement(StrictWire):
    """`matchExpressions[]`."""

    key: str
    operator: str
    values: list[str] | None = None


class LabelSelector(StrictWire):
    """`LabelSelector`; missing parts require nothing."""

    match_labels: StringMap | None = None
    match_expressions: list[Requirement] | None = None


class IPBlock(StrictWire):
    """`ipBlock`."""

    cidr: str
    except_: list[str] | None = msgspec.field(name="except", default=None)


class PolicyPeer(StrictWire):
    """`from[]` and `to[]`."""

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: IPBlock | None = None


class PolicyPort(StrictWire):
    """`ports[]`."""

    protocol: str | None = None
    port: int | str | None = None
    end_port: int | None = None


class IngressPolicyRule(StrictWire):
    """`spec.ingress[]`."""

    from_: list[PolicyPeer] | None = msgspec.field(name="from", default=None)
    ports: list[PolicyPort] | None = None


class EgressPolicyRule(StrictWire):
    """`spec.egress[]`."""

    to: list[PolicyPeer] | None = None
    ports: list[PolicyPort] | None = None


class PolicySpec(StrictWire):
    """`spec` of a NetworkPolicy."""

    pod_selector: LabelSelector | None = None
    policy_types: list[str] | None = None
    ingress: list[IngressPolicyRule] | None = None
    egress: list[EgressPolicyRule] | None = None


class NetworkPolicy(Wire):
    """`networking.k8s.io/v1 NetworkPolicy`. `spec` is optional in the API: then it isolates ingress of every pod."""

    metadata: Metadata
    spec: PolicySpec | None = None
