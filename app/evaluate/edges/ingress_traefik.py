"""Traefik as an Ingress controller: entry points of its static arguments, annotations of the Ingress."""

from collections.abc import Iterator

from app.evaluate.edges.backends import ingress_backends, names_known
from app.evaluate.edges.legs import plain, redirect, tls, unknown
from app.evaluate.edges.relays import Relay
from app.evaluate.edges.tls_hosts import HTTP, HTTPS, Coverage, covered
from app.evaluate.edges.traefik_options import by_reference, checks_backends, ends_tls, redirects
from app.evaluate.edges.world import Item, World
from app.model.edge import Leg
from app.model.encryption import Known

_PREFIX = "traefik.ingress.kubernetes.io/"


def client(world: World, item: Item, relay: Relay, host: str) -> Iterator[tuple[int, Leg]]:
    """Entry points that the router is bound to. A router with TLS answers nothing but TLS."""
    cover = covered(world, item, host)
    router = names_known(item.annotations.get(f"{_PREFIX}router.tls", ""))
    bound = [name for name in item.annotations.get(f"{_PREFIX}router.entrypoints", "").split(",") if name]
    sign = item.annotated(f"{_PREFIX}router.tls", "whether the router takes TLS alone")
    by_entry = "websecure" in (bound or ["websecure"]) and ends_tls(relay.arguments, "websecure")
    if cover.covered is not Known.NO or router is Known.YES or by_entry:
        lowest, demanded = by_reference(world, item.annotations.get(f"{_PREFIX}router.tls.options", ""))
        yield (
            HTTPS,
            tls(
                _says(cover, router),
                sign,
                secret=cover.secret,
                lowest=lowest,
                client_certificate=demanded,
                default_certificate=cover.default_certificate
                if cover.covered is not Known.NO
                else Known.UNKNOWN,
            ),
        )
    if bound == ["websecure"]:
        return
    yield HTTP, _unencrypted(item, relay, encrypted=cover.covered is Known.YES or router is Known.YES)


def _says(cover: Coverage, router: Known) -> str:
    if cover.covered is not Known.NO:
        return cover.says
    return "router.tls is on" if router is Known.YES else "entry point websecure ends TLS"


def backend(world: World, item: Item, relay: Relay) -> Leg:
    """`serversscheme` stands on the Service; the name or number of its port can ask for https too."""
    for backend_service in _services(world, item):
        scheme = backend_service.annotations.get(f"{_PREFIX}service.serversscheme", "")
        transport = backend_service.annotations.get(f"{_PREFIX}service.serverstransport", "").partition("@")[
            0
        ]
        sign = backend_service.annotated(f"{_PREFIX}service.serversscheme", "what is spoken to the pods")
        if scheme == "https":
            return tls(
                "serversscheme is https", sign, verified=checks_backends(world, relay.arguments, transport)
            )
        if scheme in ("http", "h2c"):
            return plain(f"serversscheme is {scheme}", sign)
    if any(_hints(world, service) for service in _services(world, item)):
        return unknown("a Service port of 443 or named https makes Traefik speak TLS to the pods", item)
    return plain("nothing makes Traefik speak TLS to the pods", item.sign("spec.rules", "", "backends"))


def _unencrypted(item: Item, relay: Relay, *, encrypted: bool) -> Leg:
    if not relay.arguments:
        return unknown("entry points stand in Traefik's arguments, which were not read", item)
    sign = item.annotated(f"{_PREFIX}router.entrypoints", "which entry points the router is bound to")
    if redirects(relay.arguments):
        return redirect("the entry point on port 80 redirects to https", sign)
    if middlewares := item.annotations.get(f"{_PREFIX}router.middlewares", ""):
        return unknown(f"middlewares {middlewares}, which are not read, may redirect plain text", item, sign)
    if encrypted:
        return unknown("a router with TLS does not answer plain text, unless another one does", item, sign)
    return plain("no TLS entry covers it and no entry point redirects", sign)


def _services(world: World, item: Item) -> Iterator[Item]:
    for ref in sorted(set(ingress_backends(item))):
        if found := world.item("", "Service", ref.namespace, ref.name):
            yield found


def _hints(world: World, item: Item) -> bool:
    service = world.services.get((item.namespace, item.name))
    ports = service.ports if service else ()
    return any(port.port == HTTPS or port.name.startswith("https") for port in ports)
