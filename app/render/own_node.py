"""Traffic from a pod's own node: always allowed, so a path that exists by it alone is a residual and not a missing policy.

Source: Kubernetes API, `NetworkPolicySpec.ingress`: traffic is allowed "if the traffic source is the pod's local node". A
hostNetwork pod sends from its node's address.
"""

from typing import Final

from app.model.connections import Connections
from app.model.policy import Direction
from app.model.reachability import EffectiveRule, Reachability, Workload

MOST_EXAMINED: Final = 500
"""Receivers whose rules are resolved; a path into another one is never called a residual."""


class OwnNode:
    """Tells paths that own-node traffic alone explains from those that a policy leaves open.

    Args:
        engine: the engine whose paths are asked about.
    """

    def __init__(self, engine: Reachability) -> None:
        self._engine = engine
        self._homes = {item.id: item for item in engine.workloads}
        self._nodes = {item.id: frozenset(item.nodes) for item in engine.workloads if item.host_network}
        self._rules: dict[str, tuple[EffectiveRule, ...]] = {}

    def only(self, source: str, destination: str, allowed: Connections) -> bool:
        """True when `allowed` is everything, and policies alone would have allowed less; in doubt it is False."""
        nodes, receiver = self._nodes.get(source), self._homes.get(destination)
        if nodes is None or receiver is None or not allowed.is_all or not _beside(nodes, receiver):
            return False
        if not self._engine.isolating(destination, Direction.INGRESS):
            return False
        if destination not in self._rules:
            if len(self._rules) == MOST_EXAMINED:
                return False
            self._rules[destination] = self._engine.rules_on(destination, Direction.INGRESS)
        return not _most_admitted(self._rules[destination], source).is_all


def _beside(nodes: frozenset[str], receiver: Workload) -> bool:
    return not receiver.host_network and not nodes.isdisjoint(receiver.nodes)


def _most_admitted(rules: tuple[EffectiveRule, ...], source: str) -> Connections:
    """The most that rules may admit from a node: a rule that names addresses might name the node's."""
    union = Connections()
    for rule in rules:
        if rule.any_peer or rule.externals or source in rule.workloads:
            union = union | rule.ports
    return union
