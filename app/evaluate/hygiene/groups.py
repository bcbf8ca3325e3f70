"""Pods that are asked the same policies in the same order, and that see ports and addresses alike."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.evaluate.bits import as_set, members
from app.evaluate.classes import NamedPorts
from app.evaluate.cluster import Cluster
from app.evaluate.program import Program
from app.evaluate.resolve import CompiledPolicy, CompiledRule
from app.evaluate.views import View, Viewpoint, viewpoints_for
from app.model.policy import Direction, NamedPort

NamedGroups = tuple[tuple[NamedPorts, int], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Classes that are alike as the selected end of connections in one direction.

    Attributes:
        number: of the group, among those of its direction.
        direction: that direction.
        classes: their numbers.
        policies: those that are asked, in order of identity.
        named: what port names mean on them; empty where no rule asks.
        families: their address families, as far as these matter.
    """

    number: int
    direction: Direction
    classes: tuple[int, ...]
    policies: tuple[CompiledPolicy, ...]
    named: NamedPorts
    families: frozenset[int]

    def rules(self, view: View) -> Iterator[CompiledRule]:
        """Rules that govern the group in one view."""
        first = self.classes[0]
        for policy in self.policies:
            for rule in policy.rules[self.direction]:
                if rule.rule.own is None or rule.selected.under(view) >> first & 1:
                    yield rule


class Groups:
    """All groups of one direction, and the other ends that each of them meets."""

    def __init__(self, cluster: Cluster, direction: Direction) -> None:
        self._cluster = cluster
        self.direction = direction
        self.program: Program = cluster.policies.programs[direction]
        self._classes = cluster.partition.classes
        self._views = tuple(point.view for point in cluster.viewpoints)
        self._named = _named_groups(cluster) if direction is Direction.EGRESS else ()
        self.all = tuple(self._grouped())

    def _grouped(self) -> Iterator[Group]:
        policies = asked_policies(self.program)
        asked: dict[int, list[int]] = {}
        for number, policy in enumerate(policies):
            for at in members(policy.subjects):
                asked.setdefault(at, []).append(number)
        names = [_asks_names(item, self.direction) for item in policies]
        narrowed = [_narrowed(item, self.direction) for item in policies]
        found: dict[tuple[object, ...], list[int]] = {}
        for at, numbers in sorted(asked.items()):
            key = (
                tuple(numbers),
                tuple(self._bits(rule, at) for number in numbers for rule in narrowed[number]),
                self._classes[at].ports if any(names[number] for number in numbers) else (),
                self._classes[at].families,
            )
            found.setdefault(key, []).append(at)
        for number, classes in enumerate(found.values()):
            first = self._classes[classes[0]]
            yield Group(
                number,
                self.direction,
                tuple(classes),
                tuple(policies[item] for item in asked[classes[0]]),
                first.ports if self.direction is Direction.INGRESS else (),
                first.families,
            )

    def _bits(self, rule: CompiledRule, at: int) -> tuple[int, ...]:
        return tuple(rule.selected.under(view) >> at & 1 for view in self._views)

    def points(self, group: Group) -> tuple[Viewpoint, ...]:
        """Views in which a group meets other ends, each with these ends."""
        cluster = self._cluster
        if self.direction is Direction.INGRESS:
            return viewpoints_for(cluster.viewpoints, group.families, cluster.policies.anyone)
        if len(cluster.viewpoints) == 1:
            return cluster.viewpoints
        return tuple(_leaving(cluster, group.classes[0]))

    def named(self, group: Group, ends: int) -> NamedGroups:
        """Other ends by what port names mean at the destination of a connection."""
        if self.direction is Direction.INGRESS:
            return ((group.named, ends),)
        return tuple((named, bits & ends) for named, bits in self._named if bits & ends)


def asked_policies(program: Program) -> tuple[CompiledPolicy, ...]:
    """Policies that count and select someone in the program's direction, in order of identity."""
    found = {item.policy.key: item for stage in program.stages for item in stage.policies}
    return tuple(found[key] for key in sorted(found))


def _narrowed(policy: CompiledPolicy, direction: Direction) -> tuple[CompiledRule, ...]:
    return tuple(rule for rule in policy.rules[direction] if rule.rule.own is not None)


def _asks_names(policy: CompiledPolicy, direction: Direction) -> bool:
    if direction is Direction.EGRESS:
        return False
    return any(_names(rule.ports) for rule in policy.rules[direction])


def _names(ports: Iterable[object] | None) -> bool:
    return any(isinstance(item, NamedPort) for item in ports or ())


def _named_groups(cluster: Cluster) -> NamedGroups:
    """Every end by what port names mean on it; addresses outside have none."""
    found: dict[NamedPorts, list[int]] = {(): []}
    for number, item in enumerate(cluster.partition.classes):
        found.setdefault(item.ports, []).append(number)
    sets = {named: as_set(numbers) for named, numbers in found.items()}
    sets[()] |= cluster.policies.anyone & ~cluster.policies.any_pod
    return tuple(sets.items())


def _leaving(cluster: Cluster, source: int) -> Iterator[Viewpoint]:
    """Views in which one source meets destinations: which they are depends on the families of each destination."""
    everyone = cluster.policies.anyone
    ends: dict[View, list[int]] = {}
    for families, numbers in _by_families(cluster).items():
        for point in viewpoints_for(cluster.viewpoints, families, everyone):
            if point.endpoints >> source & 1:
                ends.setdefault(point.view, []).extend(numbers)
    for view, numbers in ends.items():
        yield Viewpoint(view, as_set(numbers))


def _by_families(cluster: Cluster) -> dict[frozenset[int], Sequence[int]]:
    found: dict[frozenset[int], list[int]] = {}
    for number, families in enumerate(cluster.families):
        found.setdefault(families, []).append(number)
    return dict(found)
