"""Folds places until the drawing fits a page: single things where there is room, then namespaces, then whole zones.

Every flow stays in the drawing while it is folded: a line stands for all flows between what its two boxes stand for. Only
if even whole zones have too many lines are some left out, the strongest first, and the number says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.model.connections import Connections
from app.render.diagrams.ground import OUTSIDE, WAYS, ZONES, Ground, Heap, joined
from app.render.diagrams.layout import lay_out
from app.render.diagrams.model import Band, Box, Diagram, Flow, Line, Member, Place, Transit
from app.render.wording import count

MOST_LINES: Final = 56
_BAND, _GROUP, _SINGLE = range(3)
_MOST_PORTS: Final = 4
_NOT_KNOWN: Final = "port not known"

Plan = Mapping[int, int]
"""Level of each band."""


@dataclass(frozen=True)
class Drawing:
    """A diagram, and the flows that its lines stand for.

    Attributes:
        diagram: what is drawn.
        rows: every folded flow, those within one box last; titles of both ends beside it.
        drawn: how many of the rows are lines.
        between: rows that lead from one box to another.
        pairs: pairs of ends behind all rows.
        folded: something is drawn coarser than it is known.
    """

    diagram: Diagram
    rows: tuple[tuple[str, str, Flow], ...]
    drawn: int
    between: int
    pairs: int
    folded: bool


@dataclass(frozen=True, slots=True)
class Subject:
    """What a drawing is of: its id and title, and the band that is most protected."""

    id: str
    title: str
    protected: int = ZONES


def network(ground: Ground, subject: Subject) -> Drawing:
    """Every segment and every flow between segments."""
    zones = range(ZONES, len(ground.bands))
    order = (*zones, WAYS, OUTSIDE)
    steps = [*((band, _GROUP) for band in order), *((band, _SINGLE) for band in (WAYS, *zones))]
    return _drawing(ground, subject, steps)


def data_flow(ground: Ground, subject: Subject) -> Drawing:
    """What holds or handles protected data, and every flow that begins or ends there."""
    touched = {place for place, member in ground.members.items() if member.touched}
    flows = tuple(item for item in ground.flows if item.source in touched or item.destination in touched)
    kept = touched | {end for item in flows for end in (item.source, item.destination)}
    ways = {item.source for item in flows if item.source.band == WAYS}
    flows += tuple(item for item in ground.flows if item.destination in ways and not touched & {item.source})
    kept |= {item.source for item in flows}
    members = {place: member for place, member in ground.members.items() if place in kept}
    zones = sorted({place.band for place in members} - {OUTSIDE, WAYS})
    first = sorted({place.band for place in touched})
    rest = [band for band in zones if band not in first]
    steps = [
        *((band, level) for band in first for level in (_GROUP, _SINGLE)),
        *((band, _GROUP) for band in (*rest, WAYS, OUTSIDE)),
        *((band, _SINGLE) for band in (WAYS, *rest)),
    ]
    return _drawing(Ground(ground.bands, members, flows), subject, steps)


def _drawing(ground: Ground, subject: Subject, steps: Iterable[tuple[int, int]]) -> Drawing:
    """Unfold band after band, as long as the drawing still fits."""
    plan = dict.fromkeys(range(len(ground.bands)), _BAND)
    best = _folded(ground, subject, plan)
    for band, level in steps:
        finer = {**plan, band: level}
        if plan[band] < level and _few(ground, finer):
            drawing = _folded(ground, subject, finer)
            if lay_out(drawing.diagram).fits:
                plan, best = finer, drawing
    return _cut(best)


def _few(ground: Ground, plan: Plan) -> bool:
    """True when a plan has no more boxes and lines than a page holds, whatever their heights: a quick look first."""
    boxes = {place: place.at(plan[place.band]) for place in ground.members}
    numbers = {box: at for at, box in enumerate(dict.fromkeys(boxes.values()))}
    if len(numbers) > MOST_LINES:
        return False
    at = {place: numbers[box] for place, box in boxes.items()}
    lines = {(at[item.source], at[item.destination], item.transit) for item in ground.flows}
    return sum(one != other for one, other, _ in lines) <= MOST_LINES


def _cut(drawing: Drawing) -> Drawing:
    """Leave out the best protected lines until the rest fits."""
    diagram, between = drawing.diagram, [item for *_, item in drawing.rows if item.source != item.destination]
    worst_first = sorted(
        range(len(between)), key=lambda at: (between[at].transit.rank, -between[at].pairs, at)
    )
    most = len(diagram.lines)
    while most > MOST_LINES or not lay_out(diagram).fits:
        most = min(most * 9 // 10, MOST_LINES)
        kept = sorted(worst_first[:most])
        diagram = replace(diagram, lines=tuple(drawing.diagram.lines[at] for at in kept))
    told = _description(diagram)
    return replace(drawing, diagram=replace(diagram, description=told), drawn=len(diagram.lines))


def _folded(ground: Ground, subject: Subject, plan: Plan) -> Drawing:
    boxes = _Boxes(ground, plan)
    flows = boxes.folded(ground.flows)
    within = [item for item in flows if item.source == item.destination]
    between = [item for item in flows if item.source != item.destination]
    diagram = Diagram(
        subject.id,
        subject.title,
        "",
        boxes.bands(within, subject.protected),
        tuple(boxes.line(item) for item in between),
    )
    return Drawing(
        diagram,
        rows=tuple(
            (boxes.titles[item.source], boxes.titles[item.destination], item) for item in (*between, *within)
        ),
        drawn=len(between),
        between=len(between),
        pairs=sum(item.pairs for item in flows),
        folded=len(boxes.numbers) < len(ground.members),
    )


def _description(diagram: Diagram) -> str:
    lines = diagram.lines
    known = ", ".join(
        f"{sum(line.transit is item for line in lines)} marked {item.value}"
        for item in Transit
        if any(line.transit is item for line in lines)
    )
    boxes = sum(len(band.boxes) for band in diagram.bands)
    what = f"{count(boxes, 'box')} in {count(len(diagram.bands), 'band')}, {count(len(lines), 'line')}"
    return f"{what}{f': {known}' if known else ''}. The table below lists the same."


class _Boxes:
    """The boxes of a plan, numbered through all bands."""

    def __init__(self, ground: Ground, plan: Plan) -> None:
        self._ground = ground
        self._plan = plan
        self._members: dict[Place, Member] = {}
        self._groups: dict[Place, set[str]] = {}
        for place, member in ground.members.items():
            box = place.at(plan[place.band])
            before = self._members.get(box)
            self._members[box] = joined(before, member) if before else member
            self._groups.setdefault(box, set()).add(place.group)
        self.numbers = {place: at for at, place in enumerate(sorted(self._members))}
        self.titles = {place: self._title(place) for place in self.numbers}

    def folded(self, flows: Iterable[Flow]) -> tuple[Flow, ...]:
        """Flows between boxes, those of two boxes and one kind of protection made one."""
        heap = Heap()
        for item in flows:
            ends = tuple(heap.number(end.at(self._plan[end.band])) for end in (item.source, item.destination))
            for word, pairs in zip(item.words, (item.pairs, *(0 for _ in item.words[1:])), strict=True):
                heap.add((ends[0], ends[1]), item.transit, item.ports, pairs, word)
        return heap.flows()

    def line(self, flow: Flow) -> Line:
        """The line of a flow."""
        return Line(
            self.numbers[flow.source], self.numbers[flow.destination], flow.transit, ports_words(flow.ports)
        )

    def bands(self, within: Sequence[Flow], protected: int) -> tuple[Band, ...]:
        """The bands that have boxes, in order."""
        inner: dict[Place, list[Flow]] = {}
        for item in within:
            inner.setdefault(item.source, []).append(item)
        return tuple(
            Band(
                title,
                "",
                tuple(self._box(place, inner.get(place, ())) for place in self.numbers if place.band == band),
                rim=band < ZONES,
                protected=band == protected,
            )
            for band, title in enumerate(self._ground.bands)
            if any(place.band == band for place in self.numbers)
        )

    def _box(self, place: Place, within: Sequence[Flow]) -> Box:
        member = self._members[place]
        inside = ""
        if within:
            weakest = min((item.transit for item in within), key=lambda item: item.rank)
            inside = f"within: {count(sum(item.pairs for item in within), 'pair')}, weakest {weakest.value}"
        return Box(self.titles[place], self._meta(place, member), inside, store=member.store)

    def _title(self, place: Place) -> str:
        if place.name:
            return place.name
        if not place.group:
            noun = {OUTSIDE: "All addresses", WAYS: "All ways in"}.get(place.band, "All namespaces")
            groups = self._groups[place]
            return next(iter(groups)) if len(groups) == 1 else noun
        return place.group

    def _meta(self, place: Place, member: Member) -> str:
        if place.band == OUTSIDE:
            return "" if place.group else count(member.size, member.what)
        if place.band == WAYS:
            return "" if place.name else count(member.size, "object")
        groups = len(self._groups[place])
        parts = [
            count(groups, "namespace") if groups > 1 else "",
            count(member.size, "workload") if not place.name or member.size > 1 else "",
            count(member.pods, "pod") if groups == 1 else "",
        ]
        return ", ".join(part for part in parts if part)


def ports_words(ports: Connections, most: int = _MOST_PORTS) -> str:
    """Ports in few words: the first of them, and how many more ranges there are."""
    if not ports:
        return _NOT_KNOWN
    if ports.is_all:
        return "every port"
    words: list[str] = []
    left = most
    for protocol, found in ports.ports:
        shown = type(found)(found.intervals[:left])
        if shown:
            words.append(f"{protocol.value} {shown}")
        left -= len(shown.intervals)
    more = sum(len(found.intervals) for _, found in ports.ports) - most
    return f"{' · '.join(words)}{f' +{more}' if more > 0 else ''}"
