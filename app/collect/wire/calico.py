"""Policies and sets of Calico, `projectcalico.org/v3` and `crd.projectcalico.org/v1`.

Unknown fields are let through by the decoder and named afterwards, so that a policy with one still says whom it selects. Source: projectcalico/calico `api/pkg/apis/projectcalico/v3`.
"""

import msgspec

from app.collect.wire.base import Metadata, StringMap, Wire

Port = int | str
ProtocolName = int | str


class ServiceMatch(Wire):
    """`services` of an entity rule."""

    name: str | None = None
    namespace: str | None = None


class AccountMatch(Wire):
    """`serviceAccounts` of an entity rule."""

    names: list[str] | None = None
    selector: str | None = None


class EntityRule(Wire):
    """`source` or `destination` of a rule: everything that is given must match."""

    nets: list[str] | None = None
    selector: str | None = None
    namespace_selector: str | None = None
    services: ServiceMatch | None = None
    ports: list[Port] | None = None
    not_nets: list[str] | None = None
    not_selector: str | None = None
    not_ports: list[Port] | None = None
    service_accounts: AccountMatch | None = None


class Icmp(Wire):
    """`icmp` and `notICMP`."""

    type: int | None = None
    code: int | None = None


class HttpPath(Wire):
    """`http.paths[]`."""

    exact: str | None = None
    prefix: str | None = None


class Http(Wire):
    """`http`."""

    methods: list[str] | None = None
    paths: list[HttpPath] | None = None


class RuleMetadata(Wire):
    """`metadata` of a rule; says nothing about what it matches."""

    annotations: StringMap | None = None


class Rule(Wire):
    """`ingress[]` and `egress[]`."""

    action: str
    ip_version: int | None = None
    protocol: ProtocolName | None = None
    icmp: Icmp | None = None
    not_protocol: ProtocolName | None = None
    not_icmp: Icmp | None = msgspec.field(name="notICMP", default=None)
    source: EntityRule | None = None
    destination: EntityRule | None = None
    http: Http | None = None
    metadata: RuleMetadata | None = None


class NamespacedSpec(Wire):
    """`spec` of a NetworkPolicy."""

    tier: str | None = None
    order: float | None = None
    ingress: list[Rule] | None = None
    egress: list[Rule] | None = None
    selector: str | None = None
    types: list[str] | None = None
    service_account_selector: str | None = None
    performance_hints: list[str] | None = None


class GlobalSpec(NamespacedSpec):
    """`spec` of a GlobalNetworkPolicy."""

    do_not_track: bool | None = None
    pre_dnat: bool | None = msgspec.field(name="preDNAT", default=None)
    apply_on_forward: bool | None = None
    namespace_selector: str | None = None


class StagedNamespacedSpec(NamespacedSpec):
    """`spec` of a StagedNetworkPolicy."""

    staged_action: str | None = None


class StagedGlobalSpec(GlobalSpec):
    """`spec` of a StagedGlobalNetworkPolicy."""

    staged_action: str | None = None


class TierSpec(Wire):
    """`spec` of a Tier."""

    order: float | None = None
    default_action: str | None = None


class Tier(Wire):
    """A Tier."""

    metadata: Metadata
    spec: TierSpec | None = None


class SetSpec(Wire):
    """`spec` of a NetworkSet or GlobalNetworkSet."""

    nets: list[str] | None = None


class NetworkSet(Wire):
    """A NetworkSet or GlobalNetworkSet."""

    metadata: Metadata
    spec: SetSpec | None = None


class HostSpec(Wire):
    """`spec` of a HostEndpoint."""

    node: str | None = None
    interface_name: str | None = None
    expected_ips: list[str] | None = msgspec.field(name="expectedIPs", default=None)
    profiles: list[str] | None = None


class HostEndpoint(Wire):
    """A HostEndpoint."""

    metadata: Metadata
    spec: HostSpec | None = None


class ProfileSpec(Wire):
    """`spec` of a Profile."""

    ingress: list[Rule] | None = None
    egress: list[Rule] | None = None
    labels_to_apply: StringMap | None = None
