"""Peers that are named relative to the selected pod's own namespace.

The normal form has no such peer, so a rule is written out once for each case that the cluster's namespaces make: `own`
says for which pods the case holds. The cases exclude each other, so the rules together are exact.
"""

from collections.abc import Iterable, Iterator, Sequence

from app.collect.policies.parts import Part
from app.collect.selectors import both, of_namespace
from app.model.inventory import Namespace
from app.model.policy import (
    EVERYTHING,
    AllOf,
    AnyOf,
    Facet,
    LabelSelector,
    Operator,
    PodPeer,
    Requirement,
    SelectorPeer,
)


def same_namespace(pods: LabelSelector, namespaces: Iterable[Namespace]) -> Iterator[Part]:
    """Pods in the namespace of the selected pod."""
    for namespace in namespaces:
        yield Part(
            peers=(SelectorPeer(pods, namespace.name),),
            own=(SelectorPeer(EVERYTHING, namespace.name),),
        )


def same_labels(keys: Sequence[str], pods: LabelSelector, namespaces: Iterable[Namespace]) -> Iterator[Part]:
    """Pods in namespaces that have all these labels, with the values of the selected pod's namespace.

    A namespace without one of the labels is the same as none, itself included. Source: `NamespacedPeer.sameLabels` of
    sigs.k8s.io/network-policy-api v0.1.1; `PeerNamespaces.sameLabels` of Antrea.
    """
    for namespaces_alike in _alike(keys, namespaces):
        yield Part(peers=(PodPeer(namespaces_alike, pods),), own=_own(namespaces_alike))


def not_same_labels(
    keys: Sequence[str], pods: LabelSelector, namespaces: Iterable[Namespace]
) -> Iterator[Part]:
    """Pods in namespaces that have all these labels, at least one with another value.

    Source: `NamespacedPeer.notSameLabels` of sigs.k8s.io/network-policy-api v0.1.1.
    """
    present = LabelSelector(tuple(_requirement(key, Operator.EXISTS) for key in sorted(set(keys))))
    for namespaces_alike in _alike(keys, namespaces):
        different = AnyOf(
            tuple(
                LabelSelector((_requirement(item.key, Operator.NOT_IN, item.values),))
                for item in namespaces_alike.requirements
            )
        )
        peer = SelectorPeer(AllOf((both(present, pods), different)))
        yield Part(peers=(peer,), own=_own(namespaces_alike))


def _alike(keys: Sequence[str], namespaces: Iterable[Namespace]) -> list[LabelSelector]:
    """One selector of namespaces for each combination of values that a namespace with all the labels has."""
    wanted = sorted(set(keys))
    if not wanted:
        return []
    values = {
        tuple(item.labels[key] for key in wanted)
        for item in namespaces
        if all(key in item.labels for key in wanted)
    }
    return [
        LabelSelector(
            tuple(Requirement(key, Operator.IN, (value,)) for key, value in zip(wanted, case, strict=True))
        )
        for case in sorted(values)
    ]


def _own(namespaces: LabelSelector) -> tuple[SelectorPeer, ...]:
    return (SelectorPeer(of_namespace(namespaces)),)


def _requirement(key: str, operator: Operator, values: tuple[str, ...] = ()) -> Requirement:
    return Requirement(key, operator, values, Facet.NAMESPACE)
