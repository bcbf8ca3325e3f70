"""Peers, answered with sets of endpoints, in each view of the addresses that count."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.evaluate.addresses import AddressSpace, Block
from app.evaluate.bits import run, union
from app.evaluate.classes import Blocks, PodClass
from app.evaluate.selectors import SelectorIndex
from app.evaluate.unaddressed import EVERY_ADDRESS, Unaddressed
from app.evaluate.views import SLOTS, View
from app.evaluate.vocabulary import nodes_within
from app.model.policy import (
    AddressMatch,
    AddressPeer,
    AddressRange,
    AnyPeer,
    EveryPeer,
    OtherPeer,
    Peer,
    PodPeer,
    SelectorPeer,
)


@dataclass(frozen=True, slots=True)
class PeerSet:
    """Endpoints that peers match. Endpoints are classes, then address atoms, by number.

    Attributes:
        always: those matched in every view, where views do not differ.
        by_view: those matched in each view (`View.slot`), where they do.
    """

    always: int
    by_view: tuple[int, ...] = ()

    @classmethod
    def seen(cls, sets: Sequence[int]) -> "PeerSet":
        """From one set for each view."""
        first = sets[0]
        return cls(first) if all(item == first for item in sets) else cls(0, tuple(sets))

    def under(self, view: View) -> int:
        """Endpoints matched in one view."""
        return self.by_view[view.slot] if self.by_view else self.always

    @property
    def anywhere(self) -> int:
        """Endpoints matched in some view."""
        return union(self.by_view) if self.by_view else self.always

    @property
    def reads_ip_blocks(self) -> bool:
        """True when it matters whether an `ipBlock` is compared with pods."""
        half = len(SLOTS) // 2
        return self.by_view[:half] != self.by_view[half:]


def each(combine: Callable[[Iterable[int]], int], sets: Sequence[PeerSet]) -> PeerSet:
    """Combine sets view by view."""
    if not any(item.by_view for item in sets):
        return PeerSet(combine(item.always for item in sets))
    return PeerSet.seen([combine(item.under(view) for item in sets) for view in SLOTS])


@dataclass(frozen=True, slots=True)
class Bounds:
    """Endpoints that peers match for certain, and those that they may match, the former included.

    They differ where an address that is not known decides; where nothing does, both are the same object.
    """

    least: PeerSet
    most: PeerSet

    @classmethod
    def exact(cls, found: PeerSet) -> "Bounds":
        """Nothing is in doubt."""
        return cls(found, found)

    @property
    def open(self) -> PeerSet:
        """Endpoints of which it is not known; empty when nothing is in doubt."""
        if self.least is self.most:
            return NOBODY
        return each(lambda sets: _without(*sets), [self.most, self.least])


NOBODY = PeerSet(0)


def _without(one: int, other: int) -> int:
    return one & ~other


def bounded(combine: Callable[[Iterable[int]], int], parts: Sequence[Bounds]) -> Bounds:
    """Combine bounds by something that grows with each of its parts."""
    least = each(combine, [item.least for item in parts])
    if all(item.least is item.most for item in parts):
        return Bounds.exact(least)
    return Bounds(least, each(combine, [item.most for item in parts]))


class PeerIndex:
    """Whom peers match.

    Args:
        classes: by number.
        blocks: by class, the address blocks that hold an address of its pods.
        selectors: which classes a selector selects.
        space: addresses, cut by the same blocks.
        node_addresses: of the nodes that were read.
        unaddressed: classes whose addresses are not known.
    """

    def __init__(
        self,
        classes: Sequence[PodClass],
        blocks: Sequence[Blocks],
        selectors: SelectorIndex,
        space: AddressSpace,
        node_addresses: Sequence[AddressRange],
        unaddressed: Unaddressed,
    ) -> None:
        self._selectors = selectors
        self._space = space
        self._node_addresses = node_addresses
        self._unaddressed = unaddressed
        self._first_atom = len(blocks)
        self.anyone = run(0, len(blocks) + len(space.atoms))
        self._hosts = union(1 << number for number, item in enumerate(classes) if item.host_network)
        self._by_blocks = {4: _classes_by_blocks(blocks, 0), 6: _classes_by_blocks(blocks, 1)}
        self._known: dict[AddressPeer, Bounds] = {}

    def any_of(self, namespace: str, peers: Iterable[Peer] | None) -> Bounds:
        """Endpoints that one of the peers matches; everyone where none is named."""
        if peers is None:
            return Bounds.exact(PeerSet(self.anyone))
        found = [self._one(namespace, peer) for peer in peers]
        return found[0] if len(found) == 1 else bounded(union, found)

    def _one(self, namespace: str, peer: Peer) -> Bounds:
        match peer:
            case PodPeer():
                return Bounds.exact(PeerSet(self._selectors.peers(namespace, peer)))
            case SelectorPeer():
                return Bounds.exact(PeerSet(self._selectors.matched(peer)))
            case AddressPeer():
                return self._address(peer)
            case AnyPeer():
                return self.any_of(namespace, peer.parts)
            case EveryPeer():
                return bounded(self._common, [self._one(namespace, part) for part in peer.parts])
            case OtherPeer():
                return self._not(self._one(namespace, peer.part))

    def _not(self, part: Bounds) -> Bounds:
        least = each(self._others, [part.most])
        return (
            Bounds.exact(least)
            if part.least is part.most
            else Bounds(least, each(self._others, [part.least]))
        )

    def _common(self, sets: Iterable[int]) -> int:
        result = self.anyone
        for item in sets:
            result &= item
        return result

    def _others(self, sets: Iterable[int]) -> int:
        return self.anyone & ~union(sets)

    def _address(self, peer: AddressPeer) -> Bounds:
        known = self._known.get(peer)
        if known is None:
            known = self._known[peer] = self._work_out(peer)
        return known

    def _work_out(self, peer: AddressPeer) -> Bounds:
        match peer.match:
            case AddressMatch.OUTSIDE:
                return Bounds.exact(PeerSet(self._atoms(peer.ranges)))
            case AddressMatch.NODES:
                atoms = self._atoms(nodes_within(peer.ranges, self._node_addresses))
                return _bounds([self._nodes(peer.ranges, atoms, view) for view in SLOTS])
            case AddressMatch.ANYONE | AddressMatch.AS_THE_DATA_PLANE_READS:
                atoms = self._atoms(peer.ranges)
                reading = peer.match is AddressMatch.AS_THE_DATA_PLANE_READS
                return _bounds(
                    [
                        (atoms, atoms)
                        if reading and not view.ip_blocks
                        else self._ends(peer.ranges, atoms, view)
                        for view in SLOTS
                    ]
                )

    def _ends(self, block: Block, atoms: int, view: View) -> tuple[int, int]:
        """Ends that a block surely holds in a view, and those that it may hold."""
        known = atoms | self._holding(block, view)
        sure, perhaps = self._unaddressed.held(block, view.family)
        return known | sure, known | perhaps

    def _nodes(self, block: Block, atoms: int, view: View) -> tuple[int, int]:
        """The same of a block that is compared with nodes alone."""
        if block == EVERY_ADDRESS:  # every node is meant: then also those whose addresses were not read
            return atoms | self._hosts, atoms | self._hosts
        known = atoms | self._holding(block, view) & self._hosts
        sure, perhaps = self._unaddressed.held_on_nodes(block, view.family)
        return known | sure, known | perhaps

    def _atoms(self, block: Block) -> int:
        return self._space.atoms_in(block) << self._first_atom

    def _holding(self, block: Block, view: View) -> int:
        """Classes with an address in a block, of the family that counts in a view."""
        number = self._space.blocks[block]
        return union(
            classes
            for family, by_blocks in self._by_blocks.items()
            if view.family in (None, family)
            for blocks, classes in by_blocks.items()
            if blocks >> number & 1
        )


def _bounds(sets: Sequence[tuple[int, int]]) -> Bounds:
    """From what is surely and what is perhaps matched in each view."""
    least = PeerSet.seen([sure for sure, _ in sets])
    if all(sure == perhaps for sure, perhaps in sets):
        return Bounds.exact(least)
    return Bounds(least, PeerSet.seen([perhaps for _, perhaps in sets]))


def _classes_by_blocks(blocks: Sequence[Blocks], family: int) -> dict[int, int]:
    """Classes grouped by the set of blocks that hold their addresses of one family (0: IPv4, 1: IPv6)."""
    groups: dict[int, int] = {}
    for number, held in enumerate(blocks):
        if held[family]:
            groups[held[family]] = groups.get(held[family], 0) | 1 << number
    return groups
