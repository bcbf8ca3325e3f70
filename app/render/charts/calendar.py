"""Calendar: one mark for each day, a month in a line; shapes differ as much as colours do."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from markupsafe import Markup

from app.render.charts.svg import FILLS, HAIR, NOTE, frame, hatch, num, text

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
    for day, mark in calendar.days:
        x = _LABEL + (day.day - 0.5) * _CELL
        y = _HEAD + (lines[day.year, day.month] + 0.5) * _LINE
        body.append(_mark(calendar.id, mark, x, y))
    return frame(calendar.id, "calendar", size, (calendar.title, calendar.description), body)


def draw_day_key(mark: str) -> Markup:
    """Draw one mark alone, for the legend; its word stands beside it."""
    body = hatch(f"day-{mark}") + _mark(f"day-{mark}", DayMark(mark), 4, 4)
    return Markup(f'<svg viewBox="0 0 8 8" width="9pt" height="9pt" aria-hidden="true">{body}</svg>')  # noqa: S704  constant shapes


def _frame(months: list[tuple[int, int]], width: float) -> list[str]:
    shapes = [text(_LABEL + (day - 0.5) * _CELL, _HEAD - 4, str(day), anchor="middle") for day in _NUMBERED]
    for index, (year, month) in enumerate(months):
        y = _HEAD + index * _LINE
        shapes.append(text(0, y + _LINE / 2 + 2.6, f"{year}-{month:02d}"))
        shapes.append(
            f'<path class="rule" d="M{num(_LABEL)} {num(y)}H{num(width)}" stroke="{HAIR}" stroke-width=".4"/>'
        )
    return shapes


def _mark(identifier: str, mark: DayMark, x: float, y: float) -> str:
    match mark:
        case DayMark.HELD:
            fill = FILLS["supported"]
            return f'<circle class="fill s-supported" cx="{num(x)}" cy="{num(y)}" r="1.5" fill="{fill}"/>'
        case DayMark.FAILED:
            path = f"M{num(x)} {num(y - 3)}L{num(x + 3.1)} {num(y + 2.6)}H{num(x - 3.1)}Z"
            return f'<path class="fill s-exception" d="{path}" fill="{FILLS["exception"]}"/>'
        case DayMark.ACCEPTED:
            whole = f"M{num(x)} {num(y - 2.8)}L{num(x + 2.8)} {num(y)}L{num(x)} {num(y + 2.8)}L{num(x - 2.8)} {num(y)}Z"
            half = f"M{num(x)} {num(y - 2.8)}V{num(y + 2.8)}L{num(x - 2.8)} {num(y)}Z"
            fill = FILLS["partial"]
            return (
                f'<path class="line s-partial" d="{whole}" fill="none" stroke="{fill}" stroke-width=".7"/>'
                f'<path class="fill s-partial" d="{half}" fill="{fill}"/>'
            )
        case DayMark.UNDECIDED:
            place = f'x="{num(x - 2.3)}" y="{num(y - 2.3)}" width="4.6" height="4.6"'
            return (
                f'<rect class="hatched s-insufficient-evidence" {place} fill="url(#{identifier}-h)"'
                f' stroke="{FILLS["insufficient-evidence"]}" stroke-width=".5"/>'
            )
        case DayMark.UNTESTED:
            return (
                f'<path class="line s-not-applicable" d="M{num(x - 2)} {num(y)}h4" fill="none" stroke="{NOTE}"'
                f' stroke-width=".8"/>'
            )
        case DayMark.UNSEEN:
            cross = f"M{num(x - 2)} {num(y - 2)}l4 4m0 -4l-4 4"
            return f'<path class="ink" d="{cross}" fill="none" stroke="#16202A" stroke-width=".9"/>'
