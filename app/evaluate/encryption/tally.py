"""How many allowed pairs of workloads there are by label, counted by classes: nothing is listed pair by pair."""

from collections.abc import Iterator, Mapping, Sequence

from app.evaluate.bits import as_set
from app.evaluate.encryption.kinds import Population
from app.evaluate.encryption.pairs import Pairs, weakest_first
from app.evaluate.engine import Engine
from app.model.encryption import Label

# group → number of its workloads, for each class; and (group, number of its workloads in a class) → the classes that have so many
_Groups = Sequence[Mapping[int, int]]
_Weights = Mapping[tuple[int, int], int]


def tally(reachability: Engine, population: Population, pairs: Pairs) -> tuple[tuple[Label, int], ...]:
    """Pairs of different workloads, each counted once by the weakest of its verdicts.

    What a pod's own node may always send to it is left out, as nothing in the cluster can restrict it.
    """
    classes = _groups_of_classes(reachability, population)
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


def _groups_of_classes(reachability: Engine, population: Population) -> _Groups:
    """For each class of pods, its workloads counted by group."""
    result: list[dict[int, int]] = []
    for members in reachability.cluster.members:
        groups: dict[int, int] = {}
        for position in members:
            group = population.group_of[position]
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
