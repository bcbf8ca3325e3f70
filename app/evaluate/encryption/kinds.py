"""Pods sorted by what meshes and links can tell apart: equal kinds share every verdict."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from app.model.encryption import Key, Known, Membership
from app.model.identity import ObjectRef
from app.model.inventory import Inventory, Labels, Pod
from app.model.reachability import Workload
from app.model.transit import AttestedLink, Protection

_Value = TypeVar("_Value", int, str)


@dataclass(frozen=True, slots=True)
class Kind:
    """Everything about a pod that a verdict about its traffic depends on, its node excepted.

    Attributes:
        guards: its key in each mesh, in the order of `Protection.meshes`.
        enrolled: in each mesh, whether it is seen to be a member.
        ends: its class in each system of links, in the order of `Protection.links`.
        attested: features that the provider is attested to encrypt with on its node.
        template: only the template is known, so that nothing about it was seen to run.
    """

    guards: tuple[Key, ...]
    enrolled: tuple[bool, ...]
    ends: tuple[Key, ...]
    attested: tuple[AttestedLink, ...]
    template: bool


@dataclass(frozen=True)
class Population:
    """Workloads by the kinds of their pods.

    Attributes:
        kinds: distinct kinds; position is the kind's number.
        groups: distinct sets of kinds, each sorted; position is the group's number.
        group_of: group number of each workload, by its position.
        counts: pods of each kind, by kind number, for each workload.
        nodes: pods on each node, for each workload; pods whose node is not known are left out.
        kind_of: kind number of each pod.
    """

    kinds: tuple[Kind, ...]
    groups: tuple[tuple[int, ...], ...]
    group_of: tuple[int, ...]
    counts: tuple[Mapping[int, int], ...]
    nodes: tuple[Mapping[str, int], ...]
    kind_of: Mapping[ObjectRef, int]

    @classmethod
    def of(
        cls,
        workloads: Iterable[Workload],
        inventory: Inventory,
        protection: Protection,
        attested: Sequence[AttestedLink],
    ) -> "Population":
        """Ask every mesh and every system of links about every pod, once."""
        sorter = _Sorter(inventory, protection, attested)
        pods = {pod.ref: pod for pod in inventory.pods}
        workloads = tuple(workloads)
        # in the order of workloads, so that kinds have the same numbers whatever the order of pods
        kind_of = {ref: sorter.kind(pods[ref]) for item in workloads for ref in item.pod_refs}
        replicas = {ref: pod.replicas for ref, pod in pods.items() if pod.replicas != 1}
        node_of = {ref: pod.node for ref, pod in pods.items() if pod.node}
        groups: dict[tuple[int, ...], int] = {}
        group_of: list[int] = []
        counts: list[Mapping[int, int]] = []
        nodes: list[Mapping[str, int]] = []
        for workload in workloads:
            found = _counted(workload.pod_refs, kind_of, replicas)
            group_of.append(groups.setdefault(tuple(sorted(found)), len(groups)))
            counts.append(found)
            nodes.append(_counted(workload.pod_refs, node_of, replicas))
        return cls(tuple(sorter.kinds), tuple(groups), tuple(group_of), tuple(counts), tuple(nodes), kind_of)


def _counted(
    refs: Iterable[ObjectRef], value_of: Mapping[ObjectRef, _Value], replicas: Mapping[ObjectRef, int]
) -> dict[_Value, int]:
    """Pods by what they have; those that have nothing are left out."""
    found: dict[_Value, int] = {}
    for ref in refs:
        value = value_of.get(ref)
        if value is not None:
            found[value] = found.get(value, 0) + (replicas.get(ref, 1) if replicas else 1)
    return found


class _Sorter:
    """Knows the kind of each pod. Asked once for every pod of a cluster, so it makes no value that it does not keep."""

    def __init__(
        self, inventory: Inventory, protection: Protection, attested: Sequence[AttestedLink]
    ) -> None:
        self.kinds: list[Kind] = []
        self._numbers: dict[Key, int] = {}
        self._asked: tuple[Callable[[ObjectRef], Key], ...] = (
            *(mesh.key for mesh in protection.meshes),
            *(links.end for links in protection.links),
        )
        self._members = tuple(mesh.member for mesh in protection.meshes)
        self._on_node: dict[str, tuple[AttestedLink, ...]] = {
            node.name: tuple(item for item in attested if _covers(item, node.labels))
            for node in inventory.nodes
        }
        self._everywhere = tuple(item for item in attested if not item.node_labels)

    def kind(self, pod: Pod) -> int:
        """The number of a pod's kind."""
        ref = pod.ref
        attested = self._on_node.get(pod.node, self._everywhere) if pod.node else ()
        answers = tuple([ask(ref) for ask in self._asked])
        enrolled = tuple([_enrolled(member(ref)) for member in self._members])
        key = answers, enrolled, attested, pod.from_template
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.kinds)
            meshes = len(enrolled)
            self.kinds.append(Kind(answers[:meshes], enrolled, answers[meshes:], attested, pod.from_template))
        return number


def _enrolled(member: Membership | None) -> bool:
    return member is not None and member.enrolled is Known.YES


def _covers(attested: AttestedLink, labels: Labels) -> bool:
    return all(labels.get(key) == value for key, value in attested.node_labels)
