"""`ipBlock` and CIDRs → sorted, disjoint address ranges.

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
    return AddressPeer(ranges_of(outer, holes), _text(block))


def network(text: str, path: str, found: list[Violation]) -> Network | None:
    """Read one CIDR; a violation is appended to `found` under `path`."""
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


def ranges_of(outer: Network, holes: Iterable[Network]) -> tuple[AddressRange, ...]:
    """`outer` without `holes`, from left to right."""
    version: Literal[4, 6] = outer.version
    first, last = _bounds(outer)
    found: list[AddressRange] = []
    for start, end in sorted(_bounds(hole) for hole in holes):
        if start > first:
            found.append(AddressRange(version, first, start - 1))
        first = max(first, end + 1)
    if first <= last:
        found.append(AddressRange(version, first, last))
    return tuple(found)


def united(ranges: Iterable[AddressRange]) -> tuple[AddressRange, ...]:
    """Ranges that hold the same addresses, sorted and disjoint."""
    result: list[AddressRange] = []
    for item in sorted(ranges):
        before = result[-1] if result else None
        if before and before.version == item.version and item.first <= before.last + 1:
            result[-1] = AddressRange(item.version, before.first, max(before.last, item.last))
        else:
            result.append(item)
    return tuple(result)


def _bounds(network: Network) -> tuple[int, int]:
    return int(network.network_address), int(network.broadcast_address)


def _text(block: wire.IPBlock) -> str:
    return f"{block.cidr} except {', '.join(block.except_)}" if block.except_ else block.cidr
