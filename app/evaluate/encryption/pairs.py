"""Groups of kinds instead of pods: the weakest verdict over the pairs of pods, port by port, worked out once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.evaluate.encryption.kinds import Population
from app.evaluate.encryption.layers import Layers
from app.evaluate.encryption.verdict import between_nodes, between_pods, from_outside, to_outside
from app.model.connections import Connections, PortSet, Protocol
from app.model.encryption import Label
from app.model.transit import PathVerdict

OUTSIDE = -1  # group number of addresses outside the cluster

_IDLE = (Label.BLOCKED, Label.REFUSED)
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Core:
    """A verdict about all pairs of two groups, before pods are counted.

    `pairs` are the pairs of kinds that get its label, where others get a stronger one; empty where all get it.
    """

    verdict: PathVerdict
    pairs: frozenset[Pair] = frozenset()


class Pairs:
    """Verdicts about pairs of groups; each question is answered once."""

    def __init__(self, population: Population, layers: Layers) -> None:
        self._population = population
        self._layers = layers
        self._kinds: dict[tuple[int, int, int | None], PathVerdict] = {}
        self._cores: dict[tuple[int, int, int | None], Core] = {}
        self._special: dict[Pair, tuple[int, ...]] = {}
        self._known: dict[tuple[int, int, Connections], tuple[Core, ...]] = {}
        self._links: dict[int, PathVerdict] = {}

    def of(self, source: int, destination: int, allowed: Connections) -> tuple[Core, ...]:
        """Verdicts that together cover the ports, weakest first; ports alike share one."""
        key = (source, destination, allowed)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._work_out(source, destination, allowed)
        return known

    def link(self, kind: int) -> PathVerdict:
        """What a link does between two nodes with pods of one kind."""
        if kind not in self._links:
            self._links[kind] = between_nodes(self._layers, self._population.kinds[kind])
        return self._links[kind]

    def _work_out(self, source: int, destination: int, allowed: Connections) -> tuple[Core, ...]:
        alike: dict[Core, Connections] = {}
        for port, ports in self._parts(source, destination, allowed):
            core = self._core(source, destination, port)
            alike[core] = alike.get(core, Connections()) | ports
        found = [replace(core, verdict=replace(core.verdict, ports=ports)) for core, ports in alike.items()]
        return tuple(
            sorted(found, key=lambda item: (_weakness(item.verdict.label), item.verdict.ports.ports))
        )

    def _parts(
        self, source: int, destination: int, allowed: Connections
    ) -> Iterator[tuple[int | None, Connections]]:
        """Ports that cannot differ, each part with one of them to ask about; None for what no mesh carries."""
        left = allowed.on(Protocol.TCP)
        for port in self._ports(source, destination):
            if port in left:
                yield port, Connections.of({Protocol.TCP: PortSet.of([(port, port)])})
        left -= PortSet.of((port, port) for port in self._ports(source, destination))
        if left:
            yield left.intervals[0][0], Connections.of({Protocol.TCP: left})
        others = allowed - Connections.of({Protocol.TCP: PortSet.all()})
        if others:
            yield None, others

    def _ports(self, source: int, destination: int) -> tuple[int, ...]:
        pair = (source, destination)
        if pair not in self._special:
            kinds = self._population.kinds
            found = {
                port
                for server in self._members(destination)
                for client in self._members(source) or (None,)
                for port in self._layers.ports(None if client is None else kinds[client], kinds[server])
            }
            self._special[pair] = tuple(sorted(found))
        return self._special[pair]

    def _members(self, group: int) -> Sequence[int]:
        return () if group == OUTSIDE else self._population.groups[group]

    def _core(self, source: int, destination: int, port: int | None) -> Core:
        key = (source, destination, port)
        if key not in self._cores:
            self._cores[key] = weakest_of(dict(self._each(source, destination, port)))
        return self._cores[key]

    def _each(self, source: int, destination: int, port: int | None) -> Iterator[tuple[Pair, PathVerdict]]:
        kinds = self._population.kinds
        if destination == OUTSIDE:
            yield from (((one, OUTSIDE), to_outside(kinds[one])) for one in self._members(source))
        elif source == OUTSIDE:
            for other in self._members(destination):
                yield (OUTSIDE, other), from_outside(self._layers, kinds[other], port)
        else:
            for one in self._members(source):
                for other in self._members(destination):
                    yield (one, other), self._pods(one, other, port)

    def _pods(self, one: int, other: int, port: int | None) -> PathVerdict:
        key = (one, other, port)
        if key not in self._kinds:
            kinds = self._population.kinds
            self._kinds[key] = between_pods(self._layers, kinds[one], kinds[other], port)
        return self._kinds[key]


def weakest_of(found: dict[Pair, PathVerdict]) -> Core:
    """The verdict of the weakest pair that carries traffic; refused pairs count only where all are.

    A pair that is shown to be in plain text decides whatever an unknown one may be, since nothing is weaker.
    """
    carrying = {pair: item for pair, item in found.items() if item.label not in _IDLE} or found
    label = max((item.label for item in carrying.values()), key=_weight)
    same = {pair: item for pair, item in carrying.items() if item.label is label}
    # of several with one label, the one that is known worst speaks
    verdict = min(same.values(), key=lambda item: (item.strength.rank, item.says))
    return Core(verdict, frozenset() if len(same) == len(found) else frozenset(same))


def _weight(label: Label) -> int:
    return _WEIGHT[label]


def _weakness(label: Label) -> int:
    return -_WEIGHT[label]


# Plain text weighs more than unknown: an unknown pair can be no worse than what is shown of another.
_WEIGHT = {label: label.rank for label in Label} | {
    Label.PLAINTEXT: Label.UNKNOWN.rank,
    Label.UNKNOWN: Label.PLAINTEXT.rank,
    Label.REFUSED: -2,
    Label.BLOCKED: -1,
}


def weakest_first(labels: Iterable[Label]) -> list[Label]:
    """Labels, those that show least protection first."""
    return sorted(labels, key=_weakness)
