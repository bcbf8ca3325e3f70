"""Sets of transport ports, and their algebra. Immutable; every operation returns a new set.

Ports are 1 to 65535 and intervals are closed, as in the Kubernetes NetworkPolicy API (`port`, `endPort`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

FIRST_PORT = 1
LAST_PORT = 65535


class Protocol(StrEnum):
    """Transport protocols that NetworkPolicy knows; others are left to the data plane by the API."""

    TCP = "TCP"
    UDP = "UDP"
    SCTP = "SCTP"


_PROTOCOLS = tuple(Protocol)  # walking through an enumeration costs more than what is done with each of these


@dataclass(frozen=True, slots=True, order=True)
class PortSet:
    """Sorted, disjoint, non-adjacent closed intervals of ports. Build with `of`, never by hand."""

    intervals: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, intervals: Iterable[tuple[int, int]]) -> Self:
        """Normalise any intervals; what lies outside 1–65535 is cut off, an empty interval is dropped."""
        merged: list[tuple[int, int]] = []
        for first, last in sorted((max(a, FIRST_PORT), min(b, LAST_PORT)) for a, b in intervals):
            if first > last:
                continue
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], last))
            else:
                merged.append((first, last))
        return cls(tuple(merged))

    @classmethod
    def all(cls) -> Self:
        """Every port."""
        return cls(((FIRST_PORT, LAST_PORT),))

    def __bool__(self) -> bool:
        """True when at least one port is in the set."""
        return bool(self.intervals)

    def __contains__(self, port: int) -> bool:
        """True when the port is in the set."""
        return any(first <= port <= last for first, last in self.intervals)

    def __len__(self) -> int:
        """Number of ports."""
        return sum(last - first + 1 for first, last in self.intervals)

    def __or__(self, other: Self) -> Self:
        """Union."""
        return self.of((*self.intervals, *other.intervals))

    def __and__(self, other: Self) -> Self:
        """Intersection."""
        return self.of((max(a, c), min(b, d)) for a, b in self.intervals for c, d in other.intervals)

    def __sub__(self, other: Self) -> Self:
        """Difference."""
        return self & other.complement()

    def complement(self) -> Self:
        """Every port that is not in the set."""
        edges = [FIRST_PORT - 1, *(edge for interval in self.intervals for edge in interval), LAST_PORT + 1]
        return self.of((edges[i] + 1, edges[i + 1] - 1) for i in range(0, len(edges), 2))

    def __str__(self) -> str:
        """Write `80, 443, 8000–8010`, or `all ports`."""
        if self.intervals == ((FIRST_PORT, LAST_PORT),):
            return "all ports"
        return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in self.intervals)


@dataclass(frozen=True, slots=True)
class Connections:
    """Ports by protocol; a protocol without ports is absent, so equal sets are equal values."""

    ports: tuple[tuple[Protocol, PortSet], ...] = ()

    @classmethod
    def of(cls, ports: Mapping[Protocol, PortSet]) -> Self:
        """Build from a mapping; empty sets are dropped; order is TCP, UDP, SCTP."""
        return cls(tuple((protocol, ports[protocol]) for protocol in _PROTOCOLS if ports.get(protocol)))

    @classmethod
    def all(cls) -> Self:
        """Every port of every protocol."""
        return cls(tuple((protocol, PortSet.all()) for protocol in _PROTOCOLS))

    def on(self, protocol: Protocol) -> PortSet:
        """Ports of one protocol."""
        return next((ports for name, ports in self.ports if name is protocol), PortSet())

    def allows(self, protocol: Protocol, port: int) -> bool:
        """True when this port of this protocol is in the set."""
        return port in self.on(protocol)

    def __bool__(self) -> bool:
        """True when at least one port is in the set."""
        return bool(self.ports)

    def __or__(self, other: Self) -> Self:
        """Union."""
        if not other.ports or self.ports == other.ports:
            return self
        return self.of({p: self.on(p) | other.on(p) for p in _PROTOCOLS})

    def __and__(self, other: Self) -> Self:
        """Intersection."""
        if not self.ports or self.ports == other.ports:
            return self
        return self.of({p: self.on(p) & other.on(p) for p in _PROTOCOLS})

    def __sub__(self, other: Self) -> Self:
        """Difference."""
        if not self.ports or not other.ports:
            return self
        return self.of({p: self.on(p) - other.on(p) for p in _PROTOCOLS})

    @property
    def is_all(self) -> bool:
        """True when nothing is restricted."""
        return self.ports == self.all().ports

    def to_json(self) -> dict[str, list[list[int]]]:
        """Shape of the `reach` contract: `{"TCP": [[80, 80]]}`."""
        return {protocol.value: [[a, b] for a, b in ports.intervals] for protocol, ports in self.ports}

    def __str__(self) -> str:
        """Write `TCP 80, 443 · UDP 53`, or `all connections`."""
        if self.is_all:
            return "all connections"
        return " · ".join(f"{protocol} {ports}" for protocol, ports in self.ports) or "no connection"
