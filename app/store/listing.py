"""Which lists were read to their end, so that an object that is missing from one is really gone."""

from collections.abc import Iterable

from app.model.identity import GroupKind
from app.model.snapshot import CollectionGap, Coverage, GapReason, KindCoverage

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


def whole_kinds(kinds: Iterable[KindCoverage], gaps: Iterable[CollectionGap]) -> frozenset[GroupKind]:
    """Kinds whose population was read completely.

    A kind that was not asked for is not among them. A document that could not be read at all may have held any kind,
    so it leaves none.
    """
    short = {gap.group_kind for gap in gaps if gap.reason in _NOT_READ}
    if _UNKNOWN in short:
        return frozenset()
    read = {item.group_kind for item in kinds if item.coverage in (Coverage.COMPLETE, Coverage.ABSENT)}
    return frozenset(read - short)
