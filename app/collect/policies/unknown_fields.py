"""Fields of an object that this program does not know: they may mean anything, so they are named, never ignored."""

from collections.abc import Iterator
from typing import Any

import msgspec


def unknown_fields(given: Any, understood: msgspec.Struct, path: str) -> tuple[str, ...]:
    """Paths of the fields that decoding has dropped, in the order of the document.

    Args:
        given: JSON values.
        understood: the same, decoded into a type that ignores unknown fields.
        path: where the value stands in the object.
    """
    return tuple(_dropped(given, msgspec.to_builtins(understood), path))


def _dropped(given: Any, kept: Any, path: str) -> Iterator[str]:
    if isinstance(given, dict) and isinstance(kept, dict):
        for name, value in given.items():
            if name not in kept:
                yield f"{path}.{name}"
            else:
                yield from _dropped(value, kept[name], f"{path}.{name}")
    elif isinstance(given, list) and isinstance(kept, list):
        for index, (value, known) in enumerate(zip(given, kept, strict=True)):
            yield from _dropped(value, known, f"{path}[{index}]")
