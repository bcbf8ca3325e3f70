"""NodeLocal DNSCache: a resolver on each node, on the node's network, at link-local addresses and often at those of the cluster's DNS Service.

What pods send there is, to most data planes, neither to a pod nor to a Service. Source: Kubernetes documentation, "Using NodeLocal
DNSCache in Kubernetes clusters"; the add-on's README (`cluster/addons/dns/nodelocaldns`), which says that policies then need a rule for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import pairwise
from typing import Any

from app.evaluate.checks.common.addresses import range_of
from app.evaluate.checks.common.outside import Outside
from app.evaluate.checks.common.resolvers import CACHE, RESOLVER_LABEL, Resolver
from app.model.connections import Connections
from app.model.facts import Facts
from app.model.fields import mapping, sequence
from app.model.policy import Direction
from app.model.reachability import Workload

Address = IPv4Address | IPv6Address

_DEFAULT = "169.254.20.10"
_FLAGS = ("-localip", "--localip")


@dataclass
class DnsCaches:
    """The caches of one cluster.

    Attributes:
        facts: what is known.
        found: those among the resolvers.
        addresses: where they answer on each node; empty where there is no cache.
    """

    facts: Facts
    resolvers: Sequence[Resolver]
    found: tuple[Resolver, ...] = field(init=False)
    addresses: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.found = tuple(item for item in self.resolvers if is_cache(item))
        said = {address for item in self.found for address in self._said(item.workload)}
        self.addresses = tuple(str(item) for item in sorted(said, key=_order)) or (
            (_DEFAULT,) if self.found else ()
        )
        wanted = [range_of(item) for item in self.addresses]
        self._outside = Outside(self.facts, wanted, Direction.EGRESS)

    def reached(self, workload: Workload) -> Connections:
        """Ports that a workload may open to some address at which they answer, as long as nodes are no addresses of their own."""
        allowed = Connections()
        for item in self._outside.opened(workload):
            allowed |= item.allowed
        return allowed

    def _said(self, workload: Workload) -> Iterator[Address]:
        """`-localip` of its containers."""
        for ref in workload.pod_refs:
            found = self.facts.snapshot.find(ref)
            spec = mapping(found.parsed().get("spec")) if found else {}
            template = mapping(mapping(spec.get("template")).get("spec"))
            for container in sequence((template or spec).get("containers")):
                yield from _local_addresses(mapping(container))


def is_cache(resolver: Resolver) -> bool:
    """True for NodeLocal DNSCache."""
    return resolver.workload.labels.get(RESOLVER_LABEL) == CACHE


def _local_addresses(container: Mapping[str, Any]) -> Iterator[Address]:
    words = [str(word) for part in ("command", "args") for word in sequence(container.get(part))]
    for word, following in pairwise([*words, ""]):
        name, equals, value = word.partition("=")
        if name in _FLAGS:
            found = map(_address, (value if equals else following).split(","))
            yield from (item for item in found if item is not None)


def _address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _order(item: Address) -> tuple[int, int]:
    return item.version, int(item)
