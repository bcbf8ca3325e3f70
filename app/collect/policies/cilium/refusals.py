"""What Cilium's own validation refuses although the API server stores it.

A refused policy is not enforced: whatever it selects stays open. Its status says so where an agent or the operator has looked at
it; a folder of manifests has no status, and reading the policy would then show an isolation that is none. So each refusal makes
the policy unclear, by name. Source: Cilium `pkg/policy/api/rule_validation.go`, `fqdn.go` and `http.go`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from app.collect.addresses import Network
from app.collect.policies.api import Context
from app.collect.policies.cilium.expressions import expression
from app.collect.policies.cilium.referents import ICMP_RULES, LAYER_7, NODE_SELECTORS, is_off
from app.collect.wire import cilium as wire
from app.model.fields import decimal

Entry = wire.IngressRule | wire.IngressDenyRule | wire.EgressRule | wire.EgressDenyRule

_NAME = re.compile(r"[-a-zA-Z0-9.]+\Z")
_PATTERN = re.compile(r"[-a-zA-Z0-9.*]+\Z")
_FAMILIES = (None, "", "IPv4", "IPv6")
_ZERO = ("", "0")


def refused_by_settings(entry: Entry, where: str, context: Context) -> Iterator[str]:
    """What an entry asks for and the agents' settings leave off."""
    side, nodes = ("from", entry.from_nodes) if isinstance(entry, wire.FromPeers) else ("to", entry.to_nodes)
    layer_7 = any(
        isinstance(rule, wire.PortRule) and _asks_for_layer_7(rule.rules) for rule in entry.to_ports or ()
    )
    asked = (
        (bool(nodes), NODE_SELECTORS, f"{side}Nodes"),
        (layer_7, LAYER_7, "rules on layer 7"),
        (bool(entry.icmps), ICMP_RULES, "icmps"),
    )
    for given, switch, what in asked:
        if given and is_off(switch, context):
            yield f"{where}: Cilium refuses {what} without {switch}"


def refused_ports(rule: wire.PortRule, where: str, *, inward: bool) -> Iterator[str]:
    """What is wrong with one entry of `toPorts` beside its numbers and names.

    Args:
        rule: the entry.
        where: where it stands.
        inward: whether it stands in an ingress rule.
    """
    names, layer_7 = rule.server_names or (), _asks_for_layer_7(rule.rules)
    if layer_7 and rule.rules is not None:
        yield from _refused_layer_7(rule.rules, rule.ports or (), where, inward=inward)
    if "" in names:
        yield f"{where}.serverNames: Cilium refuses an empty name"
    if names and layer_7 and rule.terminating_tls is None:
        yield f"{where}.serverNames: Cilium refuses them beside rules without terminatingTLS"
    if rule.listener is not None and (inward or layer_7):
        place = "in an ingress rule" if inward else "beside rules"
        yield f"{where}.listener: Cilium refuses it {place}"


def refused_names(selectors: Iterable[wire.FQDNPeer], where: str) -> Iterator[str]:
    """What is wrong with `toFQDNs`."""
    for index, item in enumerate(selectors):
        place = f"{where}[{index}]"
        if item.match_name and item.match_pattern:
            yield f"{place}: Cilium refuses matchName beside matchPattern"
        yield from _refused_characters(item, place)


def refused_exceptions(outer: Network, holes: Sequence[Network], where: str) -> Iterator[str]:
    """What `except` takes out of a CIDR that does not hold it."""
    for hole in holes:
        inside = hole.version == outer.version and hole.network_address in outer
        if not inside or hole.prefixlen < outer.prefixlen:
            yield f"{where}.except: Cilium refuses {hole}, which is not within {outer}"


def refused_icmps(icmps: Iterable[wire.ICMPRule], where: str) -> Iterator[str]:
    """Address families that are none."""
    for item in icmps:
        for field in item.fields or ():
            if field.family not in _FAMILIES:
                yield f"{where}: Cilium refuses family `{field.family}`"


def _asks_for_layer_7(rules: wire.L7Rules | None) -> bool:
    """Whether rules are there; `rules: {}` and a protocol without rules are as good as none."""
    if rules is None:
        return False
    return any(item is not None for item in (rules.http, rules.kafka, rules.dns, rules.l7))


def _refused_layer_7(
    rules: wire.L7Rules, ports: Sequence[wire.Port], where: str, *, inward: bool
) -> Iterator[str]:
    kinds = [rules.http, rules.kafka, rules.dns, rules.l7proto or None]
    if sum(item is not None for item in kinds) > 1:
        yield f"{where}.rules: Cilium refuses rules of more than one protocol"
    if rules.l7 is not None and not rules.l7proto:
        yield f"{where}.rules.l7: Cilium refuses it without l7proto"
    if inward and rules.dns:
        yield f"{where}.rules.dns: Cilium refuses it in an ingress rule"
    for index, item in enumerate(rules.dns or ()):
        yield from _refused_characters(item, f"{where}.rules.dns[{index}]")
    for index, http in enumerate(rules.http or ()):
        for text in (http.path, http.method):
            if text and expression(text) is None:
                yield f"{where}.rules.http[{index}]: `{text}` is no regular expression"
    for index, port in enumerate(ports):
        yield from _refused_port(port, f"{where}.ports[{index}]", dns=bool(rules.dns))


def _refused_port(port: wire.Port, where: str, *, dns: bool) -> Iterator[str]:
    if (port.port or "") in _ZERO:
        yield f"{where}: Cilium refuses rules on layer 7 for every port"
    if not dns and (port.protocol or "ANY").upper() != "TCP":
        yield f"{where}: Cilium refuses rules on layer 7 for protocol {port.protocol or 'ANY'}; only TCP has them"
    first = decimal(port.port or "")
    if dns and first is not None and (port.end_port or 0) > first:
        yield f"{where}: Cilium refuses rules for DNS on a range of ports"


def _refused_characters(item: wire.FQDNPeer, where: str) -> Iterator[str]:
    for text, allowed in ((item.match_name, _NAME), (item.match_pattern, _PATTERN)):
        if text and not allowed.match(text):
            yield f"{where}: Cilium refuses `{text}`, which is no domain name"
