"""`policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy` → normal form.

Source: types and CRDs of sigs.k8s.io/network-policy-api v0.2.0 and NPEP-285. One kind for two tiers; the CRD of the
experimental channel is followed, which is the standard one with nodes and domain names as peers.
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

_DECODER = msgspec.json.Decoder(wire.ClusterNetworkPolicy)
_VERSION = "v1alpha2"
_LIMIT = 25
_ACTIONS = {"Accept": Action.ALLOW, "Deny": Action.DENY, "Pass": Action.PASS}
_TIERS = {"Admin": Family.ADMIN, "Baseline": Family.BASELINE}


def _read(item: SnapshotObject, context: Context) -> tuple[Policy, ...]:
    value = decode(item.body, _DECODER)
    reading = Reading(context, _VERSION, _ACTIONS, _LIMIT, _ports)
    family = _TIERS.get(value.spec.tier)
    if family is None:
        reading.found.append(Violation("spec.tier", f"`{value.spec.tier}` is neither Admin nor Baseline"))
    order = priority(value.spec.priority, reading.found)
    return (admin_policy(item, value, family or Family.ADMIN, order, reading),)


API = PolicyApi(policies={GroupKind("policy.networking.k8s.io", "ClusterNetworkPolicy"): _read})


def _ports(rule: WireRule, path: str, reading: Reading) -> Ports:
    """`protocols[]`; None, meaning any protocol, ICMP included, when it is missing."""
    if not isinstance(rule, wire.ClusterIngressRule | wire.ClusterEgressRule) or rule.protocols is None:
        return None
    at_least_one(rule.protocols, f"{path}.protocols", reading.found)
    at_most(reading.limit, rule.protocols, f"{path}.protocols", reading.found)
    return tuple(
        port
        for index, item in enumerate(rule.protocols)
        for port in _protocol(item, f"{path}.protocols[{index}]", reading.found)
    )


def _protocol(item: wire.ClusterProtocol, path: str, found: list[Violation]) -> tuple[PolicyPort, ...]:
    only_field(item, path, found)
    if item.destination_named_port is not None:
        # A name carries no protocol: it stands for the port of that name, whatever the pod declares it for.
        return tuple(NamedPort(protocol, item.destination_named_port) for protocol in Protocol)
    for protocol, match in ((Protocol.TCP, item.tcp), (Protocol.UDP, item.udp), (Protocol.SCTP, item.sctp)):
        if match is not None:
            where = f"{path}.{protocol.lower()}"
            return (PortRange(protocol, _destination(match.destination_port, where, found)),)
    found.append(Violation(path, "must have tcp, udp, sctp or destinationNamedPort"))
    return ()


def _destination(port: wire.DestinationPort | None, path: str, found: list[Violation]) -> PortSet:
    if port is None:
        found.append(Violation(path, "must have a destinationPort"))
        return PortSet()
    path = f"{path}.destinationPort"
    if not only_field(port, path, found):
        found.append(Violation(path, "must have a number or a range"))
    if port.number is not None and port_number(port.number, f"{path}.number", found):
        return PortSet.of([(port.number, port.number)])
    if port.range is None:
        return PortSet()
    return _range(port.range, f"{path}.range", found)


def _range(span: wire.ClusterPortRange, path: str, found: list[Violation]) -> PortSet:
    for field, value in (("start", span.start), ("end", span.end)):
        port_number(value, f"{path}.{field}", found)
    if span.start >= span.end:
        found.append(Violation(f"{path}.end", f"{span.end} is not above `start` {span.start}"))
    return PortSet.of([(span.start, span.end)])
