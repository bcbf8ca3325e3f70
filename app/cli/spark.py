"""A course of numbers in one line of a terminal."""

import shutil
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby

from app.model.history import TrendPoint

_BARS = "▁▂▃▄▅▆▇█"
_NOTHING = "·"  # a night without a scan is no zero
_BREAK = "│"


_BESIDE = 40  # columns that a name, a month and two numbers take beside a course


def sparkline(values: Sequence[int | None], breaks: Collection[int] = (), top: int | None = None) -> str:
    """One character for each value, from 0 to `top`, else the greatest; a missing value is a dot, never a zero.

    A line stands before each value in `breaks`: it is not one measure with the value before.
    """
    if top is None:
        top = _greatest(values)
    steps = len(_BARS) - 1
    return "".join(
        (_BREAK if at in breaks else "")
        + (_NOTHING if value is None else _BARS[round(value / top * steps) if top else 0])
        for at, value in enumerate(values)
    )


def _greatest(values: Sequence[int | None]) -> int:
    return max((value for value in values if value is not None), default=0)


def courses(
    title: str, courses_by_name: Mapping[str, Sequence[int | None]], points: Sequence[TrendPoint]
) -> tuple[list[str], list[list[object]], list[int]]:
    """Columns, rows and columns of numbers for a table of courses, each with its first and its last count.

    Nothing is summed or left out: what is longer than the line has a row for each month, all of one name at one scale.
    """
    breaks = broken(points)
    told = {name: values for name, values in courses_by_name.items() if any(values)}
    if len(points) + len(breaks) <= shutil.get_terminal_size().columns - _BESIDE:
        rows = [[name, sparkline(values, breaks), *_ends(values)] for name, values in told.items()]
        return [title, "course", "first", "last"], rows, [2, 3]
    months = _months(points)
    rows = [
        [name, month, _part(values, places, breaks), *_ends([values[at] for at in places])]
        for name, values in told.items()
        for month, places in months
    ]
    return [title, "month", "course", "first", "last"], rows, [3, 4]


def _months(points: Sequence[TrendPoint]) -> list[tuple[str, list[int]]]:
    """Months in UTC with the places of their nights."""
    found = groupby(range(len(points)), key=lambda at: f"{points[at].at:%Y-%m}")
    return [(month, list(places)) for month, places in found]


def _part(values: Sequence[int | None], places: Sequence[int], breaks: Collection[int]) -> str:
    start = places[0]
    within = {at - start for at in breaks if at in places}
    return sparkline([values[at] for at in places], within, _greatest(values))


def _ends(values: Sequence[int | None]) -> list[object]:
    known = [value for value in values if value is not None]
    return [known[0], known[-1]] if known else ["none", "none"]


def broken(points: Sequence[TrendPoint]) -> frozenset[int]:
    """Places of stored nights that something else judged, or that saw another part of the cluster, than the night before."""
    return frozenset(at for at, point in enumerate(points) if point.breaks and point.counts is not None)
