"""Safe access to fields of raw API objects: a field of the wrong type reads as absent, never as an error."""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any

_LONGEST = 9  # digits; no number that a field holds has more


def mapping(value: object) -> Mapping[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> Sequence[Any]:
    """The value if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else ()


def text(value: object) -> str:
    """The value if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def decimal(value: str) -> int | None:
    """The number that ASCII digits write; None for anything else, also for what `int` takes or `str.isdigit` alone does."""
    return int(value) if value.isascii() and value.isdigit() and len(value) <= _LONGEST else None


def is_address(value: str) -> bool:
    """True for an IP address of either family."""
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def strings(value: object) -> Mapping[str, str]:
    """The entries of a JSON object whose values are strings, as in labels and ConfigMap data."""
    return {key: item for key, item in mapping(value).items() if isinstance(item, str)}


def dig(value: object, *path: str) -> Any:
    """The value at a path of keys; None where a step is missing or not an object."""
    for key in path:
        value = mapping(value).get(key)
    return value
