"""Peers, answered with sets of endpoints, in each view of the addresses that count."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.evaluate.addresses import AddressSpace, Block
from app.evaluate.bits import run, union
from app.evaluate.classes import Blocks, PodClass
from app.evaluate.selectors import SelectorIndex
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

_EVERY_ADDRESS = (AddressRange(4, 0, 2**32 - 1), AddressRange(6, 0, 2**128 - 1))


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


class PeerIndex:
    """Whom peers match.

    Args:
        classes: by number.
        blocks: by class, the address blocks that hold an address of its pods.
        selectors: which classes a selector selects.
        space: addresses, cut by the same blocks.
        node_addresses: of the nodes that were read.
    """

    def __init__(
        self,
        classes: Sequence[PodClass],
        blocks: Sequence[Blocks],
        selectors: SelectorIndex,
        space: AddressSpace,
        node_addresses: Sequence[AddressRange],
    ) -> None:
        self._selectors = selectors
        self._space = space
        self._node_addresses = node_addresses
        self._first_atom = len(blocks)
        self.anyone = run(0, len(blocks) + len(space.atoms))
        self._hosts = union(1 << number for number, item in enumerate(classes) if item.host_network)
        self._by_blocks = tuple(_classes_by_blocks(blocks, family) for family in (0, 1))
        self._known: dict[AddressPeer, PeerSet] = {}

    def any_of(self, namespace: str, peers: Iterable[Peer] | None) -> PeerSet:
        """Endpoints that one of the peers matches; everyone where none is named."""
        if peers is None:
            return PeerSet(self.anyone)
        found = [self._one(namespace, peer) for peer in peers]
        return found[0] if len(found) == 1 else each(union, found)

    def _one(self, namespace: str, peer: Peer) -> PeerSet:
        match peer:
            case PodPeer():
                return PeerSet(self._selectors.peers(namespace, peer))
            case SelectorPeer():
                return PeerSet(self._selectors.matched(peer))
            case AddressPeer():
                return self._address(peer)
            case AnyPeer():
                return self.any_of(namespace, peer.parts)
            case EveryPeer():
                return each(self._common, [self._one(namespace, part) for part in peer.parts])
            case OtherPeer():
                return each(self._others, [self._one(namespace, peer.part)])

    def _common(self, sets: Iterable[int]) -> int:
        result = self.anyone
        for item in sets:
            result &= item
        return result

    def _others(self, sets: Iterable[int]) -> int:
        return self.anyone & ~union(sets)

    def _address(self, peer: AddressPeer) -> PeerSet:
        known = self._known.get(peer)
        if known is None:
            known = self._known[peer] = self._work_out(peer)
        return known

    def _work_out(self, peer: AddressPeer) -> PeerSet:
        v4, v6 = (self._holding(peer.ranges, by_blocks) for by_blocks in self._by_blocks)
        match peer.match:
            case AddressMatch.OUTSIDE:
                return PeerSet(self._atoms(peer.ranges))
            case AddressMatch.NODES:
                atoms = self._atoms(nodes_within(peer.ranges, self._node_addresses))
                # every node is meant: then also those whose addresses were not read
                every = peer.ranges == _EVERY_ADDRESS
                v4, v6 = (self._hosts, self._hosts) if every else (v4 & self._hosts, v6 & self._hosts)
            case AddressMatch.ANYONE | AddressMatch.AS_THE_DATA_PLANE_READS:
                atoms = self._atoms(peer.ranges)
        by_family = {None: atoms | v4 | v6, 4: atoms | v4, 6: atoms | v6}
        reading = peer.match is AddressMatch.AS_THE_DATA_PLANE_READS
        return PeerSet.seen(
            [atoms if reading and not view.ip_blocks else by_family[view.family] for view in SLOTS]
        )

    def _atoms(self, block: Block) -> int:
        return self._space.atoms_in(block) << self._first_atom

    def _holding(self, block: Block, by_blocks: dict[int, int]) -> int:
        number = self._space.blocks[block]
        return union(classes for blocks, classes in by_blocks.items() if blocks >> number & 1)


def _classes_by_blocks(blocks: Sequence[Blocks], family: int) -> dict[int, int]:
    """Classes grouped by the set of blocks that hold their addresses of one family (0: IPv4, 1: IPv6)."""
    groups: dict[int, int] = {}
    for number, held in enumerate(blocks):
        if held[family]:
            groups[held[family]] = groups.get(held[family], 0) | 1 << number
    return groups
