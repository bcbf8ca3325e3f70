"""Pods on one node: traffic between them never meets the link between nodes. Counted for workloads, never listed."""

from collections.abc import Mapping
from functools import cached_property

from app.evaluate.encryption.kinds import Population


class Places:
    """Counts pairs of pods by whether they share a node; workloads by position."""

    def __init__(self, population: Population) -> None:
        self._nodes = population.nodes
        self._placed = tuple(sum(nodes.values()) for nodes in population.nodes)

    def pairs(self, source: int, destination: int) -> int:
        """Pairs of pods whose nodes are known."""
        return self._placed[source] * self._placed[destination]

    def beside(self, source: int) -> Mapping[int, int]:
        """Pairs that share a node, by the destination's position; only where there are any."""
        found: dict[int, int] = {}
        for node, here in self._nodes[source].items():
            for position, there in self._on_node[node]:
                found[position] = found.get(position, 0) + here * there
        return found

    def shared(self, source: int, destination: int) -> int:
        """Pairs of two workloads that share a node."""
        there = self._nodes[destination]
        return sum(count * there.get(node, 0) for node, count in self._nodes[source].items())

    @cached_property
    def _on_node(self) -> Mapping[str, list[tuple[int, int]]]:
        found: dict[str, list[tuple[int, int]]] = {}
        for position, nodes in enumerate(self._nodes):
            for node, count in nodes.items():
                found.setdefault(node, []).append((position, count))
        return found
