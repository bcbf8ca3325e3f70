"""Objects of Traefik in both groups that it has had, and which of them its version reads.

Source: Traefik's migration notes: `traefik.containo.us` up to 2.9, both groups from 2.10, `traefik.io` alone from 3.0.
"""

import re

from app.evaluate.edges.arguments import base
from app.evaluate.edges.go_suites import image_version
from app.evaluate.edges.world import Item, World, objects
from app.model.fields import text
from app.model.inventory import Pod

GROUP, OLD_GROUP = "traefik.io", "traefik.containo.us"
GROUPS = (GROUP, OLD_GROUP)
LABELS = {"app.kubernetes.io/name": "traefik"}
_VERSION = re.compile(r"v?([0-9]{1,3})\.([0-9]{1,3})(?=[.-]|$)")
_BOTH, _NEW_ALONE = (2, 10), (3, 0)
Version = tuple[int, int]


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
    """One object; of two under one name that of the newer group."""
    found = (world.item(group, kind, home, name) for group in GROUPS)
    return next((item for item in found if item and not ignored(world, item)), None)


def unread(world: World, kind: str) -> str:
    """Why objects of a kind may exist without having been read; empty where they cannot."""
    return next((why for group in GROUPS if (why := world.unread(group, kind))), "")


def ignored(world: World, item: Item) -> str:
    """Why no Traefik of the cluster reads an object, as a sentence; empty where one may."""
    found = world.once("versions of Traefik", _versions)
    if not found or None in found:
        return ""
    known = [version for version in found if version is not None]
    if item.ref.group == OLD_GROUP and min(known) >= _NEW_ALONE:
        return f"Traefik {_shown(min(known))} reads no objects of {OLD_GROUP}"
    if item.ref.group == GROUP and max(known) < _BOTH:
        return f"Traefik {_shown(max(known))} reads no objects of {GROUP}"
    return ""


def _shown(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def _versions(world: World) -> frozenset[Version | None]:
    """Versions by the images of its containers; None for one whose tag is no version."""
    return frozenset(_version(world, pod) for pod in pods_of(world))


def _version(world: World, pod: Pod) -> Version | None:
    item = world.item_of(pod.ref)
    spec = (
        item.at("spec") if item and item.ref.kind == "Pod" else item and item.at("spec", "template", "spec")
    )
    containers = objects(spec.get("containers")) if isinstance(spec, dict) else ()
    images = [text(container.get("image")) for container in containers]
    for image in images:
        if "traefik" in base(image.partition("@")[0]).partition(":")[0]:
            found = _VERSION.match(image_version(image))
            return (int(found[1]), int(found[2])) if found else None
    return None
