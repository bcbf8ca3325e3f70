"""Which TLSOption holds for a host at an entry point of Traefik, where several routers share it.

Source: Traefik's reference of routers. An option is looked up by the name that the handshake asks for, so routers of one host that ask for
different ones all get the default, and a router whose rule names no host cannot have one of its own.
"""

from collections.abc import Iterator, Mapping

from app.evaluate.edges.relays import Controller, relay_of
from app.evaluate.edges.tls_hosts import hosts_of
from app.evaluate.edges.traefik_annotations import ends_tls, entry_points, options_at
from app.evaluate.edges.traefik_entry_points import EntryPoint, EntryPoints
from app.evaluate.edges.traefik_objects import items
from app.evaluate.edges.traefik_options import Options, by_reference
from app.evaluate.edges.traefik_router import Router
from app.evaluate.edges.world import World
from app.model.edge import ANY_HOST
from app.model.encryption import Known

Place = tuple[str, str]  # name of an entry point, and a host in small letters


def options_for(world: World, entry: EntryPoint, host: str, asked: Options) -> Options:
    """What holds of what one router asks for: its own, or the default where others of the host ask for something else."""
    wanted = world.once("TLS options of Traefik by host", _wanted)
    agree = len(wanted.get((entry.name, host.lower()), frozenset())) <= 1
    return asked if agree and host != ANY_HOST else by_reference(world, "")


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
            if router.tls is not None or entry.ends_tls is Known.YES:
                yield from (((entry.name, host.lower()), router.option_at(entry)) for host in router.hosts)


def _of_ingresses(world: World) -> Iterator[tuple[Place, str]]:
    for item in world.items("networking.k8s.io", "Ingress"):
        if relay_of(world, item).controller is not Controller.TRAEFIK:
            continue
        for entry in entry_points(world, item):
            if ends_tls(item) or entry.ends_tls is Known.YES:
                option = options_at(item, entry).partition("@")[0]
                yield from (((entry.name, host.lower()), option) for host in hosts_of(item))
