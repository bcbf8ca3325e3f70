"""Collection gaps, by what they put in doubt and where."""

from collections.abc import Callable, Iterable, Mapping

from app.evaluate.checks.common.verdicts import Doubt
from app.evaluate.doubts import OUTWARD
from app.model.facts import Facts
from app.model.identity import GroupKind
from app.model.snapshot import CollectionGap, GapReason

Touches = Callable[[CollectionGap], bool]

_ANY = GroupKind("", "")  # a document whose type could not be known could be of any kind
_POD = GroupKind("", "Pod")
_TEMPLATES = frozenset(
    {
        "CronJob",
        "DaemonSet",
        "Deployment",
        "DeploymentConfig",
        "Job",
        "ReplicaSet",
        "ReplicationController",
        "Rollout",
        "StatefulSet",
    }
)
_KUBERNETES_POLICY = GroupKind("networking.k8s.io", "NetworkPolicy")
# OVN-Kubernetes restricts by these too; all other policy kinds of the known plugins end in `NetworkPolicy`.
_OTHER_POLICIES = ("UserDefinedNetwork", "ClusterUserDefinedNetwork")


class Gaps:
    """Gaps of the kinds that one verdict rests on, by namespace; those of the whole cluster touch every namespace."""

    def __init__(self, gaps: Iterable[CollectionGap], touches: Touches) -> None:
        self._everywhere: list[Doubt] = []
        self._within: dict[str, list[Doubt]] = {}
        for gap in sorted(gaps):
            if touches(gap):
                doubts = self._within.setdefault(gap.namespace, []) if gap.namespace else self._everywhere
                doubts.append(Doubt(gap.message.rstrip("."), gap.advice))

    def __bool__(self) -> bool:
        """True when there is any such gap."""
        return bool(self._everywhere or self._within)

    @property
    def namespaces(self) -> frozenset[str]:
        """Namespaces that have gaps of their own."""
        return frozenset(self._within)

    def of(self, namespace: str) -> tuple[Doubt, ...]:
        """What is in doubt about a namespace."""
        return (*self._everywhere, *self._within.get(namespace, ()))

    def everywhere(self) -> tuple[Doubt, ...]:
        """What is in doubt about the whole cluster."""
        return tuple(self._everywhere)

    def anywhere(self) -> tuple[Doubt, ...]:
        """All of them: for verdicts that rest on every namespace at once."""
        own = (doubt for name in sorted(self._within) for doubt in self._within[name])
        return (*self._everywhere, *own)


def policy_gaps(facts: Facts) -> Gaps:
    """Policies that were not read, not understood, or are of a kind that is not evaluated."""
    return Gaps(facts.snapshot.gaps, _touches_policies)


def foreign_policy_gaps(facts: Facts) -> Gaps:
    """Policy kinds beside NetworkPolicy: what NetworkPolicies allow, these may still deny."""
    return Gaps(facts.snapshot.gaps, lambda gap: _touches_policies(gap) and _is_foreign(gap.group_kind))


def outward_gaps(facts: Facts) -> Gaps:
    """Kinds that may deny what leaves the pod network, and nothing else."""
    return Gaps(facts.snapshot.gaps, lambda gap: gap.group_kind in OUTWARD)


def pod_gaps(facts: Facts) -> Gaps:
    """Pods that were not read, and templates that may stand for workloads without a pod: a CronJob between its runs has none."""

    def touches(gap: CollectionGap) -> bool:
        return gap.group_kind in (_ANY, _POD) or gap.group_kind.kind in _TEMPLATES

    return Gaps(facts.snapshot.gaps, touches)


def kind_gaps(facts: Facts, *kinds: GroupKind) -> Gaps:
    """Gaps of the given kinds, and those whose kind could not be known."""
    wanted = frozenset((_ANY, *kinds))
    return Gaps(facts.snapshot.gaps, lambda gap: gap.group_kind in wanted)


def merged(namespace: str, *groups: Gaps) -> tuple[Doubt, ...]:
    """Doubts about a namespace from several groups, each once, in order."""
    found: Mapping[Doubt, None] = dict.fromkeys(doubt for group in groups for doubt in group.of(namespace))
    return tuple(found)


def _touches_policies(gap: CollectionGap) -> bool:
    kind = gap.group_kind
    if kind.kind == "HostEndpoint" or kind.kind.startswith("Staged") or kind in OUTWARD:
        return (
            False  # the first and the last only take away from what is allowed, staged ones are not enforced
        )
    return (
        gap.reason is GapReason.UNKNOWN_KIND
        or kind == _ANY
        or kind.kind.endswith("NetworkPolicy")
        or kind.kind in _OTHER_POLICIES
    )


def _is_foreign(kind: GroupKind) -> bool:
    return kind not in (_ANY, _KUBERNETES_POLICY)
