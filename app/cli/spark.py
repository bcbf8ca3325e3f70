"""A course of numbers in one line of a terminal."""

from collections.abc import Collection, Sequence

from app.model.history import TrendPoint

_BARS = "▁▂▃▄▅▆▇█"
_NOTHING = "·"  # a night without a scan is no zero
_BREAK = "│"


def sparkline(values: Sequence[int | None], breaks: Collection[int] = ()) -> str:
    """One character for each value, from 0 to the greatest; a missing value is a dot, never a zero.

    A line stands before each value in `breaks`: it is not one measure with the value before.
    """
    top = max((value for value in values if value is not None), default=0)
    steps = len(_BARS) - 1
    return "".join(
        (_BREAK if at in breaks else "")
        + (_NOTHING if value is None else _BARS[round(value / top * steps) if top else 0])
        for at, value in enumerate(values)
    )


def broken(points: Sequence[TrendPoint]) -> frozenset[int]:
    """Places of stored nights that something else judged, or that saw another part of the cluster, than the night before."""
    return frozenset(at for at, point in enumerate(points) if point.breaks and point.counts is not None)
