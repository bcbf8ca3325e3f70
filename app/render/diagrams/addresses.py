"""Addresses outside the cluster in few words, and which of them a workload may hear from or speak to."""

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from ipaddress import IPv4Address, IPv6Address, summarize_address_range
from operator import and_
from typing import Final

from app.model.connections import Connections
from app.model.policy import AddressRange, Direction
from app.model.reachability import Reachability
from app.render.wording import count

ANYWHERE: Final = "Any address"
SOME: Final = "Addresses that policies name"
MOST_ASKED: Final = 100_000
"""Pairs of a workload and a range that are looked at; above, ranges are not told apart."""

_FEW: Final = 2
_LAST: Final = {4: 2**32 - 1, 6: 2**128 - 1}


class Outside:
    """Tells which addresses outside a workload may exchange traffic with, as far as its own policies go.

    Args:
        engine: the engine that is asked.
    """

    def __init__(self, engine: Reachability) -> None:
        self._engine = engine
        self._ranges = tuple((item.id, item.range) for item in engine.externals)
        self._words: dict[tuple[AddressRange, ...], str] = {}
        self._asked = 0

    def of(self, workload: str, direction: Direction) -> Iterator[tuple[str, Connections]]:
        """Ranges in words with their ports: any address first."""
        self._asked += len(self._ranges)
        if self._asked > MOST_ASKED:
            yield from self._roughly(workload, direction)
            return
        found = [(addresses, self._between(name, workload, direction)) for name, addresses in self._ranges]
        every = reduce(and_, (ports for _, ports in found), Connections.all() if found else Connections())
        if every:
            yield ANYWHERE, every
        groups: dict[Connections, list[AddressRange]] = {}
        for addresses, ports in found:
            if more := ports - every if every else ports:
                groups.setdefault(more, []).append(addresses)
        yield from sorted(((self._told(tuple(ranges)), ports) for ports, ranges in groups.items()), key=str)

    def _between(self, outside: str, workload: str, direction: Direction) -> Connections:
        ends = (outside, workload) if direction is Direction.INGRESS else (workload, outside)
        return self._engine.between(*ends)

    def _told(self, ranges: tuple[AddressRange, ...]) -> str:
        if ranges not in self._words:
            self._words[ranges] = range_words(ranges)
        return self._words[ranges]

    def _roughly(self, workload: str, direction: Direction) -> Iterator[tuple[str, Connections]]:
        """Without telling ranges apart."""
        found = self._engine.open_to(workload, direction).outside
        if found.every:
            yield ANYWHERE, found.every
        if rest := found.some - found.every:
            yield SOME, rest


def range_words(ranges: Iterable[AddressRange]) -> str:
    """A set of addresses as blocks, as everything but a few blocks, or as its size and first block."""
    joined = _joined(ranges)
    if len(blocks := _blocks(joined)) <= _FEW:
        return ", ".join(blocks)
    versions = {item.version for item in joined}
    holes = _blocks(hole for version in sorted(versions) for hole in _holes(joined, version))
    if len(holes) <= _FEW:
        family = " or ".join(f"IPv{version}" for version in sorted(versions))
        return f"Any {family} address except {', '.join(holes)}" if holes else ANYWHERE
    first, more = _span(joined[0]), len(joined) - 1
    return f"{first} and {count(more, 'more range')}" if more else first


def _joined(ranges: Iterable[AddressRange]) -> list[AddressRange]:
    result: list[AddressRange] = []
    for item in sorted(ranges):
        last = result[-1] if result else None
        if last and last.version == item.version and item.first <= last.last + 1:
            result[-1] = AddressRange(item.version, last.first, max(last.last, item.last))
        else:
            result.append(item)
    return result


def _holes(ranges: Sequence[AddressRange], version: int) -> Iterator[AddressRange]:
    start = 0
    for item in ranges:
        if item.version == version:
            if item.first > start:
                yield AddressRange(item.version, start, item.first - 1)
            start = item.last + 1
    if start <= _LAST[version]:
        yield AddressRange(4 if version == 4 else 6, start, _LAST[version])  # noqa: PLR2004  IP version


def _blocks(ranges: Iterable[AddressRange]) -> list[str]:
    return [str(block) for item in ranges for block in summarize_address_range(*_ends(item))]


def _span(item: AddressRange) -> str:
    first, last = _ends(item)
    return str(first) if first == last else f"{first}–{last}"


def _ends(item: AddressRange) -> tuple[IPv4Address, IPv4Address] | tuple[IPv6Address, IPv6Address]:
    if item.version == 4:  # noqa: PLR2004  IP version
        return IPv4Address(item.first), IPv4Address(item.last)
    return IPv6Address(item.first), IPv6Address(item.last)
