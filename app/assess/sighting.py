"""One row of source, destination, port and protocol, as people and tools write them."""

from collections.abc import Mapping

from app.assess.flows_file import flow_end
from app.assess.port_text import ports
from app.assess.recording_rows import Row
from app.model.connections import Connections, Protocol
from app.model.flows import Sighting

FIELDS = ("source", "destination", "port", "protocol")


def read_row(row: Row) -> Sighting:
    """Read one row; an end is written as in `flows.yaml`, and `namespace/name` may also be a pod.

    Raises:
        ValueError: a field is missing or cannot be understood.
    """
    missing = [name for name in FIELDS if not _text(row.values, name)]
    if missing:
        raise ValueError(f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing")
    source, destination, port, protocol = (_text(row.values, name) for name in FIELDS)
    return Sighting(row.line, flow_end(source), flow_end(destination), ports_of(protocol, port))


def ports_of(protocol: str, port: str) -> Connections:
    """Ports of one protocol.

    Raises:
        ValueError: there is no such protocol, or port.
    """
    known = protocol.upper()
    if known not in set(Protocol):
        raise ValueError(f"protocol {protocol!r} is none of {', '.join(Protocol)}")
    first, _, last = port.partition("-")
    if not all(
        part.isascii() and part.isdigit() and len(part) <= len("65535") for part in (first, last or first)
    ):
        raise ValueError(f"port {port!r} is no number from 1 to 65535, and no range of them")
    return ports([f"{known}/{port}"])


def _text(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
