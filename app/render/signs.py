"""Characters that a page shows by their numbers instead of obeying them."""

import re
from itertools import count
from typing import Final

_DIRECTING: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks, embeddings, overrides and isolates of Unicode's bidirectional algorithm (UAX 9, section 2)."""


_TEXT: Final = re.compile(r'[^<>"]+')
"""What stands between two marks of HTML, or is one value of it or of JSON."""

_FEW: Final = 4
"""So many of one text are named; the others are `[…]`, since numbers are eight times as long."""


def upright(page: str) -> str:
    """Name what turns the direction of text: a name that holds it would set the page's own words backwards."""
    return _TEXT.sub(lambda text: _named_in(text[0]), page) if _DIRECTING.search(page) else page


def _named_in(text: str) -> str:
    begun = count(1)
    return _DIRECTING.sub(lambda found: named(found[0]) if next(begun) <= _FEW else "[…]", text)


def named(sign: str) -> str:
    """Write `[U+202E]`."""
    return f"[U+{ord(sign):04X}]"
