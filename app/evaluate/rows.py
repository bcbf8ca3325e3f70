"""Rows: for each destination, who may open a connection to it and on which ports. Destinations alike share a row.

A row is worked out when it is first asked for. Ports are cut only where one of its own rules begins or ends.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.evaluate.classes import NamedPorts, PodClass
from app.evaluate.compile import PolicySet
from app.evaluate.keys import RowKey, RowKeys
from app.evaluate.program import SharedRule
from app.evaluate.settle import Outline, outliner, settle
from app.evaluate.spans import Reach, Span, apart, as_connections, cuts, matched_within, resolve
from app.evaluate.views import View, Viewpoint, viewpoints_for
from app.model.connections import Connections, Protocol
from app.model.policy import Direction

NOTHING = Connections()


@dataclass(frozen=True, slots=True)
class Cell:
    """Sources that may open the same connections to a row's destinations; the cells of a row share no source."""

    sources: int
    allowed: Connections


Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class _Side:
    """What one end asks: the rules that match, by protocol, in their order, and who meets which default."""

    outline: Outline
    isolated: Mapping[int, int]
    reaches: Mapping[Protocol, list[Reach]]

    def settle(self, protocol: Protocol, first: int, last: int, asked: int) -> tuple[int, int]:
        """Sources that may be let through on an interval of ports, and those that may not."""
        matched = matched_within(self.reaches[protocol], first, last)
        return settle(self.outline, self.isolated, matched, asked)


class RowTable:
    """All rows of one cluster in one reading.

    Args:
        policy_set: the compiled policies.
        classes: the classes, by number.
        restricted: classes on which policies count.
        viewpoints: the views to unite: a connection exists when it exists over one address family.
        families: those of each endpoint; empty where they are not known or do not matter.
        certain: leave out what conditions, or an order that is left open, may still deny.
    """

    def __init__(
        self,
        policy_set: PolicySet,
        classes: Sequence[PodClass],
        restricted: int,
        viewpoints: Sequence[Viewpoint],
        families: Sequence[frozenset[int]],
        *,
        certain: bool = False,
    ) -> None:
        self._set = policy_set
        self._viewpoints = tuple(viewpoints)
        self._restricted = restricted
        self._certain = certain
        self._governed = {
            direction: program.governed & restricted for direction, program in policy_set.programs.items()
        }
        leaving = policy_set.programs[Direction.EGRESS]
        self._unleaving = {stage.number: stage.isolated & restricted for stage in leaving.stages}
        self._outlines = {direction: outliner(program) for direction, program in policy_set.programs.items()}
        self._connections: dict[tuple[Span, ...], Connections] = {}
        self._index = RowKeys(policy_set, classes, restricted, _views(self._viewpoints), families)
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

    def reached_from(self, source: int) -> Iterator[tuple[int, Connections]]:
        """Numbers of the rows to whose destinations a source may open connections, ascending, with their ports."""
        bit = 1 << source
        for number in range(len(self._rows)):
            for cell in self.row(number):
                if cell.sources & bit:
                    yield number, cell.allowed
                    break

    def reads_ip_blocks(self, number: int) -> bool:
        """True when it matters in this row whether an `ipBlock` is compared with pods."""
        key = self._keys[number]
        return any(
            rule.peers.reads_ip_blocks or rule.selected.reads_ip_blocks
            for point in self._viewpoints
            for rule in (*self._index.ingress(key, point.view), *self._index.egress(key, point.view))
        )

    def allowed(self, source: int, destination: int) -> Connections:
        """Ports that one endpoint may open to another."""
        return self.cell(self._row_of[destination], source)

    def governed(self, number: int, direction: Direction) -> bool:
        """True when a policy that counts selects this endpoint."""
        return bool(self._governed[direction] >> number & 1)

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
        entering, leaving = self._entering(key, point.view, anyone), self._leaving(key, point.view)
        result: dict[int, list[Span]] = {}
        for protocol in Protocol:
            for first, last in cuts(entering.reaches[protocol], leaving.reaches[protocol]):
                sources, refused = entering.settle(protocol, first, last, anyone)
                if sources:
                    sources, kept = leaving.settle(protocol, first, last, sources)
                    refused |= kept
                if self._certain:
                    sources &= ~refused
                if sources:
                    result.setdefault(sources, []).append((protocol, first, last))
        return result

    def _entering(self, key: RowKey, view: View, anyone: int) -> _Side:
        rules = self._index.ingress(key, view)
        found = [(rule, rule.peers.under(view)) for rule in rules]
        isolated = dict.fromkeys(key.isolating, anyone)
        return self._side(Direction.INGRESS, found, isolated, key.named)

    def _leaving(self, key: RowKey, view: View) -> _Side:
        rules = self._index.egress(key, view)
        found = [(rule, rule.selected.under(view) & self._restricted) for rule in rules]
        return self._side(Direction.EGRESS, found, self._unleaving, key.named)

    def _side(
        self,
        direction: Direction,
        found: Sequence[tuple[SharedRule, int]],
        isolated: Mapping[int, int],
        named: NamedPorts,
    ) -> _Side:
        steps = frozenset(rule.step for rule, _ in found)
        return _Side(self._outlines[direction](steps), isolated, _by_protocol(found, named))

    def _united(self, spans: tuple[Span, ...]) -> Connections:
        known = self._connections.get(spans)
        if known is None:
            known = self._connections[spans] = as_connections(spans)
        return known


def _views(points: Sequence[Viewpoint]) -> tuple[View, ...]:
    """Views of the points; where they are of single families, also that of ends that share none."""
    own = tuple(point.view for point in points)
    return own if len(own) == 1 else (*own, View(None, ip_blocks=own[0].ip_blocks))


def _by_protocol(
    rules: Iterable[tuple[SharedRule, int]], named: NamedPorts
) -> Mapping[Protocol, list[Reach]]:
    """Sources of rules by protocol, ports and step; rules of a step with equal ports become one."""
    groups: dict[tuple[Span, int], int] = {}
    for rule, sources in rules:
        for span in resolve(rule.ports, named):
            groups[span, rule.step] = groups.get((span, rule.step), 0) | sources
    result: dict[Protocol, list[Reach]] = {protocol: [] for protocol in Protocol}
    for ((protocol, first, last), step), sources in groups.items():
        result[protocol].append((first, last, step, sources))
    return result
