"""One rule of a policy → normal form.

All that a rule names must match. What the normal form has no room for (HTTP, source ports) becomes a condition: an allow
then allows at most what it says, and a deny takes nothing away for certain.
"""

from collections.abc import Iterable, Iterator, Sequence

from app.collect.policies.calico.entities import entity_peer
from app.collect.policies.calico.nets import only
from app.collect.policies.calico.ports import (
    PortList,
    left_open,
    policy_ports,
    port_list,
    protocols,
)
from app.collect.policies.calico.scope import Scope
from app.collect.policies.calico.services import service_of, target_ports
from app.collect.wire import calico as wire
from app.model.connections import Protocol
from app.model.policy import Action, Direction, EveryPeer, Peer, PolicyPort, Rule

_LOG = "Log"
_ACTIONS = {action.value: action for action in Action}
_ICMP = ("ICMP", "ICMPv6", "1", "58")
_EMPTY = wire.EntityRule()


def read_rules(entries: Sequence[wire.Rule] | None, direction: Direction, scope: Scope) -> tuple[Rule, ...]:
    """Rules of one direction in order. Log rules only observe and are left out."""
    section = direction.value.lower()
    found = (
        _rule(entry, f"spec.{section}[{index}]", direction, scope)
        for index, entry in enumerate(entries or ())
        if entry.action != _LOG
    )
    return tuple(rule for rule in found if rule is not None)


def _rule(entry: wire.Rule, path: str, direction: Direction, scope: Scope) -> Rule | None:
    action = _ACTIONS.get(entry.action)
    if action is None:
        known = ", ".join((*_ACTIONS, _LOG))
        scope.wrong(f"{path}.action", f"`{entry.action}` is not one of {known}")
        return None
    _check(entry, path, direction, scope)
    source, destination = entry.source or _EMPTY, entry.destination or _EMPTY
    from_peer = entity_peer(source, f"{path}.source", scope)
    to_peer = entity_peer(destination, f"{path}.destination", scope)
    family = _family(entry.ip_version, f"{path}.ipVersion", scope)
    ports, conditions = _ports(entry, path, scope)
    inward = direction is Direction.INGRESS
    return Rule(
        path=path,
        peers=_ends(from_peer if inward else to_peer, family),
        ports=ports,
        action=action,
        own=_ends(to_peer if inward else from_peer, family),
        conditions=(*conditions, *_http(entry.http)),
    )


def _ends(*asked: Peer | None) -> tuple[Peer, ...] | None:
    """Ends that match all that is asked; None when nothing is."""
    given = tuple(peer for peer in asked if peer is not None)
    if not given:
        return None
    return given if len(given) == 1 else (EveryPeer(given),)


def _family(version: int | None, path: str, scope: Scope) -> Peer | None:
    """`ipVersion`, asked of both ends."""
    match version:
        case None:
            return None
        case 4 | 6:
            return only(version)
        case _:
            scope.wrong(path, f"{version} is neither 4 nor 6")
            return None


def _ports(
    entry: wire.Rule, path: str, scope: Scope
) -> tuple[tuple[PolicyPort, ...] | None, tuple[str, ...]]:
    """Ports at the destination, and what else is asked of ports as conditions."""
    over = protocols(entry, path, scope.found)
    source, destination = entry.source or _EMPTY, entry.destination or _EMPTY
    lists = [
        port_list(ports, f"{path}.{where}", scope.found)
        for where, ports in (
            ("destination.ports", destination.ports),
            ("destination.notPorts", destination.not_ports),
            ("source.ports", source.ports),
            ("source.notPorts", source.not_ports),
        )
    ]
    _check_protocol(entry, lists, path, scope)
    to, not_to, at, not_at = lists
    if destination.services:
        return _service_ports(destination.services, over, path, scope), _from_ports(at, not_at)
    conditions = (*filter(None, [left_open(to, not_to)]), *_from_ports(at, not_at))
    return policy_ports(over, to, not_to), conditions


def _service_ports(
    match: wire.ServiceMatch, over: tuple[Protocol, ...] | None, path: str, scope: Scope
) -> tuple[PolicyPort, ...]:
    aside = Scope(scope.namespace, scope.context)  # what is wrong with it was noted with the peer
    service = service_of(match, f"{path}.destination.services", aside)
    return target_ports(service, tuple(Protocol) if over is None else over) if service else ()


def _from_ports(wanted: PortList, unwanted: PortList) -> tuple[str, ...]:
    """Source ports are chosen by the client, so no verdict can rest on them."""
    given = (("from source ports", wanted), ("not from source ports", unwanted))
    return tuple(
        f"{words} {ports} only" if ports is wanted else f"{words} {ports}" for words, ports in given if ports
    )


def _http(match: wire.Http | None) -> Iterator[str]:
    if match is None:
        return
    methods = ", ".join(match.methods or ()) or "requests"
    paths = " or ".join(_path(item) for item in match.paths or ())
    yield f"HTTP {methods} {f'{paths} ' if paths else ''}only"


def _path(item: wire.HttpPath) -> str:
    return item.exact or f"{item.prefix or ''}*"


def _check(entry: wire.Rule, path: str, direction: Direction, scope: Scope) -> None:
    """Combinations that have no one meaning: Calico's API refuses them, or data planes read them differently."""
    near = "destination" if direction is Direction.INGRESS else "source"
    if (entity := getattr(entry, near)) and entity.services:
        scope.wrong(
            f"{path}.{near}.services", f"may not stand at the {near} of an {direction.value.lower()} rule"
        )
    if entry.http and (entry.action != Action.ALLOW or direction is Direction.EGRESS):
        scope.wrong(f"{path}.http", "may stand in an ingress rule that allows only")
    if (entry.icmp or entry.not_icmp) and str(entry.protocol) not in _ICMP:
        field = "icmp" if entry.icmp else "notICMP"
        scope.wrong(f"{path}.{field}", "needs protocol ICMP or ICMPv6")


def _check_protocol(entry: wire.Rule, lists: Iterable[PortList], path: str, scope: Scope) -> None:
    """A number needs a protocol with ports; a name brings its own, unless the rule says one without ports."""
    given = [ports for ports in lists if ports]
    if entry.protocol is None:
        if any(ports.numbers for ports in given):
            scope.wrong(f"{path}.protocol", "is missing: port numbers need TCP, UDP or SCTP")
    elif given and not protocols(wire.Rule(action="", protocol=entry.protocol), path, []):
        scope.wrong(f"{path}.protocol", f"`{entry.protocol}` has no ports")
