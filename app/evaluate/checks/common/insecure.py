"""Services that count as insecure: a short list of ports of our own, and what the entity adds to it or mitigates."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from functools import cached_property

from app.model.approval import unapproved
from app.model.connections import Connections, PortSet, Protocol
from app.model.facts import Facts
from app.model.registers import InsecureService

_TCP, _UDP = Protocol.TCP, Protocol.UDP
# IANA Service Name and Transport Protocol Port Number Registry: protocols that send credentials or data in clear text.
KNOWN: tuple[tuple[str, Protocol, int, int], ...] = (
    ("FTP", _TCP, 20, 21),
    ("Telnet", _TCP, 23, 23),
    ("TFTP", _UDP, 69, 69),
    ("POP3", _TCP, 110, 110),
    ("NetBIOS", _TCP, 139, 139),
    ("IMAP", _TCP, 143, 143),
    ("SNMP", _UDP, 161, 162),
    ("LDAP", _TCP, 389, 389),
    ("rexec, rlogin and rsh", _TCP, 512, 514),
)


@dataclass(frozen=True, slots=True)
class Classified:
    """One service on the list, and the entry that says what makes it safe at one place; None where nothing does."""

    service: str
    ports: Connections


@dataclass(frozen=True)
class Insecure:
    """The list as it holds on the day of a scan."""

    listed: tuple[Classified, ...]
    mitigated: tuple[InsecureService, ...]

    @classmethod
    def of(cls, facts: Facts) -> "Insecure":
        """Our own list, and the entity's register; only approved entries mitigate, and every entry classifies."""
        register, day = facts.registers.insecure_services or (), facts.at.astimezone(UTC).date()
        own = (
            Classified(name, Connections.of({protocol: PortSet.of([(first, last)])}))
            for name, protocol, first, last in KNOWN
        )
        added = (Classified(item.service, item.ports) for item in register)
        counting = (item for item in register if item.mitigation and not unapproved(item, day))
        return cls((*own, *added), tuple(counting))

    @cached_property
    def ports(self) -> Connections:
        """All ports on the list."""
        return _union(item.ports for item in self.listed)

    def called(self, wanted: Connections) -> tuple[str, ...]:
        """Names of the services on these ports."""
        return tuple(dict.fromkeys(item.service for item in self.listed if item.ports & wanted))

    def mitigation(self, names: frozenset[str], wanted: Connections) -> tuple[tuple[str, ...], Connections]:
        """Ids of the entries that make some of these ports safe at a place of these names, and the ports left."""
        used = [item for item in self.mitigated if item.ports & wanted and item.destination in (names | {""})]
        return tuple(item.id for item in used), wanted - _union(item.ports for item in used)


def _union(sets: Iterable[Connections]) -> Connections:
    found = Connections()
    for item in sets:
        found |= item
    return found
