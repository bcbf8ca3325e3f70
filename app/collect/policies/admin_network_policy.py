"""`policy.networking.k8s.io/v1alpha1`: AdminNetworkPolicy and BaselineAdminNetworkPolicy → normal form.

Source: types and CRDs of sigs.k8s.io/network-policy-api v0.1.1 and v0.1.7. The current fields and those that v0.1.7
removed (`namespaces.namespaceSelector`, `sameLabels`, `notSameLabels`) are both understood: which of them a cluster
knows is decided by its CRD, and an object shows which it was written for.
"""

import msgspec

from app.collect.invalid import Violation, decode
from app.collect.policies.admin_peers import at_least_one, at_most, only_field
from app.collect.policies.admin_rules import Ports, Reading, WireRule, admin_policy, priority
from app.collect.policies.api import Context, PolicyApi
from app.collect.ports import port_number
from app.collect.wire import admin_policies as wire
from app.model.connections import PortSet, Protocol
from app.model.identity import GroupKind
from app.model.policy import Action, Family, NamedPort, Policy, PolicyPort, PortRange
from app.model.snapshot import SnapshotObject

_ADMIN = msgspec.json.Decoder(wire.AdminNetworkPolicy)
_BASELINE = msgspec.json.Decoder(wire.BaselineAdminNetworkPolicy)
_VERSION = "v1alpha1"
_LIMIT = 100
_ACTIONS = {"Allow": Action.ALLOW, "Deny": Action.DENY}
_GROUP = "policy.networking.k8s.io"
_ONLY_NAME = "default"


def _admin(item: SnapshotObject, context: Context) -> tuple[Policy, ...]:
    value = decode(item.body, _ADMIN)
    reading = Reading(context, _VERSION, {**_ACTIONS, "Pass": Action.PASS}, _LIMIT, _ports)
    order = priority(value.spec.priority, reading.found)
    return (admin_policy(item, value, Family.ADMIN, order, reading),)


def _baseline(item: SnapshotObject, context: Context) -> tuple[Policy, ...]:
    """The one baseline policy of a cluster; it has no priority, and its CRD knows no Pass and no domain names."""
    value = decode(item.body, _BASELINE)
    reading = Reading(context, _VERSION, _ACTIONS, _LIMIT, _ports)
    if item.ref.name != _ONLY_NAME:
        reading.found.append(Violation("metadata.name", f"must be `{_ONLY_NAME}`"))
    return (admin_policy(item, value, Family.BASELINE, float("inf"), reading),)


API = PolicyApi(
    policies={
        GroupKind(_GROUP, "AdminNetworkPolicy"): _admin,
        GroupKind(_GROUP, "BaselineAdminNetworkPolicy"): _baseline,
    }
)


def _ports(rule: WireRule, path: str, reading: Reading) -> Ports:
    """`ports[]`; None, meaning any port of any protocol, when it is missing."""
    if not isinstance(rule, wire.IngressRule | wire.EgressRule) or rule.ports is None:
        return None
    at_least_one(rule.ports, f"{path}.ports", reading.found)
    at_most(reading.limit, rule.ports, f"{path}.ports", reading.found)
    return tuple(
        port
        for index, item in enumerate(rule.ports)
        for port in _port(item, f"{path}.ports[{index}]", reading)
    )


def _port(port: wire.Port, path: str, reading: Reading) -> tuple[PolicyPort, ...]:
    only_field(port, path, reading.found)
    if port.port_number is not None:
        number = port.port_number
        return _range(number.protocol, number.port, number.port, f"{path}.portNumber", reading)
    if port.port_range is not None:
        span = port.port_range
        return _range(span.protocol, span.start, span.end, f"{path}.portRange", reading)
    if port.named_port is not None:
        # A name carries no protocol: it stands for the port of that name, whatever the pod declares it for.
        return tuple(NamedPort(protocol, port.named_port) for protocol in Protocol)
    reading.found.append(Violation(path, "must have portNumber, portRange or namedPort"))
    return ()


def _range(
    protocol: str | None, first: int, last: int, path: str, reading: Reading
) -> tuple[PolicyPort, ...]:
    """Ports of one protocol. What the CRD lets through although it has no meaning is unclear, not refused."""
    for value in {first, last}:
        if not port_number(value, path, reading.found):
            return ()
    if protocol and protocol not in Protocol.__members__:
        reading.unclear.append(f"{path}.protocol `{protocol}` is not one of TCP, UDP, SCTP")
        return ()
    if last < first:
        reading.unclear.append(f"{path} ends before it starts")
    return (PortRange(Protocol(protocol or Protocol.TCP), PortSet.of([(first, last)])),)
