"""Where everything stands: bands below one another, boxes inside them, and a track of its own for every line.

Text stands inside boxes and lines run outside of them, so that no line ever crosses a word. Lines of the rim run on the
left, the others on the right. All lines of one box with one kind of protection share a trunk; a trunk that ends before
another begins shares its track. Sizes are in points.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from app.render.diagrams.model import Band, Box, Diagram, Line, Transit

PAGE: Final = 482.0  # between the margins of an A4 page; Letter is wider
TALLEST: Final = 590.0  # beside the heading, the legend and the caption, on Letter
NARROWEST: Final = 215.0
HEAD: Final = 13.0
SOCKET: Final = 10.0
STEP: Final = 3.6
TRACK: Final = 6.0
GUTTER: Final = 11.0
BAND_HEAD: Final = 14.0
INSET: Final = 5.0
_GAP: Final = 4.0
_BAND_GAP: Final = 8.0
_STUB: Final = 2.9
_FOOT: Final = 2.5
_APART: Final = 3.0


@dataclass(frozen=True, slots=True)
class Socket:
    """What a box receives on some ports with one kind of protection; `top` and `height` of its strip."""

    transit: Transit
    ports: str
    left: bool
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A box with its place."""

    box: Box
    top: float
    height: float
    sockets: tuple[Socket, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """A band with its place."""

    band: Band
    top: float
    height: float
    boxes: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class Trunk:
    """All lines from one box with one kind of protection on one side: where it leaves, and where it leads."""

    source: int
    transit: Transit
    left: bool
    start: float
    ends: tuple[float, ...]
    targets: tuple[int, ...]
    track: int = 0

    @property
    def span(self) -> tuple[float, float]:
        """Highest and lowest point."""
        return min(self.start, *self.ends), max(self.start, *self.ends)


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything with its place; `left` and `right` are the numbers of tracks on each side."""

    frames: tuple[Frame, ...]
    trunks: tuple[Trunk, ...]
    left: int
    right: int
    height: float

    @property
    def edges(self) -> tuple[float, float]:
        """Left and right edge of the column of bands."""
        return _margin(self.left), PAGE - _margin(self.right)

    @property
    def fits(self) -> bool:
        """It can be read on one page."""
        left, right = self.edges
        return self.height <= TALLEST and right - left >= NARROWEST


def _margin(tracks: int) -> float:
    return tracks * TRACK + GUTTER if tracks else 0.5


def lay_out(diagram: Diagram) -> Layout:
    """Find the places of a diagram."""
    boxes = _Stack(diagram)
    trunks = [*_tracked(boxes.trunks(left=True)), *_tracked(boxes.trunks(left=False))]
    return Layout(
        boxes.frames,
        tuple(trunks),
        left=max((item.track + 1 for item in trunks if item.left), default=0),
        right=max((item.track + 1 for item in trunks if not item.left), default=0),
        height=boxes.height,
    )


class _Stack:
    """Bands and boxes from top to bottom, with the height of every line's two ends."""

    def __init__(self, diagram: Diagram) -> None:
        self._lines = diagram.lines
        self._rim = [band.rim for band in diagram.bands for _ in band.boxes]
        self._ends: dict[Line, float] = {}
        self._tops: list[float] = []
        frames: list[Frame] = []
        at = 0.5
        for band in diagram.bands:
            frame = self._frame(band, at)
            frames.append(frame)
            at += frame.height + _BAND_GAP
        self.frames = tuple(frames)
        self.height = at - _BAND_GAP + 0.5

    def _frame(self, band: Band, top: float) -> Frame:
        at = top + BAND_HEAD
        placed: list[Placed] = []
        for box in band.boxes:
            item = self._placed(box, at)
            placed.append(item)
            at += item.height + _GAP
        return Frame(band, top, at - top + INSET - _GAP, tuple(placed))

    def _placed(self, box: Box, top: float) -> Placed:
        number = len(self._tops)
        self._tops.append(top)
        sides = [self._sockets(number, top + HEAD, left=left) for left in (True, False)]
        deep = max((item.top + item.height for side in sides for item in side), default=top + HEAD)
        within = SOCKET if box.within else 0.0
        return Placed(box, top, deep - top + within + _FOOT, (*sides[0], *sides[1]))

    def _left(self, line: Line) -> bool:
        return self._rim[line.source] or self._rim[line.destination]

    def _sockets(self, number: int, top: float, *, left: bool) -> list[Socket]:
        groups: dict[tuple[int, str], list[Line]] = {}
        for line in self._lines:
            if line.destination == number and self._left(line) is left:
                groups.setdefault((line.transit.rank, line.ports), []).append(line)
        sockets: list[Socket] = []
        for (_, ports), lines in sorted(groups.items()):
            height = max(SOCKET, STEP * len(lines) + 2.0)
            sockets.append(Socket(lines[0].transit, ports, left, top, height))
            for line, y in zip(lines, _spread(top + height / 2, len(lines), STEP), strict=True):
                self._ends[line] = y
            top += height
        return sockets

    def trunks(self, *, left: bool) -> list[Trunk]:
        """Trunks of one side, without tracks."""
        groups: dict[int, dict[Transit, list[Line]]] = {}
        for line in self._lines:
            if self._left(line) is left:
                groups.setdefault(line.source, {}).setdefault(line.transit, []).append(line)
        return [
            Trunk(
                source,
                transit,
                left,
                start,
                tuple(self._ends[line] for line in lines),
                tuple(line.destination for line in lines),
            )
            for source, kinds in sorted(groups.items())
            for start, (transit, lines) in zip(
                _spread(self._tops[source] + HEAD / 2, len(kinds), _STUB),
                sorted(kinds.items(), key=lambda item: item[0].rank),
                strict=True,
            )
        ]


def _spread(middle: float, size: int, step: float) -> list[float]:
    return [middle + (at - (size - 1) / 2) * step for at in range(size)]


def _tracked(trunks: Iterable[Trunk]) -> list[Trunk]:
    """Give each trunk the innermost track that is free over its span, the shortest first: long ones run outside."""
    tracks: list[list[tuple[float, float]]] = []
    placed: list[Trunk] = []
    for item in sorted(trunks, key=_length):
        track = next((at for at, taken in enumerate(tracks) if _free(taken, item.span)), len(tracks))
        if track == len(tracks):
            tracks.append([])
        tracks[track].append(item.span)
        placed.append(Trunk(item.source, item.transit, item.left, item.start, item.ends, item.targets, track))
    return placed


def _length(item: Trunk) -> tuple[float, float, int, int]:
    top, bottom = item.span
    return bottom - top, top, item.source, item.transit.rank


def _free(taken: Sequence[tuple[float, float]], span: tuple[float, float]) -> bool:
    return all(span[1] + _APART < top or bottom + _APART < span[0] for top, bottom in taken)
