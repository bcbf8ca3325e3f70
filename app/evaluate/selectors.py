"""Selectors, answered with sets of classes; each distinct selector is worked out once."""

from collections.abc import Iterable, Mapping, Sequence

from app.evaluate.bits import union
from app.evaluate.classes import PodClass
from app.model.inventory import Labels
from app.model.policy import (
    AllOf,
    AnyOf,
    Facet,
    LabelSelector,
    Not,
    Operator,
    PodPeer,
    Requirement,
    Selector,
    SelectorPeer,
    Subject,
)
from app.model.scope import selects
from app.model.selection import accepts

_Key = tuple[Facet, str]


class SelectorIndex:
    """Which classes a selector selects. HostNetwork pods are never among them: they have their node's address.

    Source: Kubernetes API, `LabelSelector`; `NetworkPolicyPeer.podSelector` and `.namespaceSelector`.
    """

    def __init__(self, classes: Sequence[PodClass], namespace_labels: Mapping[str, Labels]) -> None:
        self._namespace_labels = namespace_labels
        self._in_namespace: dict[str, int] = {}
        self._being: dict[_Key, dict[str | None, int]] = {}
        self._having: dict[_Key, int] = {}
        self._known: dict[Selector, int] = {}
        self._namespaces: dict[LabelSelector, int] = {}
        for number, item in enumerate(classes):
            if not item.host_network:
                self._enter(item, 1 << number)
        self.selectable = union(self._in_namespace.values())

    def _enter(self, item: PodClass, bit: int) -> None:
        self._in_namespace[item.namespace] = self._in_namespace.get(item.namespace, 0) | bit
        for key, value in item.labels:
            self._add((Facet.POD, key), value, bit)
        for key, value in item.account_labels:
            self._add((Facet.ACCOUNT, key), value, bit)
        if item.account != "":
            self._add((Facet.ACCOUNT_NAME, ""), item.account, bit)

    def _add(self, key: _Key, value: str | None, bit: int) -> None:
        values = self._being.setdefault(key, {})
        values[value] = values.get(value, 0) | bit

    def subjects(self, subject: Subject) -> int:
        """Classes that a policy selects."""
        return self._within(subject.namespace) & self.select(subject.selector)

    def peers(self, namespace: str, peer: PodPeer) -> int:
        """Classes that a peer of a policy in this namespace matches: both of its selectors must hold."""
        if peer.namespace_selector is None:
            return self._within(namespace) & self.select(peer.pod_selector)
        return self._by_namespace_labels(peer.namespace_selector) & self.select(peer.pod_selector)

    def matched(self, peer: SelectorPeer) -> int:
        """Classes that a peer by expression matches."""
        return self._within(peer.namespace) & self.select(peer.selector)

    def select(self, selector: Selector) -> int:
        """Classes of the whole cluster for which a selector holds."""
        known = self._known.get(selector)
        if known is None:
            known = self._known[selector] = self._work_out(selector)
        return known

    def _work_out(self, selector: Selector) -> int:
        match selector:
            case LabelSelector():
                return self._every(self._meeting(item) for item in selector.requirements)
            case AllOf():
                return self._every(self.select(part) for part in selector.parts)
            case AnyOf():
                return union(self.select(part) for part in selector.parts)
            case Not():
                return self.selectable & ~self.select(selector.part)

    def _every(self, sets: Iterable[int]) -> int:
        result = self.selectable
        for item in sets:
            result &= item
        return result

    def _within(self, namespace: str | None) -> int:
        return self.selectable if namespace is None else self._in_namespace.get(namespace, 0)

    def _meeting(self, item: Requirement) -> int:
        """NotIn and DoesNotExist are met where the key is missing."""
        if item.facet is Facet.NAMESPACE:
            return self._by_namespace_labels(LabelSelector((item,)))
        key = (item.facet, item.key)
        match item.operator:
            case Operator.EXISTS:
                return self._with_key(key)
            case Operator.DOES_NOT_EXIST:
                return ~self._with_key(key)
            case Operator.IN:
                return self._with_values(key, item.values)
            case Operator.NOT_IN:
                return ~self._with_values(key, item.values)
            case Operator.CONTAINS | Operator.STARTS_WITH | Operator.ENDS_WITH:
                values = self._being.get(key, {})
                return union(
                    bits for value, bits in values.items() if value is not None and accepts(item, value)
                )

    def _with_key(self, key: _Key) -> int:
        known = self._having.get(key)
        if known is None:
            known = self._having[key] = union(self._being.get(key, {}).values())
        return known

    def _with_values(self, key: _Key, values: Sequence[str]) -> int:
        being = self._being.get(key, {})
        return being.get(values[0], 0) if len(values) == 1 else union(being.get(value, 0) for value in values)

    def _by_namespace_labels(self, selector: LabelSelector) -> int:
        """`selector` looks at the labels of namespaces, whatever its requirements' facets say."""
        known = self._namespaces.get(selector)
        if known is None:
            known = union(
                classes
                for namespace, classes in self._in_namespace.items()
                if selects(selector, self._namespace_labels.get(namespace, {}))
            )
            self._namespaces[selector] = known
        return known
