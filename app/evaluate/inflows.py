"""Sources of a destination, counted by groups that the caller makes: sets of classes instead of lists of workloads."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field

from app.evaluate.bits import as_set, members
from app.evaluate.cluster import Cluster, Endpoint
from app.model.reachability import SourceGroup

_EXAMPLES = 3


@dataclass(frozen=True)
class _Grouping:
    """Workloads by group.

    Attributes:
        of: the groups as the caller made them.
        classes: for each group, by number of its workloads in a class, the classes that hold so many.
        first: for each group and class, its first workloads there, one more than examples are given.
    """

    of: Mapping[str, Hashable]
    classes: Mapping[Hashable, Mapping[int, int]]
    first: Mapping[Hashable, Mapping[int, tuple[str, ...]]]


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
            found += (name for name in grouping.first[group][number] if name != destination.id)
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
        first: dict[Hashable, dict[int, tuple[str, ...]]] = {}
        for number, positions in enumerate(self.cluster.members):
            counts: dict[Hashable, int] = {}
            for position in positions:
                name = self.cluster.workloads[position].id
                group = groups[name]
                counts[group] = counts.get(group, 0) + 1
                if counts[group] <= _EXAMPLES + 1:
                    here = first.setdefault(group, {})
                    here[number] = (*here.get(number, ()), name)
            for group, count in counts.items():
                numbers.setdefault(group, {}).setdefault(count, []).append(number)
        classes = {
            group: {count: as_set(found) for count, found in by_count.items()}
            for group, by_count in numbers.items()
        }
        return _Grouping(groups, classes, first)


_NO_GROUP = object()


def _union(classes: Mapping[int, int]) -> int:
    found = 0
    for bits in classes.values():
        found |= bits
    return found
