"""How wide words are, so that they can be cut before they leave their box. Sizes are in points."""

from functools import cache
from typing import Final

from app.render.wording import clipped

SIZE: Final = 7.5
_WIDTHS: Final = (
    ("ijlI!,.:;·|' ", 0.36),
    ('frt()[]{}/\\"', 0.41),
    ("acksvxyzJL-_^`*?–", 0.59),
    ("ACDGHKNOQUVXY", 0.79),
    ("mwM%…", 0.92),
    ("W@→", 1.02),
)
"""Widths in units of the size, rounded up over the weights of the face that is shipped."""

_USUAL: Final = 0.68
_WIDE: Final = 1.1  # of other scripts, which another face sets
_LATIN: Final = 0x24F


@cache
def _known() -> dict[str, float]:
    return {letter: width for letters, width in _WIDTHS for letter in letters}


def width_of(words: str) -> float:
    """Width of a line of text, at most."""
    known = _known()
    return SIZE * sum(known.get(letter, _USUAL if ord(letter) <= _LATIN else _WIDE) for letter in words)


def fitted(words: str, room: float) -> str:
    """The words, cut in the middle where they do not fit."""
    length = len(words)
    found = words
    while length > 1 and width_of(found) > room:
        length -= 1
        found = clipped(words, length)
    return found
