"""Model values as JSON values: camelCase keys, enums as their values, times as ISO 8601, sets sorted."""

import dataclasses
from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Any

from app.model.identity import GroupKind, ObjectRef


def plain(value: Any) -> Any:
    """Turn a frozen value into what `canonical_json` can write; bytes have no place in it.

    Raises:
        TypeError: a value of a type that no model value holds.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type | ObjectRef | GroupKind):
        return {camel(item.name): plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    match value:
        case frozenset():
            return sorted(plain(item) for item in value)
        case tuple() | list():
            return [plain(item) for item in value]
        case Mapping():
            return {str(plain(key)): plain(item) for key, item in value.items()}
    return _leaf(value)


def _leaf(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case date():
            return value.isoformat()
        case ObjectRef():
            return value.key
        case GroupKind():
            return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def camel(name: str) -> str:
    """`taken_at` as JSON names it: `takenAt`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
