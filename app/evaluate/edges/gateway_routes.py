"""Gateway API routes: what leads where, over which listeners, and what the gateway speaks to the pods."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.evaluate.checks.common.wording import names
from app.evaluate.edges.admission import Admission
from app.evaluate.edges.backend_tls import Backends
from app.evaluate.edges.backends import BackendRef, astray, follow, services_of
from app.evaluate.edges.gateway_listeners import (
    GROUP,
    LISTENER_SETS,
    Listener,
    attached,
    common_hosts,
    refused,
)
from app.evaluate.edges.gateways import addresses_of, client_leg, granted, relays_of
from app.evaluate.edges.kong_gateways import left_open
from app.evaluate.edges.kong_protocols import PROTOCOLS, STATUS
from app.evaluate.edges.legs import unknown, worst
from app.evaluate.edges.world import Item, World, number, objects, words
from app.model.connections import Protocol
from app.model.edge import ANY_HOST, Endpoint, Exposure, Leg, Security, Target, Way
from app.model.fields import dig, mapping, text

# annotations by which Kong closes a route to plain text, as it does for an Ingress
_MAY_CLOSE = (PROTOCOLS, STATUS)
KINDS = ("GRPCRoute", "HTTPRoute", "TCPRoute", "TLSRoute", "UDPRoute")


def gateway_exposures(world: World, admission: Admission) -> Iterator[Exposure]:
    """Each route of the Gateway API."""
    for kind in KINDS:
        for route in world.items(GROUP, kind):
            yield _exposure(world, admission, route)


def _exposure(world: World, admission: Admission, route: Item) -> Exposure:
    places = tuple(attached(world, route))
    gateways = {gateway.ref: gateway for gateway, _ in places}
    relays = tuple(sorted({relay for item in gateways.values() for relay in relays_of(world, item)}))
    refs, denied, foreign = _backends(world, route)
    found, unresolved = follow(world, refs, Protocol.UDP if route.ref.kind == "UDPRoute" else Protocol.TCP)
    ended = any(listener.protocol == "TLS" and listener.mode == "Terminate" for _, listener in places)
    missed = _missed(world, route)
    backends = Backends(world, route, frozenset(gateways), ended, missed[0] if missed else "")
    targets = []
    for service, to in found:
        admitted, why = admission.relayed(relays, to)
        leg = backends.leg(service, [ref.port for ref in refs if f"{ref.namespace}/{ref.name}" == service])
        targets.append(Target(to.workload, to.protocol, to.port, service, relays, admitted, why, leg))
    hosts = words(route.spec.get("hostnames"))
    return Exposure(
        id=str(route.ref),
        ref=route.ref,
        way=Way.GATEWAY,
        field="spec",
        says=f"routes requests for {names(hosts) or 'any host'}",
        endpoints=tuple(_endpoints(world, route, places)),
        targets=tuple(sorted(targets, key=lambda one: (one.workload, one.protocol, one.port))),
        unresolved=(*unresolved, *denied, *foreign, *_loose(world, route, places, relays)),
        astray=(*astray(world, refs), *foreign),
        services=services_of(refs),
    )


def _loose(
    world: World, route: Item, places: tuple[tuple[Item, Listener], ...], relays: tuple[str, ...]
) -> Iterator[str]:
    missed = _missed(world, route)
    if not places:
        yield f"no listener that was read lets {route.ref} in" + (f": {missed[0]}" if missed else "")
    elif missed:
        yield f"other listeners may let {route.ref} in: {missed[0]}"
    elif not relays:
        yield "which workload serves the Gateway was not found"


def _missed(world: World, route: Item) -> list[str]:
    """Why listeners of the kinds that it names may not have been read."""
    kinds = {"Gateway": GROUP} | LISTENER_SETS
    named = {text(ref.get("kind")) or "Gateway" for ref in objects(route.spec.get("parentRefs"))}
    return [why for kind in kinds if kind in named and (why := world.unread(kinds[kind], kind))]


def _endpoints(world: World, route: Item, places: tuple[tuple[Item, Listener], ...]) -> Iterator[Endpoint]:
    """Each host and port; where several Gateways have it, what protects least, at the addresses of all."""
    found: dict[tuple[str, int, Protocol], list[tuple[Item, Leg]]] = {}
    for gateway, listener in places:
        leg = _leg(world, route, listener)
        protocol = Protocol.UDP if listener.protocol == "UDP" else Protocol.TCP
        for host in common_hosts(listener, route):
            found.setdefault((host, listener.port, protocol), []).append((gateway, leg))
    for listener, (host, port), leg in left_open(world, route, (listener for _, listener in places)):
        found.setdefault((host, port, Protocol.TCP), []).append((listener.gateway, leg))
    for (host, port, protocol), pairs in sorted(found.items(), key=lambda item: item[0]):
        addresses = tuple(dict.fromkeys(address for gateway, _ in pairs for address in addresses_of(gateway)))
        if one := worst(leg for _, leg in pairs):
            yield Endpoint(host, port, protocol, one, addresses)


def _leg(world: World, route: Item, listener: Listener) -> Leg:
    if reason := refused(route, listener):
        sign = route.sign("status.parents", reason, "what its controller reports")
        says = f"the controller of {listener.holder.ref} does not accept {route.ref} ({reason})"
        return unknown(says, None, sign)
    told = client_leg(world, listener, redirects=only_redirects(route))
    if told.security is Security.PLAIN and (
        name := next((key for key in _MAY_CLOSE if key in route.annotations), "")
    ):
        says = f"{told.says}, and annotation {name} may make Kong redirect or refuse plain text"
        return unknown(says, None, route.annotated(name, "protocols of a route"), *told.signs)
    return told


def only_redirects(route: Item) -> bool:
    """Every rule of an HTTPRoute answers with a redirect to https, and nothing leads to a backend."""
    rules = objects(route.spec.get("rules"))
    return route.ref.kind == "HTTPRoute" and bool(rules) and all(_redirects(rule) for rule in rules)


def _redirects(rule: Mapping[str, Any]) -> bool:
    return any(
        entry.get("type") == "RequestRedirect" and dig(entry, "requestRedirect", "scheme") == "https"
        for entry in objects(rule.get("filters"))
    )


def _backends(world: World, route: Item) -> tuple[list[BackendRef], tuple[str, ...], tuple[str, ...]]:
    """Services that the rules name, those of another namespace only with a ReferenceGrant there; what is denied; what is none."""
    found, denied, foreign = set(), [], []
    for rule in objects(route.spec.get("rules")):
        for raw in _refs(rule):
            kind, name = text(raw.get("kind")) or "Service", text(raw.get("name"))
            home = text(raw.get("namespace")) or route.namespace
            if kind != "Service" or not name:
                foreign.append(f"backend {kind} {home}/{name or ANY_HOST} is not followed")
            elif home != route.namespace and not granted(
                world, route, route.ref.kind, home, "", "Service", name
            ):
                denied.append(f"no ReferenceGrant lets {route.ref} lead to Service {home}/{name}")
            else:
                found.add(BackendRef(home, name, number(raw.get("port"))))
    return sorted(found), tuple(dict.fromkeys(denied)), tuple(dict.fromkeys(foreign))


def _refs(rule: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Backends of a rule, and those that its filters copy requests to."""
    yield from objects(rule.get("backendRefs"))
    for entry in objects(rule.get("filters")):
        mirror = mapping(dig(entry, "requestMirror", "backendRef"))
        if mirror:
            yield mirror
