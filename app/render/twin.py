"""The redacted twin of a report: every name replaced by a pseudonym, one for one, under a key that stays with its owner.

Pseudonyms are HMAC-SHA-256 of the name (RFC 2104), so the same name is the same pseudonym in every report made with one
key, and nobody without the key can test a guess. What is replaced: names of objects, nodes, hosts and the cluster,
addresses, UIDs, fingerprints, and digests of single objects. Verdicts are those of the original, which names decide.
"""

import csv
import dataclasses
import hmac
import io
import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import Any, Final, TypeVar
from uuid import UUID

import orjson

from app.model.canonical import canonical_json, digest
from app.model.report import PeriodReport, ReportInput
from app.model.snapshot import Snapshot, SnapshotObject
from app.render.twin_names import (
    fingerprints,
    names_of,
    names_of_period,
    public_words,
    public_words_of_period,
)
from app.render.wording import ELLIPSIS, short_digest

_NAMED_BY_PEOPLE: Final = frozenset(
    {"labels", "annotations", "matchLabels", "selector", "nodeSelector", "data", "streaks"}
)
"""Fields whose keys may be names."""

_NO_FORM: Final = re.compile(
    r"[.:/ ]"
)  # in a key: no form has such words, but hosts, endpoints and workload ids do

_FIXED: Final = frozenset(
    {"schema", "state", "outcome", "strength", "severity", "coverage", "status", "kind", "apiVersion"}
)
"""Fields whose values are words of a form, not of a cluster."""

_STRUCTURE: Final = frozenset({"anchor", "evidence", "id", "kind", "paper", "size", "state"})
"""Fields of pages that templates and links go by; they hold no names, but perhaps a word that is one."""

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
_HEX: Final = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{16})\b|\bF-[0-9a-f]{8}\b")
_MOST_PARTS: Final = 24  # of a word that is looked at part by part; a host name has fewer
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Twin:
    """Pseudonyms for one report.

    Attributes:
        key: the owner's key.
        names: lower-case names that are replaced, each with the kind that its pseudonym shows.
        public: words that stay though they hold a name: check ids, control ids, framework ids.
        prints: fingerprints of findings.
        objects: digest of an object → digest of its twin.
        shortened: a digest as running lines print it → that of its twin.
    """

    key: bytes = field(repr=False)
    names: Mapping[str, str] = field(repr=False)
    public: frozenset[str] = field(repr=False)
    prints: frozenset[str] = field(repr=False)
    objects: Mapping[str, str] = field(default_factory=dict, repr=False)
    shortened: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, report: ReportInput, key: bytes) -> "Twin":
        """Collect the names of a report."""
        bare = cls(key, names_of(report), public_words(report), fingerprints(report))
        twins = {item.digest: digest(bare.json(item.body)) for item in report.snapshot.objects}
        return replace(
            bare, objects=twins, shortened=_shortened({report.scan.digest: report.scan.digest, **twins})
        )

    @classmethod
    def of_period(cls, report: PeriodReport) -> "Twin":
        """Collect the names of a period."""
        prints = frozenset(item.fingerprint for item in report.period.deviations)
        return cls(
            report.pseudonym_key,
            names_of_period(report),
            public_words_of_period(report),
            prints,
            shortened=_shortened({report.scan.digest: report.scan.digest}),
        )

    def text(self, text: str) -> str:
        """A text with pseudonyms."""
        text = _UUID.sub(lambda match: self._uuid(match[0]), text)
        text = self._prints_in(text)
        text = _V6.sub(lambda match: self._address(match[0]), text)
        text = _V4.sub(lambda match: self._address(match[0]), text)
        return _WORD.sub(lambda match: self._word(match[0]), text)

    def _prints_in(self, text: str) -> str:
        """A text with other fingerprints and digests of objects, and nothing else changed."""
        return _HEX.sub(lambda match: self._hex(match[0]), text)

    def json(self, body: bytes) -> bytes:
        """A JSON document with pseudonyms, canonical."""
        return canonical_json(self.value(orjson.loads(body)))

    def csv(self, body: bytes) -> bytes:
        """A table with pseudonyms."""
        out = io.StringIO(newline="")
        rows = csv.reader(io.StringIO(body.decode(), newline=""))
        csv.writer(out, lineterminator="\r\n").writerows([self.text(cell) for cell in row] for row in rows)
        return out.getvalue().encode()

    def value(self, value: Any, parent: str = "") -> Any:
        """A JSON value with pseudonyms; keys are words of the form, except where people name them."""
        match value:
            case str():
                return value if parent in _FIXED else self.text(value)
            case list():
                return [self.value(item, parent) for item in value]
            case dict():
                people = parent in _NAMED_BY_PEOPLE
                return {
                    self.text(name) if people or _NO_FORM.search(name) else name: self.value(item, name)
                    for name, item in value.items()
                }
        return value

    def page(self, value: _Value) -> _Value:
        """Page content with pseudonyms: frozen values, all the way down."""
        result: Any = self._deep(value)
        return result  # type: ignore[no-any-return]

    def _deep(self, value: Any, parent: str = "") -> Any:
        if isinstance(value, Enum):
            return value
        if isinstance(value, str):
            return self._prints_in(value) if parent in _STRUCTURE else self.text(value)
        if isinstance(value, tuple | list | frozenset):
            return type(value)(self._deep(item, parent) for item in value)
        if isinstance(value, Mapping):
            return {self._deep(name): self._deep(item) for name, item in value.items()}
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {
                item.name: self._deep(getattr(value, item.name), item.name)
                for item in dataclasses.fields(value)
                if item.init
            }
            return replace(value, **fields)
        return value

    def snapshot(self, snapshot: Snapshot) -> Snapshot:
        """A snapshot with pseudonyms; each object has the digest of what it is now."""
        objects = [self._object(item) for item in snapshot.objects]
        return replace(
            snapshot,
            cluster=self.text(snapshot.cluster),
            source=replace(self._deep(snapshot.source), description="redacted"),
            objects=tuple(sorted(objects, key=lambda item: item.ref)),
            kinds=snapshot.kinds,
            gaps=tuple(sorted(self._deep(gap) for gap in snapshot.gaps)),
        )

    def _object(self, item: SnapshotObject) -> SnapshotObject:
        body = self.json(item.body)
        ref = replace(item.ref, namespace=self.text(item.ref.namespace), name=self.text(item.ref.name))
        return SnapshotObject(ref, body, digest(body))

    def _word(self, word: str) -> str:
        """Replace names in a word: the longest that fits at each place, whole parts between `.`, `-` and `_` only."""
        if word in self.public:
            return word
        if ELLIPSIS in word:
            return self._clipped(word)
        if not self._known_parts.intersection(_SPLIT.split(word.lower())):
            return word
        parts = _SPLIT.split(word)
        return "".join(self._replaced(parts[: 2 * _MOST_PARTS])) + "".join(parts[2 * _MOST_PARTS :])

    def _replaced(self, parts: list[str]) -> Iterator[str]:
        at = 0
        while at < len(parts):
            for end in range(len(parts), at, -1):
                name = "".join(parts[at:end]).lower()
                if name in self.names:
                    yield self.pseudonym(name)
                    at = end
                    break
            else:
                yield parts[at]
                at += 1

    def _clipped(self, word: str) -> str:
        """A name or a digest that was cut in the middle to fit a line."""
        if word in self.shortened:
            return self.shortened[word]
        head, _, tail = word.lower().partition(ELLIPSIS)
        found = [name for name in self.names if name.startswith(head) and name.endswith(tail)]
        return self.pseudonym(found[0]) if found else ELLIPSIS

    @cached_property
    def _known_parts(self) -> frozenset[str]:
        """First parts of all names: a quick look before a slow one."""
        return frozenset(_SPLIT.split(name)[0] for name in self.names)

    def pseudonym(self, name: str) -> str:
        """The pseudonym of a name, with its kind before it."""
        return f"{self.names[name]}-{self._mac(name)[:12]}"

    def _address(self, text: str) -> str:
        if text in _TELLING_NOTHING or text in self.public:
            return text
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return text
        return f"addr{address.version}-{self._mac(address.compressed)[:12]}"

    def _uuid(self, text: str) -> str:
        return str(UUID(bytes=bytes.fromhex(self._mac(text)[:32]), version=5))

    def _hex(self, text: str) -> str:
        if text in self.objects:
            return self.objects[text]
        if text in self.prints:
            return self._mac(text)[:16]
        if text.startswith("F-"):
            found = [item for item in self.prints if item.startswith(text[2:])]
            return f"F-{self._mac(found[0])[:8]}" if found else text
        return text

    def _mac(self, text: str) -> str:
        return hmac.new(self.key, text.encode(), "sha256").hexdigest()


def _shortened(digests: Mapping[str, str]) -> dict[str, str]:
    return {short_digest(old): short_digest(new) for old, new in digests.items()}
