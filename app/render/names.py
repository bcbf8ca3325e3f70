"""Names in other people's forms: tokens, lines and UUIDs that are the same each time they are made from the same thing."""

import re
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

NAMESPACE: Final = "urn:netattest:evidence:v1"
"""Namespace of our properties, and the name under which our UUIDs are derived (RFC 9562, version 5)."""

_ROOT: Final[UUID] = uuid5(NAMESPACE_URL, NAMESPACE)
_NO_TOKEN: Final = re.compile(r"[^A-Za-z0-9_.-]+")
_NO_LINE: Final = re.compile(r"\s+")


def derived(*parts: object) -> str:
    """A version 5 UUID for a thing named by its parts."""
    return str(uuid5(_ROOT, "\x1f".join(str(part) for part in parts)))


def token(text: str) -> str:
    """A token as OSCAL wants it: begins with a letter, no parentheses; `164.312(e)(1)` becomes `164.312-e-1`."""
    plain = _NO_TOKEN.sub("-", text).strip("-")
    return plain if plain[:1].isalpha() or plain.startswith("_") else f"id-{plain}"


def line(text: str) -> str:
    """One line that is not empty and neither begins nor ends with a space."""
    return _NO_LINE.sub(" ", text).strip() or "(none)"
