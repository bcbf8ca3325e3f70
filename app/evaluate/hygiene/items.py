"""What a person could take away: a rule, as its path in the object says, or a whole policy with the isolation it brings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from app.evaluate.resolve import CompiledPolicy, CompiledRule
from app.model.decision import RuleRef
from app.model.identity import ObjectRef
from app.model.policy import Direction

Cause = RuleRef | ObjectRef


@dataclass(frozen=True, slots=True)
class Item:
    """A policy, or one of its rules by direction and path; a path may stand for several rules of the normal form."""

    policy: CompiledPolicy
    direction: Direction | None = None
    path: str = ""

    @property
    def whole(self) -> bool:
        """True for a policy."""
        return self.direction is None

    @property
    def cause(self) -> Cause:
        """How it is named as a reason."""
        return (
            self.policy.ref if self.direction is None else RuleRef(self.policy.ref, self.direction, self.path)
        )

    @property
    def rules(self) -> tuple[CompiledRule, ...]:
        """The rules that it stands for; of a whole policy all."""
        return tuple(
            rule
            for way in Direction
            for rule in self.policy.rules[way]
            if self.direction is None or (way is self.direction and rule.ref.path == self.path)
        )

    @property
    def comparable(self) -> bool:
        """False where conditions or ICMP decide as well: the sets tell of ends and ports alone."""
        return all(rule.sure and rule.ports != () for rule in self.rules)


@dataclass
class Items:
    """All items by number: sets and mappings of numbers are what the search works with."""

    all: list[Item] = field(default_factory=list)
    of_policy: dict[int, int] = field(default_factory=dict)  # by identity of the compiled policy
    of_rule: dict[int, int] = field(default_factory=dict)  # by identity of the compiled rule
    owner: list[int] = field(default_factory=list)  # the policy's item, by item

    @classmethod
    def of(cls, policies: Iterable[CompiledPolicy]) -> "Items":
        """Number the items of some policies."""
        found = cls()
        for policy in policies:
            found._add(policy)
        return found

    def _add(self, policy: CompiledPolicy) -> None:
        whole = self.of_policy[id(policy)] = self._number(Item(policy), None)
        by_path: dict[tuple[Direction, str], int] = {}
        for way in Direction:
            for rule in policy.rules[way]:
                key = (way, rule.ref.path)
                if key not in by_path:
                    by_path[key] = self._number(Item(policy, *key), whole)
                self.of_rule[id(rule)] = by_path[key]

    def _number(self, item: Item, owner: int | None) -> int:
        number = len(self.all)
        self.all.append(item)
        self.owner.append(number if owner is None else owner)
        return number

    def asked(self, policies: Iterable[CompiledPolicy], direction: Direction) -> Iterator[int]:
        """Items of some policies that are asked in a direction: the policies, and their rules of it."""
        for policy in policies:
            yield self.of_policy[id(policy)]
            yield from dict.fromkeys(self.of_rule[id(rule)] for rule in policy.rules[direction])
