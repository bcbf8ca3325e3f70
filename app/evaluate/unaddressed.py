"""Pods whose addresses are not known, such as those of a template: what an address block may hold of them.

Such a pod has some address, of a family that pods or nodes here are seen to have; IPv4 where none is seen. In IPv4 it is a
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
from app.model.inventory import Inventory
from app.model.policy import AddressRange

EVERY_ADDRESS: Block = (AddressRange(4, 0, 2**32 - 1), AddressRange(6, 0, 2**128 - 1))
_UNLESS_SAID = 4  # the family of a cluster


@dataclass(frozen=True, slots=True)
class Unaddressed:
    """Classes whose addresses are not known, and what addresses they can have.

    Attributes:
        guests: those on the pod network.
        hosts: those on their node's network.
        pod_ranges: where addresses of the pod network can be.
        ranges: where addresses of nodes can be.
    """

    guests: int
    hosts: int
    pod_ranges: Block
    ranges: Block

    @classmethod
    def of(cls, classes: Sequence[PodClass], inventory: Inventory) -> "Unaddressed":
        """Find them; what they can have is only worked out where there are any."""
        numbers = [number for number, item in enumerate(classes) if item.unaddressed]
        hosts = as_set(number for number in numbers if classes[number].host_network)
        guests = as_set(number for number in numbers if not classes[number].host_network)
        if not numbers:
            return cls(0, 0, (), ())
        pods = _addresses(text for pod in inventory.pods if not pod.host_network for text in pod.ips)
        others = _addresses(text for pod in inventory.pods if pod.host_network for text in pod.ips)
        nodes = _addresses(text for node in inventory.nodes for text in node.addresses)
        families = {version for version, _ in pods | others | nodes} or {_UNLESS_SAID}
        ranges, private = (_of_families(block, families) for block in (_UNICAST, _INSIDE))
        given = merged(found for node in inventory.nodes for text in node.pod_cidrs for found in _range(text))
        if pods and _all_within(given, pods):
            return cls(guests, hosts, given, ranges)
        return cls(guests, hosts, private if _all_within(private, pods) else ranges, ranges)

    def held(self, block: Block) -> tuple[int, int]:
        """Classes that a block holds for certain, and those that it may hold, the former included."""
        return self._held(block, self.guests, self.pod_ranges, self.hosts)

    def held_on_nodes(self, block: Block) -> tuple[int, int]:
        """The same of a block that is compared with nodes alone."""
        return self._held(block, 0, (), self.hosts)

    def _held(self, block: Block, guests: int, pod_ranges: Block, hosts: int) -> tuple[int, int]:
        whole = merged(block)
        sure, perhaps = 0, 0
        for classes, possible in ((guests, pod_ranges), (hosts, self.ranges)):
            if classes and any(_touches(whole, item) for item in possible):
                perhaps |= classes
                sure |= classes if all(_holds(whole, item) for item in possible) else 0
        return sure, perhaps


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
