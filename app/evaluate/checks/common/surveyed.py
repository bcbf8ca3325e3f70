"""Allowed flows between namespaces, and with the outside, held against the register of approved flows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.evaluate.checks.common.flows import EXTERNAL, Flows, names_of
from app.evaluate.checks.common.population import boundaries_of
from app.model.connections import Connections
from app.model.facts import Facts
from app.model.reachability import Workload
from app.model.scope import Boundary

OUTSIDE = "external"
ROWS = 1_000_000  # allowed connections that are looked at; beyond, the population counts as not fully read


@dataclass
class Flow:
    """All allowed connections from one namespace (or `external`) to another.

    Attributes:
        allowed: ports open between any two of their workloads.
        left: those that no approved flow covers.
        flows: ids of approved flows that cover the others.
        boundaries: that either end belongs to.
        example: one pair of endpoint ids, of those that nothing covers where there are any.
    """

    source: str
    destination: str
    allowed: Connections = field(default_factory=Connections)
    left: Connections = field(default_factory=Connections)
    flows: set[str] = field(default_factory=set)
    boundaries: set[Boundary] = field(default_factory=set)
    example: tuple[str, str] = ("", "")

    @property
    def id(self) -> str:
        """As a path is written."""
        return f"{self.source} → {self.destination}"


@dataclass
class Survey:
    """Walks through the allowed connections once; stops at `ROWS` and says so.

    Workloads on the host network are no sources here: no policy selects them.
    """

    facts: Facts
    whole: bool = field(init=False, default=True)
    found: dict[tuple[str, str], Flow] = field(init=False, default_factory=dict)
    _register: Flows = field(init=False)
    _ends: Mapping[str, Workload] = field(init=False)
    _names: dict[str, frozenset[str]] = field(init=False)
    _left: int = field(init=False, default=ROWS)
    _seen: set[tuple[frozenset[str], frozenset[str], Connections]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self._register = Flows.of(self.facts)
        self._ends = self.facts.workloads
        self._names = {item.id: names_of(self.facts, item.id, item.namespace) for item in self._ends.values()}

    def flows(self) -> list[Flow]:
        """Every flow with at least one allowed port, by ends."""
        for source, destination, allowed in self._rows():
            if self._left == 0:
                self.whole = False
                break
            self._left -= 1
            self._take(source, destination, allowed)
        return [self.found[key] for key in sorted(self.found)]

    def _rows(self) -> Iterator[tuple[str, str, Connections]]:
        for workload in self._ends.values():
            if not workload.host_network:
                for name, allowed in self.facts.reachability.destinations(workload.id):
                    yield workload.id, name, allowed
            for atom in self.facts.reachability.externals:
                yield atom.id, workload.id, self.facts.reachability.between(atom.id, workload.id)

    def _take(self, source: str, destination: str, allowed: Connections) -> None:
        if not allowed:
            return
        names = self._names.get(source, EXTERNAL), self._names.get(destination, EXTERNAL)
        if (*names, allowed) in self._seen:  # the same question has the same answer
            return
        self._seen.add((*names, allowed))
        flow = self._flow(source, destination)
        used, left = self._register.between(*names, allowed)
        if left - flow.left or not flow.example[0]:
            flow.example = (source, destination)
        flow.allowed |= allowed
        flow.left |= left
        flow.flows.update(used)
        for name in (source, destination):
            if name in self._ends:
                flow.boundaries |= boundaries_of(self.facts.placements[name])

    def _flow(self, source: str, destination: str) -> Flow:
        key = self._place(source), self._place(destination)
        if key not in self.found:
            self.found[key] = Flow(*key)
        return self.found[key]

    def _place(self, name: str) -> str:
        return self._ends[name].namespace if name in self._ends else OUTSIDE
