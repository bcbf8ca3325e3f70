"""Rows: for each destination, who may open a connection to it and on which ports. Destinations alike share a row.

A row is worked out when it is first asked for. Ports are cut only where one of its own rules begins or ends.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.evaluate.classes import NamedPorts, PodClass
from app.evaluate.compile import PolicySet, SharedRule
from app.evaluate.keys import RowKey, RowKeys
from app.evaluate.spans import Reach, Span, admitted, apart, as_connections, cuts, resolve
from app.evaluate.views import View, Viewpoint, viewpoints_for
from app.model.connections import Connections, Protocol
from app.model.policy import Direction, PolicyPort

NOTHING = Connections()


@dataclass(frozen=True, slots=True)
class Cell:
    """Sources that may open the same connections to a row's destinations; the cells of a row share no source."""

    sources: int
    allowed: Connections


Row = tuple[Cell, ...]


class RowTable:
    """All rows of one cluster in one reading.

    Args:
        policy_set: the compiled policies.
        classes: the classes, by number.
        restricted: classes on which policies count.
        viewpoints: the views to unite: a connection exists when it exists over one address family.
    """

    def __init__(
        self,
        policy_set: PolicySet,
        classes: Sequence[PodClass],
        restricted: int,
        viewpoints: Sequence[Viewpoint],
    ) -> None:
        self._set = policy_set
        self._viewpoints = tuple(viewpoints)
        self._isolated = {direction: policy_set.isolated[direction] & restricted for direction in Direction}
        self._restricted = restricted
        self._connections: dict[tuple[Span, ...], Connections] = {}
        self._index = RowKeys(policy_set, classes, self._isolated[Direction.INGRESS])
        numbers: dict[RowKey, int] = {}
        self._row_of = tuple(numbers.setdefault(key, len(numbers)) for key in self._index)
        self._keys = tuple(numbers)
        self._rows: list[Row | None] = [None] * len(numbers)

    @cached_property
    def destinations(self) -> tuple[tuple[int, ...], ...]:
        """Endpoints of each row, by row number."""
        groups: list[list[int]] = [[] for _ in self._rows]
        for endpoint, row in enumerate(self._row_of):
            groups[row].append(endpoint)
        return tuple(tuple(group) for group in groups)

    def number_of(self, destination: int) -> int:
        """The number of an endpoint's row."""
        return self._row_of[destination]

    def row(self, number: int) -> Row:
        """A row by its number."""
        known = self._rows[number]
        if known is None:
            known = self._rows[number] = self._work_out(self._keys[number])
        return known

    def cell(self, row: int, source: int) -> Connections:
        """Ports that a source may open to the destinations of a row."""
        bit = 1 << source
        return next((cell.allowed for cell in self.row(row) if cell.sources & bit), NOTHING)

    def compares_addresses(self, number: int) -> bool:
        """True when an address block matches a pod in this row, as source or as destination."""
        key = self._keys[number]
        rules = self._ingress(key)
        return bool(key.egress_v4 or key.egress_v6 or any(rule.peers.v4 | rule.peers.v6 for rule in rules))

    def allowed(self, source: int, destination: int) -> Connections:
        """Ports that one endpoint may open to another."""
        return self.cell(self._row_of[destination], source)

    def isolated(self, number: int, direction: Direction) -> bool:
        """True when a policy that counts isolates this endpoint."""
        return bool(self._isolated[direction] >> number & 1)

    def _work_out(self, key: RowKey) -> Row:
        by_sources: dict[int, list[Span]] = {}
        for point in viewpoints_for(self._viewpoints, key.families, self._set.anyone):
            for sources, spans in self._in_view(key, point).items():
                by_sources.setdefault(sources, []).extend(spans)
        return tuple(
            Cell(sources, self._united(tuple(spans))) for sources, spans in apart(by_sources.items())
        )

    def _in_view(self, key: RowKey, point: Viewpoint) -> Mapping[int, list[Span]]:
        """Sources let through by both ends, with their ports, in one view."""
        anyone = point.endpoints if key.pods else point.endpoints & self._set.any_pod
        into = [(rule.peers.under(point.view), rule.ports) for rule in self._ingress(key)]
        out = [(rule.subjects & self._restricted, rule.ports) for rule in self._egress(key, point.view)]
        entering, leaving = _by_protocol(into, key.named), _by_protocol(out, key.named)
        unasked = anyone if key.ingress is None else 0
        unbound = anyone & ~self._isolated[Direction.EGRESS]
        result: dict[int, list[Span]] = {}
        for protocol in Protocol:
            for first, last in cuts(entering[protocol], leaving[protocol]):
                sources = admitted(entering[protocol], first, last, unasked) & anyone
                if sources:
                    sources &= admitted(leaving[protocol], first, last, unbound)
                if sources:
                    result.setdefault(sources, []).append((protocol, first, last))
        return result

    def _ingress(self, key: RowKey) -> list[SharedRule]:
        return self._index.ingress.rules(key.ingress or ())

    def _egress(self, key: RowKey, view: View) -> list[SharedRule]:
        rules = self._index.egress.rules(key.egress)
        by_v4 = self._index.egress_v4.rules(key.egress_v4) if view.v4 else []
        by_v6 = self._index.egress_v6.rules(key.egress_v6) if view.v6 else []
        return [*rules, *by_v4, *by_v6]

    def _united(self, spans: tuple[Span, ...]) -> Connections:
        known = self._connections.get(spans)
        if known is None:
            known = self._connections[spans] = as_connections(spans)
        return known


def _by_protocol(
    rules: Iterable[tuple[int, tuple[PolicyPort, ...] | None]], named: NamedPorts
) -> Mapping[Protocol, list[Reach]]:
    """Sources of rules by protocol and ports; rules with equal ports become one."""
    groups: dict[Span, int] = {}
    for sources, ports in rules:
        for span in resolve(ports, named):
            groups[span] = groups.get(span, 0) | sources
    result: dict[Protocol, list[Reach]] = {protocol: [] for protocol in Protocol}
    for (protocol, first, last), sources in groups.items():
        result[protocol].append((first, last, sources))
    return result
