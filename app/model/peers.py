"""Peers are expressions; these walk them. What an expression means stands in `app.model.policy`."""

from collections.abc import Iterable, Iterator

from app.model.policy import (
    AddressPeer,
    AnyPeer,
    EveryPeer,
    LabelSelector,
    OtherPeer,
    Peer,
    PodPeer,
    Policy,
    Rule,
    Selector,
    SelectorPeer,
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


def namespace_selectors(rule: Rule) -> Iterator[LabelSelector]:
    """`namespaceSelector` of each peer that has one."""
    for leaf in leaves(ends(rule)):
        if isinstance(leaf, PodPeer) and leaf.namespace_selector is not None:
            yield leaf.namespace_selector
