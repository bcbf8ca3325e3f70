"""Step trend: a figure over the stored scans. A scan holds until the next; a night without one is a hole, never zero."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from markupsafe import Markup

from app.render.charts.svg import FILLS, NOTE, RULE, frame, hatch, num, text
from app.render.wording import iso_day

_LEFT: Final = 20.0
_RIGHT: Final = 118.0
_TOP: Final = 14.0
_BOTTOM: Final = 16.0
_LABEL_STEP: Final = 10.0
_FOOT: Final = 3.0  # from the lowest label to the foot: dates stand there too
_APART: Final = 1.7
_MANY: Final = 90  # points above which dots would merge into a line of their own


@dataclass(frozen=True, slots=True)
class Series:
    """One line; `values` has one entry per moment, None where no scan was stored."""

    state: str
    word: str
    values: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Break:
    """Something changed that makes the values before and after it hard to compare; `index` is that of the moment."""

    index: int
    number: int


@dataclass(frozen=True, slots=True)
class StepTrend:
    """Lines over time, on a baseline of zero; `top` is the scale's end, the same for all charts of a page."""

    id: str
    title: str
    description: str
    moments: tuple[datetime, ...]
    series: tuple[Series, ...]
    breaks: tuple[Break, ...]
    top: int
    width: int = 482
    height: int = 132


def draw_steps(trend: StepTrend) -> Markup:
    """Draw the lines with a dot per scan, hatched bands where scans are missing, and numbered breaks."""
    xs = _positions(trend)
    body = [hatch(trend.id), *_axes(trend, xs), *_holes(trend, xs), *_breaks(trend, xs)]
    for index in reversed(range(len(trend.series))):
        body += _line(trend, trend.series[index], xs, index * _APART)
    body += _labels(trend, xs)
    return frame(trend.id, "steps", (trend.width, trend.height), (trend.title, trend.description), body)


def _positions(trend: StepTrend) -> list[float]:
    """Place each moment by time, not by index: a pause is as long as it was. The last is at the right end, a single one too."""
    if not trend.moments:
        return []
    first, last = trend.moments[0], trend.moments[-1]
    span = (last - first).total_seconds() or 1.0
    end, room = trend.width - _RIGHT, trend.width - _LEFT - _RIGHT
    return [end - room * (last - moment).total_seconds() / span for moment in trend.moments]


def _y(trend: StepTrend, value: int) -> float:
    floor = trend.height - _BOTTOM
    return floor - (floor - _TOP) * value / max(trend.top, 1)


def _axes(trend: StepTrend, xs: list[float]) -> list[str]:
    end = num(trend.width - _RIGHT)
    shapes = [
        f'<path class="rule" d="M{num(_LEFT)} {num(_y(trend, 0))}H{end}" stroke="{RULE}" stroke-width=".8"/>',
        (
            f'<path class="rule" d="M{num(_LEFT)} {num(_y(trend, trend.top))}H{end}" stroke="{RULE}"'
            f' stroke-width=".5" stroke-dasharray="2 2"/>'
        ),
        text(_LEFT - 5, _y(trend, 0) + 2.6, "0", anchor="end"),
        text(_LEFT - 5, _y(trend, trend.top) + 2.6, str(trend.top), anchor="end"),
    ]
    if len(xs) > 1:
        shapes.append(text(xs[0], trend.height - 3, iso_day(trend.moments[0])))
    if xs:
        shapes.append(text(xs[-1], trend.height - 3, iso_day(trend.moments[-1]), anchor="end"))
    return shapes


def _holes(trend: StepTrend, xs: list[float]) -> list[str]:
    """Hatch from each night without a scan to the next moment."""
    if not trend.series:
        return []
    shapes: list[str] = []
    for index, value in enumerate(trend.series[0].values):
        if value is None:
            end = xs[index + 1] if index + 1 < len(xs) else xs[index] + 4
            shapes.append(
                f'<rect class="hatched s-insufficient-evidence" x="{num(xs[index])}" y="{num(_TOP)}"'
                f' width="{num(max(end - xs[index], 2))}" height="{num(_y(trend, 0) - _TOP)}"'
                f' fill="url(#{trend.id}-h)" fill-opacity=".55"/>'
            )
    return shapes


def _breaks(trend: StepTrend, xs: list[float]) -> list[str]:
    shapes: list[str] = []
    for item in trend.breaks:
        x = num(xs[item.index])
        shapes.append(
            f'<path class="break" d="M{x} {num(_TOP - 3)}V{num(_y(trend, 0))}" stroke="{NOTE}" stroke-width=".7"'
            f' stroke-dasharray="1.5 1.5"/>'
        )
        shapes.append(text(xs[item.index], _TOP - 5, str(item.number), anchor="middle"))
    return shapes


def _line(trend: StepTrend, series: Series, xs: list[float], lift: float) -> list[str]:
    """Draw one line, lifted a little so that lines with the same values stay apart; it is cut at every break."""
    path: list[str] = []
    dots: list[str] = []
    radius = 1.9 if len(xs) <= _MANY else 0.9
    cut = {item.index for item in trend.breaks}
    before: int | None = None
    for index, (x, value) in enumerate(zip(xs, series.values, strict=True)):
        if before is not None:
            path.append(f"H{num(x)}")
        if value is not None:
            y = num(_y(trend, value) - lift)
            path.append(f"V{y}" if before is not None and index not in cut else f"M{num(x)} {y}")
            dots.append(
                f'<circle class="fill s-{series.state}" cx="{num(x)}" cy="{y}" r="{radius}"'
                f' fill="{FILLS[series.state]}"/>'
            )
        before = value
    line = (
        f'<path class="line s-{series.state}" d="{"".join(path)}" fill="none" stroke="{FILLS[series.state]}"'
        f' stroke-width="1.3"/>'
    )
    return [line, *dots] if path else []


def _labels(trend: StepTrend, xs: list[float]) -> list[str]:
    """Write the last value of each line at its end, moved apart where they would touch."""
    ends = [
        (_y(trend, item.values[-1]), item)
        for item in trend.series
        if item.values and item.values[-1] is not None
    ]
    ends.sort(key=lambda pair: pair[0])
    heights = _apart([y + 2.6 for y, _ in ends], trend.height - _FOOT)
    return [
        text(
            xs[-1] + 7,
            height,
            f"{item.values[-1]} {item.word.lower()}",
            kind="value",
            state=item.state,
        )
        for height, (_, item) in zip(heights, ends, strict=True)
    ]


def _apart(heights: list[float], foot: float) -> list[float]:
    """Move sorted heights down until they do not touch, then up again from the foot as far as they went over it."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + _LABEL_STEP) if placed else height)
    for index in reversed(range(len(placed))):
        below = placed[index + 1] - _LABEL_STEP if index + 1 < len(placed) else foot
        placed[index] = min(placed[index], below)
    return placed
