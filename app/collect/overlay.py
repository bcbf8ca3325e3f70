"""A snapshot as it would be after objects were applied or removed: what `kubectl apply` and `kubectl delete` would leave.

A controller whose pods would look different is taken to have replaced them: its new template stands for them, because
nobody knows yet where they will run. Gaps that the objects themselves caused are worked out again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from app.collect.kinds.names import WORKLOADS
from app.collect.normalize import normalize
from app.collect.objects import identify, snapshot_object
from app.errors import InputError
from app.model.history import ChangeKind, ObjectChange
from app.model.identity import GroupKind, ObjectRef, WorkloadKey
from app.model.inventory import Inventory, Pod
from app.model.snapshot import CollectionGap, Coverage, KindCoverage, Snapshot, SnapshotObject

_NAMESPACE = GroupKind("", "Namespace")
_MADE_BY_CONTROLLERS = ("Pod", "ReplicaSet", "Job", "ReplicationController")


@dataclass(frozen=True)
class Overlaid:
    """The snapshot after a change, its inventory, and what changed."""

    snapshot: Snapshot
    inventory: Inventory
    changes: tuple[ObjectChange, ...]


def overlay(
    snapshot: Snapshot,
    applied: Iterable[SnapshotObject] = (),
    removed: Iterable[ObjectRef] = (),
    gaps: Iterable[CollectionGap] = (),
) -> Overlaid:
    """Put objects over a snapshot and take others away.

    Args:
        snapshot: the cluster as it was read.
        applied: objects to add; one with an identity that exists replaces it.
        removed: objects to take away; a namespace takes everything in it along, a controller its pods.
        gaps: what was not understood of the files that the applied objects came from.
    """
    before = normalize(snapshot.objects)
    new = {item.ref: item for item in applied}
    gone = set(_with_contents(snapshot, removed))
    objects = {item.ref: item for item in snapshot.objects if item.ref not in gone} | new
    replaced = _replaced(before.inventory, objects, new, gone) - new.keys()
    kept = tuple(objects[ref] for ref in sorted(objects) if ref not in replaced)
    after = normalize(kept)
    own = {*snapshot.gaps} - {*before.gaps}
    changed = replace(
        snapshot,
        objects=kept,
        kinds=_kinds(snapshot, kept),
        gaps=tuple(sorted({*own, *after.gaps, *gaps})),
    )
    return Overlaid(changed, after.inventory, _changes(snapshot, changed))


def objects_of(values: Iterable[Mapping[str, Any]]) -> tuple[SnapshotObject, ...]:
    """Objects of JSON values, redacted like any input."""
    return tuple(snapshot_object(identify(value), dict(value)) for value in values)


def find_object(snapshot: Snapshot, text: str) -> ObjectRef:
    """The object that `Kind/namespace/name`, or `Kind/name`, names; the kind in any case.

    Raises:
        InputError: there is none, or the text is of another form.
    """
    kind, _, rest = text.partition("/")
    namespace, _, name = rest.rpartition("/")
    if not kind or not name:
        raise InputError(
            f"--remove {text!r} names no object",
            advice="write Kind/namespace/name, such as NetworkPolicy/shop/web",
        )
    wanted = (kind.casefold(), namespace, name)
    found = [item.ref for item in snapshot.objects if _spelling(item.ref) == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        kinds = ", ".join(str(ref.group_kind) for ref in found)
        raise InputError(f"--remove {text!r} can be {kinds}", advice="rename one of them in the input")
    known = [
        f"{ref.kind}/{ref.namespace}/{ref.name}".replace("//", "/")
        for ref in (i.ref for i in snapshot.objects)
    ]
    near = get_close_matches(text, known, n=3, cutoff=0.5)
    advice = (
        f"did you mean {', '.join(near)}?"
        if near
        else "`--remove` takes Kind/namespace/name of what was read"
    )
    raise InputError(f"there is no object {text!r} to remove", advice=advice)


def _spelling(ref: ObjectRef) -> tuple[str, str, str]:
    return ref.kind.casefold(), ref.namespace, ref.name


def _with_contents(snapshot: Snapshot, removed: Iterable[ObjectRef]) -> Iterable[ObjectRef]:
    """The objects, and those that a namespace among them holds."""
    for ref in removed:
        yield ref
        if ref.group_kind == _NAMESPACE:
            yield from (item.ref for item in snapshot.objects if item.ref.namespace == ref.name)


def _replaced(
    before: Inventory,
    objects: Mapping[ObjectRef, SnapshotObject],
    new: Mapping[ObjectRef, SnapshotObject],
    gone: set[ObjectRef],
) -> set[ObjectRef]:
    """Pods, and what controllers made of them, that a changed or removed controller would not leave as they are."""
    changed = {_key(ref) for ref in new if ref.group_kind in WORKLOADS}
    stale = {_key(ref) for ref in gone if ref.group_kind in WORKLOADS}
    if not changed | stale:
        return set()
    templates = {_key(item.ref): item for item in normalize(tuple(new.values())).inventory.pods}
    stale |= {
        item.owner
        for item in before.pods
        if item.owner in changed
        and not item.from_template
        and (item.owner not in templates or _differs(item, templates[item.owner]))
    }
    without_pods = [item for item in objects.values() if item.ref.kind != "Pod"]
    made = (*before.pods, *normalize(without_pods).inventory.pods)
    return {item.ref for item in made if item.owner in stale and item.ref.kind in _MADE_BY_CONTROLLERS}


def _differs(pod: Pod, template: Pod) -> bool:
    """True when a policy could tell the pods of a template from this one; controllers add labels of their own."""
    lacking = template.labels.items() - pod.labels.items()
    return bool(lacking) or (pod.ports, pod.host_network, pod.service_account) != (
        template.ports,
        template.host_network,
        template.service_account,
    )


def _key(ref: ObjectRef) -> WorkloadKey:
    return WorkloadKey(ref.namespace, ref.name, ref.kind)


def _kinds(snapshot: Snapshot, objects: Iterable[SnapshotObject]) -> tuple[KindCoverage, ...]:
    """Coverage with new counts; a kind that was not there before is known as far as these objects go."""
    counts: dict[GroupKind, int] = {}
    for item in objects:
        counts[item.ref.group_kind] = counts.get(item.ref.group_kind, 0) + 1
    known = {
        entry.group_kind: replace(entry, count=counts.get(entry.group_kind, 0)) for entry in snapshot.kinds
    }
    for kind, number in counts.items():
        known.setdefault(kind, KindCoverage(kind, "", Coverage.COMPLETE, number))
    return tuple(sorted(known.values()))


def _changes(before: Snapshot, after: Snapshot) -> tuple[ObjectChange, ...]:
    was = {item.ref: item.digest for item in before.objects}
    now = {item.ref: item.digest for item in after.objects}
    return tuple(
        ObjectChange(ref, _change(ref in was, ref in now), was.get(ref, ""), now.get(ref, ""))
        for ref in sorted({*was, *now})
        if was.get(ref) != now.get(ref)
    )


def _change(was: bool, now: bool) -> ChangeKind:
    if was and now:
        return ChangeKind.CHANGED
    return ChangeKind.ADDED if now else ChangeKind.REMOVED
