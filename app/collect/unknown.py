"""Policy kinds that are stored but not evaluated: one gap for each kind and namespace that has objects of it.

Beside the kinds of the table, which name what is known of other products, whatever calls itself a NetworkPolicy counts: somebody's own
kind, or one that is younger than this version.
"""

from collections.abc import Iterable, Mapping, Sequence

from app.collect.kinds import BY_KIND
from app.model.identity import GroupKind, ObjectRef
from app.model.snapshot import CollectionGap, GapReason, SnapshotObject

# The API server of Calico shows every Kubernetes NetworkPolicy a second time, under this prefix.
_CALICO_COPY = "knp.default."
_COMPUTED = (
    "controlplane.antrea.io",
)  # what Antrea's controller works out of policies, served to its agents
# Networks beside the cluster's own, which is the one that is judged. OpenShift documentation, "Configuring multi-network policy": these
# policies "cannot manage the default cluster network".
_OF_OTHER_NETWORKS = (GroupKind("k8s.cni.cncf.io", "MultiNetworkPolicy"),)
_NAMED = 3


def unknown_policy_gaps(by_kind: Mapping[GroupKind, Sequence[SnapshotObject]]) -> Iterable[CollectionGap]:
    """Say of each policy kind that this version does not evaluate where it has objects."""
    for kind, items in by_kind.items():
        if not _is_unknown_policy(kind):
            continue
        groups: dict[str, list[str]] = {}
        for item in items:
            if not item.ref.name.startswith(_CALICO_COPY):
                groups.setdefault(_place(item.ref), []).append(item.ref.name)
        for namespace, names in sorted(groups.items()):
            yield _gap(kind, namespace, sorted(names))


def calls_itself_a_policy(kind: GroupKind) -> bool:
    """True for a kind outside the table whose name says that it restricts the network."""
    return (
        kind not in BY_KIND
        and kind.kind.endswith("NetworkPolicy")
        and kind.group not in _COMPUTED
        and kind not in _OF_OTHER_NETWORKS
    )


def _place(ref: ObjectRef) -> str:
    """Its namespace. Of a kind outside the table nobody knows whether it has one, and a file may leave it out."""
    return "" if ref.namespace == "default" and ref.group_kind not in BY_KIND else ref.namespace


def _is_unknown_policy(kind: GroupKind) -> bool:
    spec = BY_KIND.get(kind)
    return spec.restricts and not spec.evaluated if spec else calls_itself_a_policy(kind)


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
