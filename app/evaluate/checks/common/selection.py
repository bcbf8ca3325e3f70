"""Which workloads a selector of a policy matches; each distinct peer is worked out once."""

from collections.abc import Iterable

from app.evaluate.checks.common.population import by_namespace
from app.model.facts import Facts
from app.model.inventory import NAME_LABEL, Labels
from app.model.policy import EVERYTHING, LabelSelector, PodPeer, Policy
from app.model.reachability import Workload
from app.model.scope import selects


class Selection:
    """Workloads by selector. HostNetwork workloads are never matched: they have their node's address."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._homes = {
            name: [(item, self._labels(item)) for item in items if not item.host_network]
            for name, items in by_namespace(facts).items()
        }
        self._known: dict[tuple[str, PodPeer], tuple[Workload, ...]] = {}
        self._namespaces: dict[LabelSelector, tuple[str, ...]] = {}

    def selected(self, policy: Policy) -> tuple[Workload, ...]:
        """Workloads that `spec.podSelector` selects."""
        selector = policy.subject.selector
        assert isinstance(selector, LabelSelector)
        return self.matched(policy.namespace, PodPeer(None, selector))

    def matched(self, namespace: str, peer: PodPeer) -> tuple[Workload, ...]:
        """Workloads that a peer of a policy in this namespace matches, sorted by id within each namespace."""
        home = namespace if peer.namespace_selector is None else ""
        key = (home, peer)
        if key not in self._known:
            self._known[key] = tuple(
                item
                for name in self._places(home, peer)
                for item, labels in self._homes.get(name, ())
                if selects(peer.pod_selector, labels)
            )
        return self._known[key]

    def namespaces(self, selector: LabelSelector) -> tuple[str, ...]:
        """Namespaces that a namespaceSelector matches, sorted."""
        if selector not in self._namespaces:
            self._namespaces[selector] = tuple(
                sorted(
                    name
                    for name, labels in self._facts.inventory.namespace_labels.items()
                    if selects(selector, labels)
                )
            )
        return self._namespaces[selector]

    def takes_all(self, peer: PodPeer) -> bool:
        """True when a peer matches every pod of every namespace, and of one that has nothing but its name."""
        spaces = peer.namespace_selector
        if spaces is None or peer.pod_selector != EVERYTHING:
            return False
        newcomer = {NAME_LABEL: "a-namespace-that-nobody-made-yet"}
        return selects(spaces, newcomer) and len(self.namespaces(spaces)) == len(self._homes)

    def _places(self, home: str, peer: PodPeer) -> Iterable[str]:
        return (home,) if peer.namespace_selector is None else self.namespaces(peer.namespace_selector)

    def _labels(self, workload: Workload) -> Labels:
        """A workload's pods are alike to every policy, so its first pod answers for all."""
        pod = self._facts.pods.get(workload.pod_refs[0])
        return pod.labels if pod else workload.labels
