"""Keys that stand twice in one JSON object: a fast decoder keeps the last value and says nothing."""

import json
from collections.abc import Iterator
from typing import Any


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with every key and value that it was written with."""


def repeated_keys(raw: bytes) -> tuple[str, ...]:
    """Paths of the keys that stand twice, in the order of the document.

    Args:
        raw: one JSON document that was decoded before; nesting that Python cannot follow gives no path.
    """
    try:
        return tuple(_repeated(json.loads(raw, object_pairs_hook=_Pairs), ""))
    except RecursionError:
        return ()


def _repeated(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, _Pairs):
        seen: set[str] = set()
        for key, inner in value:
            below = f"{path}.{key}".removeprefix(".")
            if key in seen:
                yield below
            seen.add(key)
            yield from _repeated(inner, below)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _repeated(inner, f"{path}[{index}]")
