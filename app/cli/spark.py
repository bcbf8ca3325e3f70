"""A course of numbers in one line of a terminal."""

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"
_NOTHING = "·"  # a night without a scan is no zero


def sparkline(values: Sequence[int | None]) -> str:
    """One character for each value, from 0 to the greatest; a missing value is a dot, never a zero."""
    top = max((value for value in values if value is not None), default=0)
    steps = len(_BARS) - 1
    return "".join(
        _NOTHING if value is None else _BARS[round(value / top * steps) if top else 0] for value in values
    )
