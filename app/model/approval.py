"""When an entry of a register counts: it has an owner, somebody else approved it, and its review is not overdue."""

import unicodedata
from datetime import date
from typing import Protocol


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
    """True for two spellings of one name: case, spaces, forms of one letter and characters that are not seen apart."""
    return _seen(one) == _seen(other)


def _seen(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join("".join(sign for sign in folded if unicodedata.category(sign) != "Cf").split())


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
