"""What annotations of an Ingress say of the router that Traefik makes of it.

Source: Traefik's reference of the Kubernetes Ingress provider, and how it reads annotations: `router.tls` is on by `true`, by an empty value
and by every annotation below it, and off by any other value.
"""

from app.evaluate.edges.traefik_entry_points import EntryPoint, EntryPoints
from app.evaluate.edges.world import Item, World

PREFIX = "traefik.ingress.kubernetes.io/"
TLS = f"{PREFIX}router.tls"
OPTIONS = f"{TLS}.options"
ENTRY_POINTS = f"{PREFIX}router.entrypoints"


def ends_tls(item: Item) -> bool:
    """The router takes TLS alone, whatever its entry points make of others."""
    said = item.annotations.get(TLS)
    if said:
        return said.lower() == "true"
    return said is not None or any(name.startswith(f"{TLS}.") for name in item.annotations)


def entry_points(world: World, item: Item) -> tuple[EntryPoint, ...]:
    """Those that the router is bound to."""
    return EntryPoints.of(world).bound(item.annotations.get(ENTRY_POINTS, "").split(","))


def options_at(item: Item, entry: EntryPoint) -> str:
    """The TLSOption that the router asks for at an entry point, as `namespace-name@provider`; empty where it asks for none."""
    return item.annotations.get(OPTIONS, "") if ends_tls(item) else entry.options
