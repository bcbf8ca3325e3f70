"""Parts of one rule that hold on different conditions.

`toFQDNs` beside nothing else, an HTTP rule on one of two ports: what is certain and what is conditional stand in one rule
of Cilium, and in several of the normal form.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from app.collect.addresses import everywhere
from app.model.policy import AddressMatch, AddressPeer, AddressRange, Peer, PolicyPort

EVERY_ADDRESS = everywhere()


@dataclass(frozen=True, slots=True)
class PeerPart:
    """Peers that one field names; `peers` None is anyone, empty is no one. `path` is the field."""

    path: str
    peers: tuple[Peer, ...] | None
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PortPart:
    """Ports that one field names; `ports` None is every port, empty is none of TCP, UDP and SCTP."""

    path: str
    ports: tuple[PolicyPort, ...] | None
    conditions: tuple[str, ...] = ()


def outside(text: str, ranges: tuple[AddressRange, ...] = EVERY_ADDRESS) -> AddressPeer:
    """Addresses outside the cluster; Cilium never compares a pod or, by default, a node with a CIDR."""
    return AddressPeer(ranges, text, AddressMatch.OUTSIDE)


def nodes(text: str) -> AddressPeer:
    """Every node of the cluster, and what runs in its network."""
    return AddressPeer(EVERY_ADDRESS, text, AddressMatch.NODES)


def joined_peers(parts: Iterable[PeerPart]) -> tuple[PeerPart, ...]:
    """One part for each set of conditions, in order of first appearance, each at the place of its first field."""
    groups: dict[tuple[str, ...], list[PeerPart]] = {}
    for part in parts:
        groups.setdefault(part.conditions, []).append(part)
    return tuple(
        PeerPart(group[0].path, _any_of(part.peers for part in group), conditions)
        for conditions, group in groups.items()
    )


def joined_ports(parts: Iterable[PortPart]) -> tuple[PortPart, ...]:
    """Likewise for ports."""
    groups: dict[tuple[str, ...], list[PortPart]] = {}
    for part in parts:
        groups.setdefault(part.conditions, []).append(part)
    return tuple(
        PortPart(group[0].path, _union(part.ports for part in group), conditions)
        for conditions, group in groups.items()
    )


def _any_of(peers: Iterable[tuple[Peer, ...] | None]) -> tuple[Peer, ...] | None:
    found: list[Peer] = []
    for some in peers:
        if some is None:
            return None
        found += some
    return tuple(dict.fromkeys(found))


def _union(ports: Iterable[tuple[PolicyPort, ...] | None]) -> tuple[PolicyPort, ...] | None:
    found: list[PolicyPort] = []
    for some in ports:
        if some is None:
            return None
        found += some
    return tuple(dict.fromkeys(found))
