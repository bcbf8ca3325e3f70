"""Objects of Traefik in both groups that it has had, and which of them its version reads.

Source: Traefik's migration notes: `traefik.containo.us` up to 2.9, both groups from 2.10, `traefik.io` alone from 3.0.
"""

from app.evaluate.edges.releases import Release, releases_of
from app.evaluate.edges.world import Item, World
from app.model.inventory import Pod

GROUP, OLD_GROUP = "traefik.io", "traefik.containo.us"
GROUPS = (GROUP, OLD_GROUP)
LABELS = {"app.kubernetes.io/name": "traefik"}
_BOTH, _NEW_ALONE = (2, 10), (3, 0)


def pods_of(world: World) -> tuple[Pod, ...]:
    """Pods of Traefik, by the label that its chart sets."""
    return world.selected(None, LABELS)


def items(world: World, kind: str) -> tuple[Item, ...]:
    """Objects of one kind that count; of two under one name that of the newer group."""
    found: dict[tuple[str, str], Item] = {}
    for group in GROUPS:
        for item in world.items(group, kind):
            if not ignored(world, item):
                found.setdefault((item.namespace, item.name), item)
    return tuple(found.values())


def named(world: World, kind: str, home: str, name: str) -> Item | None:
    """One object; of two under one name that of the newer group. None as well where it is not certain which of them counts."""
    found = (world.item(group, kind, home, name) for group in GROUPS)
    chosen = next((item for item in found if item and not ignored(world, item)), None)
    return None if chosen and doubtful(world, chosen) else chosen


def doubtful(world: World, item: Item) -> bool:
    """Another object of its name in the other group may count in its place: one that was not read, or whose group its version may read."""
    kind, home = item.ref.kind, item.namespace
    if item.ref.group == OLD_GROUP and world.unread(GROUP, kind, home) and not _ignores(world, GROUP):
        return True
    other = GROUP if item.ref.group == OLD_GROUP else OLD_GROUP
    return not _known(world) and world.item(other, kind, home, item.name) is not None


def unread(world: World, kind: str) -> str:
    """Why objects of a kind may exist without having been read; empty where they cannot."""
    return next((why for group in GROUPS if (why := world.unread(group, kind))), "")


def ignored(world: World, item: Item) -> str:
    """Why no Traefik of the cluster reads an object, as a sentence; empty where one may."""
    return _ignores(world, item.ref.group)


def _ignores(world: World, group: str) -> str:
    known = _known(world)
    if not known:
        return ""
    if group == OLD_GROUP and min(known) >= _NEW_ALONE:
        return f"Traefik {_shown(min(known))} reads no objects of {OLD_GROUP}"
    if group == GROUP and max(known) < _BOTH:
        return f"Traefik {_shown(max(known))} reads no objects of {GROUP}"
    return ""


def _known(world: World) -> tuple[Release, ...]:
    """Versions of all Traefiks, sorted; none where that of one is not known."""
    found = world.once("versions of Traefik", _versions)
    known = [version[:2] for version in found if version is not None]
    return tuple(sorted(known)) if len(known) == len(found) else ()


def _shown(version: Release) -> str:
    return f"{version[0]}.{version[1]}"


def _versions(world: World) -> frozenset[Release | None]:
    return releases_of(world, pods_of(world), "traefik")
