"""Rules of Antrea's policies.

A rule splits where the normal form says once what Antrea says for each port or peer: source ports and names are
conditions. An allow with `l7Protocols` hands the connection to a proxy that drops whatever is not allowed, so a drop of
the same ends follows it. Source: `Rule` in `pkg/apis/crd/v1beta1` and the admission rules of antrea.io/antrea.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from app.collect.invalid import Violation
from app.collect.policies.antrea_peers import Reading, peer_parts, service_peer
from app.collect.policies.parts import Part, narrowed, rules
from app.collect.ports import policy_port
from app.collect.wire import antrea as wire
from app.collect.wire.policies import PolicyPort as WirePort
from app.model.connections import PortSet
from app.model.inventory import Service
from app.model.policy import Action, NamedPort, Peer, PolicyPort, PortRange, Rule

# A rejection is a drop that the client is told of.
ACTIONS = {"Allow": Action.ALLOW, "Drop": Action.DENY, "Reject": Action.DENY, "Pass": Action.PASS}
_ANYONE = Part(())


def read_rule(
    value: wire.Rule, path: str, side: str, own: tuple[Peer, ...] | None, reading: Reading
) -> tuple[Rule, ...]:
    """Read one rule.

    Args:
        value: as written.
        path: where it stands.
        side: `from` or `to`.
        own: peers that narrow the selected pods, from the rule's own `appliedTo`.
        reading: the policy's.
    """
    action = ACTIONS.get(value.action)
    if action is None:
        reading.found.append(
            Violation(f"{path}.action", f"`{value.action}` is not one of {', '.join(ACTIONS)}")
        )
        return ()
    _check(value, path, reading)
    if value.to_services:
        return tuple(_service_rules(value.to_services, path, action, own, reading))
    parts = [narrowed(part, own) for part in _parts(value, path, side, reading)]
    found: list[Rule] = []
    for ports, condition in _ports(value, path, reading):
        some = [replace(part, conditions=(*part.conditions, *condition)) for part in parts]
        found += _some_rules(path, action, some, ports)
    return tuple(_with_layer_7(found, value))


def _some_rules(
    path: str, action: Action, parts: Sequence[Part], ports: tuple[PolicyPort, ...] | None
) -> Iterator[Rule]:
    """As `rules`, for parts of which those without peers mean anyone."""
    for rule in rules(path, action, parts, ports):
        yield replace(rule, peers=rule.peers or None)


def _parts(value: wire.Rule, path: str, side: str, reading: Reading) -> list[Part]:
    peers = value.from_ if side == "from" else value.to
    if not peers:
        return [_ANYONE]
    return [
        part
        for index, peer in enumerate(peers)
        for part in peer_parts(peer, f"{path}.{side}[{index}]", reading)
    ]


def _ports(
    value: wire.Rule, path: str, reading: Reading
) -> Iterator[tuple[tuple[PolicyPort, ...] | None, tuple[str, ...]]]:
    """Ports, and under which condition. A rule for ICMP or IGMP alone has no port; neither list means every port."""
    if not value.ports:
        yield (() if value.protocols else None), ()
        return
    plain: list[PolicyPort] = []
    for index, port in enumerate(value.ports):
        where = f"{path}.ports[{index}]"
        read = policy_port(WirePort(port.protocol, port.port, port.end_port), where, reading.found)
        source = _source(port, where, reading.found)
        if source:
            yield (read,), (source,)
        else:
            plain.append(read)
    if plain:
        yield tuple(plain), ()


def _source(port: wire.Port, path: str, found: list[Violation]) -> str:
    first, last = port.source_port, port.source_end_port
    if first is None:
        if last is not None:
            found.append(Violation(f"{path}.sourceEndPort", "needs `sourcePort`"))
        return ""
    if last is None or last == first:
        return f"only from source port {first}"
    if last < first:
        found.append(Violation(f"{path}.sourceEndPort", f"{last} is below `sourcePort` {first}"))
    return f"only from source ports {first} to {last}"


def _service_rules(
    services: Iterable[wire.PeerService],
    path: str,
    action: Action,
    own: tuple[Peer, ...] | None,
    reading: Reading,
) -> Iterator[Rule]:
    for index, item in enumerate(services):
        part, service = service_peer(item, f"{path}.toServices[{index}]", reading)
        if service is not None and part.peers:
            yield from rules(path, action, [narrowed(part, own)], _targets(service))


def _targets(service: Service) -> tuple[PolicyPort, ...]:
    """Ports of the pods behind a service; a rule matches after the address is translated."""
    return tuple(
        NamedPort(port.protocol, port.target)
        if isinstance(port.target, str)
        else PortRange(port.protocol, PortSet.of([(port.target or port.port,) * 2]))
        for port in service.ports
    )


def _with_layer_7(found: Sequence[Rule], value: wire.Rule) -> Iterator[Rule]:
    conditions = tuple(_layer_7(item) for item in value.l7_protocols or ())
    if not conditions:
        yield from found
        return
    for rule in found:
        yield replace(rule, conditions=(*rule.conditions, f"only {' or '.join(conditions)}"))
        yield replace(rule, action=Action.DENY)


def _layer_7(item: wire.L7Protocol) -> str:
    if item.http is not None:
        asked = (item.http.method, item.http.path, item.http.host and f"of {item.http.host}")
        return " ".join(("HTTP", *(text for text in asked if text)))
    return f"TLS to {item.tls.sni}" if item.tls and item.tls.sni else "TLS"


def _check(value: wire.Rule, path: str, reading: Reading) -> None:
    """What the admission webhook refuses."""
    if value.l7_protocols and value.action != "Allow":
        reading.found.append(Violation(f"{path}.l7Protocols", "is for action Allow alone"))
    for field, given in (("to", value.to), ("ports", value.ports), ("protocols", value.protocols)):
        if value.to_services and given:
            reading.found.append(Violation(f"{path}.toServices", f"may not stand beside {field}"))
    if value.to_services and value.l7_protocols:
        reading.found.append(Violation(f"{path}.toServices", "may not stand beside l7Protocols"))
