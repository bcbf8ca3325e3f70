"""Everything about a pod that some policy can see; two pods alike in it are alike to every policy."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.evaluate.addresses import AddressSpace, Block
from app.model.policy import AddressPeer, LabelSelector, NamedPort, PodPeer, Policy, Rule


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Labels, port names and address blocks that the policies of a cluster mention.

    Attributes:
        labels: by label key, the values that a pod selector mentions (none for Exists and DoesNotExist).
        port_names: names that a rule uses for a port.
        space: both address families, cut by every `ipBlock`.
    """

    labels: Mapping[str, frozenset[str]]
    port_names: frozenset[str]
    space: AddressSpace

    @classmethod
    def of(cls, policies: Iterable[Policy]) -> "Vocabulary":
        """Collect what the policies mention."""
        policies = tuple(policies)
        rules = [rule for policy in policies for rule in (*policy.ingress, *policy.egress)]
        values: dict[str, set[str]] = {}
        for selector in {policy.subject.selector for policy in policies} | set(_peer_selectors(rules)):
            for item in selector.requirements:
                values.setdefault(item.key, set()).update(item.values)
        return cls(
            labels={key: frozenset(mentioned) for key, mentioned in values.items()},
            port_names=frozenset(_port_names(rules)),
            space=AddressSpace.cut_by(_blocks(rules)),
        )


def _peer_selectors(rules: Iterable[Rule]) -> Iterator[LabelSelector]:
    for rule in rules:
        for peer in rule.peers or ():
            if isinstance(peer, PodPeer):
                yield peer.pod_selector


def _port_names(rules: Iterable[Rule]) -> Iterator[str]:
    for rule in rules:
        for port in rule.ports or ():
            if isinstance(port, NamedPort):
                yield port.name


def _blocks(rules: Iterable[Rule]) -> Iterator[Block]:
    for rule in rules:
        for peer in rule.peers or ():
            if isinstance(peer, AddressPeer):
                yield peer.ranges
