"""`nets` → address ranges. An entry is a CIDR or one address; host bits are masked, as Calico does."""

from collections.abc import Iterable
from typing import Literal

from app.collect.addresses import merged, network
from app.collect.invalid import Violation
from app.model.policy import AddressMatch, AddressPeer, AddressRange, OtherPeer, Peer

Version = Literal[4, 6]

_EVERY_V6 = AddressPeer((AddressRange(6, 0, (1 << 128) - 1),), "::/0", AddressMatch.ANYONE)


def ranges(nets: Iterable[str], path: str, found: list[Violation]) -> tuple[AddressRange, ...]:
    """Sorted, disjoint ranges that hold the same addresses; violations are appended to `found` under `path`."""
    read = (network(_cidr(text), f"{path}[{index}]", found) for index, text in enumerate(nets))
    return merged(
        AddressRange(net.version, int(net.network_address), int(net.broadcast_address)) for net in read if net
    )


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


def _cidr(text: str) -> str:
    if "/" in text:
        return text
    return f"{text}/128" if ":" in text else f"{text}/32"
