"""Selectors, answered with sets of classes; each distinct selector is worked out once."""

from collections.abc import Mapping, Sequence

from app.evaluate.bits import union
from app.evaluate.classes import PodClass
from app.model.inventory import Labels
from app.model.policy import LabelSelector, Operator, PodPeer, Requirement


class SelectorIndex:
    """Which classes a label selector selects. HostNetwork pods are never among them: they have their node's address.

    Source: Kubernetes API, `LabelSelector`; `NetworkPolicyPeer.podSelector` and `.namespaceSelector`.
    """

    def __init__(self, classes: Sequence[PodClass], namespace_labels: Mapping[str, Labels]) -> None:
        self._namespace_labels = namespace_labels
        self._in_namespace: dict[str, int] = {}
        self._having: dict[str, int] = {}
        self._being: dict[tuple[str, str | None], int] = {}
        self._pods: dict[LabelSelector, int] = {}
        self._namespaces: dict[LabelSelector, int] = {}
        for number, item in enumerate(classes):
            if not item.host_network:
                self._enter(item, 1 << number)
        self._selectable = union(self._in_namespace.values())

    def _enter(self, item: PodClass, bit: int) -> None:
        self._in_namespace[item.namespace] = self._in_namespace.get(item.namespace, 0) | bit
        for label in item.labels:
            self._having[label[0]] = self._having.get(label[0], 0) | bit
            self._being[label] = self._being.get(label, 0) | bit

    def subjects(self, namespace: str, selector: LabelSelector) -> int:
        """Classes that `spec.podSelector` of a policy in this namespace selects."""
        return self._in_namespace.get(namespace, 0) & self._by_pod_labels(selector)

    def peers(self, namespace: str, peer: PodPeer) -> int:
        """Classes that a peer of a policy in this namespace matches: both of its selectors must hold."""
        if peer.namespace_selector is None:
            return self.subjects(namespace, peer.pod_selector)
        return self._by_namespace_labels(peer.namespace_selector) & self._by_pod_labels(peer.pod_selector)

    def _by_pod_labels(self, selector: LabelSelector) -> int:
        known = self._pods.get(selector)
        if known is None:
            known = self._selectable
            for item in selector.requirements:
                known &= self._meeting(item)
            self._pods[selector] = known
        return known

    def _meeting(self, item: Requirement) -> int:
        """NotIn and DoesNotExist are met where the key is missing."""
        match item.operator:
            case Operator.EXISTS:
                return self._having.get(item.key, 0)
            case Operator.DOES_NOT_EXIST:
                return ~self._having.get(item.key, 0)
            case Operator.IN:
                return self._with_values(item)
            case Operator.NOT_IN:
                return ~self._with_values(item)

    def _with_values(self, item: Requirement) -> int:
        return union(self._being.get((item.key, value), 0) for value in item.values)

    def _by_namespace_labels(self, selector: LabelSelector) -> int:
        known = self._namespaces.get(selector)
        if known is None:
            known = union(
                classes
                for namespace, classes in self._in_namespace.items()
                if holds(selector, self._namespace_labels.get(namespace, {}))
            )
            self._namespaces[selector] = known
        return known


def holds(selector: LabelSelector, labels: Labels) -> bool:
    """True when labels meet every requirement of a selector."""
    return all(_meets(item, labels) for item in selector.requirements)


def _meets(item: Requirement, labels: Labels) -> bool:
    match item.operator:
        case Operator.EXISTS:
            return item.key in labels
        case Operator.DOES_NOT_EXIST:
            return item.key not in labels
        case Operator.IN:
            return labels.get(item.key) in item.values
        case Operator.NOT_IN:
            return labels.get(item.key) not in item.values
