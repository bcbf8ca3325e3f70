"""Labels that pick one workload out of its namespace, and names that no object has yet."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from app.model.facts import Facts
from app.model.identity import ObjectRef, WorkloadKey
from app.model.inventory import Labels, Pod

LONGEST = 253  # of an object's name (DNS subdomain)

# Written by controllers, and different for each rollout or pod: a policy that names them ends with the next one.
_PASSING = frozenset(
    {
        "pod-template-hash",
        "rollouts-pod-template-hash",
        "controller-revision-hash",
        "pod-template-generation",
        "controller-uid",
        "job-name",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-name",
        "batch.kubernetes.io/job-completion-index",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
    }
)
_FIRST = (
    "app.kubernetes.io/name",
    "app",
    "k8s-app",
    "name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
)
_MOST_TOGETHER = 3


@dataclass(frozen=True, slots=True)
class Pick:
    """Labels that select a workload.

    Attributes:
        labels: to write into a podSelector; empty selects the whole namespace.
        others: workloads of the namespace that they select as well, sorted.
    """

    labels: Labels
    others: tuple[WorkloadKey, ...]


class Picker:
    """Chooses labels by looking at every pod of a namespace."""

    def __init__(self, facts: Facts) -> None:
        self._homes: dict[str, list[Pod]] = {}
        for pod in facts.inventory.pods:
            if not pod.host_network:
                self._homes.setdefault(pod.namespace, []).append(pod)
        self._known: dict[WorkloadKey, Pick] = {}

    def pick(self, key: WorkloadKey) -> Pick:
        """The fewest labels that all pods of a workload have and no other has; the best known ones first."""
        if key not in self._known:
            tries = [Pick(labels, self._others(key, labels)) for labels in _tries(self._shared(key))]
            self._known[key] = min(tries, key=lambda item: len(item.others))
        return self._known[key]

    def _shared(self, key: WorkloadKey) -> Labels:
        own = [pod.labels.items() for pod in self._homes.get(key.namespace, ()) if pod.owner == key]
        shared = set(own[0]).intersection(*own[1:]) if own else set()
        return {name: text for name, text in sorted(shared, key=_rank) if name not in _PASSING}

    def _others(self, key: WorkloadKey, labels: Labels) -> tuple[WorkloadKey, ...]:
        pods = self._homes.get(key.namespace, ())
        return tuple(
            sorted({pod.owner for pod in pods if pod.owner != key and labels.items() <= pod.labels.items()})
        )


def _rank(item: tuple[str, str]) -> tuple[int, str]:
    name = item[0]
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST), name)


def _tries(labels: Labels) -> Iterator[Labels]:
    """Sets of labels, small ones first; at last all of them."""
    for number in range(1, min(len(labels), _MOST_TOGETHER) + 1):
        for some in combinations(labels.items(), number):
            yield dict(some)
    yield dict(labels)


class FreeNames:
    """Names for new NetworkPolicies that no object of the cluster has."""

    def __init__(self, refs: Iterable[ObjectRef]) -> None:
        self._taken = {(ref.namespace, ref.name) for ref in refs if ref.kind == "NetworkPolicy"}

    def take(self, namespace: str, wanted: str) -> str:
        """The wanted name, or the next one with a number."""
        name, number = wanted[:LONGEST], 1
        while (namespace, name) in self._taken:
            number += 1
            name = f"{wanted[: LONGEST - 4]}-{number}"
        self._taken.add((namespace, name))
        return name


def text_of(labels: Mapping[str, str]) -> str:
    """Write `app=web,tier=front`."""
    return ",".join(f"{name}={text}" for name, text in labels.items())
