"""Callers by what policies can tell apart: which patterns over identities and which addresses match them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from app.detect.meshes.common.texts import Patterns
from app.model.encryption import Known

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Caller:
    """A class of callers.

    Attributes:
        matched: (field, pattern) of every pattern over its identity that matches, supposing that it is authenticated.
        blocks: address blocks that hold all of its addresses.
        apart: address blocks that hold none of them; a block in neither may or may not match.
    """

    matched: frozenset[tuple[str, str]] = frozenset()
    blocks: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()

    def within(self, block: str) -> Known:
        """Whether its addresses are in a block."""
        if block in self.blocks:
            return Known.YES
        return Known.NO if block in self.apart else Known.UNKNOWN


ANYBODY = Caller()  # an address outside the cluster: nothing is known about it


@dataclass(frozen=True)
class Block:
    """Addresses of a network without some parts of it; holds nothing where it cannot be read."""

    network: Network
    without: tuple[Network, ...] = ()

    @classmethod
    def of(cls, cidr: str, without: Iterable[str] = ()) -> "Block | None":
        """Read a CIDR or a single address; None when it is neither."""
        try:
            return cls(
                ip_network(cidr, strict=False), tuple(ip_network(item, strict=False) for item in without)
            )
        except ValueError:
            return None

    def holds(self, address: str) -> bool:
        """Whether an address is in it."""
        value = ip_address(address)
        return value in self.network and not any(value in part for part in self.without)


@dataclass
class Callers:
    """Sorts callers into classes, numbered from 0; -1 is `ANYBODY`.

    Attributes:
        patterns: by field of an identity, the patterns that policies ask for.
        blocks: address blocks that policies ask for, by the text that stands for them; None for one that is unreadable.
    """

    patterns: Mapping[str, Patterns]
    blocks: Mapping[str, Block | None]
    found: dict[Caller, int] = field(default_factory=dict)

    @classmethod
    def of(cls, said: Mapping[str, Iterable[str]], blocks: Mapping[str, Block | None]) -> "Callers":
        """Collect what policies name, by field."""
        return cls({name: Patterns.of(values) for name, values in said.items()}, blocks)

    def number(self, names: Mapping[str, Iterable[str]], addresses: Iterable[str]) -> int:
        """The class of a caller, by its names in each field and its addresses; no address means that none is known."""
        caller = self._caller(names, tuple(addresses))
        return self.found.setdefault(caller, len(self.found))

    def _caller(self, names: Mapping[str, Iterable[str]], addresses: tuple[str, ...]) -> Caller:
        matched = frozenset(
            (name, pattern)
            for name, values in names.items()
            if name in self.patterns
            for pattern in self.patterns[name].matching(*values)
        )
        known = {text: block for text, block in self.blocks.items() if block} if addresses else {}
        inside = {text: [block.holds(item) for item in addresses] for text, block in known.items()}
        return Caller(
            matched,
            frozenset(text for text, found in inside.items() if all(found)),
            frozenset(text for text, found in inside.items() if not any(found)),
        )
