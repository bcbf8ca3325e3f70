"""Workloads: the parts of each owner's pods that fall into one class."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from app.evaluate.classes import NO_BLOCKS, Blocks, Classifier, PodClass
from app.model.identity import WorkloadKey
from app.model.inventory import Inventory, Labels, Pod
from app.model.reachability import Workload


@dataclass(frozen=True, slots=True)
class Partition:
    """All pods, by class and by workload.

    Attributes:
        classes: distinct classes; position is the class number.
        workloads: sorted by id.
        class_of: class number of each workload, by position.
        blocks: by class, the blocks that hold an address of any of its pods, whatever the reading.
        templates: ids of workloads of which only the template is known.
        unenforced: for workloads whose pods no policy restricts, why, by workload id.
    """

    classes: tuple[PodClass, ...]
    workloads: tuple[Workload, ...]
    class_of: tuple[int, ...]
    blocks: tuple[Blocks, ...]
    templates: frozenset[str]
    unenforced: Mapping[str, str]


def partition(inventory: Inventory, classifier: Classifier) -> Partition:
    """Put every pod into a class, and the pods of each owner that share a class into one workload."""
    numbers: dict[PodClass, int] = {}
    parts: dict[WorkloadKey, dict[int, list[Pod]]] = {}
    held: dict[int, Blocks] = {}
    for pod, pod_class in _classified(inventory.pods, classifier):
        number = numbers.setdefault(pod_class, len(numbers))
        parts.setdefault(pod.owner, {}).setdefault(number, []).append(pod)
        held[number] = _both(held.get(number, NO_BLOCKS), classifier.blocks_in_any_reading(pod, pod_class))
    found = sorted(
        chain.from_iterable(_workloads(owner, by_class) for owner, by_class in parts.items()),
        key=lambda item: item[0].id,
    )
    classes = tuple(numbers)
    return Partition(
        classes=classes,
        workloads=tuple(workload for workload, _, _ in found),
        class_of=tuple(number for _, number, _ in found),
        blocks=tuple(held[number] for number in range(len(classes))),
        templates=frozenset(workload.id for workload, _, first in found if first.from_template),
        unenforced={
            workload.id: classifier.why_unenforced(first)
            for workload, number, first in found
            if not classes[number].enforced
        },
    )


def _both(one: Blocks, other: Blocks) -> Blocks:
    return one[0] | other[0], one[1] | other[1]


def _classified(pods: Iterable[Pod], classifier: Classifier) -> Iterator[tuple[Pod, PodClass]]:
    """Pods with their classes, in order of identity.

    A pod that has no address yet is counted with pods of its owner that differ from it in nothing else.
    """
    distinct: dict[PodClass, PodClass] = {}
    found: list[tuple[Pod, PodClass]] = []
    for pod in sorted(_endpoints(pods), key=_pod_order):
        item = classifier.class_of(pod)
        found.append((pod, distinct.setdefault(item, item)))
    waiting = {pod.owner for pod, _ in found if not pod.ips}
    siblings: dict[tuple[WorkloadKey, PodClass], PodClass] = {}
    for pod, item in found:
        if pod.ips and pod.owner in waiting:
            siblings.setdefault((pod.owner, _without_addresses(item)), item)
    for pod, item in found:
        key = (pod.owner, _without_addresses(item))
        yield pod, siblings.get(key, item) if siblings and not pod.ips else item


def _without_addresses(item: PodClass) -> PodClass:
    return replace(item, blocks=NO_BLOCKS, families=frozenset(), unaddressed=False)


def _pod_order(pod: Pod) -> tuple[str, str, str, str]:
    return pod.ref.namespace, pod.ref.name, pod.ref.kind, pod.ref.group


def _endpoints(pods: Iterable[Pod]) -> list[Pod]:
    """Real pods, and templates of owners that have none: a template only stands for pods that were not read."""
    pods = list(pods)
    real = {pod.owner for pod in pods if not pod.from_template}
    return [pod for pod in pods if not pod.from_template or pod.owner not in real]


def _workloads(
    owner: WorkloadKey, by_class: Mapping[int, Sequence[Pod]]
) -> Iterable[tuple[Workload, int, Pod]]:
    """One workload for each class of an owner's pods; parts are numbered by their first pod."""
    for part, (number, pods) in enumerate(by_class.items(), start=1):
        name = str(owner) if len(by_class) == 1 else f"{owner}#{part}"
        yield _workload(name, owner, pods), number, pods[0]


def _workload(name: str, owner: WorkloadKey, pods: Sequence[Pod]) -> Workload:
    return Workload(
        id=name,
        key=owner,
        labels=_shared_labels(pods),
        pods=sum(pod.replicas for pod in pods),
        pod_refs=tuple(pod.ref for pod in pods),
        nodes=tuple(sorted({pod.node for pod in pods if pod.node})),
        host_network=pods[0].host_network,
    )


def _shared_labels(pods: Sequence[Pod]) -> Labels:
    shared = pods[0].labels
    for pod in pods[1:]:
        if pod.labels != shared:
            shared = {key: value for key, value in shared.items() if pod.labels.get(key) == value}
    return shared
