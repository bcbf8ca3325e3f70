"""Which lists were read to their end, so that an object that is missing from one is really gone."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.model.identity import GroupKind
from app.model.snapshot import CollectionGap, Coverage, GapReason, KindCoverage, SourceKind

_UNKNOWN = GroupKind("", "")
# Objects with invalid fields and duplicates are in the list all the same; these reasons mean that some are not.
_NOT_READ = frozenset(
    {
        GapReason.FORBIDDEN,
        GapReason.UNREACHABLE,
        GapReason.TRUNCATED,
        GapReason.UNREADABLE,
        GapReason.TOO_LARGE,
    }
)


@dataclass(frozen=True, slots=True)
class WholeKinds:
    """Kinds whose population was read completely; ask with `in`.

    A server was asked for certain kinds, and knows nothing of others. Files are their own population: a kind that
    stands in none of them has no object there, unless a document could not be read.
    """

    read: frozenset[GroupKind]
    short: frozenset[GroupKind]
    files: bool

    def __contains__(self, kind: GroupKind) -> bool:
        """True when an object of this kind that was not seen is not there."""
        if not self.short.isdisjoint((kind, _UNKNOWN)):
            return False
        return self.files or kind in self.read


def whole_kinds(
    source: SourceKind, kinds: Iterable[KindCoverage], gaps: Iterable[CollectionGap]
) -> WholeKinds:
    """Kinds that were read to their end; a document that may have held anything leaves none."""
    read = {item.group_kind for item in kinds if item.coverage in (Coverage.COMPLETE, Coverage.ABSENT)}
    known = {item.group_kind for item in kinds} - read
    short = {gap.group_kind for gap in gaps if gap.reason in _NOT_READ}
    return WholeKinds(frozenset(read), frozenset(short | known), source is SourceKind.FILES)
