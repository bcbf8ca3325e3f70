"""Calendar: one mark for each day, a month in a line; shapes differ as much as colours do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from markupsafe import Markup

from app.render.charts.svg import FILLS, HAIR, INK, NOTE, frame, hatch, num, text

_LABEL: Final = 37.0
_HEAD: Final = 11.0
_CELL: Final = 6.5
_LINE: Final = 8.0
_DAYS: Final = 31
_NUMBERED: Final = (1, 10, 20, 30)


class DayMark(StrEnum):
    """What is drawn for a day."""

    HELD = "held"
    ACCEPTED = "accepted"
    FAILED = "failed"
    UNDECIDED = "undecided"
    UNTESTED = "untested"
    UNSEEN = "unseen"


WORDS: Final[dict[DayMark, str]] = {
    DayMark.HELD: "held",
    DayMark.ACCEPTED: "exception accepted",
    DayMark.FAILED: "failed",
    DayMark.UNDECIDED: "not decided",
    DayMark.UNTESTED: "not tested",
    DayMark.UNSEEN: "not scanned",
}


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days with their marks, sorted; days that are not named are left empty."""

    id: str
    title: str
    days: tuple[tuple[date, DayMark], ...]

    @property
    def description(self) -> str:
        """The same in words."""
        found = [mark for _, mark in self.days]
        parts = [f"{found.count(mark)} {WORDS[mark]}" for mark in DayMark if mark in found]
        return f"{', '.join(parts) or 'no day'}; {len(found)} days in all"


def draw_calendar(calendar: Calendar) -> Markup:
    """Draw the months that have a day, one line each."""
    months = sorted({(day.year, day.month) for day, _ in calendar.days})
    lines = {month: index for index, month in enumerate(months)}
    size = (_LABEL + _DAYS * _CELL, _HEAD + len(months) * _LINE + 3)
    body = [hatch(calendar.id), *_frame(months, size[0])]
    places: dict[DayMark, list[tuple[float, float]]] = {mark: [] for mark in DayMark}
    for day, mark in calendar.days:
        x = _LABEL + (day.day - 0.5) * _CELL
        y = _HEAD + (lines[day.year, day.month] + 0.5) * _LINE
        places[mark].append((x, y))
    body += [_marks(calendar.id, mark, found) for mark, found in places.items() if found]
    return frame(calendar.id, "calendar", size, (calendar.title, calendar.description), body)


def draw_day_key(mark: str) -> Markup:
    """Draw one mark alone, for the legend; its word stands beside it."""
    body = hatch(f"day-{mark}") + _marks(f"day-{mark}", DayMark(mark), [(4, 4)])
    return Markup(  # noqa: S704  constant shapes
        f'<svg viewBox="0 0 8 8" width="9pt" height="9pt" aria-hidden="true"><title>key</title>{body}</svg>'
    )


def _frame(months: list[tuple[int, int]], width: float) -> list[str]:
    shapes = [text(_LABEL + (day - 0.5) * _CELL, _HEAD - 4, str(day), anchor="middle") for day in _NUMBERED]
    for index, (year, month) in enumerate(months):
        y = _HEAD + index * _LINE
        shapes.append(text(0, y + _LINE / 2 + 2.6, f"{year}-{month:02d}"))
        shapes.append(
            f'<path class="rule" d="M{num(_LABEL)} {num(y)}H{num(width)}" stroke="{HAIR}" stroke-width=".4"/>'
        )
    return shapes


def _marks(identifier: str, mark: DayMark, places: Sequence[tuple[float, float]]) -> str:
    """Draw all days of one mark as one shape: a year of shapes of their own takes a PDF seconds to read."""
    whole = "".join(_outline(mark, x, y) for x, y in places)
    match mark:
        case DayMark.HELD:
            return f'<path class="fill s-supported" d="{whole}" fill="{FILLS["supported"]}"/>'
        case DayMark.FAILED:
            return f'<path class="fill s-exception" d="{whole}" fill="{FILLS["exception"]}"/>'
        case DayMark.ACCEPTED:
            half = "".join(f"M{num(x)} {num(y - 2.8)}v5.6l-2.8 -2.8Z" for x, y in places)
            fill = FILLS["partial"]
            return (
                f'<path class="line s-partial" d="{whole}" fill="none" stroke="{fill}" stroke-width=".7"/>'
                f'<path class="fill s-partial" d="{half}" fill="{fill}"/>'
            )
        case DayMark.UNDECIDED:
            return (
                f'<path class="hatched s-insufficient-evidence" d="{whole}" fill="url(#{identifier}-h)"'
                f' stroke="{FILLS["insufficient-evidence"]}" stroke-width=".5"/>'
            )
        case DayMark.UNTESTED:
            return f'<path class="line s-not-applicable" d="{whole}" fill="none" stroke="{NOTE}" stroke-width=".8"/>'
        case DayMark.UNSEEN:
            return f'<path class="ink" d="{whole}" fill="none" stroke="{INK}" stroke-width=".9"/>'


def _outline(mark: DayMark, x: float, y: float) -> str:
    match mark:
        case DayMark.HELD:
            return f"M{num(x - 1.5)} {num(y)}a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0 -3 0Z"
        case DayMark.FAILED:
            return f"M{num(x)} {num(y - 3)}l3.1 5.6h-6.2Z"
        case DayMark.ACCEPTED:
            return f"M{num(x)} {num(y - 2.8)}l2.8 2.8l-2.8 2.8l-2.8 -2.8Z"
        case DayMark.UNDECIDED:
            return f"M{num(x - 2.3)} {num(y - 2.3)}h4.6v4.6h-4.6Z"
        case DayMark.UNTESTED:
            return f"M{num(x - 2)} {num(y)}h4"
        case DayMark.UNSEEN:
            return f"M{num(x - 2)} {num(y - 2)}l4 4m0 -4l-4 4"
