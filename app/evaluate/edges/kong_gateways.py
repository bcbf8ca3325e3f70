"""Routes of the Gateway API that Kong serves: which of their requests it takes in plain text, whatever the listeners say.

Sources: changelog and translation of the controller (`internal/dataplane/translator`). Before 3.4.14 and 3.5.7 every route took http and https,
on all ports of Kong; since then it takes the protocols of its listeners. `konghq.com/protocols` of a route replaces both.
"""

from collections.abc import Iterable, Iterator

from app.evaluate.edges.gateway_listeners import GROUP, Listener, common_hosts
from app.evaluate.edges.kong_protocols import KNOWN, OVER_TLS, PROTOCOLS, annotated_protocols
from app.evaluate.edges.kong_releases import routes_by_listener
from app.evaluate.edges.legs import plain, unknown
from app.evaluate.edges.tls_hosts import HTTP
from app.evaluate.edges.world import Item, World, number, objects
from app.model.edge import Leg
from app.model.encryption import Known
from app.model.fields import text

CONTROLLER = "konghq.com/kic-gateway-controller"
_KINDS = ("HTTPRoute", "GRPCRoute")
Place = tuple[str, int]  # host and port


def is_of_kong(world: World, gateway: Item) -> bool:
    """Its class belongs to Kong's controller."""
    served = world.item(GROUP, "GatewayClass", "", text(gateway.spec.get("gatewayClassName")))
    return served is not None and text(served.spec.get("controllerName")) == CONTROLLER


def left_open(
    world: World, route: Item, listeners: Iterable[Listener]
) -> Iterator[tuple[Listener, Place, Leg]]:
    """What a route that is attached to listeners with TLS alone takes in plain text beside them, each with one of the listeners."""
    found = [one for one in listeners if is_of_kong(world, one.gateway)]
    if route.ref.kind not in _KINDS or not found or any(one.protocol == "HTTP" for one in found):
        return
    leg = _leg(world, route)
    if leg is None:
        return
    for one in found:
        for port in _plain_ports(one.gateway):
            yield from ((one, (host, port), leg) for host in common_hosts(one, route))


def _plain_ports(gateway: Item) -> tuple[int, ...]:
    """Ports of its listeners for plain text; without one Kong's usual port, where it listens unless it is told not to."""
    ports = {
        number(raw.get("port"))
        for raw in objects(gateway.spec.get("listeners"))
        if raw.get("protocol") == "HTTP"
    }
    return tuple(sorted(ports)) or (HTTP,)


def _leg(world: World, route: Item) -> Leg | None:
    sign = route.annotated(PROTOCOLS, "which protocols the route takes")
    if said := annotated_protocols(route):
        if said <= OVER_TLS:
            return None
        if said - KNOWN:
            return unknown(f"{min(said - KNOWN)} in {PROTOCOLS} is no protocol that Kong knows", route, sign)
        return plain(f"{PROTOCOLS} of the route takes {min(said - OVER_TLS)}, whatever its listener", sign)
    if routes_by_listener(world) is Known.YES:
        return None
    says = "Kong's controller before 3.4.14 and 3.5.7 lets the route take plain text beside its listener, and no newer one was read"
    return unknown(says, route, sign)
