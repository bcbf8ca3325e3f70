"""What a gateway speaks to a Service: TLS only where a BackendTLSPolicy says so and its controller accepted it."""

from collections.abc import Iterator
from typing import Any

from app.evaluate.edges.gateways import GROUP
from app.evaluate.edges.legs import leg, plain, tls, unknown
from app.evaluate.edges.world import Item, World, objects
from app.model.edge import Leg, Security
from app.model.encryption import Known
from app.model.fields import dig, mapping, text
from app.model.platform import Sign

_TLS_ROUTES = ("TLSRoute",)
_SPEAKS_TLS = ("https", "kubernetes.io/wss", "tls")  # `appProtocol`; a wish that not every gateway grants


def backend_leg(world: World, route: Item, service: str) -> Leg:
    """The backend's leg of a route to one Service."""
    if route.ref.kind in ("TCPRoute", "UDPRoute"):
        return leg(
            Security.PASSED,
            "the gateway carries what client and pod speak",
            route.sign("spec", "", "a route of bytes"),
        )
    if route.ref.kind in _TLS_ROUTES:
        return leg(
            Security.PASSED, "the gateway hands on what it gets", route.sign("spec", "", "a TLS route")
        )
    policies = sorted(_policies(world, service), key=_age)
    if not policies:
        return _without(world, route, service)
    return _with(policies[0])


def _without(world: World, route: Item, service: str) -> Leg:
    if why := world.unread(GROUP, "BackendTLSPolicy", service.partition("/")[0]):
        return unknown(f"no BackendTLSPolicy was read for Service {service}: {why}", route)
    hinted = _hint(world, service)
    if hinted:
        return unknown(
            f"appProtocol of Service {service} asks for TLS, which not every gateway grants", route, hinted
        )
    return plain(
        f"no BackendTLSPolicy names Service {service}", route.sign("spec.rules", "", "backends of the route")
    )


def _with(policy: Item) -> Leg:
    validation = mapping(policy.spec.get("validation") or policy.spec.get("tls"))
    roots = validation.get("caCertificateRefs") or validation.get("wellKnownCACertificates")
    sign = policy.sign("spec.validation", text(validation.get("hostname")), "the name that is checked")
    match _accepted(policy):
        case Known.NO:
            return unknown(f"{policy.ref} was not accepted by its controller", policy, sign)
        case Known.UNKNOWN:
            return unknown(f"{policy.ref} has no status that says that it counts", policy, sign)
    checked = Known.YES if roots and validation.get("hostname") else Known.NO
    return tls(f"{policy.ref} makes the gateway speak TLS", sign, verified=checked)


def _accepted(policy: Item) -> Known:
    """Accepted and ResolvedRefs for each ancestor that reports."""
    states = [
        text(condition.get("status"))
        for ancestor in objects(dig(policy.body, "status", "ancestors"))
        for condition in objects(ancestor.get("conditions"))
        if condition.get("type") in ("Accepted", "ResolvedRefs")
    ]
    if not states:
        return Known.UNKNOWN
    return Known.YES if all(state == "True" for state in states) else Known.NO


def _policies(world: World, service: str) -> Iterator[Item]:
    namespace, _, name = service.partition("/")
    for policy in world.items(GROUP, "BackendTLSPolicy"):
        refs: list[Any] = [*objects(policy.spec.get("targetRefs")), mapping(policy.spec.get("targetRef"))]
        if policy.namespace == namespace and any(
            text(ref.get("name")) == name and text(ref.get("kind")) == "Service" for ref in refs
        ):
            yield policy


def _age(policy: Item) -> tuple[str, str]:
    """The oldest wins, then the first by name (Gateway API, conflict resolution)."""
    return text(policy.at("metadata", "creationTimestamp")), policy.name


def _hint(world: World, service: str) -> Sign | None:
    namespace, _, name = service.partition("/")
    item = world.item("", "Service", namespace, name)
    for index, port in enumerate(objects(item.spec.get("ports")) if item else ()):
        if item and text(port.get("appProtocol")) in _SPEAKS_TLS:
            return item.sign(f"spec.ports[{index}].appProtocol", port["appProtocol"], "what the port speaks")
    return None
