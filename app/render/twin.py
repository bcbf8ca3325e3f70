"""The redacted twin of a report: every name replaced by a pseudonym, one for one, under a key that stays with its owner.

What is replaced: names of objects, nodes, hosts and the cluster, addresses, UIDs, fingerprints, and digests of what could be
guessed. What says the same of every cluster stays (`app.render.own_texts`). Verdicts are those of the original, which names
decide.
"""

import csv
import dataclasses
import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import Enum
from typing import Any, Final, TypeVar

import orjson

from app.model.bundle import EVIDENCE
from app.model.canonical import canonical_json, digest
from app.model.finding import Subject
from app.model.history import Scan
from app.model.identity import GroupKind, ObjectRef
from app.model.report import PeriodReport, ReportInput
from app.model.snapshot import Snapshot, SnapshotObject
from app.render.names import NAMESPACE
from app.render.own_texts import own_texts
from app.render.twin_names import (
    fingerprints,
    names_of,
    names_of_period,
    public_words,
    public_words_of_period,
)
from app.render.twin_text import KINDS, TwinText

_NAMED_BY_PEOPLE: Final = frozenset(
    {"labels", "annotations", "matchLabels", "selector", "nodeSelector", "streaks"}
)
"""Fields whose keys may be names."""

_IN_OBJECTS: Final = _NAMED_BY_PEOPLE | {"data", "binaryData", "stringData"}
"""The same in objects of Kubernetes; elsewhere keys of `data` are words of a form."""

_NO_FORM: Final = frozenset(".:/ ")
"""Characters that no key of a form has, but hosts, endpoints and workload ids do."""

_FIXED: Final = frozenset(
    {
        *("schema", "state", "outcome", "strength", "severity", "coverage", "status", "kind", "apiVersion"),
        *("sections", "sha256", "types"),
    }
)
"""Fields whose values are words of a form, or digests of files of the twin itself, not of a cluster."""

_REF_SLASHES: Final = 3  # of `ObjectRef.key`

_STRUCTURE: Final = frozenset({"anchor", "evidence", "id", "kind", "paper", "severity_id", "size", "state"})
"""Fields of pages that templates and links go by; they hold no names, but perhaps a word that is one."""

_Value = TypeVar("_Value")


class Twin(TwinText):
    """Values, files and pages with pseudonyms."""

    @classmethod
    def of(cls, report: ReportInput, key: bytes) -> "Twin":
        """Collect the names of a report."""
        objects = report.snapshot.objects
        bare = _over(objects, cls(key, names_of(report), public_words(report), fingerprints(report)))
        twins = {item.digest: digest(bare.json(item.body, _IN_OBJECTS)) for item in objects}
        papers = {item.attestation.document_digest for item in report.assessment.controls if item.attestation}
        return replace(bare, digests={**_staying(report.scan, papers), **twins})

    @classmethod
    def of_period(cls, report: PeriodReport) -> "Twin":
        """Collect the names of a period."""
        prints = frozenset(item.fingerprint for item in report.period.deviations)
        names, words = names_of_period(report), public_words_of_period(report)
        bare = cls(report.pseudonym_key, names, words, prints, _staying(report.scan))
        return _over(report.objects, bare)

    def keeping(self, digests: Iterable[str]) -> "Twin":
        """The same with digests that are told as they are: those of its own files."""
        return replace(self, digests={**self.digests, **{item: item for item in digests}})

    def json(self, body: bytes, people: frozenset[str] = _NAMED_BY_PEOPLE) -> bytes:
        """A JSON document with pseudonyms, canonical; `people` are fields whose keys may be names."""
        return canonical_json(self.value(orjson.loads(body), people=people))

    def csv(self, body: bytes) -> bytes:
        """A table with pseudonyms; its first row names the columns, in words of a form."""
        out = io.StringIO(newline="")
        head, *rows = csv.reader(io.StringIO(body.decode(), newline=""))
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(head)
        writer.writerows(
            [self._field(cell, column.rpartition("_")[2]) for column, cell in zip(head, row, strict=True)]
            for row in rows
        )
        return out.getvalue().encode()

    def value(self, value: Any, parent: str = "", people: frozenset[str] = _NAMED_BY_PEOPLE) -> Any:
        """A JSON value with pseudonyms; keys are words of the form, except where people name them."""
        match value:
            case str():
                return self._field(value, parent)
            case list():
                return [self.value(item, parent, people) for item in value]
            case {"ns": namespace, "name": name, "value": said} if namespace == NAMESPACE:
                rest = {key: item for key, item in value.items() if key not in ("ns", "name", "value")}
                told = {"ns": namespace, "name": name, "value": self._field(said, name)}
                return {**told, **self.value(rest, parent, people)}
            case dict():
                named = parent in people
                return {
                    self.text(name) if named or not _NO_FORM.isdisjoint(name) else name: self.value(
                        item, name, people
                    )
                    for name, item in value.items()
                }
        return value

    def _field(self, text: str, parent: str) -> str:
        if parent in _FIXED or (parent == "type" and text in KINDS):
            return text
        if parent == "ref" and text.count("/") == _REF_SLASHES:
            return self._ref(ObjectRef.from_key(text)).key
        if parent == "href" and text.startswith(EVIDENCE):
            return text
        return self.text(text)

    def page(self, value: _Value) -> _Value:
        """Page content with pseudonyms: frozen values, all the way down."""
        result: Any = self._deep(value, _STRUCTURE)
        return result  # type: ignore[no-any-return]

    def facts(self, value: _Value) -> _Value:
        """Values of the model with pseudonyms, for pages that are built from them."""
        result: Any = self._deep(value, frozenset())
        return result  # type: ignore[no-any-return]

    def _deep(self, value: Any, structure: frozenset[str], parent: str = "") -> Any:
        match value:
            case Enum() | GroupKind():
                return value
            case str():
                return self.prints_in(value) if parent in structure else self.text(value)
            case tuple() | list() | frozenset():
                return type(value)(self._deep(item, structure, parent) for item in value)
            case Mapping():
                return {
                    self._deep(name, structure): self._deep(item, structure) for name, item in value.items()
                }
        return self._whole(value, structure) if dataclasses.is_dataclass(value) else value

    def _whole(self, value: Any, structure: frozenset[str]) -> Any:
        """A frozen value with every field renamed that may hold a name."""
        match value:
            case ObjectRef():
                return self._ref(value)
            case Subject():
                return replace(value, id=self.text(value.id), namespace=self.text(value.namespace))
        fields = {
            item.name: self._deep(getattr(value, item.name), structure, item.name)
            for item in dataclasses.fields(value)
            if item.init
        }
        return replace(value, **fields)

    def snapshot(self, snapshot: Snapshot) -> Snapshot:
        """A snapshot with pseudonyms; each object has the digest of what it is now."""
        objects = [self._object(item) for item in snapshot.objects]
        return replace(
            snapshot,
            cluster=self.text(snapshot.cluster),
            source=replace(self.facts(snapshot.source), description="redacted"),
            objects=tuple(sorted(objects, key=lambda item: item.ref)),
            kinds=snapshot.kinds,
            gaps=tuple(sorted(self.facts(gap) for gap in snapshot.gaps)),
        )

    def _object(self, item: SnapshotObject) -> SnapshotObject:
        body = self.json(item.body, _IN_OBJECTS)
        return SnapshotObject(self._ref(item.ref), body, digest(body))

    def _ref(self, ref: ObjectRef) -> ObjectRef:
        return replace(ref, namespace=self.text(ref.namespace), name=self.text(ref.name))


def _over(objects: Iterable[SnapshotObject], twin: Twin) -> Twin:
    """A twin that knows how sentences name these objects."""
    refs = {item.ref for item in objects}
    return replace(
        twin,
        kinds=frozenset(ref.kind for ref in refs),
        refs=frozenset(str(ref) for ref in refs if not ref.namespace),
    )


def _staying(scan: Scan, papers: Iterable[str] = ()) -> dict[str, str]:
    """Digests that a twin may show: of the scan's record, of files that came with the program, of papers on file.

    A digest of the entity's own configuration is none of them: the file is attached with pseudonyms, and whoever guesses a
    name could test the guess against the digest of the original.
    """
    record = (scan.digest, scan.snapshot_digest, scan.previous_digest, scan.ledger)
    return {item: item for item in (*record, *own_texts().files, *papers) if item}
