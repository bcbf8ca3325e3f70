"""Addresses, cut wherever an `ipBlock` begins or ends: within one atom, no policy can tell two addresses apart."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from app.evaluate.bits import run
from app.model.policy import AddressRange

Block = tuple[AddressRange, ...]

_SIZE = {4: 1 << 32, 6: 1 << 128}


@dataclass(frozen=True, slots=True)
class AddressSpace:
    """Both address families, cut at every boundary of the given blocks.

    Attributes:
        atoms: the whole of IPv4, then the whole of IPv6, in maximal ranges that every block treats alike.
        blocks: number of each distinct block.
        covers: for each atom, the set of blocks that hold it.
    """

    atoms: tuple[AddressRange, ...]
    blocks: Mapping[Block, int]
    covers: tuple[int, ...]
    _starts: tuple[tuple[int, int], ...]

    @classmethod
    def cut_by(cls, blocks: Iterable[Block]) -> "AddressSpace":
        """Cut by blocks: `AddressPeer.ranges`, sorted and disjoint; the order of the blocks does not matter."""
        numbers = {block: number for number, block in enumerate(sorted(set(blocks)))}
        toggles: dict[tuple[int, int], int] = {(4, 0): 0, (6, 0): 0}
        for block, number in numbers.items():
            for item in block:
                for edge in ((item.version, item.first), (item.version, item.last + 1)):
                    toggles[edge] = toggles.get(edge, 0) ^ (1 << number)
        starts, covers = _sweep(toggles)
        atoms = tuple(
            AddressRange(4 if version == 4 else 6, first, _last(starts, at))  # noqa: PLR2004  IP version
            for at, (version, first) in enumerate(starts)
        )
        return cls(atoms, numbers, tuple(covers), tuple(starts))

    def atoms_in(self, block: Block) -> int:
        """The set of atoms that a block holds."""
        result = 0
        for item in block:
            result |= run(self._at(item.version, item.first), self._at(item.version, item.last) + 1)
        return result

    def atoms_touching(self, wanted: AddressRange) -> range:
        """Atoms that share an address with a range, by number."""
        return range(self._at(wanted.version, wanted.first), self._at(wanted.version, wanted.last) + 1)

    def blocks_with(self, version: int, value: int) -> int:
        """The set of blocks that hold one address."""
        return self.covers[self._at(version, value)]

    def _at(self, version: int, value: int) -> int:
        return bisect_right(self._starts, (version, value)) - 1


def _sweep(toggles: Mapping[tuple[int, int], int]) -> tuple[list[tuple[int, int]], list[int]]:
    """Walk the edges in order; an edge at which no block begins or ends in effect makes no new atom."""
    starts: list[tuple[int, int]] = []
    covers: list[int] = []
    inside = 0
    for (version, value), change in sorted(toggles.items()):
        if value == _SIZE[version]:
            inside = 0
            continue
        inside = change if value == 0 else inside ^ change
        if change or value == 0:
            starts.append((version, value))
            covers.append(inside)
    return starts, covers


def _last(starts: list[tuple[int, int]], at: int) -> int:
    version, _ = starts[at]
    following = starts[at + 1] if at + 1 < len(starts) else None
    return following[1] - 1 if following and following[0] == version else _SIZE[version] - 1


def parse(address: str) -> tuple[int, int] | None:
    """Version and value of an address as text; None when it is not one, so that it matches no block."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return parsed.version, int(parsed)


def merged(ranges: Iterable[AddressRange]) -> tuple[AddressRange, ...]:
    """Maximal ranges that hold the same addresses, IPv4 first, then by address."""
    result: list[AddressRange] = []
    for item in sorted(ranges):
        before = result[-1] if result else None
        if before and before.version == item.version and item.first <= before.last + 1:
            result[-1] = AddressRange(item.version, before.first, max(before.last, item.last))
        else:
            result.append(item)
    return tuple(result)
