"""Peers are expressions; these walk them. What an expression means stands in `app.model.policy`."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from app.model.policy import (
    EVERYTHING,
    AddressMatch,
    AddressPeer,
    AnyPeer,
    EveryPeer,
    Facet,
    OtherPeer,
    Peer,
    PodPeer,
    Policy,
    Requirement,
    Rule,
    Selector,
    SelectorPeer,
    requirements,
)

Leaf = PodPeer | SelectorPeer | AddressPeer


def leaves(peers: Iterable[Peer] | None) -> Iterator[Leaf]:
    """Every plain peer that stands anywhere in some peers, also where it is negated; none where any end is meant."""
    for peer in peers or ():
        match peer:
            case EveryPeer() | AnyPeer():
                yield from leaves(peer.parts)
            case OtherPeer():
                yield from leaves((peer.part,))
            case _:
                yield peer


def inside(block: AddressPeer, *, nodes: bool, pods: bool) -> Iterator[Peer]:
    """Nodes, and pods, that have an address of a block."""
    if nodes:
        yield replace(block, match=AddressMatch.NODES)
    if pods:
        yield EveryPeer((replace(block, match=AddressMatch.ANYONE), SelectorPeer(EVERYTHING)))


def all_rules(policies: Iterable[Policy]) -> Iterator[Rule]:
    """Rules of both directions."""
    for policy in policies:
        yield from policy.ingress
        yield from policy.egress


def ends(rule: Rule) -> tuple[Peer, ...]:
    """Peers of both ends of a rule: those that it names, and those to which it narrows the selected end."""
    return (*(rule.peers or ()), *(rule.own or ()))


def selectors(policy: Policy) -> Iterator[Selector]:
    """Selectors of pods in a policy; those of `PodPeer.namespace_selector`, which look at namespaces, are left out."""
    yield policy.subject.selector
    for rule in all_rules((policy,)):
        for leaf in leaves(ends(rule)):
            if isinstance(leaf, PodPeer):
                yield leaf.pod_selector
            elif isinstance(leaf, SelectorPeer):
                yield leaf.selector


def namespace_requirements(rule: Rule) -> Iterator[Requirement]:
    """Requirements on the labels of the namespaces of a rule's ends."""
    for leaf in leaves(ends(rule)):
        if isinstance(leaf, PodPeer) and leaf.namespace_selector is not None:
            yield from leaf.namespace_selector.requirements
        elif isinstance(leaf, SelectorPeer):
            yield from (item for item in requirements(leaf.selector) if item.facet is Facet.NAMESPACE)
