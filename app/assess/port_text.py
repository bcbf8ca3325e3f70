"""Ports as people write them in a register: `TCP/443`, `TCP/8000-8010`, `UDP/any` or `any`."""

from collections.abc import Iterable

from app.model.connections import Connections, PortSet, Protocol

PATTERN = r"^(any|(TCP|UDP|SCTP)/(any|[0-9]{1,5}(-[0-9]{1,5})?))$"


def ports(texts: Iterable[str]) -> Connections:
    """Read texts that match `PATTERN` as one set.

    Raises:
        ValueError: a port outside 1 to 65535 or a range that runs backwards.
    """
    found = Connections()
    for text in texts:
        if text == "any":
            return Connections.all()
        protocol, _, numbers = text.partition("/")
        found |= Connections.of({Protocol(protocol): _interval(text, numbers)})
    return found


def _interval(text: str, numbers: str) -> PortSet:
    if numbers == "any":
        return PortSet.all()
    first, _, last = numbers.partition("-")
    low, high = int(first), int(last or first)
    wanted = PortSet.of([(low, high)])
    if len(wanted) != high - low + 1:
        raise ValueError(f"'{text}' is not a range of ports from 1 to 65535, lower end first")
    return wanted
