"""Texts of a redacted twin: names, addresses, identifiers and digests replaced, one for one, under a key of the owner.

Pseudonyms are HMAC-SHA-256 of the name (RFC 2104), so the same name is the same pseudonym in every report made with one
key, and nobody without the key can test a guess. A digest of something that could be guessed is replaced for the same reason.
"""

import hmac
import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final
from uuid import UUID

from app.model.finding import SubjectKind
from app.render.own_texts import OwnTexts, own_texts
from app.render.twin_names import GIVEN
from app.render.wording import ELLIPSIS, short_digest

_TELLING_NOTHING: Final = frozenset(
    {"0.0.0.0", "255.255.255.255", "127.0.0.1", "::", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}  # noqa: S104
)
_WORD: Final = re.compile(rf"[A-Za-z0-9](?:[A-Za-z0-9._{ELLIPSIS}-]*[A-Za-z0-9])?")
_SPLIT: Final = re.compile(r"([._-]+)")
_V4: Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_V6: Final = re.compile(
    r"(?:(?<=external:)|(?<![\w:.]))(?:[0-9a-fA-F]{0,4}:){2,7}(?:[0-9a-fA-F]{1,4})?(?![\w:])"
)
_UUID: Final = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_HEX: Final = re.compile(r"(?<!@sha256:)\b[0-9a-f]{64}\b|\b[0-9a-f]{16}\b|\bF-[0-9a-f]{8}\b")
"""Digests, save those of images, which tell a product; fingerprints; ids of findings."""

_SHORT: Final = re.compile(rf"[0-9a-f]{{8}}{ELLIPSIS}[0-9a-f]{{6}}")
_DIGEST: Final = 64  # hexadecimal characters of SHA-256
_FIELD: Final = re.compile(r"(?:spec|status)(?:\.(?!labels|annotations|matchLabels)[A-Za-z]+)+")
"""The path of a field, as a sentence names it: words of a Kubernetes form."""

_NEXT: Final = re.compile(r"[ .]([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)/?")
KINDS: Final = frozenset(SubjectKind)
_MOST_PARTS: Final = 24  # of a word that is looked at part by part; a host name has fewer


@dataclass(frozen=True)
class TwinText:
    """Pseudonyms for one report.

    Attributes:
        key: the owner's key.
        names: lower-case names that are replaced, each with the kind that its pseudonym shows.
        public: words that stay though they hold a name: check ids, control ids, framework ids.
        prints: fingerprints of findings.
        digests: a digest → what the twin shows for it, itself where it can stay; any other gets a pseudonym.
        own: texts that say the same of every cluster.
        kinds: of objects; before a name each is a word of ours.
        refs: kinds and names of objects without a namespace, as a sentence names them: no text of ours.
    """

    key: bytes = field(repr=False)
    names: Mapping[str, str] = field(repr=False)
    public: frozenset[str] = field(repr=False)
    prints: frozenset[str] = field(repr=False)
    digests: Mapping[str, str] = field(default_factory=dict, repr=False)
    own: OwnTexts = field(default_factory=own_texts, repr=False)
    kinds: frozenset[str] = field(default=frozenset(), repr=False)
    refs: frozenset[str] = field(default=frozenset(), repr=False)

    def text(self, text: str) -> str:
        """A text with pseudonyms; a text of our own, or a passage that is one, stays whole."""
        text = _WORD.sub(self._word, text)
        text = _UUID.sub(lambda match: self._uuid(match[0]), text)
        text = self.prints_in(text)
        text = _V6.sub(self._address, text)
        return _V4.sub(self._address, text)

    def prints_in(self, text: str) -> str:
        """A text with other fingerprints and digests, and nothing else changed."""
        return _HEX.sub(lambda match: self._hex(match[0]), text)

    def pseudonym(self, name: str) -> str:
        """The pseudonym of a name, with its kind before it; a line never breaks at `_`, as it would at a hyphen."""
        return f"{self.names[name]}_{self._mac(name)[:12]}"

    def digest(self, digest: str) -> str:
        """What the twin shows for a digest."""
        return self.digests.get(digest) or self._mac(digest)

    def _word(self, found: re.Match[str]) -> str:
        """Replace names in a word: the longest that fits at each place, whole parts between `.`, `-` and `_` only."""
        word = found[0]
        if word in self.public or _FIELD.fullmatch(word):
            return word
        if ELLIPSIS in word:
            return self._clipped(word)
        if not self._known_parts.intersection(_SPLIT.split(word.lower())):
            return word
        if word in self.own.terms and word.lower() not in self.names:
            return word
        parts = _SPLIT.split(word)
        head, tail = parts[: 2 * _MOST_PARTS], parts[2 * _MOST_PARTS :]
        return "".join((*self._replaced(head, found.string, found.start()), *tail))

    def _replaced(self, parts: list[str], text: str, start: int) -> Iterator[str]:
        at = 0
        while at < len(parts):
            for end in range(len(parts), at, -1):
                name = "".join(parts[at:end])
                if name in self._done:
                    yield name
                    break
                if name.lower() in self.names:
                    yield name if self._ours(text, start, name) else self.pseudonym(name.lower())
                    break
            else:
                end, name = at + 1, parts[at]
                yield name
            at, start = end, start + len(name)

    def _ours(self, text: str, start: int, word: str) -> bool:
        """Is this word at this place one of ours, though it is a name elsewhere?"""
        end = start + len(word)
        if text.endswith(("--", "--definition "), 0, start):  # of a command that is printed
            return True
        if word == "data" and text.startswith("['", end):  # the path of a field
            return True
        kind = word in self.kinds or word in KINDS
        if kind and (named := _NEXT.match(text, end)) and self._names_one(named):
            return True
        return text not in self.refs and self.own.cover(text, start, end)

    def _names_one(self, after: re.Match[str]) -> bool:
        """Does what follows a kind name an object of it, or the group of the kind?"""
        told = after[1].lower() in self.names or after[1] in GIVEN or after[1] in self.kinds
        return told or after[0][0] == "." or "/" in after[0]

    def _clipped(self, word: str) -> str:
        """A name or a digest that was cut in the middle to fit a line."""
        if _SHORT.fullmatch(word):
            return self._shortened.get(word) or short_digest(self._mac(word))
        head, _, tail = word.lower().partition(ELLIPSIS)
        found = [name for name in self.names if name.startswith(head) and name.endswith(tail)]
        return self.pseudonym(found[0]) if found else ELLIPSIS

    @cached_property
    def _shortened(self) -> Mapping[str, str]:
        """Digests as running lines and narrow columns print them."""
        return {short_digest(old): short_digest(new) for old, new in self.digests.items()}

    @cached_property
    def _known_parts(self) -> frozenset[str]:
        """First parts of all names: a quick look before a slow one."""
        return frozenset(_SPLIT.split(name)[0] for name in self.names)

    @cached_property
    def _done(self) -> frozenset[str]:
        """All pseudonyms of names: a text that has them already may be asked about again."""
        return frozenset(self.pseudonym(name) for name in self.names)

    def _address(self, found: re.Match[str]) -> str:
        text = found[0]
        if text in _TELLING_NOTHING or text in self.public or self.own.cover(found.string, *found.span()):
            return text
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return text
        return f"addr{address.version}_{self._mac(address.compressed)[:12]}"

    def _uuid(self, text: str) -> str:
        return str(UUID(bytes=bytes.fromhex(self._mac(text)[:32]), version=5))

    def _hex(self, text: str) -> str:
        if len(text) == _DIGEST:
            return self.digest(text)
        if text in self.prints:
            return self._mac(text)[:16]
        if text.startswith("F-"):
            found = [item for item in self.prints if item.startswith(text[2:])]
            return f"F-{self._mac(found[0])[:8]}" if found else text
        return text

    def _mac(self, text: str) -> str:
        return hmac.new(self.key, text.encode(), "sha256").hexdigest()
