"""Ports of rules on one destination, and the arithmetic of port intervals that rows are made with."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from app.evaluate.classes import NamedPorts
from app.model.connections import FIRST_PORT, LAST_PORT, Connections, PortSet, Protocol
from app.model.policy import PolicyPort, PortRange

Span = tuple[Protocol, int, int]  # protocol, first and last port
Reach = tuple[
    int, int, int, int
]  # first and last port of one protocol, the step, and the sources that it matches

EVERY_SPAN: tuple[Span, ...] = tuple((protocol, FIRST_PORT, LAST_PORT) for protocol in Protocol)


def resolve(ports: tuple[PolicyPort, ...] | None, named: NamedPorts) -> tuple[Span, ...]:
    """Ports of a rule on one destination; a name that the destination does not have resolves to nothing.

    Names resolve by (name, protocol) on the destination pod, for egress rules too (`NetworkPolicyPort.port`).
    """
    if ports is None:
        return EVERY_SPAN
    spans: list[Span] = []
    for port in ports:
        if isinstance(port, PortRange):
            spans += [(port.protocol, first, last) for first, last in port.ports.intervals]
        else:
            spans += [
                (protocol, first, last)
                for protocol, name, numbers in named
                if protocol is port.protocol and name == port.name
                for first, last in numbers.intervals
            ]
    return tuple(spans)


def as_connections(spans: Iterable[Span]) -> Connections:
    """Spans as a set of connections."""
    spans = tuple(spans)
    return Connections.of(
        {
            protocol: PortSet.of((first, last) for name, first, last in spans if name is protocol)
            for protocol in Protocol
        }
    )


def cuts(*sides: Iterable[Reach]) -> Iterator[tuple[int, int]]:
    """Closed port intervals within which nothing of either side begins or ends."""
    edges = {FIRST_PORT, LAST_PORT + 1}
    for side in sides:
        for first, last, _, _ in side:
            edges.add(first)
            edges.add(last + 1)
    for first, end in pairwise(sorted(edges)):
        yield first, end - 1


def pieces(allowed: Connections, spans: Iterable[Span]) -> Iterator[Span]:
    """The ports of a set, cut wherever one of the spans begins or ends."""
    spans = tuple(spans)
    for protocol, ports in allowed.ports:
        edges = sorted(
            {edge for name, first, last in spans if name is protocol for edge in (first, last + 1)}
        )
        for first, last in ports.intervals:
            starts = [first, *(edge for edge in edges if first < edge <= last)]
            for start, end in pairwise([*starts, last + 1]):
                yield protocol, start, end - 1


def matched_within(side: Iterable[Reach], first: int, last: int) -> dict[int, int]:
    """By step, sources that it matches on all ports of an interval made by `cuts`."""
    found: dict[int, int] = {}
    for begin, end, step, sources in side:
        if begin <= first and last <= end:
            found[step] = found.get(step, 0) | sources
    return found


def apart(groups: Iterable[tuple[int, list[Span]]]) -> list[tuple[int, list[Span]]]:
    """Split overlapping sets of sources until each source stands in one set, with all of its spans."""
    pieces: list[tuple[int, list[Span]]] = []
    for sources, spans in groups:
        rest = sources
        refined: list[tuple[int, list[Span]]] = []
        for piece, its_spans in pieces:
            both, left = piece & rest, piece & ~rest
            if both:
                refined.append((both, its_spans + spans))
            if left:
                refined.append((left, its_spans))
            rest &= ~both
        if rest:
            refined.append((rest, list(spans)))
        pieces = refined
    return pieces
