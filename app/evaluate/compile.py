"""Policies, resolved once: whom each selects, whom each rule's peers match, and equal rules made one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.evaluate.addresses import AddressSpace, Block
from app.evaluate.bits import run, union
from app.evaluate.classes import Blocks
from app.evaluate.selectors import SelectorIndex
from app.evaluate.views import View
from app.model.decision import RuleRef
from app.model.identity import ObjectRef
from app.model.policy import (
    AddressPeer,
    Direction,
    LabelSelector,
    PodPeer,
    Policy,
    PolicyPort,
    Rule,
    Selector,
)


@dataclass(frozen=True, slots=True)
class PeerSet:
    """Endpoints that the peers of a rule match. Endpoints are classes, then address atoms, by number.

    Attributes:
        always: those matched in every view: by selectors, and addresses outside the cluster.
        v4: classes matched by an IPv4 address of their pods.
        v6: likewise by an IPv6 address.
    """

    always: int
    v4: int = 0
    v6: int = 0

    def under(self, view: View) -> int:
        """Endpoints matched in one view."""
        return self.always | (self.v4 if view.v4 else 0) | (self.v6 if view.v6 else 0)


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """One rule of one policy; `ports` None means every port of every protocol."""

    ref: RuleRef
    rule: Rule
    peers: PeerSet
    ports: tuple[PolicyPort, ...] | None


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """One policy and the classes that it selects."""

    ref: ObjectRef
    subjects: int
    directions: frozenset[Direction]
    rules: Mapping[Direction, tuple[CompiledRule, ...]]


@dataclass(frozen=True, slots=True)
class SharedRule:
    """Rules of any number of policies that admit the same; `subjects` are all classes that one of them governs."""

    peers: PeerSet
    ports: tuple[PolicyPort, ...] | None
    subjects: int


@dataclass(frozen=True)
class PolicySet:
    """All policies of a cluster, resolved to sets of endpoints.

    Attributes:
        classes: number of classes; the endpoints from there on are address atoms.
        endpoints: number of endpoints.
        policies: those that select something, by namespace, in order of identity.
        isolated: classes that some policy isolates, by direction.
        shared: distinct rules, by direction.
    """

    classes: int
    endpoints: int
    policies: Mapping[str, tuple[CompiledPolicy, ...]]
    isolated: Mapping[Direction, int]
    shared: Mapping[Direction, tuple[SharedRule, ...]]
    any_pod: int = field(repr=False)
    anyone: int = field(repr=False)

    def selecting(self, namespace: str, number: int, direction: Direction) -> tuple[CompiledPolicy, ...]:
        """Policies that isolate a class in a direction, in order of identity."""
        return tuple(
            policy
            for policy in self.policies.get(namespace, ())
            if direction in policy.directions and policy.subjects >> number & 1
        )


def compile_policies(
    policies: Sequence[Policy],
    blocks: Sequence[Blocks],
    selectors: SelectorIndex,
    space: AddressSpace,
) -> PolicySet:
    """Resolve every policy. Policies are additive, so their order changes nothing but the order of witnesses.

    Args:
        policies: all of the cluster's.
        blocks: by class, the address blocks that hold an address of its pods.
        selectors: which classes a selector selects.
        space: addresses, cut by the same blocks.
    """
    compiler = _Compiler(blocks, selectors, space)
    by_namespace: dict[str, list[CompiledPolicy]] = {}
    for policy in sorted(policies, key=lambda item: item.ref):
        compiled = compiler.policy(policy)
        if compiled.subjects:
            by_namespace.setdefault(policy.namespace, []).append(compiled)
    found = [policy for group in by_namespace.values() for policy in group]
    return PolicySet(
        classes=len(blocks),
        endpoints=len(blocks) + len(space.atoms),
        policies={namespace: tuple(group) for namespace, group in by_namespace.items()},
        isolated={
            direction: union(policy.subjects for policy in found if direction in policy.directions)
            for direction in Direction
        },
        shared={direction: _share(found, direction) for direction in Direction},
        any_pod=run(0, len(blocks)),
        anyone=compiler.anyone,
    )


def _share(policies: Sequence[CompiledPolicy], direction: Direction) -> tuple[SharedRule, ...]:
    subjects: dict[tuple[PeerSet, tuple[PolicyPort, ...] | None], int] = {}
    for policy in policies:
        for rule in policy.rules[direction]:
            key = (rule.peers, rule.ports)
            subjects[key] = subjects.get(key, 0) | policy.subjects
    return tuple(SharedRule(peers, ports, governed) for (peers, ports), governed in subjects.items())


class _Compiler:
    def __init__(self, blocks: Sequence[Blocks], selectors: SelectorIndex, space: AddressSpace) -> None:
        self._selectors = selectors
        self._space = space
        self._first_atom = len(blocks)
        self.anyone = run(0, len(blocks) + len(space.atoms))
        self._by_blocks = tuple(_classes_by_blocks(blocks, family) for family in (0, 1))
        self._block_peers: dict[Block, PeerSet] = {}

    def policy(self, policy: Policy) -> CompiledPolicy:
        subjects = self._selectors.subjects(policy.namespace, _labels(policy.subject.selector))
        return CompiledPolicy(
            ref=policy.ref,
            subjects=subjects,
            directions=policy.directions,
            rules={
                direction: tuple(self._rules(policy, direction))
                if subjects and direction in policy.directions
                else ()
                for direction in Direction
            },
        )

    def _rules(self, policy: Policy, direction: Direction) -> Iterator[CompiledRule]:
        for rule in policy.rules(direction):
            yield CompiledRule(
                ref=RuleRef(policy.ref, direction, rule.path),
                rule=rule,
                peers=self._peers(policy.namespace, rule),
                ports=None if rule.ports is None else tuple(dict.fromkeys(rule.ports)),
            )

    def _peers(self, namespace: str, rule: Rule) -> PeerSet:
        if rule.peers is None:
            return PeerSet(self.anyone)
        sets = [
            PeerSet(self._selectors.peers(namespace, peer))
            if isinstance(peer, PodPeer)
            else self._block(peer)
            for peer in rule.peers
        ]
        return PeerSet(
            union(item.always for item in sets),
            union(item.v4 for item in sets),
            union(item.v6 for item in sets),
        )

    def _block(self, peer: AddressPeer) -> PeerSet:
        known = self._block_peers.get(peer.ranges)
        if known is None:
            number = self._space.blocks[peer.ranges]
            v4, v6 = (
                union(classes for blocks, classes in by_blocks.items() if blocks >> number & 1)
                for by_blocks in self._by_blocks
            )
            known = PeerSet(self._space.atoms_in(peer.ranges) << self._first_atom, v4, v6)
            self._block_peers[peer.ranges] = known
        return known


def _labels(selector: Selector) -> LabelSelector:
    assert isinstance(selector, LabelSelector)
    return selector


def _classes_by_blocks(blocks: Sequence[Blocks], family: int) -> dict[int, int]:
    """Classes grouped by the set of blocks that hold their addresses of one family (0: IPv4, 1: IPv6)."""
    groups: dict[int, int] = {}
    for number, held in enumerate(blocks):
        if held[family]:
            groups[held[family]] = groups.get(held[family], 0) | 1 << number
    return groups
