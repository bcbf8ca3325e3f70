"""Gateway API: listeners, and which routes attach to them.

Source: Gateway API reference of Gateway and ListenerSet. Attachment: `parentRefs` with `sectionName` and `port`,
`allowedRoutes` by namespace and kind, hostnames that intersect. A route that names a Gateway attaches to the Gateway's own
listeners; those of a ListenerSet are named through it. A listener that its controller reports as not programmed answers nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.evaluate.edges.world import Item, World, number, objects, words
from app.model.edge import ANY_HOST
from app.model.encryption import Known
from app.model.fields import dig, mapping, strings, text
from app.model.policy import LabelSelector, Operator, Requirement
from app.model.scope import selects

GROUP = "gateway.networking.k8s.io"
# kind by the group that it lives in: standard since 1.5, experimental before
LISTENER_SETS = {"ListenerSet": GROUP, "XListenerSet": "gateway.networking.x-k8s.io"}
_ROUTES = {
    "HTTP": ("HTTPRoute", "GRPCRoute"),
    "HTTPS": ("HTTPRoute", "GRPCRoute"),
    "TLS": ("TLSRoute", "TCPRoute"),
    "TCP": ("TCPRoute",),
    "UDP": ("UDPRoute",),
}


@dataclass(frozen=True)
class Listener:
    """One listener of a Gateway; `holder` is the object that it is written in, the Gateway itself or a ListenerSet."""

    gateway: Item
    holder: Item
    index: int
    raw: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its section name."""
        return text(self.raw.get("name"))

    @property
    def port(self) -> int:
        """Its port; the controller may choose it for a listener of a ListenerSet."""
        return number(self.raw.get("port")) or number(self._status.get("port"))

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
    def _status(self) -> Mapping[str, Any]:
        entries = objects(dig(self.holder.body, "status", "listeners"))
        return next((entry for entry in entries if text(entry.get("name")) == self.name), {})

    @property
    def programmed(self) -> Known:
        """What its controller reports; UNKNOWN where there is no status. One that ends TLS needs its certificate too."""
        if self.protocol in ("HTTPS", "TLS") and condition(self._status, "ResolvedRefs") is Known.NO:
            return Known.NO
        return condition(self._status, "Programmed")


def condition(status: Mapping[str, Any], kind: str) -> Known:
    """One condition of a status."""
    for entry in objects(status.get("conditions")):
        if entry.get("type") == kind:
            return {"True": Known.YES, "False": Known.NO}.get(text(entry.get("status")), Known.UNKNOWN)
    return Known.UNKNOWN


def listeners_of(gateway: Item, holder: Item) -> tuple[Listener, ...]:
    """Listeners of a Gateway that one object holds, as written."""
    written = objects(holder.spec.get("listeners"))
    return tuple(Listener(gateway, holder, index, raw) for index, raw in enumerate(written))


def attached(world: World, route: Item) -> Iterator[tuple[Item, Listener]]:
    """Listeners that a route attaches to: without a section name all of them that let it in."""
    for ref in objects(route.spec.get("parentRefs")):
        for listener in _named(world, ref, route.namespace):
            section, port = text(ref.get("sectionName")), number(ref.get("port"))
            if section not in ("", listener.name) or port not in (0, listener.port):
                continue
            if _lets_in(world, listener, route) and common_hosts(listener, route):
                yield listener.gateway, listener


def refused(route: Item, listener: Listener) -> str:
    """Why every report about a route and a listener's holder says that it is not accepted; empty where one does or none is there."""
    reports = [
        entry
        for entry in objects(route.at("status", "parents"))
        if _is_about(mapping(entry.get("parentRef")), route, listener)
    ]
    if not reports or any(condition(entry, "Accepted") is not Known.NO for entry in reports):
        return ""
    reasons = (
        text(one.get("reason"))
        for entry in reports
        for one in objects(entry.get("conditions"))
        if one.get("type") == "Accepted"
    )
    return next((reason for reason in reasons if reason), "no reason")


def _is_about(ref: Mapping[str, Any], route: Item, listener: Listener) -> bool:
    holder = listener.holder
    home = text(ref.get("namespace")) or route.namespace
    named = (text(ref.get("kind")) or "Gateway", home, text(ref.get("name")))
    section = text(ref.get("sectionName"))
    return named == (holder.ref.kind, holder.namespace, holder.name) and section in ("", listener.name)


def _named(world: World, ref: Mapping[str, Any], namespace: str) -> tuple[Listener, ...]:
    """Listeners of the Gateway or the ListenerSet that a reference names."""
    kind = text(ref.get("kind")) or "Gateway"
    home, name = text(ref.get("namespace")) or namespace, text(ref.get("name"))
    if kind == "Gateway":
        gateway = world.item(GROUP, kind, home, name)
        return listeners_of(gateway, gateway) if gateway else ()
    holder = world.item(LISTENER_SETS.get(kind, ""), kind, home, name)
    above = parent_of(world, holder) if holder else None
    return listeners_of(above, holder) if above and holder else ()


def parent_of(world: World, holder: Item) -> Item | None:
    """The Gateway that a ListenerSet adds to; None where it is not there, or does not let listeners of others in."""
    ref = mapping(holder.spec.get("parentRef"))
    home = text(ref.get("namespace")) or holder.namespace
    gateway = world.item(GROUP, "Gateway", home, text(ref.get("name")))
    if gateway is None:
        return None
    allowed = mapping(dig(gateway.body, "spec", "allowedListeners", "namespaces"))
    return gateway if _within(world, allowed, holder.namespace, gateway.namespace, "None") else None


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
    namespaces = mapping(allowed.get("namespaces"))
    return _within(world, namespaces, route.namespace, listener.holder.namespace, "Same")


def _within(world: World, allowed: Mapping[str, Any], namespace: str, home: str, default: str) -> bool:
    """`from` and `selector` of allowed namespaces."""
    match text(allowed.get("from")) or default:
        case "All":
            return True
        case "Selector":
            labels = world.inventory.namespace_labels.get(namespace, {})
            return selects(_selector(allowed.get("selector")), labels)
        case "Same":
            return namespace == home
        case _:
            return False


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
