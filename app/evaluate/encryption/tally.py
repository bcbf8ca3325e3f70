"""How many allowed pairs of workloads there are by label, counted by classes: nothing is listed pair by pair."""

from collections.abc import Hashable, Iterator, Mapping, Sequence

from app.evaluate.bits import as_set
from app.evaluate.encryption.kinds import Population
from app.evaluate.encryption.pairs import Pairs, weakest_first
from app.evaluate.engine import Engine
from app.model.connections import Connections
from app.model.encryption import Label
from app.model.transit import Traffic

# group → number of its workloads, for each class; and (group, number of its workloads in a class) → the classes that have so many
_Groups = Sequence[Mapping[int, int]]
_Weights = Mapping[tuple[int, int], int]


def tally(reachability: Engine, population: Population, pairs: Pairs) -> tuple[tuple[Label, int], ...]:
    """Pairs of different workloads, each counted once by the weakest of its verdicts.

    What a pod's own node may always send to it is left out, as nothing in the cluster can restrict it.
    """
    classes = _groups_of_classes(reachability, population.group_of)
    weights = _weights(classes)
    found: dict[Label, int] = {}
    rows = reachability.cluster.rows
    for number, endpoints in enumerate(rows.destinations):
        pods = [endpoint for endpoint in endpoints if endpoint < len(classes)]
        for cell in rows.row(number) if pods else ():
            for source, destination, count in _between(cell.sources, pods, classes, weights):
                label = pairs.of(source, destination, cell.allowed)[0].verdict.label
                found[label] = found.get(label, 0) + count
    return tuple((label, found[label]) for label in weakest_first(found) if found[label])


def _between(
    sources: int, pods: Sequence[int], classes: _Groups, weights: _Weights
) -> Iterator[tuple[int, int, int]]:
    """Groups of both ends with the number of their pairs; a workload is no pair with itself."""
    here = _count(sources, weights)
    there: dict[int, int] = {}
    for endpoint in pods:
        for group, count in classes[endpoint].items():
            there[group] = there.get(group, 0) + count
            if sources >> endpoint & 1:
                yield group, group, -count
    for source, number in here.items():
        for destination, count in there.items():
            yield source, destination, number * count


def among(
    reachability: Engine, population: Population, pairs: Pairs, groups: Mapping[str, Hashable]
) -> Iterator[Traffic]:
    """Verdicts between groups that a caller made; cells of all destinations that say the same are asked about once."""
    numbers: dict[tuple[Hashable, int], int] = {}
    group_of = [
        numbers.setdefault((groups[item.id], alike), len(numbers))
        for item, alike in zip(reachability.workloads, population.group_of, strict=True)
    ]
    parts = list(numbers)
    classes = _groups_of_classes(reachability, group_of)
    weights = _weights(classes)
    for (sources, allowed), pods in _cells(reachability, len(classes)).items():
        found: dict[tuple[int, int], int] = {}
        for source, destination, count in _between(sources, pods, classes, weights):
            found[source, destination] = found.get((source, destination), 0) + count
        for (source, destination), count in found.items():
            (one, here), (other, there) = parts[source], parts[destination]
            for core in pairs.of(here, there, allowed) if count else ():
                yield Traffic(one, other, core.verdict, count)


def _cells(reachability: Engine, classes: int) -> Mapping[tuple[int, Connections], Sequence[int]]:
    """Destinations that the same sources may open the same connections to, each with the number of the class."""
    rows = reachability.cluster.rows
    found: dict[tuple[int, Connections], list[int]] = {}
    for number, endpoints in enumerate(rows.destinations):
        pods = [endpoint for endpoint in endpoints if endpoint < classes]
        for cell in rows.row(number) if pods else ():
            found.setdefault((cell.sources, cell.allowed), []).extend(pods)
    return found


def _groups_of_classes(reachability: Engine, group_of: Sequence[int]) -> _Groups:
    """For each class of pods, its workloads counted by group."""
    result: list[dict[int, int]] = []
    for members in reachability.cluster.members:
        groups: dict[int, int] = {}
        for position in members:
            group = group_of[position]
            groups[group] = groups.get(group, 0) + 1
        result.append(groups)
    return result


def _weights(classes: _Groups) -> _Weights:
    numbers: dict[tuple[int, int], list[int]] = {}
    for number, groups in enumerate(classes):
        for group, count in groups.items():
            numbers.setdefault((group, count), []).append(number)
    return {key: as_set(found) for key, found in numbers.items()}


def _count(sources: int, weights: _Weights) -> dict[int, int]:
    """Workloads of each group among some classes."""
    found: dict[int, int] = {}
    for (group, count), classes in weights.items():
        number = (sources & classes).bit_count() * count
        if number:
            found[group] = found.get(group, 0) + number
    return found
