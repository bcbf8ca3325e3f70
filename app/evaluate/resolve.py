"""Policies, resolved one by one: whom each selects, and whom the peers of each rule match."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.evaluate.peersets import PeerIndex, PeerSet, each
from app.evaluate.selectors import SelectorIndex
from app.model.decision import RuleRef
from app.model.identity import ObjectRef
from app.model.policy import Direction, Policy, PolicyPort, Rule


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """One rule of one policy.

    Attributes:
        ref: which.
        rule: as the reader wrote it.
        selected: ends that it governs: those that the policy selects, as far as the rule does not narrow them.
        peers: other ends that it matches.
        ports: None means every port of every protocol.
    """

    ref: RuleRef
    rule: Rule
    selected: PeerSet
    peers: PeerSet
    ports: tuple[PolicyPort, ...] | None

    @property
    def sure(self) -> bool:
        """False when it asks for more than ends and ports."""
        return not self.rule.conditions


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """One policy, the classes that it selects, and its rules; those of a policy that selects nobody are left out."""

    policy: Policy
    subjects: int
    rules: Mapping[Direction, tuple[CompiledRule, ...]]

    @property
    def ref(self) -> ObjectRef:
        """The object."""
        return self.policy.ref


class Resolver:
    """Resolves policies against the classes of one cluster."""

    def __init__(self, selectors: SelectorIndex, peers: PeerIndex) -> None:
        self._selectors = selectors
        self._peers = peers

    def policy(self, policy: Policy) -> CompiledPolicy:
        """Resolve one policy."""
        subjects = self._selectors.subjects(policy.subject)
        return CompiledPolicy(
            policy,
            subjects,
            {
                direction: tuple(self._rules(policy, direction, subjects))
                if subjects and direction in policy.directions
                else ()
                for direction in Direction
            },
        )

    def _rules(self, policy: Policy, direction: Direction, subjects: int) -> Iterator[CompiledRule]:
        everyone = PeerSet(subjects)
        for rule in policy.rules(direction):
            yield CompiledRule(
                ref=RuleRef(policy.ref, direction, rule.path),
                rule=rule,
                selected=everyone if rule.own is None else self._narrowed(policy, rule, everyone),
                peers=self._peers.any_of(policy.namespace, rule.peers),
                ports=None if rule.ports is None else tuple(dict.fromkeys(rule.ports)),
            )

    def _narrowed(self, policy: Policy, rule: Rule, everyone: PeerSet) -> PeerSet:
        own = self._peers.any_of(policy.namespace, rule.own)
        return each(lambda sets: _common(*sets), [everyone, own])


def _common(one: int, other: int) -> int:
    return one & other
