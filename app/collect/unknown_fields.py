"""Fields of an object that its wire form does not name.

The API server prunes such a field of a custom resource or, where its definition is newer than this program, keeps and
means it. Either way what the object says is not what was read, so the field is named.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, get_args

import msgspec


def unknown_fields(value: Any, kind: type[msgspec.Struct], path: str) -> Iterator[str]:
    """JSON paths below `path` that `kind` does not name, in the order of the document.

    Args:
        value: JSON values of one struct.
        kind: the struct that it was decoded into.
        path: where it stands, for example `spec.ingress[0]`.
    """
    if not isinstance(value, dict):
        return
    known = _fields(kind)
    for name, item in value.items():
        if name not in known:
            yield f"{path}.{name}"
        elif inner := known[name]:
            yield from _below(item, inner, f"{path}.{name}")


def _below(value: Any, kind: type[msgspec.Struct], path: str) -> Iterator[str]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from unknown_fields(item, kind, f"{path}[{index}]")
    else:
        yield from unknown_fields(value, kind, path)


@lru_cache(maxsize=256)
def _fields(kind: type[msgspec.Struct]) -> dict[str, type[msgspec.Struct] | None]:
    """Names in JSON, each with the struct that it holds; None where any value may stand."""
    return {item.encode_name: _struct_in(item.type) for item in msgspec.structs.fields(kind)}


def _struct_in(annotation: Any) -> type[msgspec.Struct] | None:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    return next((found for part in get_args(annotation) if (found := _struct_in(part))), None)
