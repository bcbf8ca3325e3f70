"""What differs from the last whole scan, as far as somebody has to have approved it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from app.model.context import Changes, DocumentChange
from app.model.history import ChangeKind, Document, ObjectChange
from app.model.identity import GroupKind, ObjectRef
from app.model.snapshot import Snapshot, SnapshotObject

CHANGE = "netattest.io/change"
"""Annotation by which an object names the approved change that it is."""

_OWNED = ("exceptions.yaml", "registers.yaml", "scope.yaml")
_KEPT = ("name", "namespace", "labels", "annotations")


def changes(
    before: Snapshot,
    after: Snapshot,
    documents: tuple[Sequence[Document], Sequence[Document]],
    exceptions: tuple[Collection[str], Collection[str]],
    watched: Collection[GroupKind],
) -> Changes:
    """Compare two nights.

    Args:
        before: the last whole snapshot.
        after: the one that is being judged.
        documents: that judged the first, and that judge the second.
        exceptions: ids of the exceptions that they hold.
        watched: kinds whose every change has to be approved.

    Returns:
        Objects whose content differs: who wrote it last, its version, its status and the annotation that names a change
        are no content. That an object is missing counts only where its list was read to its end.
    """
    return Changes(
        since=before.taken_at,
        objects=tuple(_objects(before, after, watched)),
        documents=tuple(_documents(*documents)),
        new_exceptions=tuple(sorted(set(exceptions[1]) - set(exceptions[0]))),
    )


def _objects(before: Snapshot, after: Snapshot, watched: Collection[GroupKind]) -> Iterable[ObjectChange]:
    old, new = _of(before, watched), _of(after, watched)
    for ref in sorted(old.keys() | new.keys()):
        was, now = old.get(ref), new.get(ref)
        if was and now:
            if was.digest != now.digest and _content(was) != _content(now):
                yield ObjectChange(ref, ChangeKind.CHANGED, was.digest, now.digest)
        elif now and _whole(before, ref):
            yield ObjectChange(ref, ChangeKind.ADDED, "", now.digest)
        elif was and _whole(after, ref):
            yield ObjectChange(ref, ChangeKind.REMOVED, was.digest, "")


def _of(snapshot: Snapshot, watched: Collection[GroupKind]) -> Mapping[ObjectRef, SnapshotObject]:
    return {item.ref: item for item in snapshot.objects if item.ref.group_kind in watched}


def _whole(snapshot: Snapshot, ref: ObjectRef) -> bool:
    """True when nothing of this kind can have been overlooked there."""
    gaps = snapshot.gaps_of(ref.group, ref.kind)
    return not any(gap.namespace in ("", ref.namespace) for gap in gaps)


def _content(item: SnapshotObject) -> dict[str, Any]:
    body = dict(item.parsed())
    body.pop("status", None)
    metadata = {name: value for name, value in body.get("metadata", {}).items() if name in _KEPT}
    notes = metadata.get("annotations")
    if isinstance(notes, dict):
        metadata["annotations"] = {name: text for name, text in notes.items() if name != CHANGE}
    return {**body, "metadata": {name: value for name, value in metadata.items() if value}}


def _documents(before: Sequence[Document], after: Sequence[Document]) -> Iterable[DocumentChange]:
    old, new = ({item.name: item.digest for item in found} for found in (before, after))
    for name in _OWNED:
        if old.get(name, "") != new.get(name, ""):
            yield DocumentChange(name, old.get(name, ""), new.get(name, ""))
