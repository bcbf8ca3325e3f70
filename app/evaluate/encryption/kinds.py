"""Pods sorted by what meshes and links can tell apart: equal kinds share every verdict."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.model.encryption import Key, Known, Protection
from app.model.identity import ObjectRef
from app.model.inventory import Inventory, Labels, Pod
from app.model.reachability import Workload
from app.model.transit import AttestedLink


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
        groups: dict[tuple[int, ...], int] = {}
        group_of: list[int] = []
        counts: list[Mapping[int, int]] = []
        nodes: list[Mapping[str, int]] = []
        kind_of: dict[ObjectRef, int] = {}
        for workload in workloads:
            found: dict[int, int] = {}
            places: dict[str, int] = {}
            for ref in workload.pod_refs:
                pod = sorter.pods[ref]
                number = sorter.kind(pod)
                kind_of[ref] = number
                found[number] = found.get(number, 0) + pod.replicas
                if pod.node:
                    places[pod.node] = places.get(pod.node, 0) + pod.replicas
            group_of.append(groups.setdefault(tuple(sorted(found)), len(groups)))
            counts.append(found)
            nodes.append(places)
        return cls(tuple(sorter.kinds), tuple(groups), tuple(group_of), tuple(counts), tuple(nodes), kind_of)


class _Sorter:
    """Knows the kind of each pod."""

    def __init__(
        self, inventory: Inventory, protection: Protection, attested: Sequence[AttestedLink]
    ) -> None:
        self.pods: Mapping[ObjectRef, Pod] = {pod.ref: pod for pod in inventory.pods}
        self.kinds: list[Kind] = []
        self._numbers: dict[tuple[Key, ...], int] = {}
        self._protection = protection
        self._on_node: dict[str, tuple[AttestedLink, ...]] = {
            node.name: tuple(item for item in attested if _covers(item, node.labels))
            for node in inventory.nodes
        }
        self._everywhere = tuple(item for item in attested if not item.node_labels)

    def kind(self, pod: Pod) -> int:
        """The number of a pod's kind."""
        ref, protection = pod.ref, self._protection
        attested = self._on_node.get(pod.node, self._everywhere) if pod.node else ()
        enrolled = [
            (member := mesh.member(ref)) is not None and member.enrolled is Known.YES
            for mesh in protection.meshes
        ]
        key = (
            *(mesh.key(ref) for mesh in protection.meshes),
            *(links.end(ref) for links in protection.links),
            *enrolled,
            attested,
            pod.from_template,
        )
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.kinds)
            count = len(protection.meshes)
            ends = key[count : count + len(protection.links)]
            self.kinds.append(Kind(key[:count], tuple(enrolled), ends, attested, pod.from_template))
        return number


def _covers(attested: AttestedLink, labels: Labels) -> bool:
    return all(labels.get(key) == value for key, value in attested.node_labels)
