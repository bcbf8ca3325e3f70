"""Texts that say the same of every cluster: what this program, and the files that come with it, write by themselves.

Whoever reads a redacted twin may know them by heart, from another report or from the program. A pseudonym in the middle of
such a text would tell which name it stands for, so these texts stay whole. What stands in a blank of a text is no part of it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any, Final

import orjson
import yaml

from app.model.canonical import digest
from app.render.wording import OUTCOME_WORDS, STATE_WORDS, plural
from app.resources import resource

FEWEST_WORDS: Final = 3
"""Words of a text that is known wherever it stands; a name could have two of them around it by chance."""

_PROGRAM: Final = Path(__file__).parents[1]
_WORD: Final = re.compile(r"[A-Za-z0-9]+")
_TERM: Final = re.compile(r"(?<![\w.-])[A-Za-z0-9]+(?:[._-]+[A-Za-z0-9]+)+(?![\w-])")
_NOUN: Final = re.compile(r"[a-z]+(?: [a-z]+)?")
_COUNTED: Final = re.compile(r"(?:\d|\b(?:no|one|two|three|four|five|six|seven|eight|nine|ten|of the))\s$")
_BEGINNING: Final = re.compile(r"(?:^|[.?!:;,·(\d)] |[“(]|\n[ -]*)$")
_LINE: Final = re.compile(r"\s*(?:$|\n)")
_END: Final = re.compile(r"\s*(?:$|\n|[.:;,](?:\s|$)| [·(]|[”)])")
_BLANK: Final = re.compile(r"\{[^{}]*\}")  # of a text that `str.format` fills in
_JOINING: Final = "._-/@"
"""Characters that make one name of what stands on both sides of them."""

_SURE: Final = frozenset(
    {
        *(
            f"{said} {way}"
            for said in (
                *(f"{word} for" for word in ("isolated", "deny", "selected", "it", "them", "open")),
                *("podSelector for", "through for", "] for", "restricts", "restrict"),
            )
            for way in ("ingress", "egress")
        ),
        *(words.lower() for words in (*STATE_WORDS.values(), *OUTCOME_WORDS.values()) if " " in words),
        "account data",
        "findings are open",
        "finding is open",
        "nodes port",
    }
)
"""Texts that are known wherever they stand, though some are short: no name ever stands within them."""

_PROPOSED: Final = ("default-deny-ingress", "default-deny-egress")
"""Names of policies that remedies propose."""


@dataclass(frozen=True)
class OwnTexts:
    """Texts of our own.

    Attributes:
        places: lower-case word → texts that have it, each with the place of the word in it.
        terms: words of several parts that occur in them (`insufficient-evidence`).
        files: SHA-256 of every framework and check file that came with this installation.
    """

    places: Mapping[str, tuple[tuple[str, int], ...]] = field(repr=False)
    terms: frozenset[str] = field(default=frozenset(), repr=False)
    files: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def of(cls, texts: Iterable[str], files: Iterable[str] = ()) -> "OwnTexts":
        """Sort texts by their words."""
        places: dict[str, list[tuple[str, int]]] = {}
        stripped = {text.strip() for text in texts}
        nouns = {plural(text) for text in stripped if _NOUN.fullmatch(text)}
        for text in sorted(stripped | nouns):
            for word in _WORD.finditer(text):
                places.setdefault(word[0].lower(), []).append((text, word.start()))
        terms = frozenset(term for text in stripped for term in _TERM.findall(text))
        return cls({word: tuple(found) for word, found in places.items()}, terms, frozenset(files))

    def cover(self, text: str, start: int, end: int) -> bool:
        """Does `text[start:end]`, which begins with a word, lie within a text of our own?"""
        word = _WORD.match(text, start)
        return word is not None and any(
            start - at + len(own) >= end and _stands(own, text, start - at)
            for own, at in self.places.get(word[0].lower(), ())
        )


def _stands(own: str, text: str, start: int) -> bool:
    """Does a text of our own stand at a place, by itself? Its first letter may be a capital there."""
    end = start + len(own)
    if start < 0 or text[start + 1 : end] != own[1:] or text[start].lower() != own[0].lower():
        return False
    if _joined(text[:start][-1:], own[0]) or _joined(text[end : end + 2], own[-1], after=True):
        return False
    return own in _SURE or len(own.split()) >= FEWEST_WORDS or _short(own, text, start)


def _short(own: str, text: str, start: int) -> bool:
    """A word or two of ours are known as all that is said, as the beginning of a sentence, or as what is counted."""
    if _NOUN.fullmatch(own) and _COUNTED.search(text[max(0, start - 8) : start]):
        return True
    told = " " in own or own.endswith(":")
    if text[start] != own[0] and " " not in own:
        return False
    if _BEGINNING.search(text[max(0, start - 80) : start]) is None:
        return False
    if not told:
        return own != own.lower() and _LINE.match(text, start + len(own)) is not None
    if _END.match(text, start + len(own)):
        return True
    return text[start] == own[0] and (own[0].isupper() or (own.endswith(":") and "\n" in text))


def _joined(beside: str, edge: str, *, after: bool = False) -> bool:
    """Is the edge of a text one word with what stands beside it? A full stop after it ends a sentence."""
    if not beside or not edge.isalnum():
        return False
    if after and beside[0] == ".":
        return beside[1:].isalnum()
    return beside[0].isalnum() or beside[0] in _JOINING


@cache
def own_texts() -> OwnTexts:
    """Read the texts of this installation once: its code, its framework and check files, its report definitions."""
    files = [resource("config") / "checks.yaml", *sorted((resource("config") / "frameworks").rglob("*.yaml"))]
    values = [*files, *sorted(resource("reports").glob("*.yaml"))]
    examples = sorted(resource("config").glob("*.example.yaml"))
    schemas = sorted((resource("config") / "schema").glob("*.schema.json"))
    texts = [
        *(f"{key}:" for path in schemas for key in _keys(orjson.loads(path.read_bytes()))),
        *_SURE,
        *_PROPOSED,
        *(text for path in sorted(_PROGRAM.rglob("*.py")) for text in _said_by(path)),
        *(text for path in values for text in _values(yaml.safe_load(path.read_bytes()))),
        *(text for path in (*values, *examples) for text in _comments(path)),
    ]
    return OwnTexts.of(texts, (digest(path.read_bytes()) for path in files))


def _said_by(path: Path) -> Iterator[str]:
    """Texts in a file of code, without docstrings; one with blanks counts as what stands between them."""
    code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True, optimize=2)
    for text in _constants(code):
        for piece in _BLANK.split(text):
            yield piece
            yield from piece.splitlines() if "\n" in piece else ()


def _constants(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case tuple() | frozenset():
            for item in value:
                yield from _constants(item)
        case CodeType():
            yield from _constants(value.co_consts)


def _values(value: Any) -> Iterator[str]:
    """Every text of a YAML file that is not a key."""
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _values(item)
        case dict():
            for item in value.values():
                yield from _values(item)


def _keys(schema: Any) -> Iterator[str]:
    """Names of fields in a schema, as a file of the entity has them at the beginning of a line."""
    match schema:
        case {"properties": dict() as fields}:
            yield from fields
            yield from _keys(list(schema.values()))
        case list() | dict():
            for item in schema.values() if isinstance(schema, dict) else schema:
                yield from _keys(item)


def _comments(path: Path) -> Iterator[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    yield from (line.partition("# ")[2] for line in lines if "# " in line)
