"""Stacked bar: one population by state, in one order everywhere."""

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from app.model.control import ControlState
from app.render.charts.svg import FILLS, NOTE, frame, hatch, num

_LEAST: Final = 4.0  # points; a single item stays visible beside thousands
_GAP: Final = 1.5


@dataclass(frozen=True, slots=True)
class Segment:
    """One part: state, its word, how many."""

    state: str
    word: str
    count: int


@dataclass(frozen=True, slots=True)
class StackedBar:
    """A whole in parts; parts of zero are kept, so that the table beside it is complete."""

    id: str
    title: str
    segments: tuple[Segment, ...]
    width: int = 240
    height: int = 10

    @property
    def total(self) -> int:
        """Size of the whole."""
        return sum(item.count for item in self.segments)

    @property
    def description(self) -> str:
        """The same in words."""
        parts = [f"{item.count} {item.word.lower()}" for item in self.segments if item.count]
        return f"{', '.join(parts) or 'nothing was counted'}; {self.total} in all"


def draw_bar(bar: StackedBar) -> Markup:
    """Draw a stacked bar; an empty whole is an outline, never a full bar of any colour."""
    body = [hatch(bar.id)]
    if not bar.total:
        body.append(
            f'<rect class="line" x=".4" y=".4" width="{num(bar.width - 0.8)}" height="{num(bar.height - 0.8)}"'
            f' fill="none" stroke="{NOTE}" stroke-width=".6" stroke-dasharray="2 2"/>'
        )
    x = 0.0
    for item, width in zip(bar.segments, _widths(bar), strict=True):
        if item.count:
            body.append(_part(bar, item, x, width - _GAP))
            x += width
    return frame(bar.id, "bar", (bar.width, bar.height), (bar.title, bar.description), body)


def _widths(bar: StackedBar) -> list[float]:
    """Shares of the width; small parts get the least visible width, and the largest part gives it."""
    total = bar.total or 1
    widths = [max(bar.width * item.count / total, _LEAST) if item.count else 0.0 for item in bar.segments]
    if widths:
        widths[widths.index(max(widths))] += bar.width - sum(widths) if bar.total else 0.0
    return widths


def _part(bar: StackedBar, item: Segment, x: float, width: float) -> str:
    place = f'x="{num(x)}" width="{num(width)}"'
    if item.state == ControlState.INSUFFICIENT.value:
        return (
            f'<rect class="hatched s-{item.state}" x="{num(x + 0.4)}" width="{num(width - 0.8)}" y=".4"'
            f' height="{num(bar.height - 0.8)}" fill="url(#{bar.id}-h)" stroke="#3A255F" stroke-width=".8"/>'
        )
    if item.state == ControlState.MANUAL.value:
        return (
            f'<rect class="open s-{item.state}" x="{num(x + 0.5)}" width="{num(width - 1)}" y=".5"'
            f' height="{num(bar.height - 1)}" fill="#FFFFFF" stroke="{FILLS[item.state]}" stroke-width="1"/>'
        )
    return (
        f'<rect class="fill s-{item.state}" {place} y="0" height="{bar.height}" fill="{FILLS[item.state]}"/>'
    )
