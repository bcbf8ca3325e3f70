"""Objects as they come in, each identity once.

Sources put objects in one at a time; nothing but the redacted bytes is kept. Two objects with one identity and the same
content are one; with different content the first is kept and the second becomes a gap, so that input order decides and
nothing is merged.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.model.identity import GroupKind, ObjectRef
from app.model.snapshot import CollectionGap, GapReason, SnapshotObject


@dataclass
class Gathering:
    """What a source has found so far."""

    objects: dict[ObjectRef, SnapshotObject] = field(default_factory=dict)
    gaps: list[CollectionGap] = field(default_factory=list)

    def add(self, item: SnapshotObject) -> None:
        """Take one object in."""
        known = self.objects.setdefault(item.ref, item)
        if known.digest != item.digest:
            self.gaps.append(_duplicate(known, item))

    def count(self) -> dict[GroupKind, int]:
        """Objects by type."""
        counts: dict[GroupKind, int] = {}
        for ref in self.objects:
            counts[ref.group_kind] = counts.get(ref.group_kind, 0) + 1
        return counts

    def sorted_objects(self) -> tuple[SnapshotObject, ...]:
        """All objects, by identity."""
        return tuple(self.objects[ref] for ref in sorted(self.objects))

    def sorted_gaps(self, more: Iterable[CollectionGap] = ()) -> tuple[CollectionGap, ...]:
        """All gaps, sorted, each once."""
        return tuple(sorted({*self.gaps, *more}))


def _duplicate(first: SnapshotObject, second: SnapshotObject) -> CollectionGap:
    return CollectionGap(
        first.ref.group_kind,
        GapReason.DUPLICATE,
        f"{first.ref} stands in {first.origin} and, with other content, in {second.origin}; the first was read",
        advice="Keep one of them: which one would be in the cluster depends on the order of application.",
        namespace=first.ref.namespace,
        name=first.ref.name,
    )
