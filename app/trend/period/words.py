"""Nights in words: `17 to 19 March 2026`."""

from collections.abc import Sequence
from itertools import islice

from app.model.months import day_range
from app.model.nights import Night, Nights, Standing, runs

_MOST_RUNS = 4


def nights_of(count: int) -> str:
    """Write `1 night`, `3 nights`."""
    return f"{count} night{'' if count == 1 else 's'}"


def spans(nights: Nights, found: Sequence[Night], most: int = _MOST_RUNS) -> str:
    """Runs of nights in words, the first ones; `and 3 more times` for the rest."""
    every = list(runs(nights))
    said = [day_range(found[first].day, found[last].day) for first, last in islice(every, most)]
    left = len(every) - len(said)
    return ", ".join(said) + (f" and {left} more time{'' if left == 1 else 's'}" if left else "")


def says(standing: Standing, found: Sequence[Night], failed_for: str = "") -> str:
    """The sentence about one control, or one control of one workload.

    Args:
        standing: how it stood.
        found: the nights of the period.
        failed_for: whom it failed for; empty where that is clear.
    """
    total = standing.nights.bit_count()
    if standing.held == standing.nights:
        return f"held on all {nights_of(total)}"
    if standing.untested | standing.unseen == standing.nights:
        return "not tested automatically on any night"
    parts = [f"held on {standing.held.bit_count()} of {nights_of(total)}"]
    scanned = standing.nights & ~standing.unseen
    named = (
        (standing.failed, f"failed{f' for {failed_for}' if failed_for else ''}"),
        (standing.accepted, "under an accepted exception"),
        (standing.undecided, "could not be decided"),
        (standing.untested, "not tested"),
        (standing.unseen, "not scanned"),
    )
    for nights, word in named:
        if nights and nights == standing.undecided == scanned:
            parts.append("no scanned night could be decided")
        elif nights and nights == scanned:
            parts.append(f"every scanned night {word}")
        elif nights:
            parts.append(f"{nights_of(nights.bit_count())} {word} ({spans(nights, found)})")
    return ", ".join(parts)
