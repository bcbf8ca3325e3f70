"""When an entry of a register counts: it has an owner, somebody else approved it, and its review is not overdue."""

import unicodedata
from datetime import date
from typing import Final, Protocol

_ACCENTS: Final = 200  # combining classes from here on lie over or under a letter (Unicode Standard, 4.3)
_POINTS: Final = range(10, 36)  # those of Hebrew and Arabic
_FILLERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(code)
    for start, end in ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
    for code in range(start, end + 1)
}
"""Characters that show nothing though their category says otherwise (Default_Ignorable_Code_Point, and the empty Braille cell)."""


class Approved(Protocol):
    """An entry that people own; the program checks it and never fills it in."""

    @property
    def owner(self) -> str:
        """Who answers for it."""
        ...

    @property
    def approver(self) -> str:
        """Who approved it; somebody else than the owner."""
        ...

    @property
    def approved_on(self) -> date | None:
        """The day of approval."""
        ...

    @property
    def review_by(self) -> date | None:
        """Last day on which it counts without another review; None where the entity sets none."""
        ...


def same_person(one: str, other: str) -> bool:
    """True for two spellings of one name: case, spaces, marks and signs between letters, characters that are not seen.

    It compares spellings, not people: an account and a name, or letters of two alphabets that look alike, differ.
    """
    return _seen(one) == _seen(other)


def _seen(name: str) -> str:
    """Letters and digits of a name, in the compatibility form (Unicode Standard Annex 15) without case; else spaces."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    kept = (sign for sign in folded if not _unseen(sign))
    return " ".join("".join(sign if _spells(sign) else " " for sign in kept).split())


def _unseen(sign: str) -> bool:
    """Format characters, fillers and selectors show nothing; accents and vowel points are written or left out.

    Marks of class 0, vowels of Indic scripts for instance, spell a name and count.
    """
    ordinary = unicodedata.combining(sign)
    optional = ordinary >= _ACCENTS or ordinary in _POINTS
    return unicodedata.category(sign) == "Cf" or sign in _FILLERS or optional


def _spells(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LNM"


def unapproved(entry: Approved, on: date) -> str:
    """Why an entry does not count on a day, as the end of a sentence about it; empty when it does."""
    missing = [
        name for name, text in (("owner", entry.owner), ("approver", entry.approver)) if not _seen(text)
    ]
    if missing:
        return f"it names no {' and no '.join(missing)}"
    if same_person(entry.owner, entry.approver):
        return "its owner approved it"
    if entry.approved_on is None:
        return "it has no day of approval"
    if entry.approved_on > on:
        return f"it is approved from {entry.approved_on.isoformat()} on"
    if entry.review_by is not None and entry.review_by < on:
        return f"its review was due by {entry.review_by.isoformat()}"
    return ""
