"""What a row depends on: destinations with equal keys share one row."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.evaluate.bits import members
from app.evaluate.classes import NamedPorts, PodClass
from app.evaluate.compile import PolicySet
from app.evaluate.program import SharedRule
from app.evaluate.views import View
from app.model.policy import Direction

Groups = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RowKey:
    """All that decides who reaches a destination. Numbers are groups of rules in the indexes of `RowKeys`.

    Attributes:
        ingress: for each view, ingress rules that govern the destination; None where no policy counts.
        isolating: stages whose default the destination meets.
        egress: for each view, egress rules, of whomever they govern, that match the destination.
        named: what port names mean there.
        families: address families that the destination has; empty when that does not matter.
        pods: False for addresses outside the cluster, which are reached by pods only.
    """

    ingress: tuple[Groups, ...] | None
    isolating: tuple[int, ...]
    egress: tuple[Groups, ...]
    named: NamedPorts
    families: frozenset[int]
    pods: bool


class RuleIndex:
    """Rules by the endpoints that they hold for; rules that hold for the same endpoints are one group."""

    def __init__(self, rules: Sequence[SharedRule], sets: Iterable[int], endpoints: int) -> None:
        groups: dict[int, list[SharedRule]] = {}
        for rule, bits in zip(rules, sets, strict=True):
            if bits:
                groups.setdefault(bits, []).append(rule)
        self._groups = tuple(groups.values())
        self._of: list[list[int]] = [[] for _ in range(endpoints)]
        for number, bits in enumerate(groups):
            for endpoint in members(bits):
                self._of[endpoint].append(number)

    def groups_of(self, endpoint: int) -> Groups:
        """Groups that hold for an endpoint."""
        return tuple(self._of[endpoint])

    def rules(self, groups: Sequence[int]) -> list[SharedRule]:
        """Rules of some groups."""
        return [rule for number in groups for rule in self._groups[number]]


class RowKeys:
    """Keys of all endpoints, and the rules that they stand for.

    Args:
        policies: the compiled policies.
        classes: the classes, by number.
        restricted: classes on which policies count.
        views: views in which rows are asked for; where rules do not differ in them, one index answers for all.
        families: those of each endpoint; empty where they are not known or do not matter.
    """

    def __init__(
        self,
        policies: PolicySet,
        classes: Sequence[PodClass],
        restricted: int,
        views: Sequence[View],
        families: Sequence[frozenset[int]],
    ) -> None:
        self._classes = classes
        self._families = families
        self._views = {view: at for at, view in enumerate(views)}
        self._count = policies.endpoints
        ingress, egress = policies.programs[Direction.INGRESS], policies.programs[Direction.EGRESS]
        self._governed = ingress.governed & restricted
        self._isolating: dict[int, list[int]] = {}
        for stage in ingress.stages:
            for number in members(stage.isolated & restricted):
                self._isolating.setdefault(number, []).append(stage.number)
        self._ingress = self._indexes(
            ingress.shared, [tuple(rule.selected.under(view) for rule in ingress.shared) for view in views]
        )
        self._egress = self._indexes(
            egress.shared, [tuple(rule.peers.under(view) for rule in egress.shared) for view in views]
        )

    def _indexes(self, rules: Sequence[SharedRule], sets: Sequence[tuple[int, ...]]) -> tuple[RuleIndex, ...]:
        found: dict[tuple[int, ...], RuleIndex] = {}
        for item in sets:
            if item not in found:
                found[item] = RuleIndex(rules, item, self._count)
        return tuple(found[item] for item in sets)

    def ingress(self, key: RowKey, view: View) -> list[SharedRule]:
        """Ingress rules of a row in one view."""
        at = self._views[view]
        return [] if key.ingress is None else self._ingress[at].rules(key.ingress[at])

    def egress(self, key: RowKey, view: View) -> list[SharedRule]:
        """Egress rules of a row in one view."""
        at = self._views[view]
        return self._egress[at].rules(key.egress[at])

    def __iter__(self) -> Iterator[RowKey]:
        """Keys by endpoint number: classes, then address atoms."""
        governed = frozenset(members(self._governed))
        for number in range(self._count):
            pod = self._classes[number] if number < len(self._classes) else None
            yield RowKey(
                ingress=self._groups(self._ingress, number) if number in governed else None,
                isolating=tuple(self._isolating.get(number, ())),
                egress=self._groups(self._egress, number),
                named=pod.ports if pod else (),
                families=self._families[number],
                pods=pod is not None,
            )

    @staticmethod
    def _groups(indexes: Sequence[RuleIndex], number: int) -> tuple[Groups, ...]:
        if len(indexes) == 1:
            return (indexes[0].groups_of(number),)
        return tuple(index.groups_of(number) for index in indexes)
