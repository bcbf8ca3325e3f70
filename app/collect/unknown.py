"""Policy kinds that are stored but not evaluated: one gap for each kind and namespace that has objects of it."""

from collections.abc import Iterable, Mapping, Sequence

from app.collect.kinds import KINDS
from app.model.identity import GroupKind
from app.model.snapshot import CollectionGap, GapReason, SnapshotObject

# The API server of Calico shows every Kubernetes NetworkPolicy a second time, under this prefix.
_CALICO_COPY = "knp.default."
_NAMED = 3


def unknown_policy_gaps(by_kind: Mapping[GroupKind, Sequence[SnapshotObject]]) -> Iterable[CollectionGap]:
    """Say of each policy kind that this version does not evaluate where it has objects."""
    for spec in KINDS:
        if not spec.restricts or spec.evaluated:
            continue
        groups: dict[str, list[str]] = {}
        for item in by_kind.get(spec.group_kind, ()):
            if not item.ref.name.startswith(_CALICO_COPY):
                groups.setdefault(item.ref.namespace, []).append(item.ref.name)
        for namespace, names in sorted(groups.items()):
            yield _gap(spec.group_kind, namespace, sorted(names))


def _gap(kind: GroupKind, namespace: str, names: Sequence[str]) -> CollectionGap:
    place = f" in namespace {namespace}" if namespace else ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return CollectionGap(
        kind,
        GapReason.UNKNOWN_KIND,
        f"{kind}{place} can change what is reachable and is not evaluated: {', '.join(names[:_NAMED])}{more}",
        advice="Judge the paths that these policies touch by hand; they are stored with the snapshot.",
        namespace=namespace,
        name=names[0] if len(names) == 1 else "",
    )
