"""Which releases of a controller run, by the tags of their images."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from app.evaluate.edges.arguments import base
from app.evaluate.edges.go_suites import image_version
from app.evaluate.edges.world import Item, World, objects
from app.model.encryption import Known
from app.model.fields import text
from app.model.inventory import Pod

Release = tuple[int, ...]  # major and minor, and the patch where the tag has one
_RELEASE = re.compile(r"v?([0-9]{1,3})\.([0-9]{1,3})(?:\.([0-9]{1,3}))?(?=[.+-]|$)")


def releases_of(world: World, pods: Iterable[Pod], program: str) -> frozenset[Release | None]:
    """Releases of a program by images that have its name in theirs; empty where none runs it.

    None for one whose tag is no release, and for those that may run beside it in pods that were not read.
    """
    found: set[Release | None] = set()
    for pod in pods:
        if world.cut("", "Pod", pod.namespace):
            found.add(None)
        for container in containers_of(world, pod):
            image = text(container.get("image"))
            if program in base(image.partition("@")[0]).partition(":")[0]:
                found.add(release(image_version(image)))
    return frozenset(found)


def containers_of(world: World, pod: Pod) -> tuple[Mapping[str, Any], ...]:
    """Containers of a pod or of the template that stands for it, as JSON."""
    item = world.item_of(pod.ref)
    spec = item.at("spec") if item and item.ref.kind == "Pod" else _template(item)
    return objects(spec.get("containers")) if isinstance(spec, dict) else ()


def are_before(found: frozenset[Release | None], first: tuple[int, int]) -> Known:
    """Are all of them older than a release; UNKNOWN where one was not read, none was found, or they lie on both sides of it."""
    known = [release[:2] for release in found if release is not None]
    if not known or len(known) < len(found):
        return Known.UNKNOWN
    if all(release < first for release in known):
        return Known.YES
    return Known.NO if all(release >= first for release in known) else Known.UNKNOWN


def release(version: str) -> Release | None:
    """A version or the tag of an image as numbers: `v1.33.1+k3s1` as (1, 33, 1); None for anything else."""
    found = _RELEASE.match(version)
    return tuple(int(part) for part in found.groups() if part) if found else None


def _template(item: Item | None) -> object:
    return item.at("spec", "template", "spec") if item else None
