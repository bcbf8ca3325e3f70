"""Kong as an Ingress controller: what clients get by the protocols of its routes, and what it speaks to Services.

Source: the controller's reference of annotations and its translation of Services (`internal/dataplane/kongstate`).
"""

from collections.abc import Iterator

from app.evaluate.edges.backends import BackendRef, ingress_backends
from app.evaluate.edges.kong_backends import over_http, policy_leg
from app.evaluate.edges.kong_protocols import (
    KNOWN,
    OVER_TLS,
    PREFIX,
    REDIRECTS,
    STATUS,
    Protocols,
    overriding,
    protocols_of,
    status_of,
)
from app.evaluate.edges.kong_releases import verifies
from app.evaluate.edges.legs import leg, plain, redirect, tls, unknown, worst
from app.evaluate.edges.relays import Relay
from app.evaluate.edges.tls_hosts import HTTP, HTTPS, covered
from app.evaluate.edges.world import Item, World
from app.model.edge import Leg, Security
from app.model.encryption import Known
from app.model.fields import mapping, text

_PROTOCOL = f"{PREFIX}protocol"
_VERIFY = f"{PREFIX}tls-verify"
_USUAL = "http"
# what Go's `strconv.ParseBool` takes
_BOOLEAN = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), Known.YES),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), Known.NO),
}


def client(world: World, item: Item, relay: Relay, host: str) -> Iterator[tuple[int, Leg]]:
    """Ports 80 and 443. Both listen always; which of them a route answers on is told by its protocols."""
    del relay
    told = protocols_of(world, item)
    if told.unknown:
        yield HTTP, unknown(told.unknown, item, told.sign)
        yield HTTPS, unknown(told.unknown, item, told.sign)
        return
    if told.taken & OVER_TLS:
        yield HTTPS, _encrypted(world, item, host)
    yield HTTP, _unencrypted(world, item, told)


def backend(world: World, item: Item, relay: Relay) -> Leg:
    """`protocol` of each Service: the weakest of them."""
    del relay
    found = worst(spoken(world, item, ref) for ref in sorted(set(ingress_backends(item))))
    return found or unknown("it names no Service", item)


def spoken(world: World, item: Item, ref: BackendRef, *, usual: str = _USUAL) -> Leg:
    """What Kong speaks to a Service: by a BackendTLSPolicy that counts, else by annotations.

    Whether it checks the certificate is Kong's own default where nothing says so.
    """
    service = world.item("", "Service", ref.namespace, ref.name)
    if service is None:
        return unknown(f"Service {ref.namespace}/{ref.name} was not found", item)
    told = policy_leg(world, (ref.namespace, ref.name), item)
    if told := told if usual == _USUAL else over_http(told, item, f"a {item.ref.kind}"):
        return told
    sign = service.annotated(_PROTOCOL, "what is spoken to the pods")
    protocol = service.annotations.get(_PROTOCOL, "")
    if not protocol:
        body, doubt = overriding(world, service)
        protocol = text(mapping(body.get("proxy")).get("protocol")).lower() or usual
        # without one that counts it is the usual protocol, so one that says no more leaves nothing open
        if doubt and not (body and protocol not in OVER_TLS):
            return unknown(f"{doubt} (of {service.ref})", item, sign)
    if protocol not in {*KNOWN, usual}:
        return unknown(
            f"{protocol} in {_PROTOCOL} of {service.ref} is no protocol that Kong knows", item, sign
        )
    if protocol not in OVER_TLS:
        return plain(f"protocol of {service.ref} is {protocol}", sign)
    verify = service.annotated(_VERIFY, "whether the pod's certificate is checked")
    return tls(f"protocol of {service.ref} is {protocol}", sign, verify, verified=_verified(world, service))


def _verified(world: World, service: Item) -> Known:
    """Releases before 3.4 do not know the annotation."""
    asked = _BOOLEAN.get(service.annotations.get(_VERIFY, ""), Known.UNKNOWN)
    return asked if asked is Known.NO or verifies(world) is Known.YES else Known.UNKNOWN


def _encrypted(world: World, item: Item, host: str) -> Leg:
    """The certificate of the TLS entry; without one Kong's own, or that of another Ingress for the same host."""
    cover = covered(world, item, host)
    missing = cover.covered is Known.NO
    return tls(
        f"{cover.says}; Kong listens with TLS all the same" if missing else cover.says,
        item.sign("spec.tls", cover.secret, "TLS entries"),
        secret=cover.secret,
        default_certificate=Known.UNKNOWN if missing else cover.default_certificate,
    )


def _unencrypted(world: World, item: Item, told: Protocols) -> Leg:
    if open_to := sorted(told.taken - OVER_TLS):
        return plain(f"the routes take {open_to[0]}", told.sign)
    code = status_of(world, item)
    status = item.annotated(STATUS, "how plain text is answered")
    if code in REDIRECTS:
        says = f"the routes take https alone, and plain text is redirected ({code})"
        return redirect(says, told.sign, status)
    return leg(
        Security.CLOSED, f"the routes take https alone, and plain text is refused ({code})", told.sign, status
    )
