"""Sparkline: how one figure went over the last scans, without an axis."""

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from app.render.charts.svg import INK, RULE, frame, num

_WIDTH: Final = 72.0
_HEIGHT: Final = 14.0


@dataclass(frozen=True, slots=True)
class Sparkline:
    """Values, oldest first; None where there was no stored scan."""

    id: str
    title: str
    values: tuple[int | None, ...]

    @property
    def description(self) -> str:
        """The same in words."""
        return ", ".join("no scan" if value is None else str(value) for value in self.values) or "no scan"


def draw_sparkline(spark: Sparkline) -> Markup:
    """Draw a step line on a baseline of zero; a night without a scan is a hole in it."""
    step = _WIDTH / max(len(spark.values), 1)
    top = max((value for value in spark.values if value is not None), default=0) or 1
    body = [f'<path class="rule" d="M0 13.5H{num(_WIDTH)}" fill="none" stroke="{RULE}" stroke-width=".5"/>']
    path: list[str] = []
    before: int | None = None
    for index, value in enumerate(spark.values):
        if value is not None:
            y = num(_y(value, top))
            path.append(f"V{y}" if before is not None else f"M{num(index * step)} {y}")
            path.append(f"H{num((index + 1) * step)}")
        before = value
    body.append(f'<path class="ink" d="{"".join(path)}" fill="none" stroke="{INK}" stroke-width="1"/>')
    if before is not None:
        body.append(
            f'<circle class="dot" cx="{num(_WIDTH - 1.6)}" cy="{num(_y(before, top))}" r="1.6" fill="{INK}"/>'
        )
    return frame(spark.id, "spark", (_WIDTH, _HEIGHT), (spark.title, spark.description), body)


def _y(value: int, top: int) -> float:
    return 12.5 - 10.5 * value / top
