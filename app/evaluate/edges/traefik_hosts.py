"""Which TLSOption holds for a host at an entry point of Traefik, where several routers share it.

Source: Traefik's reference of routers. An option is looked up by the name that the handshake asks for, so routers of one host that ask for
different ones all get the default, and a router whose rule names no host cannot have one of its own.
"""

from collections.abc import Iterator, Mapping

from app.evaluate.edges.relays import Controller, relay_of
from app.evaluate.edges.tls_hosts import hosts_of
from app.evaluate.edges.traefik_annotations import ends_tls, entry_points, options_at
from app.evaluate.edges.traefik_entry_points import EntryPoint, EntryPoints
from app.evaluate.edges.traefik_objects import items, unread
from app.evaluate.edges.traefik_options import Options, by_reference
from app.evaluate.edges.traefik_router import Router
from app.evaluate.edges.world import World
from app.model.edge import ANY_HOST
from app.model.encryption import Known

Place = tuple[str, str]  # name of an entry point, and a host in small letters
_PERHAPS = "?"  # no name of an option: whether the router takes TLS there is not known


def options_for(world: World, entry: EntryPoint, host: str, asked: Options) -> Options:
    """What holds of what one router asks for: its own, or the default where others of the host ask for something else.

    Unknown where others may: a list was not read, or it is not known whether one takes TLS.
    """
    wanted = world.once("TLS options of Traefik by host", _wanted).get(
        (entry.name, host.lower()), frozenset()
    )
    usual = by_reference(world, "")
    if asked == usual or host == ANY_HOST or len(wanted - {_PERHAPS}) > 1:
        return usual
    return Options("", Known.UNKNOWN) if _PERHAPS in wanted or _others(world) else asked


def _others(world: World) -> bool:
    """Routers may exist that were not read."""
    return bool(unread(world, "IngressRoute") or world.unread("networking.k8s.io", "Ingress"))


def _wanted(world: World) -> Mapping[Place, frozenset[str]]:
    """Options that routers with TLS ask for, by place; the empty name is the default."""
    found: dict[Place, frozenset[str]] = {}
    for place, option in (*_of_routes(world), *_of_ingresses(world)):
        found[place] = found.get(place, frozenset()) | {option}
    return found


def _of_routes(world: World) -> Iterator[tuple[Place, str]]:
    entries = EntryPoints.of(world)
    for item in items(world, "IngressRoute"):
        router = Router(world, item, entries)
        for entry in router.bound:
            told = Known.YES if router.tls is not None else entry.ends_tls
            if told is not Known.NO:
                option = router.option_at(entry) if told is Known.YES else _PERHAPS
                yield from (((entry.name, host.lower()), option) for host in router.hosts)


def _of_ingresses(world: World) -> Iterator[tuple[Place, str]]:
    for item in world.items("networking.k8s.io", "Ingress"):
        if relay_of(world, item).controller is not Controller.TRAEFIK:
            continue
        for entry in entry_points(world, item):
            told = Known.YES if ends_tls(item) else entry.ends_tls
            if told is not Known.NO:
                option = options_at(item, entry).partition("@")[0] if told is Known.YES else _PERHAPS
                yield from (((entry.name, host.lower()), option) for host in hosts_of(item))
