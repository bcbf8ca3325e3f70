"""Which addresses are public, and the little algebra of address ranges that checks need."""

from collections.abc import Iterable
from functools import reduce
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Literal

from app.model.policy import AddressMatch, AddressPeer, AddressRange, AnyPeer, EveryPeer, OtherPeer, Peer
from app.model.scope import Scope

Version = Literal[4, 6]

VERSIONS: tuple[Version, ...] = (4, 6)
_BITS = {4: 32, 6: 128}

# Addresses that nobody on the internet has. Source: IANA special-purpose address registries (RFC 6890).
_SPECIAL = (
    "0.0.0.0/8",  # this network, RFC 791
    "10.0.0.0/8",  # private, RFC 1918
    "100.64.0.0/10",  # carrier-grade NAT, RFC 6598
    "127.0.0.0/8",  # loopback, RFC 1122
    "169.254.0.0/16",  # link-local, RFC 3927
    "172.16.0.0/12",  # private, RFC 1918
    "192.0.0.0/24",  # protocol assignments, RFC 6890
    "192.0.2.0/24",  # documentation, RFC 5737
    "192.168.0.0/16",  # private, RFC 1918
    "198.18.0.0/15",  # benchmarking, RFC 2544
    "198.51.100.0/24",  # documentation, RFC 5737
    "203.0.113.0/24",  # documentation, RFC 5737
    "224.0.0.0/4",  # multicast, RFC 5771
    "240.0.0.0/4",  # reserved and limited broadcast, RFC 1112 and RFC 919
    "::/128",  # unspecified, RFC 4291
    "::1/128",  # loopback, RFC 4291
    "::ffff:0:0/96",  # IPv4-mapped, RFC 4291
    "64:ff9b:1::/48",  # local-use translation, RFC 8215
    "100::/64",  # discard, RFC 6666
    "2001:db8::/32",  # documentation, RFC 3849
    "3fff::/20",  # documentation, RFC 9637
    "fc00::/7",  # unique local, RFC 4193
    "fe80::/10",  # link-local, RFC 4291
    "ff00::/8",  # multicast, RFC 4291
)


def range_of(network: str) -> AddressRange:
    """An address or a block in CIDR form as a range."""
    parsed: IPv4Network | IPv6Network = ip_network(network)
    return AddressRange(parsed.version, int(parsed.network_address), int(parsed.broadcast_address))


def everything(version: Version) -> tuple[AddressRange, ...]:
    """Every address of a family."""
    return (AddressRange(version, 0, (1 << _BITS[version]) - 1),)


def untrusted(scope: Scope) -> tuple[AddressRange, ...]:
    """Untrusted networks: those that the scope file names, else every address that is neither private nor special."""
    return merged(scope.untrusted) if scope.untrusted else PUBLIC


def merged(ranges: Iterable[AddressRange]) -> tuple[AddressRange, ...]:
    """The same addresses in maximal ranges, IPv4 first, then by address."""
    result: list[AddressRange] = []
    for item in sorted(ranges):
        last = result[-1] if result else None
        if last and last.version == item.version and item.first <= last.last + 1:
            result[-1] = AddressRange(item.version, last.first, max(last.last, item.last))
        else:
            result.append(item)
    return tuple(result)


def without(ranges: Iterable[AddressRange], holes: Iterable[AddressRange]) -> tuple[AddressRange, ...]:
    """Addresses of `ranges` that are not in `holes`."""
    left = list(merged(ranges))
    for hole in holes:
        left = [part for item in left for part in _cut(item, hole)]
    return tuple(left)


def common(one: Iterable[AddressRange], other: Iterable[AddressRange]) -> tuple[AddressRange, ...]:
    """Addresses that both hold."""
    other = merged(other)
    return merged(
        AddressRange(a.version, max(a.first, b.first), min(a.last, b.last))
        for a in merged(one)
        for b in other
        if overlap(a, b)
    )


def named_by(peer: Peer) -> tuple[AddressRange, ...]:
    """Addresses that a peer names by themselves, pods or not; none where it asks for labels as well."""
    match peer:
        case AddressPeer():
            return () if peer.match is AddressMatch.NODES else peer.ranges
        case AnyPeer():
            return merged(item for part in peer.parts for item in named_by(part))
        case EveryPeer():
            sets = [named_by(part) for part in peer.parts]
            return reduce(common, sets) if sets else ()
        case OtherPeer(AddressPeer() as part):
            return without((*everything(4), *everything(6)), part.ranges)
        case _:
            return ()


def overlap(one: AddressRange, other: AddressRange) -> bool:
    """True when they share an address."""
    return one.version == other.version and one.first <= other.last and other.first <= one.last


def of_version(ranges: Iterable[AddressRange], version: Version) -> tuple[AddressRange, ...]:
    """Ranges of one family."""
    return tuple(item for item in ranges if item.version == version)


def size(ranges: Iterable[AddressRange]) -> int:
    """Number of addresses in disjoint ranges."""
    return sum(item.last - item.first + 1 for item in ranges)


def wider_than(ranges: Iterable[AddressRange], version: Version, prefix: int) -> bool:
    """True when disjoint ranges hold more addresses of a family than one block of this prefix length does."""
    return size(of_version(ranges, version)) > 1 << (_BITS[version] - prefix)


def text(item: AddressRange) -> str:
    """Write `FIRST-LAST`, or the one address."""
    make = IPv4Address if item.version == 4 else IPv6Address  # noqa: PLR2004  IP version
    first, last = make(item.first), make(item.last)
    return str(first) if first == last else f"{first}-{last}"


def _cut(item: AddressRange, hole: AddressRange) -> Iterable[AddressRange]:
    if not overlap(item, hole):
        yield item
        return
    if item.first < hole.first:
        yield AddressRange(item.version, item.first, hole.first - 1)
    if hole.last < item.last:
        yield AddressRange(item.version, hole.last + 1, item.last)


PUBLIC = without((*everything(4), *everything(6)), tuple(range_of(block) for block in _SPECIAL))
