"""Policies, resolved one by one: whom each selects, and whom the peers of each rule match."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.evaluate.peersets import Bounds, PeerIndex, PeerSet, bounded
from app.evaluate.selectors import SelectorIndex
from app.model.decision import RuleRef
from app.model.identity import ObjectRef
from app.model.policy import Direction, Policy, PolicyPort, Rule


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """One rule of one policy; two of one reference where it is not known of all ends whether it matches them.

    Attributes:
        ref: which.
        rule: as the reader wrote it.
        selected: ends that it governs: those that the policy selects, as far as the rule does not narrow them.
        peers: other ends that it matches.
        ports: None means every port of every protocol.
        guess: it may match these ends or not, because an address is not known.
    """

    ref: RuleRef
    rule: Rule
    selected: PeerSet
    peers: PeerSet
    ports: tuple[PolicyPort, ...] | None
    guess: bool = False

    @property
    def sure(self) -> bool:
        """False when it asks for more than ends and ports, or is a guess."""
        return not self.rule.conditions and not self.guess


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
        everyone = Bounds.exact(PeerSet(subjects))
        for rule in policy.rules(direction):
            ref = RuleRef(policy.ref, direction, rule.path)
            selected = everyone if rule.own is None else self._narrowed(policy, rule, everyone)
            peers = self._peers.any_of(policy.namespace, rule.peers)
            ports = None if rule.ports is None else tuple(dict.fromkeys(rule.ports))
            yield CompiledRule(ref, rule, selected.least, peers.least, ports)
            if peers.open.anywhere:
                yield CompiledRule(ref, rule, selected.least, peers.open, ports, guess=True)
            if selected.open.anywhere:
                yield CompiledRule(ref, rule, selected.open, peers.most, ports, guess=True)

    def _narrowed(self, policy: Policy, rule: Rule, everyone: Bounds) -> Bounds:
        own = self._peers.any_of(policy.namespace, rule.own)
        return bounded(lambda sets: _common(*sets), [everyone, own])


def _common(one: int, other: int) -> int:
    return one & other
