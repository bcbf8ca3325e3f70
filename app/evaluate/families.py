"""Address families of ends whose addresses are not known, told from those that are.

A pod on the pod network gets an address of every family that pods there show, one on its node's network those that nodes
show. Pods that have fewer are older than the others: Kubernetes leaves running pods as they are when a cluster becomes
dual-stack. Where none of a kind shows any, it may have some or all of the families that the other kind shows, and IPv4 in
a cluster that shows none at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from app.evaluate.addresses import parse
from app.model.inventory import Inventory

_UNLESS_SAID = frozenset({4})  # the family of a cluster
NOT_KNOWN: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Shown:
    """Families of an end of one kind whose address is not known.

    Attributes:
        possible: IP versions that it can have.
        all_of_them: it has each of these.
    """

    possible: frozenset[int]
    all_of_them: bool

    @property
    def certain(self) -> frozenset[int]:
        """Families that it has; empty when that cannot be said."""
        return self.possible if self.all_of_them else NOT_KNOWN


@dataclass(frozen=True, slots=True)
class Families:
    """Families of pods on the pod network, and of those on their node's network."""

    guests: Shown
    hosts: Shown

    @classmethod
    def of(cls, inventory: Inventory) -> "Families":
        """Read them from the addresses of pods and nodes."""
        guests = _versions(text for pod in inventory.pods if not pod.host_network for text in pod.ips)
        hosts = _versions(text for pod in inventory.pods if pod.host_network for text in pod.ips)
        hosts |= _versions(text for node in inventory.nodes for text in node.addresses)
        anywhere = guests | hosts or _UNLESS_SAID
        return cls(_shown(guests, anywhere), _shown(hosts, anywhere))

    def certain(self, *, host_network: bool) -> frozenset[int]:
        """Families of a pod whose address is not known; empty when that cannot be said."""
        return (self.hosts if host_network else self.guests).certain


def _shown(found: frozenset[int], anywhere: frozenset[int]) -> Shown:
    return Shown(found or anywhere, all_of_them=bool(found) or len(anywhere) == 1)


def _versions(addresses: Iterable[str]) -> frozenset[int]:
    return frozenset(address[0] for text in addresses if (address := parse(text)))
