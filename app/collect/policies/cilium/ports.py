"""`toPorts` and `icmps` → ports, and what is asked for on layer 7.

Ports are those of the pod, after a service was resolved. Port 0 is every port, protocol ANY (or none) is every protocol,
`endPort` beside a name is ignored. A rule on layer 7 never denies a connection: it narrows what may be said on it.
Source: Cilium `pkg/policy/api/l4.go`, `l7.go`, `rule_validation.go`; `pkg/policy/rule.go` (mergeIngress); manual, "Layer 4
Policies" and "Layer 7 Policies".
"""

import re
from collections.abc import Iterator, Sequence

from app.collect.policies.cilium.parts import PortPart
from app.collect.policies.cilium.peers import names_of
from app.collect.policies.cilium.refusals import refused_icmps, refused_ports
from app.collect.wire import cilium as wire
from app.model.connections import LAST_PORT, PortSet, Protocol
from app.model.fields import decimal
from app.model.policy import NamedPort, PolicyPort, PortRange

_ANY = (None, "", "ANY")
_NO_PORTS = frozenset({"ICMP", "ICMPV6", "VRRP", "IGMP", "GRE", "IPIP", "IPV6", "ESP", "AH"})
_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*\Z")
_MOST = 40  # entries of one `ports` list (maxPorts)
_SHOWN = 3  # rules of layer 7 that a condition quotes


def port_parts(
    rules: Sequence[wire.PortRule | wire.PortDenyRule] | None,
    icmps: Sequence[wire.ICMPRule] | None,
    path: str,
    unclear: list[str],
    *,
    inward: bool,
) -> tuple[PortPart, ...]:
    """What one rule says about ports; empty when it says nothing, which means every port.

    `inward`: whether the rule is one of ingress.
    """
    if rules and icmps:
        unclear.append(f"{path}: Cilium refuses icmps beside toPorts")
    unclear += refused_icmps(icmps or (), f"{path}.icmps")
    parts: list[PortPart] = []
    for index, rule in enumerate(rules or ()):
        where = f"{path}.toPorts[{index}]"
        parts.append(_part(rule, where, unclear))
        if isinstance(rule, wire.PortRule):
            unclear += refused_ports(rule, where, inward=inward)
    if icmps:
        parts.append(PortPart(f"{path}.icmps", ()))
    return tuple(parts)


def _part(rule: wire.PortRule | wire.PortDenyRule, where: str, unclear: list[str]) -> PortPart:
    given = rule.ports or ()
    if not given:
        unclear.append(f"{where}: it names no ports")
    if len(given) > _MOST:
        unclear.append(f"{where}.ports: Cilium refuses more than {_MOST}")
    ports = tuple(
        port for index, item in enumerate(given) for port in _ports(item, f"{where}.ports[{index}]", unclear)
    )
    return PortPart(where, ports, tuple(_conditions(rule)) if isinstance(rule, wire.PortRule) else ())


def _ports(item: wire.Port, where: str, unclear: list[str]) -> Iterator[PolicyPort]:
    protocols = _protocols(item.protocol, where, unclear)
    text = (item.port or "0").lower()
    if (first := decimal(text)) is not None:
        ports = _numbers(first, item.end_port or 0, where, unclear)
        yield from (PortRange(protocol, ports) for protocol in protocols)
    elif _NAME.match(text):
        yield from (NamedPort(protocol, text) for protocol in protocols)
    else:
        unclear.append(f"{where}.port: `{item.port}` is neither a number nor a port name")


def _protocols(name: str | None, where: str, unclear: list[str]) -> tuple[Protocol, ...]:
    if name in _ANY:
        return tuple(Protocol)
    upper = str(name).upper()
    if upper in Protocol.__members__:
        return (Protocol(upper),)
    if upper not in _NO_PORTS:
        unclear.append(f"{where}.protocol: `{name}` is not known")
    return ()


def _numbers(first: int, end: int, where: str, unclear: list[str]) -> PortSet:
    if first > LAST_PORT or end > LAST_PORT or (end and end < first):
        unclear.append(f"{where}: ports {first} to {end or first} are not a range up to {LAST_PORT}")
    return PortSet.all() if first == 0 else PortSet.of([(first, max(first, end))])


def _conditions(rule: wire.PortRule) -> Iterator[str]:
    if rule.rules is not None:
        yield from _layer_7(rule.rules)
    if rule.server_names:
        yield f"only TLS to server names {', '.join(rule.server_names)}"
    if rule.listener is not None:
        yield "only what Cilium's Envoy listener lets through"


def _layer_7(rules: wire.L7Rules) -> Iterator[str]:
    if rules.http is not None:
        yield _layer_7_text("HTTP", [_http(item) for item in rules.http])
    if rules.dns is not None:
        yield _layer_7_text("DNS queries for", list(names_of(rules.dns)))
    if rules.kafka is not None:
        yield _layer_7_text("Kafka", [])
    if rules.l7proto or rules.l7 is not None:
        yield _layer_7_text(f"protocol {rules.l7proto or '(none)'}", [])


def _layer_7_text(protocol: str, items: Sequence[str]) -> str:
    shown = "; ".join(items[:_SHOWN])
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return f"restricted on layer 7: {protocol} {shown}{more}".rstrip()


def _http(rule: wire.HTTPRule) -> str:
    host = f" on {rule.host}" if rule.host else ""
    headers = " with headers" if rule.headers or rule.header_matches else ""
    return f"{rule.method or 'any method'} {rule.path or 'any path'}{host}{headers}"
