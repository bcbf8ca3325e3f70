"""What a route of Traefik names as its services → Services of Kubernetes, through TraefikServices of every kind.

Source: Traefik's reference of TraefikService (weighted, mirroring, highest random weight), which may name one another, and themselves.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.evaluate.edges.backends import BackendRef
from app.evaluate.edges.traefik_objects import named, unread
from app.evaluate.edges.world import Item, World, objects
from app.model.fields import mapping, text

KIND = "TraefikService"
_OWN = "internal"  # provider of Traefik's dashboard and API, behind which no pod is but its own


@dataclass(frozen=True, slots=True)
class Service:
    """A Service as something names it: `raw` is the entry, with its scheme and transport."""

    ref: BackendRef
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lost:
    """An entry that was not followed, in a sentence; `astray` where it may lead to any workload."""

    says: str
    astray: bool


def services_of_routes(
    world: World, item: Item, routes: Iterable[Mapping[str, Any]]
) -> tuple[Service | Lost, ...]:
    """Services behind the routes of one object, in order."""
    entries = (entry for route in routes for entry in objects(route.get("services")))
    return tuple(_resolved(world, [(item.namespace, entry) for entry in entries]))


def _resolved(world: World, entries: list[tuple[str, Mapping[str, Any]]]) -> Iterator[Service | Lost]:
    waiting, seen = entries[::-1], set[tuple[str, str]]()
    while waiting:
        home, raw = waiting.pop()
        name, space = text(raw.get("name")), text(raw.get("namespace")) or home
        kind = text(raw.get("kind")) or "Service"
        if not name:
            continue
        if kind == "Service":
            port = raw.get("port")
            yield Service(BackendRef(space, name, port if isinstance(port, int | str) else 0), raw)
        elif kind != KIND or "@" in name:
            yield _elsewhere(kind, name)
        elif (space, name) not in seen:
            seen.add((space, name))
            found = named(world, KIND, space, name)
            inner = _entries(found) if found else None
            if inner is None:
                yield _missing(world, f"{KIND} {space}/{name}", is_there=found is not None)
            waiting += [(space, entry) for entry in inner or ()][::-1]


def _entries(item: Item) -> tuple[Mapping[str, Any], ...] | None:
    """What it leads to; None where it is of a kind that is not known."""
    spec = item.spec
    mirror = mapping(spec.get("mirroring"))
    lists = [spec[name] for name in ("weighted", "highestRandomWeight") if name in spec]
    if not lists and not mirror:
        return None
    found = [entry for value in lists for entry in objects(mapping(value).get("services"))]
    return (*found, *([mirror] if mirror else []), *objects(mirror.get("mirrors")))


def _elsewhere(kind: str, name: str) -> Lost:
    own = name.endswith(f"@{_OWN}")
    says = f"{kind} {name} is Traefik's own" if own else f"{kind} {name} is not followed"
    return Lost(says, astray=not own)


def _missing(world: World, shown: str, *, is_there: bool) -> Lost:
    if is_there:
        return Lost(f"{shown} is of a kind that is not known, and is not followed", astray=True)
    why = unread(world, KIND)
    return Lost(f"{shown} was not found" + (f": {why}" if why else ""), astray=bool(why))
