"""Characters that a page shows by their numbers instead of obeying them."""

import re
from typing import Final

_DIRECTING: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks, embeddings, overrides and isolates of Unicode's bidirectional algorithm (UAX 9, section 2)."""


def upright(text: str) -> str:
    """Name what turns the direction of text: a name that holds it would set the report's own words backwards."""
    return _DIRECTING.sub(lambda found: named(found[0]), text)


def named(sign: str) -> str:
    """Write `[U+202E]`."""
    return f"[U+{ord(sign):04X}]"
