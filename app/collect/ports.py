"""`ports[]` of policies → normal form, with the API server's defaults and validation.

Source: Kubernetes `pkg/apis/networking/validation` (ValidateNetworkPolicyPort); Antrea's policies have the same fields.
"""

import re

from app.collect.invalid import Violation
from app.collect.wire import policies as wire
from app.model.connections import FIRST_PORT, LAST_PORT, PortSet, Protocol
from app.model.policy import NamedPort, PolicyPort, PortRange

# IANA service name as the API server checks it (IsValidPortName): at most 15 characters, at least one letter.
_PORT_NAME = re.compile(r"(?=.{1,15}\Z)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*\Z")


def policy_port(port: wire.PolicyPort, path: str, found: list[Violation]) -> PolicyPort:
    """Read one port; violations are appended to `found` under `path`. No port means all ports of the protocol."""
    protocol = protocol_of(port.protocol, path, found)
    match port.port:
        case str(name):
            return _named_port(protocol, name, port.end_port, path, found)
        case int(number):
            return _port_range(protocol, number, port.end_port, path, found)
        case None:
            if port.end_port is not None:
                found.append(Violation(f"{path}.endPort", "needs `port`"))
            return PortRange(protocol, PortSet.all())


def protocol_of(name: str | None, path: str, found: list[Violation]) -> Protocol:
    """Read `protocol`; TCP when it is missing or empty."""
    try:
        return Protocol(name or Protocol.TCP)
    except ValueError:
        found.append(Violation(f"{path}.protocol", f"`{name}` is not one of TCP, UDP, SCTP"))
        return Protocol.TCP


def port_number(value: int, path: str, found: list[Violation]) -> bool:
    """True when a number is a port."""
    if FIRST_PORT <= value <= LAST_PORT:
        return True
    found.append(Violation(path, f"{value} is not within {FIRST_PORT} to {LAST_PORT}"))
    return False


def _named_port(
    protocol: Protocol, name: str, end: int | None, path: str, found: list[Violation]
) -> NamedPort:
    if not _PORT_NAME.match(name):
        found.append(Violation(f"{path}.port", f"`{name}` is neither a port number nor a valid port name"))
    if end is not None:
        found.append(Violation(f"{path}.endPort", "needs a numeric `port`"))
    return NamedPort(protocol, name)


def _port_range(
    protocol: Protocol, first: int, end: int | None, path: str, found: list[Violation]
) -> PortRange:
    last = first if end is None else end
    for field, value in (("port", first), ("endPort", last)):
        if not port_number(value, f"{path}.{field}", found):
            return PortRange(protocol, PortSet())
    if last < first:
        found.append(Violation(f"{path}.endPort", f"{last} is below `port` {first}"))
    return PortRange(protocol, PortSet.of([(first, last)]))
