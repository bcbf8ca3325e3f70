"""Protocols and ports of a rule → what of TCP, UDP and SCTP it matches.

Other protocols are outside the normal form: a rule for ICMP alone matches no port. A port is a number, a range `first:last`
or a name; a name without a protocol is looked up in each. Upstream: projectcalico/calico `api/pkg/lib/numorstring`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.collect.invalid import Violation
from app.collect.wire import calico as wire
from app.model.connections import FIRST_PORT, LAST_PORT, PortSet, Protocol
from app.model.fields import decimal
from app.model.policy import NamedPort, PolicyPort, PortRange

_NUMBERS = {6: Protocol.TCP, 17: Protocol.UDP, 132: Protocol.SCTP}
_NAMES = {"TCP": 6, "UDP": 17, "SCTP": 132, "ICMP": 1, "ICMPv6": 58, "UDPLite": 136}
_LAST_PROTOCOL = 255
_RANGE = re.compile(r"(\d{1,128})(?::(\d{1,128}))?\Z", re.ASCII)
_PORT_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}\Z")


@dataclass(frozen=True, slots=True)
class PortList:
    """`ports` or `notPorts`: numbers, and names."""

    numbers: PortSet
    names: tuple[str, ...]

    def __bool__(self) -> bool:
        """True when the list has an entry."""
        return bool(self.numbers or self.names)

    def __str__(self) -> str:
        """Write `80, 8000–8010, http`."""
        return ", ".join((*([str(self.numbers)] if self.numbers else ()), *self.names))


def protocols(rule: wire.Rule, path: str, found: list[Violation]) -> tuple[Protocol, ...] | None:
    """Protocols among TCP, UDP and SCTP that a rule is for; None when it is for every protocol there is."""
    wanted = _number(rule.protocol, f"{path}.protocol", found)
    unwanted = _number(rule.not_protocol, f"{path}.notProtocol", found)
    if wanted is None and unwanted is None:
        return None
    return tuple(name for number, name in _NUMBERS.items() if number != unwanted and wanted in (None, number))


def port_list(entries: Sequence[wire.Port] | None, path: str, found: list[Violation]) -> PortList:
    """Read a list of ports."""
    intervals: list[tuple[int, int]] = []
    names: list[str] = []
    for index, entry in enumerate(entries or ()):
        interval = _interval(str(entry))
        if interval is None and _PORT_NAME.match(str(entry)):
            names.append(str(entry))
        elif interval is None or not FIRST_PORT <= interval[0] <= interval[1] <= LAST_PORT:
            problem = f"`{entry}` is neither a port, nor a range such as 8000:8010, nor a port name"
            found.append(Violation(f"{path}[{index}]", problem))
        else:
            intervals.append(interval)
    return PortList(PortSet.of(intervals), tuple(names))


def policy_ports(
    over: tuple[Protocol, ...] | None, wanted: PortList, unwanted: PortList
) -> tuple[PolicyPort, ...] | None:
    """Ports at the destination; names in `unwanted`, and numbers in it where a name is wanted, stay conditions."""
    if over is None and not wanted and not unwanted:
        return None
    numbers = wanted.numbers if wanted else PortSet.all()
    numbers -= unwanted.numbers
    return tuple(_each(over if over is not None else tuple(Protocol), numbers, wanted.names))


def left_open(wanted: PortList, unwanted: PortList) -> str:
    """What `policy_ports` could not take out, as a condition; empty when nothing."""
    if unwanted.names:
        return f"not to ports {unwanted}"
    return f"not to ports {unwanted.numbers}" if wanted.names and unwanted.numbers else ""


def _each(over: Iterable[Protocol], numbers: PortSet, names: Iterable[str]) -> Iterable[PolicyPort]:
    for protocol in over:
        if numbers:
            yield PortRange(protocol, numbers)
        for name in names:
            yield NamedPort(protocol, name)


def _number(name: wire.ProtocolName | None, path: str, found: list[Violation]) -> int | None:
    if name is None:
        return None
    text = str(name)
    number = decimal(text) or _NAMES.get(text)
    if number is None or not 1 <= number <= _LAST_PROTOCOL:
        known = ", ".join(_NAMES)
        found.append(Violation(path, f"`{name}` is neither one of {known} nor a number from 1 to 255"))
        return 0
    return number


def _interval(text: str) -> tuple[int, int] | None:
    match = _RANGE.match(text)
    return (int(match[1]), int(match[2] or match[1])) if match else None
