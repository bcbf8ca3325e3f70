"""A year of one control in one line: height and hatch differ as much as colours do, and a day without a scan is empty."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from markupsafe import Markup, escape

from app.model.control import ControlState
from app.model.history import TrendLine
from app.render.charts import Break, Calendar, DayMark, Series, StepTrend, draw_calendar, draw_steps
from app.render.charts.svg import FILLS, NOTE, hatch, num
from app.render.site.nights import CONTRARY, UNSEEN, Night
from app.render.site.record import Line

_DAY: Final = 2
_SCALE: Final = 0.75  # pixels
_HEIGHT: Final = 14
# Where a bar begins and how high it is; the worse, the higher.
_BARS: Final = {
    ControlState.SUPPORTED.value: (11, 3),
    ControlState.MANUAL.value: (9, 2),
    ControlState.NOT_APPLICABLE.value: (13, 1),
    ControlState.PARTIAL.value: (6, 8),
    CONTRARY: (6, 8),
    ControlState.INSUFFICIENT.value: (2, 12),
    ControlState.EXCEPTION.value: (0, 14),
}
_FILL: Final = {**FILLS, CONTRARY: FILLS[ControlState.PARTIAL.value]}
_DAYS: Final = {
    ControlState.SUPPORTED.value: DayMark.HELD,
    ControlState.PARTIAL.value: DayMark.ACCEPTED,
    ControlState.EXCEPTION.value: DayMark.FAILED,
    CONTRARY: DayMark.UNDECIDED,
    ControlState.INSUFFICIENT.value: DayMark.UNDECIDED,
}
_SHOWN: Final = (
    (ControlState.EXCEPTION, "Exception noted"),
    (ControlState.INSUFFICIENT, "Insufficient evidence"),
    (ControlState.SUPPORTED, "Supported"),
)
HATCH: Final = "site"


@dataclass(frozen=True, slots=True)
class Drawn:
    """The days of a line: in words, as a strip, and the last weeks as cells of a table."""

    says: str
    strip: Markup
    recent: Markup


class Drawings:
    """The lines of one page, drawn once for those that share their nights; they are alive as long as the page's record."""

    def __init__(self) -> None:
        self._known: dict[int, Drawn] = {}

    def __call__(self, line: Line) -> Drawn:
        """Draw a line, or find how another with the same nights was drawn."""
        key = id(line.nights)
        if key not in self._known:
            says = ", ".join(f"{days} {word}" for word, days in line.counted)
            self._known[key] = Drawn(says, strip(line.nights, says), Markup().join(map(_cell, line.recent)))
        return self._known[key]


def _cell(night: Night) -> Markup:
    return Markup('<td class="night {}" title="{}: {}">{}</td>').format(
        night.kind, night.day, night.says, night.mark
    )


def hatching() -> Markup:
    """The pattern that all strips of a page share."""
    return Markup(f'<svg width="0" height="0" aria-hidden="true">{hatch(HATCH)}</svg>')  # noqa: S704  constant


def strip(nights: Sequence[Night], words: str) -> Markup:
    """Draw days as bars, days alike as one; `words` says the same."""
    bars, at = [], 0
    for kind, run in groupby(nights, key=lambda night: night.kind):
        found = list(run)
        bars.append(_bar(kind, found, at))
        at += len(found)
    width = len(nights) * _DAY
    return Markup(  # noqa: S704  every text is escaped where it enters
        f'<svg class="strip" viewBox="0 0 {width} {_HEIGHT}" width="{num(width * _SCALE)}" height="{_HEIGHT}" role="img" preserveAspectRatio="none"'
        f' aria-label="{escape(words)}">{"".join(bars)}</svg>'
    )


def _bar(kind: str, run: Sequence[Night], at: int) -> str:
    first, last = run[0].day, run[-1].day
    days = f"{first}" if first == last else f"{first} to {last}"
    x, width = num(at * _DAY), num(len(run) * _DAY)
    title = f"<title>{days}: {escape(run[0].says if kind not in UNSEEN else 'no scan')}</title>"
    if kind in UNSEEN:
        line = f'M{x} 13.5h{width}" stroke="{NOTE}" stroke-dasharray="1 3" fill="none'
        return f'<g>{title}<rect x="{x}" width="{width}" height="14" fill="none" pointer-events="all"/><path d="{line}"/></g>'
    top, height = _BARS[kind]
    hatched = kind == ControlState.INSUFFICIENT.value
    fill = f"url(#{HATCH}-h)" if hatched else _FILL[kind]
    name = "hatched" if hatched else "fill"
    return f'<rect class="{name} s-{kind}" x="{x}" y="{top}" width="{width}" height="{height}" fill="{fill}">{title}</rect>'


def year(framework: str, index: int, nights: Sequence[Night]) -> Markup:
    """Draw the framework's days as a calendar, a month in a line."""
    days = tuple(
        (night.day, _DAYS.get(night.kind, DayMark.UNTESTED)) for night in nights if night.kind not in UNSEEN
    )
    unseen = tuple((night.day, DayMark.UNSEEN) for night in nights if night.kind in UNSEEN - {"before"})
    title = f"{framework}: the worst state of each day"
    return draw_calendar(Calendar(f"year-{index}", title, tuple(sorted((*days, *unseen)))))


def course(line: TrendLine, index: int) -> Markup:
    """Draw how many controls were in which state; lines end at nights without a scan and where judgement changed."""
    values = {
        state: tuple(
            None if point.counts is None else dict(point.counts).get(state, 0) for point in line.points
        )
        for state, _ in _SHOWN
    }
    broken = [at for at, point in enumerate(line.points) if point.breaks]
    top = max((value for found in values.values() for value in found if value is not None), default=1)
    return draw_steps(
        StepTrend(
            id=f"course-{index}",
            title=f"{line.framework}: controls by state",
            description=f"{line.stored} of {len(line.points)} nights have a stored scan",
            moments=tuple(point.at for point in line.points),
            series=tuple(Series(state.value, word, values[state]) for state, word in _SHOWN),
            breaks=tuple(Break(at, number) for number, at in enumerate(broken, start=1)),
            top=max(top, 1),
        )
    )
