"""What a gateway speaks to a Service: TLS only where a BackendTLSPolicy says so and the controller of each of its Gateways accepted it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.evaluate.edges.backend_policies import Answer, agreed, answers_of, asked, policies_for, spoken_by
from app.evaluate.edges.gateway_listeners import GROUP
from app.evaluate.edges.kong_backends import over_http, policy_leg
from app.evaluate.edges.kong_gateways import is_of_kong
from app.evaluate.edges.kong_protocols import OVER_TLS, PREFIX
from app.evaluate.edges.legs import leg, plain, unknown, worst
from app.evaluate.edges.world import Item, World, objects
from app.model.edge import Leg, Security
from app.model.encryption import Known
from app.model.fields import text
from app.model.identity import ObjectRef
from app.model.platform import Sign

# `appProtocol` in small letters; a wish that not every gateway grants. GKE's gateways take HTTP2 to mean TLS.
_SPEAKS_TLS = ("https", "kubernetes.io/wss", "tls", "http2")
# annotations of Services by which Kong and Traefik are told, whatever object leads to them
_ANNOTATED = (f"{PREFIX}protocol", "traefik.ingress.kubernetes.io/service.serversscheme")
# controllers with a kind of their own for TLS to backends, which is not read
_OWN_KINDS = {"alb.networking.azure.io/alb-controller": "BackendTLSPolicy of alb.networking.azure.io"}


@dataclass(frozen=True)
class Backends:
    """Backends of one route as its gateways speak to them.

    Attributes:
        world: for policies and services.
        route: the route.
        gateways: the Gateways that it is attached to.
        ended: a listener that it is attached to ends TLS.
        unseen: why a listener that may end TLS was not read; empty where all were.
    """

    world: World
    route: Item
    gateways: frozenset[ObjectRef]
    ended: bool
    unseen: str = ""

    def leg(self, service: str, ports: Sequence[int | str]) -> Leg:
        """The leg to the ports of a Service that the route names; the weakest, where they differ."""
        if self.route.ref.kind in ("TCPRoute", "TLSRoute") and not self.ended and self.unseen:
            return unknown(f"whether a listener ends TLS cannot be told: {self.unseen}", self.route)
        if self.route.ref.kind in ("TCPRoute", "UDPRoute") and not self.ended:
            sign = self.route.sign("spec", "", "a route of bytes")
            return leg(Security.PASSED, "the gateway carries what client and pod speak", sign)
        if self.route.ref.kind == "TLSRoute" and not self.ended:
            sign = self.route.sign("spec", "", "a TLS route")
            return leg(Security.PASSED, "the gateway hands on what it gets", sign)
        if len(sides := self._sides()) > 1:
            return worst(side.leg(service, ports) for side in sides) or self._without(service)
        if self._served_by() and all(is_of_kong(self.world, gateway) for gateway in self._served_by()):
            return self._by_kong(service)
        found = worst(self._to_port(service, name) for name in self._port_names(service, ports))
        return found or self._without(service)

    def _sides(self) -> tuple["Backends", ...]:
        """Kong's Gateways by themselves: it obeys policies in its own way."""
        kong = {gateway.ref for gateway in self._served_by() if is_of_kong(self.world, gateway)}
        sides = (self.gateways & kong, self.gateways - kong)
        return tuple(replace(self, gateways=side) for side in sides if side)

    def _by_kong(self, service: str) -> Leg:
        """Kong takes a policy for routes of plain requests alone."""
        told = policy_leg(self.world, _split(service), self.route, self.gateways)
        if self.route.ref.kind != "HTTPRoute":
            told = over_http(told, self.route, f"a {self.route.ref.kind}")
        return told or self._without(service)

    def _port_names(self, service: str, ports: Sequence[int | str]) -> tuple[str, ...]:
        """Names of the Service's ports, which a policy may be restricted to."""
        known = self.world.services.get(_split(service))
        found = (
            {item.name for port in ports or (0,) for item in self.world.service_ports(known, port)}
            if known
            else ()
        )
        return tuple(sorted(found))

    def _to_port(self, service: str, port: str) -> Leg:
        """By the policy for this port alone, else by that for the whole Service; of several, by the oldest."""
        found = policies_for(self.world, *_split(service))
        own = [(section, policy) for section, policy in found if section in ("", port)]
        policies = sorted(own, key=lambda item: (not item[0], _age(item[1])))
        return self._with(policies[0][1]) if policies else self._without(service)

    def _without(self, service: str) -> Leg:
        world, route = self.world, self.route
        if why := world.unread(GROUP, "BackendTLSPolicy", _split(service)[0]):
            return unknown(f"no BackendTLSPolicy was read for Service {service}: {why}", route)
        hinted = _hint(world, service)
        if hinted:
            says = f"{hinted.says} of Service {service} asks for TLS, which not every gateway grants"
            return unknown(says, route, hinted)
        if own := self._own_kind():
            return unknown(f"a {own}, which is not read, may make the gateway speak TLS", route)
        if route.ref.kind == "GRPCRoute" and any(is_of_kong(world, gateway) for gateway in self._served_by()):
            return unknown("Kong speaks grpcs to pods where no listener of the Gateway takes HTTP", route)
        sign = route.sign("spec.rules", "", "backends of the route")
        return plain(f"no BackendTLSPolicy names Service {service}", sign)

    def _served_by(self) -> tuple[Item, ...]:
        found = (self.world.item_of(ref) for ref in sorted(self.gateways))
        return tuple(gateway for gateway in found if gateway)

    def _own_kind(self) -> str:
        """The kind by which a controller of the route's Gateways is told of TLS to backends, beside that of the API."""
        for gateway in self._served_by():
            if kind := _OWN_KINDS.get(_controller(self.world, gateway), ""):
                return kind
        return ""

    def _with(self, policy: Item) -> Leg:
        match agreed(self._accepted(policy)):
            case Known.NO:
                return unknown(f"{policy.ref} was not accepted by its controller", policy, asked(policy))
            case Known.UNKNOWN:
                says = f"{policy.ref} has no status that says that it counts"
                return unknown(says, policy, asked(policy))
        return spoken_by(policy)

    def _accepted(self, policy: Item) -> Iterator[Known]:
        """What was made of it for each Gateway: one that does not answer leaves it open, whatever another one says."""
        answers = tuple(answers_of(policy))
        if not self.gateways:
            yield from (answer.counts for answer in answers)
        for gateway in self._served_by():
            yield agreed(answer.counts for answer in answers if self._concerns(answer, gateway))

    def _concerns(self, answer: Answer, gateway: Item) -> bool:
        """An ancestor of another kind counts for every Gateway of its controller."""
        if answer.gateway is not None:
            return answer.gateway == gateway.ref
        known = _controller(self.world, gateway)
        return answer.controller == known or not (answer.controller and known)


def _controller(world: World, gateway: Item) -> str:
    served = world.item(GROUP, "GatewayClass", "", text(gateway.spec.get("gatewayClassName")))
    return text(served.spec.get("controllerName")) if served else ""


def _split(service: str) -> tuple[str, str]:
    namespace, _, name = service.partition("/")
    return namespace, name


def _age(policy: Item) -> tuple[str, str]:
    """The oldest wins, then the first by name (Gateway API, conflict resolution)."""
    return text(policy.at("metadata", "creationTimestamp")), policy.name


def _hint(world: World, service: str) -> Sign | None:
    """A field or an annotation of a Service that some gateways take to mean TLS."""
    item = world.item("", "Service", *_split(service))
    if item is None:
        return None
    for index, port in enumerate(objects(item.spec.get("ports"))):
        if text(port.get("appProtocol")).lower() in _SPEAKS_TLS:
            return item.sign(f"spec.ports[{index}].appProtocol", port["appProtocol"], "appProtocol")
    for name in _ANNOTATED:
        if item.annotations.get(name, "").lower() in OVER_TLS:
            return item.annotated(name, f"annotation {name}")
    return None
