"""Ends that do not exist yet: a pod with any labels, in any namespace or in a given one, and whether a rule would match it.

An answer is one of three: it matches whatever its labels (True), it can match by its labels (None), it cannot (False).
Requirements are looked at one by one, so two that contradict each other still count as possible: answers are bounds. What
is said of every newcomer holds for every one; what is said to be possible may be possible for none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.model.inventory import Labels
from app.model.policy import (
    AddressMatch,
    AddressPeer,
    AllOf,
    AnyOf,
    AnyPeer,
    EveryPeer,
    Facet,
    LabelSelector,
    Not,
    OtherPeer,
    Peer,
    PodPeer,
    Requirement,
    Selector,
    SelectorPeer,
)
from app.model.selection import meets

Maybe = bool | None

_LAST = {4: (1 << 32) - 1, 6: (1 << 128) - 1}


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A pod that may come.

    Attributes:
        namespace: where; None for anywhere, namespaces that do not exist yet included.
        namespace_labels: labels of that namespace; None where it is not given.
        ip_blocks: an `ipBlock` is compared with the addresses of pods.
        families: address families that pods of this cluster have.
    """

    namespace: str | None
    namespace_labels: Labels | None
    ip_blocks: bool
    families: frozenset[int]

    def matches(self, home: str, peers: Iterable[Peer] | None) -> Maybe:
        """Does one of the peers of a policy in namespace `home` match it? Any end where none is named."""
        return True if peers is None else any_of(self._one(home, peer) for peer in peers)

    def _one(self, home: str, peer: Peer) -> Maybe:
        match peer:
            case PodPeer():
                return all_of((self._at_home(home, peer), self._labels(peer.pod_selector)))
            case SelectorPeer():
                return all_of((self._within(peer.namespace), self._labels(peer.selector)))
            case AddressPeer():
                return self._address(peer)
            case AnyPeer():
                return any_of(self._one(home, part) for part in peer.parts)
            case EveryPeer():
                return all_of(self._one(home, part) for part in peer.parts)
            case OtherPeer():
                return _opposite(self._one(home, peer.part))

    def _at_home(self, home: str, peer: PodPeer) -> Maybe:
        if peer.namespace_selector is None:
            return self._within(home)
        return all_of(self._of_namespace(item) for item in peer.namespace_selector.requirements)

    def _within(self, namespace: str | None) -> Maybe:
        if namespace is None:
            return True
        return None if self.namespace is None else self.namespace == namespace

    def _of_namespace(self, item: Requirement) -> Maybe:
        return None if self.namespace_labels is None else meets(item, self.namespace_labels)

    def _labels(self, selector: Selector) -> Maybe:
        match selector:
            case LabelSelector():
                return all_of(
                    self._of_namespace(item) if item.facet is Facet.NAMESPACE else None
                    for item in selector.requirements
                )
            case AllOf():
                return all_of(self._labels(part) for part in selector.parts)
            case AnyOf():
                return any_of(self._labels(part) for part in selector.parts)
            case Not():
                return _opposite(self._labels(selector.part))

    def _address(self, peer: AddressPeer) -> Maybe:
        """Which address it will have is not known, so only a block that holds all of them matches it for certain."""
        if peer.match in (AddressMatch.OUTSIDE, AddressMatch.NODES):
            return False
        if peer.match is AddressMatch.AS_THE_DATA_PLANE_READS and not self.ip_blocks:
            return False
        whole = {item.version for item in peer.ranges if item.first == 0 and item.last == _LAST[item.version]}
        if self.families and self.families <= whole:
            return True
        return None if peer.ranges else False


def all_of(parts: Iterable[Maybe]) -> Maybe:
    """True when all parts are; False as soon as one is."""
    found = set(parts)
    if False in found:
        return False
    return None if None in found else True


def any_of(parts: Iterable[Maybe]) -> Maybe:
    """True as soon as one part is; False when all are."""
    found = set(parts)
    if True in found:
        return True
    return None if None in found else False


def _opposite(part: Maybe) -> Maybe:
    return None if part is None else not part


def newcomers(
    namespace_labels: Mapping[str, Labels], *, ip_blocks: bool, families: frozenset[int]
) -> tuple[Newcomer, ...]:
    """One for anywhere, then one for each namespace, by name."""
    return (
        Newcomer(None, None, ip_blocks, families),
        *(Newcomer(name, namespace_labels[name], ip_blocks, families) for name in sorted(namespace_labels)),
    )
