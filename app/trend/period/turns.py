"""What changed about how the cluster was judged: without it, a change of the tool reads as one of the cluster."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise

from app.model.cluster import IDENTITY, other_clusters
from app.model.history import Scan, ScanStatus
from app.model.period import Turn, TurnKind

# What earlier scans contributed is another document each night; the cluster is told by itself.
_NOT_TOLD = ("context.json", IDENTITY)


def turns(scans: Sequence[Scan], wanted: Iterable[int], framework: str) -> tuple[Turn, ...]:
    """Changes between each scan and the stored one before it, oldest first.

    Args:
        scans: stored scans by number, with the last one before the period.
        wanted: numbers of those within the period.
        framework: id of the framework; changes of others are left out.
    """
    inside, others = set(wanted), other_clusters(scans)
    return tuple(
        turn
        for before, after in pairwise(scans)
        if after.number in inside
        for turn in (*_another(before, after, others), *_between(before, after, framework))
    )


def _another(before: Scan, after: Scan, others: Collection[int]) -> Iterator[Turn]:
    if after.number in others:
        was, now = (dict(scan.documents).get(IDENTITY, "") for scan in (before, after))
        yield Turn(after.taken_at, after.number, TurnKind.CLUSTER, "UID of namespace kube-system", was, now)


def _between(before: Scan, after: Scan, framework: str) -> Iterator[Turn]:
    was, now = dict(before.documents), dict(after.documents)
    for name in sorted({*was, *now}):
        if was.get(name) == now.get(name) or name in _NOT_TOLD or _of_another(name, framework):
            continue
        yield Turn(after.taken_at, after.number, _kind(name), name, was.get(name, ""), now.get(name, ""))
    if before.tool_version != after.tool_version:
        yield Turn(
            after.taken_at, after.number, TurnKind.TOOL, "netattest", before.tool_version, after.tool_version
        )
    if before.status is not after.status:
        yield Turn(
            after.taken_at, after.number, TurnKind.COVERAGE, "collection", _cover(before), _cover(after)
        )


def _of_another(name: str, framework: str) -> bool:
    return name.startswith("frameworks/") and name != f"frameworks/{framework}.yaml"


def _kind(name: str) -> TurnKind:
    if name == "scope.yaml":
        return TurnKind.SCOPE
    return TurnKind.FRAMEWORK if name.startswith("frameworks/") else TurnKind.CONFIGURATION


def _cover(scan: Scan) -> str:
    if scan.status is ScanStatus.COMPLETE:
        return "complete"
    return f"{scan.gaps} gap{'' if scan.gaps == 1 else 's'}"
