"""Gateway API: who serves a Gateway, and what each of its listeners ends. Source: Gateway API reference of Gateway."""

from app.evaluate.edges.gateway_listeners import GROUP, Listener
from app.evaluate.edges.legs import leg, plain, redirect, tls, unknown
from app.evaluate.edges.world import Item, World, number, objects
from app.model.edge import Leg, Security
from app.model.encryption import Known
from app.model.fields import dig, mapping, text

# Labels that controllers put on the workloads of one Gateway (GEP-1762, Envoy Gateway).
_NAME_LABELS = ("gateway.networking.k8s.io/gateway-name", "gateway.envoyproxy.io/owning-gateway-name")


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


def client_leg(world: World, listener: Listener, *, redirects: bool) -> Leg:
    """What clients of one listener get.

    Args:
        world: for the Secrets that it refers to.
        listener: the listener.
        redirects: everything that is attached to it only redirects to https.
    """
    sign = listener.holder.sign(listener.path, listener.protocol, f"listener {listener.name}")
    where = f"listener {listener.name} of {listener.holder.ref}"
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
    sign = listener.holder.sign(f"{listener.path}.tls", "", "which certificate is served")
    if not refs:
        options = mapping(dig(listener.raw, "tls", "options"))
        if options:
            return tls(f"{where} ends TLS with a certificate named in its options", sign)
        return unknown(f"{where} is to end TLS and names no certificate", None, sign)
    holder = listener.holder
    home = text(refs[0].get("namespace")) or holder.namespace
    name = text(refs[0].get("name"))
    if home != holder.namespace and not granted(world, holder, holder.ref.kind, home, "", "Secret", name):
        return unknown(f"{where} names Secret {home}/{name} without a ReferenceGrant", None, sign)
    return tls(
        f"{where} ends TLS with Secret {home}/{name}",
        sign,
        secret=f"{home}/{name}",
        client_certificate=_clients(listener),
    )


def _clients(listener: Listener) -> Known:
    """`spec.tls.frontend` (Gateway API 1.5), before it `frontendValidation` of the listener: only AllowValidOnly demands a certificate."""
    if mapping(dig(listener.raw, "tls", "frontendValidation")).get("caCertificateRefs"):
        return Known.YES
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
