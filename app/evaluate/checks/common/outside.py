"""What workloads may open to addresses outside the cluster; worked out once for each set of policies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app.evaluate.checks.common.addresses import VERSIONS, Version, common, of_version, overlap
from app.evaluate.checks.common.selection import in_force
from app.model.connections import Connections
from app.model.facts import Facts
from app.model.policy import AddressRange, Direction
from app.model.reachability import ExternalRange, Workload


@dataclass(frozen=True, slots=True)
class Opened:
    """Adjacent addresses that may be reached, or may reach in, on the same ports."""

    range: AddressRange
    allowed: Connections

    @property
    def id(self) -> str:
        """Endpoint id of the merged range."""
        return ExternalRange(self.range).id


def join(atoms: Iterable[tuple[AddressRange, Connections]]) -> tuple[Opened, ...]:
    """Merge adjacent atoms with equal ports; those without a port are left out."""
    found: list[Opened] = []
    for item, allowed in sorted(atoms, key=lambda pair: pair[0]):
        last = found[-1] if found else None
        if not allowed:
            continue
        if last and last.allowed == allowed and _adjacent(last.range, item):
            found[-1] = Opened(AddressRange(item.version, last.range.first, item.last), allowed)
        else:
            found.append(Opened(item, allowed))
    return tuple(found)


def _adjacent(one: AddressRange, other: AddressRange) -> bool:
    return one.version == other.version and one.last + 1 == other.first


@dataclass
class Outside:
    """Connections between workloads and those address atoms that touch the wanted ranges."""

    facts: Facts
    wanted: Sequence[AddressRange]
    direction: Direction
    _atoms: tuple[ExternalRange, ...] = field(init=False)
    _known: dict[tuple[object, ...], tuple[tuple[AddressRange, Connections], ...]] = field(
        init=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        self._atoms = tuple(
            item
            for item in self.facts.reachability.externals
            if any(overlap(item.range, other) for other in self.wanted)
        )

    def opened(self, workload: Workload) -> tuple[Opened, ...]:
        """Merged ranges with at least one port, by address."""
        return join(self._each(workload))

    def everywhere(self, workload: Workload) -> tuple[tuple[Version, Connections], ...]:
        """Families of which every wanted address is open on the same ports, with those ports."""
        found = []
        for version in VERSIONS:
            sets = [allowed for item, allowed in self._each(workload) if item.version == version]
            ports = Connections.all() if sets and of_version(self.wanted, version) else Connections()
            for allowed in sets:
                ports &= allowed
            if ports:
                found.append((version, ports))
        return tuple(found)

    def _each(self, workload: Workload) -> tuple[tuple[AddressRange, Connections], ...]:
        """No policy governs the far end, so egress depends on the policies in force alone; ingress on named ports too."""
        if self.direction is Direction.INGRESS:
            return self._ask(workload)
        key = in_force(self.facts, workload, self.direction)
        if key not in self._known:
            self._known[key] = self._ask(workload)
        return self._known[key]

    def _ask(self, workload: Workload) -> tuple[tuple[AddressRange, Connections], ...]:
        between = self.facts.reachability.between
        if self.direction is Direction.INGRESS:
            return tuple((item.range, between(item.id, workload.id)) for item in self._atoms)
        return tuple((item.range, between(workload.id, item.id)) for item in self._atoms)


def total(opened: Iterable[Opened]) -> Connections:
    """Ports that are open to any of the ranges."""
    ports = Connections()
    for item in opened:
        ports |= item.allowed
    return ports


def within(opened: Iterable[Opened], wanted: Sequence[AddressRange]) -> tuple[AddressRange, ...]:
    """The wanted addresses among them."""
    return common((item.range for item in opened), wanted)
