"""`ipBlock`, CIDRs and single addresses → sorted, disjoint address ranges.

Host bits of a CIDR are masked, as the API server and every data plane do. `except` must be a strict subset of `cidr`
(Kubernetes `pkg/apis/networking/validation`, ValidateIPBlock).
"""

import ipaddress
from collections.abc import Iterable
from typing import Literal

from app.collect.invalid import Violation
from app.collect.wire import policies as wire
from app.model.policy import AddressPeer, AddressRange

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def ip_block(block: wire.IPBlock, path: str, found: list[Violation]) -> AddressPeer | None:
    """Read one block; violations are appended to `found` under `path`."""
    outer = network(block.cidr, f"{path}.cidr", found)
    holes: list[Network] = []
    for index, text in enumerate(block.except_ or ()):
        where = f"{path}.except[{index}]"
        hole = network(text, where, found)
        if hole is None or outer is None:
            continue
        if not _strictly_within(hole, outer):
            found.append(Violation(where, f"`{text}` is not a strict subset of `{block.cidr}`"))
        holes.append(hole)
    if outer is None:
        return None
    return AddressPeer(_ranges(outer, holes), _text(block))


def cidrs(texts: Iterable[str], path: str, found: list[Violation]) -> tuple[AddressRange, ...]:
    """Read a list of CIDRs as one set of addresses."""
    read = (network(text, f"{path}[{index}]", found) for index, text in enumerate(texts))
    return merged(range_of(item) for item in read if item is not None)


def single(texts: Iterable[str]) -> tuple[AddressRange, ...]:
    """Read single addresses; what is none (a host name) is left out."""
    found: list[AddressRange] = []
    for text in texts:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            continue
        found.append(AddressRange(address.version, int(address), int(address)))
    return merged(found)


def everywhere() -> tuple[AddressRange, ...]:
    """Every address of both families."""
    return (AddressRange(4, 0, 2**32 - 1), AddressRange(6, 0, 2**128 - 1))


def merged(ranges: Iterable[AddressRange]) -> tuple[AddressRange, ...]:
    """Sort ranges and join those that overlap or touch."""
    joined: list[AddressRange] = []
    for item in sorted(ranges):
        last = joined[-1] if joined else None
        if last is not None and last.version == item.version and item.first <= last.last + 1:
            joined[-1] = AddressRange(item.version, last.first, max(last.last, item.last))
        else:
            joined.append(item)
    return tuple(joined)


def network(text: str, path: str, found: list[Violation]) -> Network | None:
    """Read one CIDR; None, with a violation, when it is none."""
    address, slash, length = text.partition("/")
    try:
        if not (slash and length.isascii() and length.isdigit()) or "%" in address:
            raise ValueError  # noqa: TRY301 (a mask or a bare address, which Python accepts and the API does not)
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        found.append(Violation(path, f"`{text}` is not a CIDR such as 10.0.0.0/8 or 2001:db8::/32"))
        return None


def _strictly_within(inner: Network, outer: Network) -> bool:
    if inner.version != outer.version:
        return False
    return inner.prefixlen > outer.prefixlen and inner.network_address in outer


def _ranges(outer: Network, holes: Iterable[Network]) -> tuple[AddressRange, ...]:
    """`outer` without `holes`, from left to right."""
    version: Literal[4, 6] = outer.version
    first, last = _bounds(outer)
    ranges: list[AddressRange] = []
    for start, end in sorted(_bounds(hole) for hole in holes):
        if start > first:
            ranges.append(AddressRange(version, first, start - 1))
        first = max(first, end + 1)
    if first <= last:
        ranges.append(AddressRange(version, first, last))
    return tuple(ranges)


def range_of(network: Network) -> AddressRange:
    """One CIDR as a range."""
    return AddressRange(network.version, *_bounds(network))


def _bounds(network: Network) -> tuple[int, int]:
    return int(network.network_address), int(network.broadcast_address)


def _text(block: wire.IPBlock) -> str:
    return f"{block.cidr} except {', '.join(block.except_)}" if block.except_ else block.cidr
