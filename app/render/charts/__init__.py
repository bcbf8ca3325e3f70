"""Charts: values in, SVG out. Each has a title, a description, and a table beside it that says the same."""

from app.render.charts.bar import Segment, StackedBar, draw_bar
from app.render.charts.calendar import Calendar, DayMark, draw_calendar, draw_day_key
from app.render.charts.matrix import Level, Matrix, MatrixLabel, draw_key, draw_matrix
from app.render.charts.spark import Sparkline, draw_sparkline
from app.render.charts.steps import Break, Series, StepTrend, draw_steps
from app.render.charts.svg import draw_icon

__all__ = [
    "Break",
    "Calendar",
    "DayMark",
    "Level",
    "Matrix",
    "MatrixLabel",
    "Segment",
    "Series",
    "Sparkline",
    "StackedBar",
    "StepTrend",
    "draw_bar",
    "draw_calendar",
    "draw_day_key",
    "draw_icon",
    "draw_key",
    "draw_matrix",
    "draw_sparkline",
    "draw_steps",
]
