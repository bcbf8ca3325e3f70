"""What a row depends on: destinations with equal keys share one row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.evaluate.bits import members
from app.evaluate.classes import NamedPorts, PodClass
from app.evaluate.compile import PolicySet, SharedRule
from app.model.policy import Direction


@dataclass(frozen=True, slots=True)
class RowKey:
    """All that decides who reaches a destination. Numbers are groups of rules in the indexes of `RowKeys`.

    Attributes:
        ingress: ingress rules that govern the destination; None when no policy that counts isolates it.
        egress: egress rules, of whomever they govern, that match the destination in every view.
        egress_v4: those that match it by its IPv4 address, in views that compare it; likewise `egress_v6`.
        named: what port names mean there.
        families: address families that the destination has; empty when that does not matter.
        pods: False for addresses outside the cluster, which are reached by pods only.
    """

    ingress: tuple[int, ...] | None
    egress: tuple[int, ...]
    egress_v4: tuple[int, ...]
    egress_v6: tuple[int, ...]
    named: NamedPorts
    families: frozenset[int]
    pods: bool


class RuleIndex:
    """Rules by the endpoints that they hold for; rules that hold for the same endpoints are one group."""

    def __init__(self, rules: Sequence[SharedRule], sets: Sequence[int], endpoints: int) -> None:
        groups: dict[int, list[SharedRule]] = {}
        for rule, bits in zip(rules, sets, strict=True):
            if bits:
                groups.setdefault(bits, []).append(rule)
        self._groups = tuple(groups.values())
        self._of: list[list[int]] = [[] for _ in range(endpoints)]
        for number, bits in enumerate(groups):
            for endpoint in members(bits):
                self._of[endpoint].append(number)

    def groups_of(self, endpoint: int) -> tuple[int, ...]:
        """Groups that hold for an endpoint."""
        return tuple(self._of[endpoint])

    def rules(self, groups: Sequence[int]) -> list[SharedRule]:
        """Rules of some groups."""
        return [rule for number in groups for rule in self._groups[number]]


class RowKeys:
    """Keys of all endpoints, and the rules that they stand for."""

    def __init__(self, policies: PolicySet, classes: Sequence[PodClass], isolated: int) -> None:
        self._classes = classes
        self._isolated = isolated
        count = self._endpoints = policies.endpoints
        ingress, egress = policies.shared[Direction.INGRESS], policies.shared[Direction.EGRESS]
        self.ingress = RuleIndex(ingress, [rule.subjects for rule in ingress], count)
        self.egress = RuleIndex(egress, [rule.peers.always for rule in egress], count)
        self.egress_v4 = RuleIndex(egress, [rule.peers.v4 & ~rule.peers.always for rule in egress], count)
        self.egress_v6 = RuleIndex(egress, [rule.peers.v6 & ~rule.peers.always for rule in egress], count)

    def __iter__(self) -> Iterator[RowKey]:
        """Keys by endpoint number: classes, then address atoms."""
        for number in range(self._endpoints):
            pod = self._classes[number] if number < len(self._classes) else None
            yield RowKey(
                ingress=self.ingress.groups_of(number) if self._isolated >> number & 1 else None,
                egress=self.egress.groups_of(number),
                egress_v4=self.egress_v4.groups_of(number),
                egress_v6=self.egress_v6.groups_of(number),
                named=pod.ports if pod else (),
                families=pod.families if pod else frozenset(),
                pods=pod is not None,
            )
