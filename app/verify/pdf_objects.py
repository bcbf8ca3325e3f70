"""Small steps through the objects of a PDF as pyHanko reads them."""

from typing import Any, Final

DEEPEST: Final = 32
"""Levels of a tree that are followed; WeasyPrint writes one or two."""


def at(dictionary: Any, key: str, default: Any) -> Any:
    """A value, references followed (`get` of pyHanko's dictionaries does not)."""
    return dictionary[key] if key in dictionary else default  # noqa: SIM401


def items(array: Any) -> list[Any]:
    """Values of an array, references followed."""
    return [array[index] for index in range(len(array))]


def text(value: Any) -> str:
    """A string or name as text."""
    return str(value)
