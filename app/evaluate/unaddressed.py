"""Pods whose addresses are not known, such as those of a template: what an address block may hold of them.

Such a pod has some address, of the families that its like are seen to have (see `families`). In IPv4 it is a
private one unless a pod is seen with another: both are what a cluster has unless it says otherwise. It is in one of the
ranges that nodes give to their pods where every pod whose address is known keeps to these. So a block that holds all
addresses that it can have holds the pod, one that holds none does not, and any other may.

Sources: RFC 1918, RFC 6598 and RFC 2544 for what is used inside alone; RFC 6890 for what no interface is given (loopback,
link-local, multicast and reserved addresses).
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Literal

from app.evaluate.addresses import Block, merged, parse
from app.evaluate.bits import as_set
from app.evaluate.classes import PodClass
from app.evaluate.families import Families
from app.model.inventory import Inventory
from app.model.policy import AddressRange

EVERY_ADDRESS: Block = (AddressRange(4, 0, 2**32 - 1), AddressRange(6, 0, 2**128 - 1))


@dataclass(frozen=True, slots=True)
class Unaddressed:
    """Classes whose addresses are not known, and what addresses they can have.

    Attributes:
        guests: those on the pod network, and where their addresses can be.
        hosts: those on their node's network, likewise.
    """

    guests: "_Kind"
    hosts: "_Kind"

    @classmethod
    def of(cls, classes: Sequence[PodClass], inventory: Inventory) -> "Unaddressed":
        """Find them; what they can have is only worked out where there are any."""
        numbers = [number for number, item in enumerate(classes) if item.unaddressed]
        if not numbers:
            return cls(NONE, NONE)
        hosts = as_set(number for number in numbers if classes[number].host_network)
        guests = as_set(number for number in numbers if not classes[number].host_network)
        families = Families.of(inventory)
        return cls(
            _Kind(guests, _of_pods(inventory, families), apart=families.guests.all_of_them),
            _Kind(hosts, _of_families(_UNICAST, families.hosts.possible), apart=families.hosts.all_of_them),
        )

    def held(self, block: Block, family: int | None) -> tuple[int, int]:
        """Classes that a block holds for certain, and those that it may hold, the former included.

        Args:
            block: the addresses.
            family: that over which ends meet; None where there is only one, or where they share none.
        """
        one, other = self.guests.held(block, family), self.hosts.held(block, family)
        return one[0] | other[0], one[1] | other[1]

    def held_on_nodes(self, block: Block, family: int | None) -> tuple[int, int]:
        """The same of a block that is compared with nodes alone."""
        return self.hosts.held(block, family)


@dataclass(frozen=True, slots=True)
class _Kind:
    """Classes whose addresses can be in the same ranges; `apart`: each has an address of every family in them."""

    classes: int
    ranges: Block
    apart: bool

    def held(self, block: Block, family: int | None) -> tuple[int, int]:
        if not self.classes:
            return 0, 0
        whole, possible = merged(block), self._over(family)
        if not any(_touches(whole, item) for item in possible):
            return 0, 0
        return self.classes if all(_holds(whole, item) for item in possible) else 0, self.classes

    def _over(self, family: int | None) -> Block:
        """Where the address can be that counts; one of any family where it may have no other."""
        if family is None or not self.apart:
            return self.ranges
        return tuple(item for item in self.ranges if item.version == family)


NONE = _Kind(0, (), apart=True)


def _of_pods(inventory: Inventory, families: Families) -> Block:
    """Where addresses of the pod network can be."""
    pods = _addresses(text for pod in inventory.pods if not pod.host_network for text in pod.ips)
    ranges, private = (_of_families(block, families.guests.possible) for block in (_UNICAST, _INSIDE))
    given = merged(found for node in inventory.nodes for text in node.pod_cidrs for found in _range(text))
    if pods and _all_within(given, pods):
        return _of_families(given, families.guests.possible)
    return private if _all_within(private, pods) else ranges


def _addresses(texts: Iterable[str]) -> set[tuple[int, int]]:
    return {address for text in texts if (address := parse(text))}


def _family(version: int) -> Literal[4, 6]:
    return 4 if version == 4 else 6  # noqa: PLR2004  IP version


def _range(cidr: str) -> tuple[AddressRange, ...]:
    """Addresses of a range as text; none where it is not one."""
    try:
        network = ip_network(cidr, strict=False)
    except ValueError:
        return ()
    return (AddressRange(_family(network.version), int(network[0]), int(network[-1])),)


def _read(*cidrs: str) -> Block:
    return merged(item for text in cidrs for item in _range(text))


_V6 = _read("2000::/3", "fc00::/7")
_INSIDE: Block = (
    *_read("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15"),
    *_V6,
)
_UNICAST: Block = (
    AddressRange(4, 1 << 24, (127 << 24) - 1),
    AddressRange(4, 128 << 24, (169 << 24) + (254 << 16) - 1),
    AddressRange(4, (169 << 24) + (255 << 16), (224 << 24) - 1),
    *_V6,
)


def _of_families(block: Block, families: Container[int]) -> Block:
    return tuple(item for item in block if item.version in families)


def _all_within(block: Block, addresses: Iterable[tuple[int, int]]) -> bool:
    return all(_holds(block, AddressRange(_family(version), value, value)) for version, value in addresses)


def _holds(block: Block, wanted: AddressRange) -> bool:
    return any(
        item.version == wanted.version and item.first <= wanted.first and wanted.last <= item.last
        for item in block
    )


def _touches(block: Block, wanted: AddressRange) -> bool:
    return any(
        item.version == wanted.version and item.first <= wanted.last and wanted.first <= item.last
        for item in block
    )
