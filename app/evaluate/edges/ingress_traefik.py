"""Traefik as an Ingress controller: entry points of its static arguments, annotations of the Ingress and of its Services.

A TLS entry of the Ingress brings a certificate and nothing more: a router takes TLS by its annotation or by its entry point
alone, and without either it answers plain text. Source: Traefik's reference of the Kubernetes Ingress provider, and the provider.
"""

from collections.abc import Iterator

from app.evaluate.edges.backends import BackendRef, ingress_backends
from app.evaluate.edges.legs import plain, redirect, tls, unknown, worst
from app.evaluate.edges.relays import Relay
from app.evaluate.edges.tls_hosts import HTTPS, Coverage, covered
from app.evaluate.edges.traefik_annotations import (
    ENTRY_POINTS,
    PREFIX,
    TLS,
    ends_tls,
    entry_points,
    options_at,
)
from app.evaluate.edges.traefik_entry_points import EntryPoint
from app.evaluate.edges.traefik_hosts import options_for
from app.evaluate.edges.traefik_middlewares import by_names, hsts_of, redirected
from app.evaluate.edges.traefik_options import by_reference, checks_backends
from app.evaluate.edges.world import Item, World
from app.model.edge import Leg
from app.model.encryption import Known


def client(world: World, item: Item, relay: Relay, host: str) -> Iterator[tuple[int, Leg]]:
    """Every entry point that the router is bound to."""
    del relay
    cover = covered(world, item, host)
    for entry in entry_points(world, item):
        if entry.port:
            yield entry.port, _at(world, item, entry, cover, host)


def backend(world: World, item: Item, relay: Relay) -> Leg:
    """What is spoken to each Service: the weakest of them."""
    refs = sorted(set(ingress_backends(item)))
    return worst(_spoken(world, item, ref, relay) for ref in refs) or unknown("it names no Service", item)


def hsts(world: World, item: Item) -> str:
    """A middleware of it that sends HSTS, as a sentence; empty where none was read that does."""
    return hsts_of(world, by_names(world, _own(item)))


def _own(item: Item) -> tuple[str, ...]:
    return tuple(item.annotations.get(f"{PREFIX}router.middlewares", "").split(","))


def _at(world: World, item: Item, entry: EntryPoint, cover: Coverage, host: str) -> Leg:
    """What one entry point gives to clients of the router."""
    if ends_tls(item):
        return _encrypted(world, item, entry, cover, host, "router.tls is on")
    if entry.ends_tls is Known.YES:
        return _encrypted(world, item, entry, cover, host, f"entry point {entry.name} ends TLS")
    return _unencrypted(world, item, entry)


def _encrypted(world: World, item: Item, entry: EntryPoint, cover: Coverage, host: str, says: str) -> Leg:
    asked = by_reference(world, options_at(item, entry))
    lowest, demanded, suites = options_for(world, entry, host, asked)
    return tls(
        says if cover.covered is Known.NO else f"{says}; {cover.says}",
        item.annotated(TLS, "whether the router takes TLS alone"),
        secret=cover.secret,
        lowest=lowest,
        suites=suites,
        client_certificate=demanded,
        default_certificate=cover.default_certificate if cover.covered is not Known.NO else Known.UNKNOWN,
    )


def _unencrypted(world: World, item: Item, entry: EntryPoint) -> Leg:
    """A router without TLS, at an entry point that gives it none or is not known to."""
    sign = item.annotated(ENTRY_POINTS, "which entry points the router is bound to")
    if entry.redirects is Known.YES:
        return redirect(f"entry point {entry.name} redirects to https", sign)
    answers, says, signs = redirected(world, by_names(world, (*entry.middlewares, *_own(item))))
    if answers is Known.YES:
        return redirect(says, *signs, sign)
    if entry.doubt:
        return unknown(entry.doubt, item, sign)
    if answers is Known.UNKNOWN:
        return unknown(says, item, sign)
    return plain(f"entry point {entry.name} neither ends TLS nor redirects, and router.tls is not on", sign)


def _spoken(world: World, item: Item, ref: BackendRef, relay: Relay) -> Leg:
    """`serversscheme` of the Service; without it port 443 and a name that begins with https ask for TLS."""
    service = world.item("", "Service", ref.namespace, ref.name)
    if service is None:
        return unknown(f"Service {ref.namespace}/{ref.name} was not found", item)
    scheme = service.annotations.get(f"{PREFIX}service.serversscheme", "").lower()
    sign = service.annotated(f"{PREFIX}service.serversscheme", "what is spoken to the pods")
    transport = service.annotations.get(f"{PREFIX}service.serverstransport", "").partition("@")[0]
    if scheme == "https":
        return tls(
            "serversscheme is https", sign, verified=checks_backends(world, relay.arguments, transport)
        )
    if scheme:
        return plain(f"serversscheme is {scheme}", sign)
    if asks_for_tls(world, ref):
        says = f"port {ref.port} of {service.ref} makes Traefik speak TLS to the pods"
        return tls(says, sign, verified=checks_backends(world, relay.arguments, transport))
    return plain("nothing makes Traefik speak TLS to the pods", sign)


def asks_for_tls(world: World, ref: BackendRef) -> bool:
    """The port of a Service that is referred to is 443, or its name begins with https."""
    service = world.services.get((ref.namespace, ref.name))
    ports = world.service_ports(service, ref.port) if service else ()
    return bool(ports) and all(port.port == HTTPS or port.name.startswith("https") for port in ports)
