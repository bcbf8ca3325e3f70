"""Sources of a destination, counted by groups that the caller makes: sets of classes instead of lists of workloads."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field

from app.evaluate.bits import as_set, members
from app.evaluate.cluster import Cluster, Endpoint
from app.model.reachability import SourceGroup

_EXAMPLES = 3


@dataclass(frozen=True)
class _Grouping:
    """Workloads by group: for each group, the classes that hold so many of its workloads."""

    of: Mapping[str, Hashable]
    classes: Mapping[Hashable, Mapping[int, int]]


@dataclass
class Inflows:
    """Answers for one cluster in one view."""

    cluster: Cluster
    _groupings: dict[int, _Grouping] = field(default_factory=dict)

    def into(self, destination: Endpoint, groups: Mapping[str, Hashable]) -> Iterator[SourceGroup]:
        """Groups of sources, in the order in which the groups first appear."""
        grouping = self._grouping(groups)
        rows = self.cluster.rows
        for cell in rows.row(rows.number_of(destination.number)):
            own = groups[destination.id] if cell.sources >> destination.number & 1 else _NO_GROUP
            for group, classes in grouping.classes.items():
                count = sum((cell.sources & bits).bit_count() * weight for weight, bits in classes.items())
                count -= group == own
                if count:
                    examples = self._examples(cell.sources, destination, grouping, group)
                    yield SourceGroup(group, cell.allowed, count, examples)

    def _examples(
        self, sources: int, destination: Endpoint, grouping: _Grouping, group: Hashable
    ) -> tuple[str, ...]:
        """A few workloads of a group, by the order of classes."""
        found: list[str] = []
        within = sources & _union(grouping.classes[group])
        for number in members(within):
            for position in self.cluster.members[number]:
                name = self.cluster.workloads[position].id
                if name != destination.id and grouping.of[name] == group:
                    found.append(name)
            if len(found) >= _EXAMPLES:
                break
        return tuple(sorted(found)[:_EXAMPLES])

    def _grouping(self, groups: Mapping[str, Hashable]) -> _Grouping:
        """Kept with its groups, so that no other mapping can take their place in memory."""
        key = id(groups)
        if key not in self._groupings:
            self._groupings = {key: self._grouped(groups)}  # asked for again and again, and then never more
        return self._groupings[key]

    def _grouped(self, groups: Mapping[str, Hashable]) -> _Grouping:
        numbers: dict[Hashable, dict[int, list[int]]] = {}
        for number, positions in enumerate(self.cluster.members):
            counts: dict[Hashable, int] = {}
            for position in positions:
                group = groups[self.cluster.workloads[position].id]
                counts[group] = counts.get(group, 0) + 1
            for group, count in counts.items():
                numbers.setdefault(group, {}).setdefault(count, []).append(number)
        classes = {
            group: {count: as_set(found) for count, found in by_count.items()}
            for group, by_count in numbers.items()
        }
        return _Grouping(groups, classes)


_NO_GROUP = object()


def _union(classes: Mapping[int, int]) -> int:
    found = 0
    for bits in classes.values():
        found |= bits
    return found
