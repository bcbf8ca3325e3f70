"""Gateway API: listeners, which routes attach to them, and what each listener ends.

Source: Gateway API reference of Gateway, ListenerSet left out. Attachment: `parentRefs` with `sectionName` and `port`,
`allowedRoutes` by namespace and kind, hostnames that intersect. A listener that its controller reports as not programmed
answers nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.evaluate.edges.legs import leg, plain, redirect, tls, unknown
from app.evaluate.edges.world import Item, World, number, objects, words
from app.model.edge import ANY_HOST, Leg, Security
from app.model.encryption import Known
from app.model.fields import dig, mapping, strings, text
from app.model.policy import LabelSelector, Operator, Requirement
from app.model.scope import selects

GROUP = "gateway.networking.k8s.io"
_ROUTES = {
    "HTTP": ("HTTPRoute", "GRPCRoute"),
    "HTTPS": ("HTTPRoute", "GRPCRoute"),
    "TLS": ("TLSRoute", "TCPRoute"),
    "TCP": ("TCPRoute",),
    "UDP": ("UDPRoute",),
}
# Labels that controllers put on the workloads of one Gateway (GEP-1762, Envoy Gateway).
_NAME_LABELS = ("gateway.networking.k8s.io/gateway-name", "gateway.envoyproxy.io/owning-gateway-name")


@dataclass(frozen=True)
class Listener:
    """One listener of a Gateway."""

    gateway: Item
    index: int
    raw: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its section name."""
        return text(self.raw.get("name"))

    @property
    def port(self) -> int:
        """Its port."""
        return number(self.raw.get("port"))

    @property
    def protocol(self) -> str:
        """`HTTP`, `HTTPS`, `TLS`, `TCP`, `UDP`, or one of an implementation."""
        return text(self.raw.get("protocol"))

    @property
    def hostname(self) -> str:
        """Its host name; `*` where it takes any."""
        return text(self.raw.get("hostname")) or ANY_HOST

    @property
    def mode(self) -> str:
        """`Terminate` unless it says otherwise."""
        return text(dig(self.raw, "tls", "mode")) or "Terminate"

    @property
    def path(self) -> str:
        """Its JSON path."""
        return f"spec.listeners[{self.index}]"

    @cached_property
    def programmed(self) -> Known:
        """What its controller reports; UNKNOWN where there is no status."""
        for status in objects(dig(self.gateway.body, "status", "listeners")):
            if text(status.get("name")) == self.name:
                return _condition(status, "Programmed")
        return Known.UNKNOWN


def _condition(status: Mapping[str, Any], kind: str) -> Known:
    for entry in objects(status.get("conditions")):
        if entry.get("type") == kind:
            return {"True": Known.YES, "False": Known.NO}.get(text(entry.get("status")), Known.UNKNOWN)
    return Known.UNKNOWN


def listeners_of(gateway: Item) -> tuple[Listener, ...]:
    """Listeners of a Gateway, as written."""
    return tuple(
        Listener(gateway, index, raw) for index, raw in enumerate(objects(gateway.spec.get("listeners")))
    )


def addresses_of(gateway: Item) -> tuple[str, ...]:
    """`status.addresses`."""
    return tuple(
        found
        for entry in objects(dig(gateway.body, "status", "addresses"))
        if (found := text(entry.get("value")))
    )


def relays_of(world: World, gateway: Item) -> tuple[str, ...]:
    """Workloads that serve a Gateway, by the labels that controllers set; none where it is served by a shared one."""
    pods = [
        pod
        for label in _NAME_LABELS
        for pod in world.selected(None, {label: gateway.name})
        if pod.namespace == gateway.namespace or label != _NAME_LABELS[0]
    ]
    return world.ids(pods)


def attached(world: World, route: Item) -> Iterator[tuple[Item, Listener]]:
    """Listeners that a route attaches to: without a section name all of them that let it in."""
    for ref in objects(route.spec.get("parentRefs")):
        if text(ref.get("kind")) not in ("", "Gateway"):
            continue
        home = text(ref.get("namespace")) or route.namespace
        gateway = world.item(GROUP, "Gateway", home, text(ref.get("name")))
        for listener in listeners_of(gateway) if gateway else ():
            section, port = text(ref.get("sectionName")), number(ref.get("port"))
            if section not in ("", listener.name) or port not in (0, listener.port):
                continue
            if gateway and _lets_in(world, listener, route) and common_hosts(listener, route):
                yield gateway, listener


def common_hosts(listener: Listener, route: Item) -> tuple[str, ...]:
    """Hosts that a route and a listener share: the narrower of each pair that fits."""
    wanted = words(route.spec.get("hostnames")) or (ANY_HOST,)
    found = {both for host in wanted if (both := _narrower(listener.hostname, host))}
    return tuple(sorted(found))


def _narrower(one: str, other: str) -> str:
    if one == ANY_HOST:
        return other
    if other in (ANY_HOST, one):
        return one
    if one.startswith("*.") and other.lower().endswith(one[1:].lower()):
        return other
    if other.startswith("*.") and one.lower().endswith(other[1:].lower()):
        return one
    return ""


def _lets_in(world: World, listener: Listener, route: Item) -> bool:
    allowed = mapping(listener.raw.get("allowedRoutes"))
    kinds = [text(kind.get("kind")) for kind in objects(allowed.get("kinds"))]
    if route.ref.kind not in (kinds or _ROUTES.get(listener.protocol, ())):
        return False
    match text(dig(allowed, "namespaces", "from")) or "Same":
        case "All":
            return True
        case "Selector":
            labels = world.inventory.namespace_labels.get(route.namespace, {})
            return selects(_selector(dig(allowed, "namespaces", "selector")), labels)
        case _:
            return route.namespace == listener.gateway.namespace


def _selector(value: object) -> LabelSelector:
    """A `LabelSelector`; an operator that nobody knows matches nothing."""
    said = mapping(value)
    found = [Requirement(key, Operator.IN, (item,)) for key, item in strings(said.get("matchLabels")).items()]
    for entry in objects(said.get("matchExpressions")):
        try:
            operator = Operator(text(entry.get("operator")))
        except ValueError:
            return LabelSelector((Requirement("", Operator.IN, ()),))
        found.append(Requirement(text(entry.get("key")), operator, tuple(sorted(words(entry.get("values"))))))
    return LabelSelector(tuple(sorted(found)))


def client_leg(world: World, listener: Listener, *, redirects: bool) -> Leg:
    """What clients of one listener get.

    Args:
        world: for the Secrets that it refers to.
        listener: the listener.
        redirects: everything that is attached to it only redirects to https.
    """
    sign = listener.gateway.sign(listener.path, listener.protocol, f"listener {listener.name}")
    where = f"listener {listener.name} of {listener.gateway.ref}"
    if listener.programmed is Known.NO:
        return unknown(f"{where} is not programmed, says its controller", None, sign)
    if listener.protocol == "HTTP":
        return (
            redirect(f"{where} redirects every request to https", sign)
            if redirects
            else plain(f"{where} takes HTTP", sign)
        )
    match listener.protocol, listener.mode:
        case "HTTPS" | "TLS", "Terminate":
            return _terminated(world, listener, where)
        case "TLS", "Passthrough":
            return leg(Security.TLS, f"{where} passes TLS through to the pod", sign)
        case "TCP", _:
            return leg(Security.PASSED, f"{where} carries what the pod speaks", sign)
        case _:
            return unknown(f"{where} has protocol {listener.protocol or 'none'}", None, sign)


def _terminated(world: World, listener: Listener, where: str) -> Leg:
    refs = objects(dig(listener.raw, "tls", "certificateRefs"))
    sign = listener.gateway.sign(f"{listener.path}.tls", "", "which certificate is served")
    if not refs:
        options = mapping(dig(listener.raw, "tls", "options"))
        if options:
            return tls(f"{where} ends TLS with a certificate named in its options", sign)
        return unknown(f"{where} is to end TLS and names no certificate", None, sign)
    home = text(refs[0].get("namespace")) or listener.gateway.namespace
    name = text(refs[0].get("name"))
    if home != listener.gateway.namespace and not granted(
        world, listener.gateway, "Gateway", home, "", "Secret", name
    ):
        return unknown(f"{where} names Secret {home}/{name} without a ReferenceGrant", None, sign)
    return tls(
        f"{where} ends TLS with Secret {home}/{name}",
        sign,
        secret=f"{home}/{name}",
        client_certificate=_clients(listener),
    )


def _clients(listener: Listener) -> Known:
    """`spec.tls.frontend` (Gateway API 1.5): only AllowValidOnly demands a certificate."""
    frontend = mapping(dig(listener.gateway.body, "spec", "tls", "frontend"))
    ports = [
        mapping(entry.get("tls"))
        for entry in objects(frontend.get("perPort"))
        if number(entry.get("port")) == listener.port
    ]
    chosen = ports[0] if ports else mapping(frontend.get("default"))
    validation = mapping(chosen.get("validation"))
    if not validation.get("caCertificateRefs"):
        return Known.NO
    return Known.YES if (text(validation.get("mode")) or "AllowValidOnly") == "AllowValidOnly" else Known.NO


def granted(world: World, source: Item, kind: str, namespace: str, group: str, to: str, name: str) -> bool:
    """A ReferenceGrant in `namespace` lets objects of `kind` in the source's namespace refer to `to` there.

    Where grants were not read, one is assumed: a way in that may be there is told.
    """
    if world.unread(GROUP, "ReferenceGrant", namespace):
        return True
    for grant in world.items(GROUP, "ReferenceGrant"):
        if grant.namespace != namespace:
            continue
        whence = any(
            text(entry.get("namespace")) == source.namespace
            and text(entry.get("kind")) == kind
            and text(entry.get("group")) == source.ref.group
            for entry in objects(grant.spec.get("from"))
        )
        where = any(
            text(entry.get("kind")) == to
            and text(entry.get("group")) == group
            and text(entry.get("name")) in ("", name)
            for entry in objects(grant.spec.get("to"))
        )
        if whence and where:
            return True
    return False
