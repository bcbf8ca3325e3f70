"""Counts and lists the way a sentence has them."""

from collections.abc import Iterable

_NAMED = 5
_IRREGULAR = {"policy": "policies", "address": "addresses", "entry": "entries"}


def count(number: int, noun: str) -> str:
    """Write `1 workload` or `3 workloads`."""
    if number == 1:
        return f"1 {noun}"
    head, _, last = noun.rpartition(" ")
    plural = _IRREGULAR.get(last, f"{last}s")
    return f"{number} {head} {plural}" if head else f"{number} {plural}"


def names(items: Iterable[object], limit: int = _NAMED) -> str:
    """Write `a, b and c`; beyond the limit `a, b, c and 4 more`."""
    texts = [str(item) for item in items]
    if len(texts) > limit:
        return f"{', '.join(texts[:limit])} and {len(texts) - limit} more"
    if len(texts) < 2:  # noqa: PLR2004  one item needs no "and"
        return "".join(texts)
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


def verb(number: int, one: str, many: str) -> str:
    """The form that goes with a number."""
    return one if number == 1 else many
