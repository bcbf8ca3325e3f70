"""A cluster's links as a test asks about them: between two pods, by name."""

from dataclasses import replace

from app import collect
from app.detect import detect, protection
from app.model.identity import ObjectRef, WorkloadKey
from app.model.inventory import Pod
from app.model.links import Link
from app.model.snapshot import Snapshot

A, B = (ObjectRef("", "Pod", "shop", name) for name in ("a", "b"))


def links_of(snapshot: Snapshot):
    """All systems that were found, by id."""
    inventory = collect.normalize(snapshot.objects).inventory
    return {item.id: item for item in protection(snapshot, inventory, detect(snapshot)).links}


def link(snapshot: Snapshot, one: str = "a", other: str = "b") -> Link:
    """The link between two pods of namespace shop by the one system that was found."""
    (system,) = links_of(snapshot).values()
    ends = [system.end(ObjectRef("", "Pod", "shop", name)) for name in (one, other)]
    return system.link(*ends)


def templates(snapshot: Snapshot):
    """Systems found in manifests, each with its link between two workloads of which only templates are known."""
    inventory = collect.normalize(snapshot.objects).inventory
    pods = tuple(
        Pod(ref, WorkloadKey("shop", "Deployment", ref.name), {}, from_template=True) for ref in (A, B)
    )
    inventory = replace(inventory, pods=(*inventory.pods, *pods))
    found = protection(snapshot, inventory, detect(snapshot)).links
    return {item.id: item.link(item.end(A), item.end(B)) for item in found}
