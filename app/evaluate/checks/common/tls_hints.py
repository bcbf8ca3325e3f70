"""Ports on which a program may ask for TLS itself: what is declared about them, and what only hints at it.

The cluster does not show what a program speaks. A signed entry of the scope file counts, as declared. A name, a number or a
probe's scheme never counts as TLS; it only makes "no encryption" less than certain.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC

from app.model.approval import unapproved
from app.model.connections import Connections, PortSet, Protocol
from app.model.facts import Facts
from app.model.inventory import ContainerPort, Service
from app.model.reachability import Workload
from app.model.scope import DeclaredTls

_NAMES = re.compile(r"https|tls|ssl|grpcs|wss|ldaps|amqps|mqtts", re.IGNORECASE)
_NUMBERS = frozenset({443, 636, 853, 993, 995, 5671, 6380, 6443, 8443, 9443})


@dataclass(frozen=True, slots=True)
class Spoken:
    """Ports of a workload by what is known of their TLS.

    Attributes:
        listed: ports that a container declares or a Service leads to.
        declared: ports for which a signed entry of the scope file speaks.
        hinted: ports that look like TLS.
        entries: ids of these entries, sorted.
        hints: one clause for each port that looks like TLS.
    """

    listed: Connections
    declared: Connections
    hinted: Connections
    entries: tuple[str, ...]
    hints: tuple[str, ...]


@dataclass
class TlsHints:
    """Reads the ports of one cluster's workloads."""

    facts: Facts
    _services: dict[str, list[Service]] = field(init=False)
    _signed: tuple[DeclaredTls, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._services = {}
        for service in self.facts.inventory.services:
            self._services.setdefault(service.ref.namespace, []).append(service)
        register = self.facts.scope.encryption.application_tls or ()
        day = self.facts.at.astimezone(UTC).date()
        self._signed = tuple(item for item in register if not unapproved(item, day))

    def of(self, workload: Workload) -> Spoken:
        """What is known of a workload's ports."""
        ports = {port for ref in workload.pod_refs for port in self.facts.pods[ref].ports if not port.init}
        targets = list(self._targets(workload, ports))
        hints = dict(sorted({**dict(_by_container(ports)), **dict(targets)}.items()))
        listed = {(port.protocol, port.container_port) for port in ports}
        listed |= {(Protocol.TCP, port) for port, _ in targets}
        found = {port: hint for port, hint in hints.items() if hint}
        names = {workload.namespace, *self.facts.placements[workload.id].rules}
        entries = [item for item in self._signed if item.destination in names]
        declared = Connections()
        for item in entries:
            declared |= item.ports
        return Spoken(
            listed=_connections(listed),
            declared=declared,
            hinted=_connections((Protocol.TCP, port) for port in found),
            entries=tuple(sorted(item.id for item in entries)),
            hints=tuple(found.values()),
        )

    def _targets(self, workload: Workload, ports: Iterable[ContainerPort]) -> Iterator[tuple[int, str]]:
        """Container ports behind Services, with a hint where a Service's port looks like TLS."""
        numbers = {port.name: port.container_port for port in ports if port.name}
        for service in self._services.get(workload.namespace, ()):
            selector = service.selector
            if not selector or not selector.items() <= workload.labels.items():
                continue
            for port in service.ports:
                target = port.target or port.port
                number = target if isinstance(target, int) else numbers.get(target)
                if number is None or port.protocol is not Protocol.TCP:
                    continue
                hinted = _NAMES.search(port.name) or port.port in _NUMBERS
                said = f"{service.ref} leads to it as port {port.port} {port.name}".rstrip()
                yield number, f"TCP {number} looks like TLS ({said})" if hinted else ""


def _by_container(ports: Iterable[ContainerPort]) -> Iterator[tuple[int, str]]:
    for port in sorted(ports):
        number = port.container_port
        if port.protocol is Protocol.TCP and (_NAMES.search(port.name) or number in _NUMBERS):
            name = f"container port {number} {port.name}".rstrip()
            yield number, f"TCP {number} looks like TLS ({name})"


def _connections(ports: Iterable[tuple[Protocol, int]]) -> Connections:
    found: dict[Protocol, list[tuple[int, int]]] = {}
    for protocol, port in ports:
        found.setdefault(protocol, []).append((port, port))
    sets: Mapping[Protocol, PortSet] = {name: PortSet.of(numbers) for name, numbers in found.items()}
    return Connections.of(sets)
