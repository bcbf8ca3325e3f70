"""The far ends of a sensitive workload's paths: who is outside its boundary, and who may be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.evaluate.checks.common.addresses import overlap, untrusted
from app.evaluate.checks.common.flows import EXTERNAL, Flows, names_of
from app.evaluate.checks.common.outside import join
from app.evaluate.checks.common.population import split
from app.evaluate.checks.common.witness import first_port
from app.model.connections import Connections
from app.model.decision import Decision, Reason
from app.model.facts import Facts
from app.model.policy import AddressRange
from app.model.reachability import Workload
from app.model.scope import Boundary, Placement

_NONE: frozenset[Boundary] = frozenset()


@dataclass(frozen=True, slots=True)
class FarEnd:
    """One far end of a path.

    Attributes:
        id: endpoint id.
        allowed: ports that are open and that no approved flow covers.
        outside: boundaries of the workload that this end is outside of.
        unplaced: boundaries of the workload of which nothing says whether this end is inside.
        flows: approved flows that cover the other ports.
    """

    id: str
    allowed: Connections
    outside: frozenset[Boundary]
    unplaced: frozenset[Boundary]
    flows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """Where a workload stands as the far end: boundaries that it is outside of, and those of which nothing says so."""

    outside: frozenset[Boundary]
    unplaced: frozenset[Boundary]

    @classmethod
    def of(cls, placement: Placement) -> "Side":
        """A shared component is a far end that everybody may have."""
        if placement.shared:
            return cls(_NONE, _NONE)
        answers = split(placement.inside)
        return cls(answers.get(False, _NONE), answers.get(None, _NONE))


@dataclass
class FarEnds:
    """Finds the far ends of paths in one direction, and decides single paths."""

    facts: Facts
    inward: bool
    workloads: Mapping[str, Workload] = field(init=False)
    sides: Mapping[str, Side] = field(init=False)
    _flows: Flows = field(init=False)
    _names: Mapping[str, frozenset[str]] = field(init=False)
    _atoms: Mapping[str, AddressRange] = field(init=False)
    _untrusted: tuple[AddressRange, ...] = field(init=False)
    _known: dict[frozenset[Boundary], Mapping[str, Side]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._flows, self._untrusted = Flows.of(self.facts), untrusted(self.facts.scope)
        self.workloads = self.facts.workloads
        self.sides = {name: Side.of(self.facts.placements[name]) for name in self.workloads}
        self._names = {
            item.id: names_of(self.facts, item.id, item.namespace) for item in self.workloads.values()
        }
        self._atoms = {item.id: item.range for item in self.facts.reachability.externals}

    def of(self, workload: Workload, boundaries: frozenset[Boundary]) -> Iterator[FarEnd]:
        """Far ends outside one of these boundaries, or not placed; the others are allowed to be there."""
        ask = self.facts.reachability.sources if self.inward else self.facts.reachability.destinations
        flows = self._flows.at(self._names[workload.id], source=not self.inward)
        sides = self._across(boundaries)
        external: list[tuple[AddressRange, Connections]] = []
        for name, allowed in ask(workload.id):
            if name in sides:
                end = self._end(workload, name, allowed, sides[name], flows)
                if not self._by_node_alone(workload, end):
                    yield end
            elif name in self._atoms:
                external.append((self._atoms[name], allowed))
        if self.inward and self.facts.placements[workload.id].public:
            return
        for item in join(external):
            if not any(overlap(item.range, other) for other in self._untrusted):
                continue
            used, left = self._approved(flows, workload, EXTERNAL, item.allowed)
            yield FarEnd(item.id, left, boundaries, _NONE, used)

    def decide(self, workload: Workload, end: FarEnd) -> Decision:
        """The path on its lowest open port."""
        source, destination = (end.id, workload.id) if self.inward else (workload.id, end.id)
        return self.facts.reachability.decide(source, destination, *first_port(end.allowed))

    def _across(self, boundaries: frozenset[Boundary]) -> Mapping[str, Side]:
        """Workloads that are outside one of these boundaries or may be; the same few sets are asked for again and again."""
        if boundaries not in self._known:
            cut = (
                (name, Side(side.outside & boundaries, side.unplaced & boundaries))
                for name, side in self.sides.items()
            )
            self._known[boundaries] = {name: side for name, side in cut if side.outside or side.unplaced}
        return self._known[boundaries]

    def _end(self, workload: Workload, name: str, allowed: Connections, side: Side, flows: Flows) -> FarEnd:
        used, left = self._approved(flows, workload, self._names[name], allowed)
        return FarEnd(name, left, side.outside, side.unplaced if left else _NONE, used)

    def _by_node_alone(self, workload: Workload, end: FarEnd) -> bool:
        """A path that exists only because a pod on the host network shares the workload's node."""
        if not (self.inward and end.allowed and self.workloads[end.id].host_network):
            return False
        return self.decide(workload, end).ingress.reason is Reason.OWN_NODE

    def _approved(
        self, flows: Flows, workload: Workload, other: frozenset[str], allowed: Connections
    ) -> tuple[tuple[str, ...], Connections]:
        own = self._names[workload.id]
        return flows.between(*((other, own) if self.inward else (own, other)), allowed)
