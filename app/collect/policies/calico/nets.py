"""`nets` → address ranges. An entry is a CIDR or one address; host bits are masked, as Calico does."""

import ipaddress
from collections.abc import Iterable
from typing import Literal

from app.collect.invalid import Violation
from app.model.policy import AddressMatch, AddressPeer, AddressRange, OtherPeer, Peer

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Version = Literal[4, 6]

_EVERY_V6 = AddressPeer((AddressRange(6, 0, (1 << 128) - 1),), "::/0", AddressMatch.ANYONE)


def ranges(nets: Iterable[str], path: str, found: list[Violation]) -> tuple[AddressRange, ...]:
    """Sorted, disjoint ranges that hold the same addresses; violations are appended to `found` under `path`."""
    networks = [net for index, text in enumerate(nets) if (net := _network(text, f"{path}[{index}]", found))]
    return merged(
        AddressRange(net.version, int(net.network_address), int(net.broadcast_address)) for net in networks
    )


def merged(of: Iterable[AddressRange]) -> tuple[AddressRange, ...]:
    """Sorted, disjoint, non-adjacent ranges that hold the same addresses."""
    result: list[AddressRange] = []
    for item in sorted(of):
        last = result[-1] if result else None
        if last and last.version == item.version and item.first <= last.last + 1:
            result[-1] = AddressRange(item.version, last.first, max(last.last, item.last))
        else:
            result.append(item)
    return tuple(result)


def address_peer(of: tuple[AddressRange, ...], text: str) -> AddressPeer:
    """Whoever has one of these addresses: pods, nodes and addresses outside the cluster alike."""
    return AddressPeer(of, text, AddressMatch.ANYONE)


def only(version: Version) -> Peer:
    """Ends met over one address family. A pod whose address is not known is taken to have an IPv4 one.

    That is the family a cluster has unless it says otherwise; so IPv4 is written as "not IPv6".
    """
    return OtherPeer(_EVERY_V6) if version == 4 else _EVERY_V6  # noqa: PLR2004  IP version


def families(of: Iterable[AddressRange]) -> frozenset[Version]:
    """Address families that occur."""
    return frozenset(item.version for item in of)


def _network(text: str, path: str, found: list[Violation]) -> Network | None:
    try:
        if "%" in text:
            raise ValueError  # noqa: TRY301  a scoped address, which Python reads
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        found.append(Violation(path, f"`{text}` is not a CIDR such as 10.0.0.0/8, nor an address"))
        return None
