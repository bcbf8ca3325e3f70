"""Istio Gateways and the VirtualServices bound to them. Source: Istio reference of Gateway and VirtualService."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.evaluate.checks.common.wording import names
from app.evaluate.edges.admission import Admission
from app.evaluate.edges.backends import BackendRef, astray, follow, services_of
from app.evaluate.edges.istio_servers import AUTO, Server, client_leg
from app.evaluate.edges.legs import leg, unknown, worst
from app.evaluate.edges.world import Item, World, number, objects, words
from app.model.connections import Protocol
from app.model.edge import ANY_HOST, Endpoint, Exposure, Leg, Security, Target, Way
from app.model.fields import dig, mapping, strings, text

GROUP = "networking.istio.io"


def istio_exposures(world: World, admission: Admission) -> Iterator[Exposure]:
    """Each VirtualService that is bound to a gateway other than the mesh itself."""
    for item in world.items(GROUP, "VirtualService"):
        bound = [name for name in words(item.spec.get("gateways")) if name != "mesh"]
        if bound:
            yield _exposure(world, admission, item, bound)
    for gateway in world.items(GROUP, "Gateway"):
        servers = (
            Server(gateway, index, raw) for index, raw in enumerate(objects(gateway.spec.get("servers")))
        )
        passing = [server for server in servers if text(dig(server.raw, "tls", "mode")) == AUTO]
        if passing:
            yield _automatic(gateway, passing)


def _automatic(gateway: Item, servers: list[Server]) -> Exposure:
    """Servers that lead to every Service of the mesh by the name that TLS asks for: no VirtualService says to which."""
    says = f"{gateway.ref} passes TLS on to every Service of the mesh whose name is asked for ({AUTO})"
    ends = [
        Endpoint(
            host,
            server.port,
            Protocol.TCP,
            leg(Security.TLS, says, server.gateway.sign(f"{server.path}.tls", AUTO, "TLS of the server")),
        )
        for server in servers
        for host in server.hosts
    ]
    return Exposure(
        id=str(gateway.ref),
        ref=gateway.ref,
        way=Way.ISTIO,
        field="spec.servers",
        says="passes TLS on to Services of the mesh by their names",
        endpoints=tuple(sorted(ends, key=lambda end: (end.host, end.port))),
        unresolved=(says,),
        astray=(says,),
    )


def _exposure(world: World, admission: Admission, item: Item, bound: list[str]) -> Exposure:
    gateways = [known for name in bound if (known := _gateway(world, item, name))]
    relays = tuple(sorted({relay for gateway in gateways for relay in _relays(world, gateway)}))
    hosts = words(item.spec.get("hosts")) or (ANY_HOST,)
    whole, lost = _delegated(world, item)
    refs = sorted({ref for one in whole for ref in _backends(one)})
    found, unresolved = follow(world, refs)
    away = _outside(whole)
    inside = tuple(why for host in away if (why := _leads_inside(world, host)))
    unresolved += (
        *lost,
        *(f"destination {host} is no Service by its name, and is not followed" for host in away),
    )
    targets = []
    for service, to in found:
        admitted, why = admission.relayed(relays, to)
        says = "what the gateway speaks to the pods is the mesh's to say"
        targets.append(
            Target(to.workload, to.protocol, to.port, service, relays, admitted, why, unknown(says, item))
        )
    if len(gateways) < len(bound):
        unresolved += ("a gateway that it is bound to was not read",)
    if gateways and not relays:
        unresolved += ("no running pod matches the gateway's selector",)
    return Exposure(
        id=str(item.ref),
        ref=item.ref,
        way=Way.ISTIO,
        field="spec",
        says=f"routes requests for {names(host if host != ANY_HOST else 'any host' for host in hosts)}",
        endpoints=tuple(_endpoints(world, item, gateways, hosts)),
        targets=tuple(sorted(targets, key=lambda one: (one.workload, one.protocol, one.port))),
        unresolved=unresolved,
        astray=(*astray(world, refs), *lost, *inside),
        services=services_of(refs),
    )


def _delegated(world: World, item: Item) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    """A VirtualService with those that its routes delegate to, one level deep as Istio takes it, and which were not read."""
    found, lost = [item], []
    for rule in objects(item.spec.get("http")):
        name = text(dig(rule, "delegate", "name"))
        if not name:
            continue
        home = text(dig(rule, "delegate", "namespace")) or item.namespace
        inner = world.item(GROUP, "VirtualService", home, name)
        if inner:
            found.append(inner)
        elif why := world.unread(GROUP, "VirtualService", home):
            lost.append(f"VirtualService {home}/{name}, which it delegates to, was not found: {why}")
    return tuple(found), tuple(dict.fromkeys(lost))


def _outside(services: tuple[Item, ...]) -> tuple[str, ...]:
    """Hosts of destinations that are no Service of this cluster by their names: a ServiceEntry's, or of nothing."""
    hosts = {
        text(destination.get("host"))
        for one in services
        for destination in _destinations(one)
        if not _service(text(destination.get("host")), one.namespace)[0]
    }
    return tuple(sorted(hosts - {""}))


def _leads_inside(world: World, host: str) -> str:
    """Why a host that is no Service may lead to pods all the same: a ServiceEntry selects them or names their addresses, or a pod has it as an alias."""
    for entry in world.items(GROUP, "ServiceEntry"):
        if host in words(entry.spec.get("hosts")) and (
            entry.spec.get("workloadSelector") or entry.spec.get("endpoints")
        ):
            return f"{entry.ref} leads host {host} to workloads of its own"
    if alias := next(iter(world.aliases.get(host.lower(), ())), None):
        return f"host {host} may lead inside: {alias.says}"
    why = world.unread(GROUP, "ServiceEntry")
    return f"host {host} may be of a ServiceEntry: {why}" if why else ""


def _gateway(world: World, item: Item, name: str) -> Item | None:
    home, _, short = name.rpartition("/")
    return world.item(GROUP, "Gateway", home or item.namespace, short)


def _relays(world: World, gateway: Item) -> tuple[str, ...]:
    """Pods that the selector matches, in any namespace (the default of `PILOT_SCOPE_GATEWAY_TO_NAMESPACE`)."""
    return world.ids(world.selected(None, strings(gateway.spec.get("selector"))))


def _endpoints(world: World, item: Item, gateways: list[Item], hosts: tuple[str, ...]) -> Iterator[Endpoint]:
    """Each host and port; where several servers have it, what protects least."""
    found: dict[tuple[str, int], list[Leg]] = {}
    for gateway in gateways:
        home = _secrets_of(world, gateway)
        for index, raw in enumerate(objects(gateway.spec.get("servers"))):
            server = Server(gateway, index, raw)
            for host in hosts:
                if server.takes(item, host):
                    found.setdefault((host, server.port), []).append(client_leg(server, item, home))
    for (host, port), legs in sorted(found.items(), key=lambda pair: pair[0]):
        if one := worst(legs):
            yield Endpoint(host, port, Protocol.TCP, one)


def _secrets_of(world: World, gateway: Item) -> str:
    """The namespace that Secrets are looked up in: that of the gateway's pods; empty where they are in none or in several."""
    homes = {pod.namespace for pod in world.selected(None, strings(gateway.spec.get("selector")))}
    return homes.pop() if len(homes) == 1 else ""


def _backends(item: Item) -> Iterator[BackendRef]:
    """Destinations of the http, tls and tcp routes that are Services of this cluster."""
    for destination in _destinations(item):
        name, home = _service(text(destination.get("host")), item.namespace)
        if name:
            yield BackendRef(home, name, number(dig(destination, "port", "number")))


def _destinations(item: Item) -> Iterator[Mapping[str, Any]]:
    """Destinations of the routes, and of what they copy requests to."""
    for kind in ("http", "tls", "tcp"):
        for rule in objects(item.spec.get(kind)):
            yield from (mapping(route.get("destination")) for route in objects(rule.get("route")))
            yield mapping(rule.get("mirror"))
            yield from (mapping(mirror.get("destination")) for mirror in objects(rule.get("mirrors")))


def _service(host: str, namespace: str) -> tuple[str, str]:
    """`reviews`, `reviews.shop`, `reviews.shop.svc.cluster.local` → name and namespace."""
    parts = host.split(".")
    if len(parts) == 1:
        return parts[0], namespace
    if len(parts) == 2 or parts[2] == "svc":  # noqa: PLR2004  name and namespace
        return parts[0], parts[1]
    return "", ""
