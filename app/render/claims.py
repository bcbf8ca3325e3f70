"""What a result says, as a line of a report: a sentence that begins as sentences do, in words that a reader knows."""

import re
from typing import Final, Protocol

from app.model.finding import ARROW, Subject
from app.render.wording import capital, ended

_EVERY: Final = {
    "external:0.0.0.0-255.255.255.255": "every IPv4 address outside the cluster",
    "external:::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff": "every IPv6 address outside the cluster",
}
"""Ids of the `reach` contract that name the whole of an address family; tables and files keep the ids."""

_OUTSIDE: Final = re.compile(r"external:(?:([0-9a-f:.]+)-)?([0-9a-f:.]*[0-9a-f])")
"""Any other id of addresses outside; a stop or a colon behind it belongs to the sentence."""

_IN_NAMES: Final = frozenset("/=[.:-0123456789")


class Said(Protocol):
    """What a check said about a subject: a result, or a time over which it failed."""

    @property
    def check(self) -> str:
        """Check id."""

    @property
    def subject(self) -> Subject:
        """What was judged."""

    @property
    def says(self) -> str:
        """One sentence, which may begin with a name."""


def claim(result: Said) -> str:
    """What a result says, without a full stop; names keep their letters, any other beginning is a capital."""
    text = plain(result.says) or f"{result.check}: {result.subject}"
    return text if _begins_with_name(text, result) else capital(text)


def claimed(result: Said) -> str:
    """The same as a whole sentence."""
    return ended(claim(result))


def plain(text: str) -> str:
    """Say in words what ids of addresses outside the cluster mean."""
    for name, words in _EVERY.items():
        text = text.replace(name, words)
    return _OUTSIDE.sub(_addresses, text).strip().removesuffix(".")


def _addresses(found: re.Match[str]) -> str:
    first, last = found.groups()
    return f"{f'{first} – {last}' if first else last} outside the cluster"


def _begins_with_name(text: str, result: Said) -> bool:
    """A word with signs of names in it, or the subject's own: a namespace may be named as any word is."""
    first, subject = text.split(" ", 1)[0], result.subject.id
    return bool(_IN_NAMES.intersection(first)) or first in (subject, subject.partition(ARROW)[0])
