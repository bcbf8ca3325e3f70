"""Rows of classes, told as connections between workloads and maximal external ranges."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from app.evaluate.bits import members
from app.evaluate.cluster import Cluster, Endpoint
from app.evaluate.notes import Notes
from app.model.connections import Connections
from app.model.policy import AddressRange, Direction
from app.model.reachability import Connection, ExternalRange

Atom = tuple[int, Connections, tuple[str, ...]]  # number of an address atom, ports, notes
Reached = tuple[str, Connections, tuple[str, ...]]  # id of the other end, ports, notes


class Listing:
    """Lists of connections, each sorted by id. Nothing is ever listed pod by pod."""

    def __init__(self, cluster: Cluster, notes: Notes) -> None:
        self._cluster = cluster
        self._notes = notes
        self._rows = cluster.rows
        self._first_atom = cluster.policies.classes
        ids = [workload.id for workload in cluster.workloads]
        self._ids = ids
        self._externals_at = bisect_left(ids, "external:")

    def connections(self) -> Iterator[Connection]:
        """Every connection, by source, then destination."""
        yield from self._from_workloads(range(self._externals_at))
        yield from self._from_outside()
        yield from self._from_workloads(range(self._externals_at, len(self._ids)))

    def _from_workloads(self, positions: Iterable[int]) -> Iterator[Connection]:
        number, reached = -1, []
        for position in positions:
            if self._cluster.partition.class_of[position] != number:
                number = self._cluster.partition.class_of[position]
                reached = self._reached_by_class(number)
            source = self._ids[position]
            for destination, allowed, notes in self._with_own_node(position, reached):
                if destination != source:
                    yield Connection(source, destination, allowed, notes)

    def _reached_by_class(self, number: int) -> list[Reached]:
        """What a class reaches: workloads and external ranges, sorted by id."""
        workloads: list[tuple[int, Connections, tuple[str, ...]]] = []
        atoms: list[Atom] = []
        for row, allowed in self._rows.reached_from(number):
            for endpoint in self._rows.destinations[row]:
                if endpoint >= self._first_atom:
                    notes = self._notes.on_conditions(number, endpoint, allowed)
                    atoms.append((endpoint - self._first_atom, allowed, notes))
                    continue
                notes = self._notes.on(number, endpoint, row, allowed)
                workloads += [(position, allowed, notes) for position in self._cluster.members[endpoint]]
        workloads.sort(key=_first)
        inside = [(self._ids[position], allowed, notes) for position, allowed, notes in workloads]
        about = (
            *self._notes.on_end(Direction.EGRESS, number),
            *self._notes.on_leaving(number, self._first_atom),
        )
        ranges = self._ranges(sorted(atoms, key=_first))
        outside = sorted((external.id, allowed, about + notes) for external, allowed, notes in ranges)
        at = bisect_left(inside, "external:", key=_id)
        return [*inside[:at], *outside, *inside[at:]]

    def _ranges(self, atoms: Iterable[Atom]) -> Iterator[tuple[ExternalRange, Connections, tuple[str, ...]]]:
        """Maximal ranges of neighbouring atoms that behave alike; atoms ascending."""
        current: AddressRange | None = None
        same: tuple[Connections, tuple[str, ...]] = (Connections(), ())
        for number, allowed, notes in atoms:
            atom = self._cluster.space.atoms[number]
            if current and (allowed, notes) == same and _touch(current, atom):
                current = AddressRange(atom.version, current.first, atom.last)
                continue
            if current:
                yield ExternalRange(current), *same
            current, same = atom, (allowed, notes)
        if current:
            yield ExternalRange(current), *same

    def _from_outside(self) -> Iterator[Connection]:
        """Connections from external ranges; merged for each destination, then listed range by range."""
        by_range: dict[str, list[tuple[int, Connections, tuple[str, ...]]]] = {}
        for row, endpoints in enumerate(self._rows.destinations):
            for classes in self._noted_alike([item for item in endpoints if item < self._first_atom]):
                positions = [position for item in classes for position in self._cluster.members[item]]
                for external, allowed, notes in self._ranges(self._atoms_reaching(row, classes[0])):
                    by_range.setdefault(external.id, []).extend((at, allowed, notes) for at in positions)
        for source in sorted(by_range):
            for position, allowed, notes in sorted(by_range[source], key=_first):
                about = self._notes.on_end(Direction.INGRESS, self._cluster.partition.class_of[position])
                yield Connection(source, self._ids[position], allowed, about + notes)

    def _noted_alike(self, classes: Sequence[int]) -> Sequence[Sequence[int]]:
        """Destinations of a row that get the same notes on conditions: each its own where rules have any."""
        if not classes:
            return []
        return [[item] for item in classes] if self._cluster.policies.open_ended else [classes]

    def _atoms_reaching(self, row: int, destination: int) -> list[Atom]:
        found = (
            (
                atom,
                cell.allowed,
                self._notes.on_conditions(atom + self._first_atom, destination, cell.allowed),
            )
            for cell in self._rows.row(row)
            for atom in members(cell.sources >> self._first_atom)
        )
        return sorted(found, key=_first)

    def _with_own_node(self, position: int, reached: Sequence[Reached]) -> Sequence[Reached]:
        """What a hostNetwork workload reaches, its neighbours on a node included: these for certain, whatever conditions there are."""
        cluster = self._cluster
        class_of = cluster.partition.class_of
        neighbours = [
            guest
            for guest in cluster.locality.guests_of(position)
            if self._rows.governed(class_of[guest], Direction.INGRESS)
        ]
        if not neighbours:
            return reached
        result = {destination: (allowed, notes) for destination, allowed, notes in reached}
        for guest in neighbours:
            known, notes = result.get(self._ids[guest], (Connections(), ()))
            conditions = self._notes.on_conditions(class_of[position], class_of[guest], known)
            if conditions or not known.is_all:
                kept = (note for note in notes if note not in conditions)
                own_node = self._notes.own_node(position, guest)
                result[self._ids[guest]] = (Connections.all(), (*kept, own_node))
        return sorted(((key, *value) for key, value in result.items()), key=_id)

    def sources(self, destination: Endpoint) -> Iterator[tuple[str, Connections]]:
        """Everything that may open a connection to an endpoint; external atoms one by one."""
        cluster = self._cluster
        inside: dict[int, Connections] = {}
        outside: list[tuple[str, Connections]] = []
        for cell in self._rows.row(self._rows.number_of(destination.number)):
            for number in members(cell.sources):
                if number >= self._first_atom:
                    outside.append((cluster.externals[number - self._first_atom].id, cell.allowed))
                else:
                    inside.update((position, cell.allowed) for position in cluster.members[number])
        if destination.position is not None:
            if self._rows.governed(destination.number, Direction.INGRESS):
                hosts = cluster.locality.hosts_beside(destination.position)
                inside.update((position, Connections.all()) for position in hosts)
            inside.pop(destination.position, None)
        return self._in_order(inside, outside)

    def destinations(self, source: Endpoint) -> Iterator[tuple[str, Connections]]:
        """Everything that an endpoint may open a connection to; external atoms one by one."""
        cluster = self._cluster
        inside: dict[int, Connections] = {}
        outside: list[tuple[str, Connections]] = []
        for row, allowed in self._rows.reached_from(source.number):
            for number in self._rows.destinations[row]:
                if number >= self._first_atom:
                    outside.append((cluster.externals[number - self._first_atom].id, allowed))
                else:
                    inside.update((position, allowed) for position in cluster.members[number])
        if source.position is not None:
            for guest in cluster.locality.guests_of(source.position):
                if self._rows.governed(cluster.partition.class_of[guest], Direction.INGRESS):
                    inside[guest] = Connections.all()
            inside.pop(source.position, None)
        return self._in_order(inside, outside)

    def _in_order(
        self, inside: dict[int, Connections], outside: list[tuple[str, Connections]]
    ) -> Iterator[tuple[str, Connections]]:
        positions = sorted(inside)
        at = bisect_left(positions, self._externals_at)
        yield from ((self._ids[position], inside[position]) for position in positions[:at])
        yield from sorted(outside, key=_id)
        yield from ((self._ids[position], inside[position]) for position in positions[at:])


def _touch(before: AddressRange, after: AddressRange) -> bool:
    return before.version == after.version and before.last + 1 == after.first


def _first(item: tuple[int, *tuple[object, ...]]) -> int:
    return item[0]


def _id(item: tuple[str, *tuple[object, ...]]) -> str:
    return item[0]
