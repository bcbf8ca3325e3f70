"""Objects of F5's NGINX Ingress Controller: listeners, policies, and the upstreams that servers and their routes lead to.

Source: reference of GlobalConfiguration, Policy, VirtualServer, VirtualServerRoute and TransportServer (`k8s.nginx.org`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.evaluate.edges.relays import Controller, Relay, relay_of_controller
from app.evaluate.edges.world import Item, World, number, objects
from app.model.encryption import Known
from app.model.fields import dig, mapping, strings, text

GROUP = "k8s.nginx.org"
ROUTES = "VirtualServerRoute"
_GLOBAL_FLAG = "global-configuration"


@dataclass(frozen=True, slots=True)
class Upstream:
    """A Service that requests go to. `verified` says what an egress policy makes of its certificate."""

    holder: Item
    raw: Mapping[str, Any]
    verified: Known

    @property
    def name(self) -> str:
        """Its Service."""
        return text(self.raw.get("service"))

    @property
    def port(self) -> int:
        """The port of the Service."""
        return number(self.raw.get("port"))


def relay(world: World) -> Relay:
    """The controller, whatever the class of an object is called."""
    return relay_of_controller(world, Controller.NGINX_INC)


def listener(world: World, name: str) -> Mapping[str, Any] | None:
    """A listener by name, of the object that the controller's flag names, else of any; None where there is not exactly one."""
    held = (raw for item in _configurations(world) for raw in objects(item.spec.get("listeners")))
    found = [raw for raw in held if text(raw.get("name")) == name]
    return found[0] if len(found) == 1 else None


def _configurations(world: World) -> tuple[Item, ...]:
    named = relay(world).arguments.get(_GLOBAL_FLAG, "")
    home, _, name = named.rpartition("/")
    found = world.items(GROUP, "GlobalConfiguration")
    return tuple(item for item in found if not named or (item.name == name and item.namespace == home))


def policies(world: World, holder: Item, value: object) -> tuple[tuple[str, Item | None], ...]:
    """Policies that a list names, each with its name; None for one that was not read."""
    found = []
    for ref in objects(value):
        home, name = text(ref.get("namespace")) or holder.namespace, text(ref.get("name"))
        found.append((f"{home}/{name}", world.item(GROUP, "Policy", home, name)))
    return tuple(found)


def demands_certificate(world: World, server: Item) -> Known:
    """`ingressMTLS` of a policy of the whole server, whose default is to demand; other values ask and go on without."""
    found = policies(world, server, server.spec.get("policies"))
    modes = {
        text(mapping(item.spec["ingressMTLS"]).get("verifyClient")) or "on"
        for _, item in found
        if item and "ingressMTLS" in item.spec
    }
    if modes:
        return Known.YES if modes == {"on"} else Known.NO
    return Known.UNKNOWN if any(item is None for _, item in found) else Known.NO


def verifies(world: World, holder: Item, value: object, otherwise: Known) -> Known:
    """`egressMTLS.verifyServer` of the policies of one list, which is off by default; `otherwise` where none speaks of it."""
    found = policies(world, holder, value)
    said = [mapping(item.spec["egressMTLS"]) for _, item in found if item and "egressMTLS" in item.spec]
    if said:
        return Known.YES if all(one.get("verifyServer") is True for one in said) else Known.NO
    return Known.UNKNOWN if any(item is None for _, item in found) else otherwise


def upstreams(world: World, server: Item) -> tuple[tuple[Upstream, ...], tuple[str, ...]]:
    """Upstreams of a VirtualServer and of the VirtualServerRoutes that its routes name or select, and which of these were not found."""
    whole = verifies(world, server, server.spec.get("policies"), Known.NO)
    found = list(_used(world, server, objects(server.spec.get("routes")), whole))
    missing: list[str] = []
    for route in objects(server.spec.get("routes")):
        checked = verifies(world, server, route.get("policies"), whole)
        inner, lost = _routes(world, server, route)
        missing += lost
        for item in inner:
            found += _used(world, item, objects(item.spec.get("subroutes")), checked)
    return tuple(found), tuple(missing)


def _routes(world: World, server: Item, route: Mapping[str, Any]) -> tuple[list[Item], list[str]]:
    """VirtualServerRoutes of one route, and what was not found of them."""
    if named := text(route.get("route")):
        home, _, name = named.rpartition("/")
        inner = world.item(GROUP, ROUTES, home or server.namespace, name)
        return ([inner], []) if inner else ([], [f"{ROUTES} {home or server.namespace}/{name}"])
    if "routeSelector" not in route:
        return [], []
    chosen = [item for item in world.items(GROUP, ROUTES) if _is_selected(server, route, item)]
    return chosen, [f"{ROUTES} by its labels"] if world.unread(GROUP, ROUTES) else []


def _is_selected(server: Item, route: Mapping[str, Any], item: Item) -> bool:
    """Of every namespace, by `matchLabels` alone, and with the server's own host."""
    wanted = strings(dig(route, "routeSelector", "matchLabels"))
    return wanted.items() <= item.labels.items() and item.spec.get("host") == server.spec.get("host")


def _used(
    world: World, holder: Item, routes: Iterable[Mapping[str, Any]], otherwise: Known
) -> Iterator[Upstream]:
    """Upstreams that a route of the object leads to; one that no route names gets no request."""
    known = {text(raw.get("name")): raw for raw in objects(holder.spec.get("upstreams"))}
    for route in routes:
        checked = verifies(world, holder, route.get("policies"), otherwise)
        for name in _passed(route):
            raw = known.get(name)
            if raw is None:
                continue
            yield Upstream(holder, raw, checked)
            if backup := text(raw.get("backup")):
                yield Upstream(holder, {**raw, "service": backup, "port": raw.get("backupPort")}, checked)


def _passed(route: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of upstreams that a route passes or proxies to, straight, by splits and by matches."""
    actions = []
    for part in (route, *objects(route.get("matches"))):
        actions += [mapping(part.get("action"))]
        actions += [mapping(split.get("action")) for split in objects(part.get("splits"))]
    names = (text(one.get("pass")) or text(dig(one, "proxy", "upstream")) for one in actions)
    return tuple(dict.fromkeys(name for name in names if name))
