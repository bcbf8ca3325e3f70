"""What a gateway speaks to a Service: TLS only where a BackendTLSPolicy says so and its controller accepted it.

Source: Gateway API reference of BackendTLSPolicy, v1alpha2 to v1: `targetRef` became `targetRefs`, `tls` became `validation`,
and the names of the certificates' fields changed with it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.evaluate.edges.gateway_listeners import GROUP
from app.evaluate.edges.kong_gateways import is_of_kong
from app.evaluate.edges.kong_protocols import OVER_TLS, PREFIX
from app.evaluate.edges.legs import leg, plain, tls, unknown, worst
from app.evaluate.edges.world import Item, World, objects
from app.model.edge import Leg, Security
from app.model.encryption import Known
from app.model.fields import dig, mapping, text
from app.model.identity import ObjectRef
from app.model.platform import Sign

# `appProtocol` in small letters; a wish that not every gateway grants. GKE's gateways take HTTP2 to mean TLS.
_SPEAKS_TLS = ("https", "kubernetes.io/wss", "tls", "http2")
# annotations of Services by which Kong and Traefik are told, whatever object leads to them
_ANNOTATED = (f"{PREFIX}protocol", "traefik.ingress.kubernetes.io/service.serversscheme")
# controllers with a kind of their own for TLS to backends, which is not read
_OWN_KINDS = {"alb.networking.azure.io/alb-controller": "BackendTLSPolicy of alb.networking.azure.io"}
# roots that the pod's certificate is checked against: v1alpha3 and v1, then v1alpha2
_ROOTS = ("caCertificateRefs", "wellKnownCACertificates", "caCertRefs", "wellKnownCACerts")


@dataclass(frozen=True)
class Backends:
    """Backends of one route as its gateways speak to them.

    Attributes:
        world: for policies and services.
        route: the route.
        gateways: the Gateways that it is attached to.
        ended: a listener that it is attached to ends TLS.
    """

    world: World
    route: Item
    gateways: frozenset[ObjectRef]
    ended: bool

    def leg(self, service: str, ports: Sequence[int | str]) -> Leg:
        """The leg to the ports of a Service that the route names; the weakest, where they differ."""
        if self.route.ref.kind in ("TCPRoute", "UDPRoute") and not self.ended:
            sign = self.route.sign("spec", "", "a route of bytes")
            return leg(Security.PASSED, "the gateway carries what client and pod speak", sign)
        if self.route.ref.kind == "TLSRoute" and not self.ended:
            sign = self.route.sign("spec", "", "a TLS route")
            return leg(Security.PASSED, "the gateway hands on what it gets", sign)
        found = worst(self._to_port(service, name) for name in self._port_names(service, ports))
        return found or self._without(service)

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
        policies = sorted(self._policies(service, port), key=lambda found: (not found[0], _age(found[1])))
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
            name = text(gateway.spec.get("gatewayClassName"))
            served = self.world.item(GROUP, "GatewayClass", "", name)
            kind = _OWN_KINDS.get(text(served.spec.get("controllerName")), "") if served else ""
            if kind:
                return kind
        return ""

    def _with(self, policy: Item) -> Leg:
        path = "validation" if policy.spec.get("validation") else "tls"
        validation = mapping(policy.spec.get(path))
        hostname = text(validation.get("hostname"))
        sign = policy.sign(f"spec.{path}", hostname, "the name that is checked")
        match self._accepted(policy):
            case Known.NO:
                return unknown(f"{policy.ref} was not accepted by its controller", policy, sign)
            case Known.UNKNOWN:
                return unknown(f"{policy.ref} has no status that says that it counts", policy, sign)
        checked = hostname and any(validation.get(name) for name in _ROOTS)
        says = f"{policy.ref} makes the gateway speak TLS"
        return tls(says, sign, verified=Known.YES if checked else Known.NO)

    def _accepted(self, policy: Item) -> Known:
        """Accepted and ResolvedRefs of each ancestor that reports; what another Gateway made of it says nothing here."""
        states = [
            text(condition.get("status"))
            for ancestor in objects(dig(policy.body, "status", "ancestors"))
            if self._concerns(mapping(ancestor.get("ancestorRef")), policy.namespace)
            for condition in objects(ancestor.get("conditions"))
            if condition.get("type") in ("Accepted", "ResolvedRefs")
        ]
        if not states:
            return Known.UNKNOWN
        return Known.YES if all(state == "True" for state in states) else Known.NO

    def _concerns(self, ancestor: Mapping[str, Any], namespace: str) -> bool:
        if text(ancestor.get("kind")) not in ("", "Gateway") or not text(ancestor.get("name")):
            return True
        home = text(ancestor.get("namespace")) or namespace
        return (
            not self.gateways
            or ObjectRef(GROUP, "Gateway", home, text(ancestor.get("name"))) in self.gateways
        )

    def _policies(self, service: str, port: str) -> Iterator[tuple[bool, Item]]:
        """Policies for one port of a Service, and whether each is for that port alone."""
        namespace, name = _split(service)
        for policy in self.world.items(GROUP, "BackendTLSPolicy"):
            if policy.namespace != namespace:
                continue
            for ref in (*objects(policy.spec.get("targetRefs")), mapping(policy.spec.get("targetRef"))):
                section = text(ref.get("sectionName"))
                if _is_service(ref, name) and section in ("", port):
                    yield bool(section), policy


def _is_service(ref: Mapping[str, Any], name: str) -> bool:
    return (text(ref.get("kind")), text(ref.get("name"))) == ("Service", name) and text(ref.get("group")) in (
        "",
        "core",
    )


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
