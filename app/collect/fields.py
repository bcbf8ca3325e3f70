"""Fields of an object that its wire form does not know: what they mean cannot be told, so their names matter."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import inspect


def unknown_fields(value: Any, shape: type[msgspec.Struct], path: str) -> Iterator[str]:
    """JSON paths of the fields of `value` that `shape` does not have, in the order of the object."""
    yield from _unknown(value, _described(shape), path)


@lru_cache(maxsize=None)
def _described(shape: type[msgspec.Struct]) -> inspect.Type:
    return inspect.type_info(shape)


def _unknown(value: Any, known: inspect.Type, path: str) -> Iterator[str]:
    match known:
        case inspect.UnionType():
            for one in known.types:
                yield from _unknown(value, one, path)
        case inspect.ListType() if isinstance(value, list):
            for index, item in enumerate(value):
                yield from _unknown(item, known.item_type, f"{path}[{index}]")
        case inspect.StructType() if isinstance(value, dict):
            fields = {field.encode_name: field.type for field in known.fields}
            for name, item in value.items():
                if name in fields:
                    yield from _unknown(item, fields[name], f"{path}.{name}")
                else:
                    yield f"{path}.{name}"
        case _:
            return
