"""Verdicts with their pods counted: how many pairs there are, how many get the label, how many share a node."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from app.evaluate.encryption.kinds import Population
from app.evaluate.encryption.pairs import OUTSIDE, Core, Pairs
from app.evaluate.encryption.places import Places
from app.model.connections import Connections
from app.model.encryption import Label
from app.model.reachability import Connection
from app.model.transit import PathVerdict

_BY_LINK = (Label.NODE_TUNNEL_STRICT, Label.NODE_TUNNEL, Label.PROVIDER_ATTESTED)
Verdicts = tuple[PathVerdict, ...]


class Counting:
    """Counts pods for single pairs of workloads, and along many rows; workloads by position."""

    def __init__(self, population: Population, pairs: Pairs) -> None:
        self._population = population
        self._pairs = pairs
        self._places = Places(population)
        # pods by kind, and how many have a node: with what they share, all that counting asks of a workload
        numbers: dict[object, int] = {}
        self._alike = [
            numbers.setdefault((tuple(sorted(kinds.items())), sum(nodes.values())), len(numbers))
            for kinds, nodes in zip(population.counts, population.nodes, strict=True)
        ]
        self._alike.append(OUTSIDE)  # of position OUTSIDE, which is the last
        self._known: dict[tuple[int, int, int, int], Verdicts] = {}
        # rows share their sets of ports; kept, so that no other set can take the place of one in memory
        self._kept: dict[int, object] = {}

    def of(self, one: int, other: int, allowed: Connections, shared: int) -> Verdicts:
        """Verdicts about one pair; `shared` pairs of their pods are on one node."""
        group_of = self._population.group_of
        groups = [OUTSIDE if at == OUTSIDE else group_of[at] for at in (one, other)]
        cores = self._pairs.of(groups[0], groups[1], allowed)
        if OUTSIDE in (one, other):
            return tuple(core.verdict for core in cores)
        pairs = self._places.pairs(one, other)
        return tuple(self._counted(core, one, other, pairs, shared) for core in cores)

    def shared(self, one: int, other: int) -> int:
        """Pairs of pods that share a node."""
        return 0 if OUTSIDE in (one, other) else self._places.shared(one, other)

    def along(
        self, rows: Iterable[Connection], positions: Mapping[str, int]
    ) -> Iterator[tuple[Connection, Verdicts]]:
        """Each row with its verdicts; what depends on the source is looked up once for each run of rows with that source."""
        known, alike = self._known, self._alike
        source, one, beside = "", OUTSIDE, dict[int, int]()
        for row in rows:
            if row.source != source:
                source, one = row.source, positions.get(row.source, OUTSIDE)
                beside = dict(self._places.beside(one)) if one != OUTSIDE else {}
            other = positions.get(row.destination, OUTSIDE)
            shared = beside.get(other, 0)
            key = (alike[one], alike[other], id(row.allowed), shared)
            found = known.get(key)
            if found is None:
                self._kept[id(row.allowed)] = row.allowed
                found = known[key] = self.of(one, other, row.allowed, shared)
            yield row, found

    def _counted(self, core: Core, one: int, other: int, pairs: int, shared: int) -> PathVerdict:
        verdict = core.verdict
        if not pairs:
            return verdict
        affected = pairs
        if core.pairs:
            here, there = self._population.counts[one], self._population.counts[other]
            affected = sum(here[first] * there[second] for first, second in core.pairs)
        if verdict.label not in _BY_LINK:
            return replace(verdict, pairs=pairs, affected=affected)
        says = f"{verdict.says}{_within(shared, pairs)}"
        return replace(verdict, pairs=pairs, affected=affected, same_node=shared, says=says)


def _within(shared: int, pairs: int) -> str:
    """What no link between nodes does: traffic within a node stays in its kernel, in clear."""
    if not shared:
        return ""
    if shared == pairs:
        return "; all their pods share a node now, where traffic does not leave it and is not encrypted"
    return f"; {shared} of {pairs} pairs of pods share a node, where traffic does not leave it and is not encrypted"
