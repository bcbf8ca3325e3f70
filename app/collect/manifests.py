"""Manifests as a source: folders, files and standard input.

A folder is its own population: a kind that it does not hold is not missing from it, so there is a coverage row for each
kind that was seen and no gap for the others. What could not be read is a gap.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from app.collect.clock import SYSTEM_CLOCK
from app.collect.documents import UNKNOWN, Document, decoded_item, read_documents, unreadable
from app.collect.evidence import is_snapshot_document, snapshot_from
from app.collect.files import STDIN, File, read_files
from app.collect.gathering import Gathering
from app.collect.json_keys import repeated_keys
from app.collect.kinds import BY_KIND
from app.collect.kinds.names import NEVER_READ, current
from app.collect.objects import NotAnObjectError, group_of, identify, snapshot_object
from app.errors import EvidenceError, InputError
from app.model.identity import GroupKind
from app.model.ports import Clock
from app.model.snapshot import (
    Collection,
    CollectionGap,
    Coverage,
    GapReason,
    KindCoverage,
    Snapshot,
    SourceInfo,
    SourceKind,
)

# Files beside manifests that are YAML and no manifests.
_OTHER_FILES = frozenset(
    {"kustomization.yaml", "kustomization.yml", "Kustomization", "Chart.yaml", "Chart.lock"}
)
_MANIFEST_FIELDS = ("apiVersion", "kind", "metadata", "spec")
_KUSTOMIZE = "kustomize.config.k8s.io"
_SHOWN_GAPS = 5


@dataclass
class ManifestSource:
    """Reads `--from PATH...` once.

    Attributes:
        paths: folders (read recursively, by name), files, or `-` for standard input.
        stdin: where `-` reads from.
        clock: when reading began and ended.
        on_kind: told how many objects of a kind were found, once for each kind.
        certificates: namespaces whose TLS Secrets may show their certificates.
    """

    paths: Sequence[str | Path]
    stdin: BinaryIO | None = None
    clock: Clock = SYSTEM_CLOCK
    on_kind: Callable[[str, int], None] | None = None
    certificates: Sequence[str] = ()
    _found: Gathering = field(default_factory=Gathering, init=False)
    _snapshots: list[Snapshot] = field(default_factory=list, init=False)

    def collect(self) -> Collection:
        """Read every path.

        Raises:
            InputError: a path does not exist, or nothing in all of them is a Kubernetes object.
        """
        self._found, self._snapshots = Gathering(), []
        started = self.clock.now()
        for file in read_files(self.paths, self.stdin):
            if isinstance(file, CollectionGap):
                self._found.gaps.append(file)
            else:
                self._read(file)
        if not self._found.objects:
            raise _nothing_found(self.paths, self._found.sorted_gaps())
        kinds = self._kinds()
        for entry in kinds:
            if self.on_kind:
                self.on_kind(str(entry.group_kind), entry.count)
        return Collection(
            source=self._source(),
            started_at=started,
            finished_at=self.clock.now(),
            objects=self._found.sorted_objects(),
            kinds=kinds,
            gaps=self._found.sorted_gaps(),
        )

    def _read(self, file: File) -> None:
        if Path(file.name).name in _OTHER_FILES:
            return
        for document in read_documents(file.name, file.data):
            if isinstance(document, CollectionGap):
                self._found.gaps.append(document)
            else:
                self._take(document)

    def _take(self, document: Document) -> None:
        """Take in one document: a snapshot, a list, or an object."""
        value = document.value
        if is_snapshot_document(value):
            self._take_snapshot(document)
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            self._take_items(document, value, {})
        elif not isinstance(value, dict):
            if value is not None:
                advice = "Remove it from the input, or give it as a Kubernetes object."
                problem = "it is not a Kubernetes object"
                self._found.gaps.append(unreadable(document.origin, problem, advice=advice))
        elif _is_list(value):
            self._take_list(document, value)
        elif not _is_other_document(value):
            self._take_object(document, value)

    def _take_list(self, document: Document, value: dict[str, Any]) -> None:
        """Take in a List or a typed list; `items: null` is how Go writes an empty one."""
        default = _item_type(value)
        kind = _kind_of(default)
        items = value.get("items", "missing")
        if items is not None and not isinstance(items, list):
            problem = "items is missing" if "items" not in value else "items is not a list"
            advice = "Give the list as `kubectl get -o json` writes it."
            self._found.gaps.append(unreadable(document.origin, problem, kind=kind, advice=advice))
            return
        if _goes_on(value):
            self._found.gaps.append(_first_page(document.origin, kind))
        self._take_items(document, items or (), default)

    def _take_items(self, document: Document, items: Iterable[Any], default: dict[str, Any]) -> None:
        for index, item in enumerate(items):
            decoded = decoded_item(item, f"{document.origin}, item {index + 1}")
            if isinstance(decoded, CollectionGap):
                self._found.gaps.append(decoded)
                continue
            repeated = _below_item(document.repeated, index)
            value = {**default, **decoded.value} if isinstance(decoded.value, dict) else decoded.value
            self._take(Document(value, decoded.origin, repeated, decoded.raw))

    def _take_object(self, document: Document, value: dict[str, Any]) -> None:
        kind = _kind_of(value)
        if kind in NEVER_READ:
            return
        spec = BY_KIND.get(kind)
        restricts = spec is not None and spec.restricts
        repeated = document.repeated or (repeated_keys(document.raw) if restricts and document.raw else ())
        self._found.gaps += [_repeated(document, kind, path, restricts) for path in repeated]
        if restricts and repeated:
            return
        try:
            self._found.add(
                snapshot_object(identify(value), value, document.origin, certificates=self.certificates)
            )
        except NotAnObjectError as error:
            if spec or kind == UNKNOWN:  # of other kinds nothing is read, named or not
                advice = "Complete the object; `kubectl apply --dry-run=client` names what is missing."
                self._found.gaps.append(unreadable(document.origin, str(error), kind=kind, advice=advice))

    def _take_snapshot(self, document: Document) -> None:
        try:
            snapshot = snapshot_from(document.value)
        except EvidenceError as error:
            self._found.gaps.append(unreadable(document.origin, str(error), advice=error.advice))
            return
        self._snapshots.append(snapshot)
        self._found.gaps += snapshot.gaps
        for item in snapshot.objects:
            self._found.add(item)

    def _kinds(self) -> tuple[KindCoverage, ...]:
        """Coverage of every kind that was seen; partial where an object of the kind is known to be missing."""
        known = {entry.group_kind: entry for snapshot in self._snapshots for entry in snapshot.kinds}
        broken = {gap.group_kind for gap in self._found.gaps if _leaves_out(gap)}
        for kind, count in self._found.count().items():
            coverage = Coverage.PARTIAL if kind in broken else Coverage.COMPLETE
            known.setdefault(kind, KindCoverage(kind, "", coverage, count))
        return tuple(sorted(known.values()))

    def _source(self) -> SourceInfo:
        """The paths, or, for one snapshot document alone, the source that it came from."""
        if len(self._snapshots) == 1 and len(self._snapshots[0].objects) == len(self._found.objects):
            return self._snapshots[0].source
        return SourceInfo(SourceKind.FILES, _described(self.paths))


def _is_list(value: dict[str, Any]) -> bool:
    """Whether an object is a list: by its items, or by its kind if that is a list of a kind that is read."""
    kind = str(value.get("kind"))
    if not kind.endswith("List"):
        return False
    return "items" in value or kind == "List" or _kind_of(_item_type(value)) in BY_KIND


def _goes_on(value: dict[str, Any]) -> bool:
    metadata = value.get("metadata")
    return isinstance(metadata, dict) and bool(metadata.get("continue"))


def _first_page(origin: str, kind: GroupKind) -> CollectionGap:
    return CollectionGap(
        kind,
        GapReason.TRUNCATED,
        f"{origin} is one page of a longer list: metadata.continue says that the server has more",
        advice="Give the whole list; `kubectl get -o json` reads every page.",
        field="metadata.continue",
    )


def _item_type(value: dict[str, Any]) -> dict[str, Any]:
    """Type of the items of a typed list, which do not repeat it; a plain `List` says nothing about its items."""
    kind = str(value["kind"]).removesuffix("List")
    return {"apiVersion": value.get("apiVersion"), "kind": kind} if kind else {}


def _is_other_document(value: dict[str, Any]) -> bool:
    """Values files, kustomizations and settings of other tools: YAML that stands beside manifests."""
    if not any(name in value for name in _MANIFEST_FIELDS):
        return True
    return str(value.get("apiVersion")).startswith(_KUSTOMIZE)


def _kind_of(value: dict[str, Any]) -> GroupKind:
    version, kind = value.get("apiVersion"), value.get("kind")
    if isinstance(version, str) and isinstance(kind, str):
        return current(GroupKind(group_of(version), kind))
    return UNKNOWN


def _below_item(paths: Iterable[str], index: int) -> tuple[str, ...]:
    prefix = f"items[{index}]."
    return tuple(path.removeprefix(prefix) for path in paths if path.startswith(prefix))


def _repeated(document: Document, kind: GroupKind, path: str, restricts: bool) -> CollectionGap:
    """A key that stands twice: a policy is not guessed at, anything else is read as its last value says."""
    result = "was left out" if restricts else "was read with the last value"
    return CollectionGap(
        kind,
        GapReason.INVALID,
        f"{document.origin} {result}: {path} stands there twice",
        advice="Keep one of them; what the cluster would take depends on the client.",
        field=path,
    )


def _leaves_out(gap: CollectionGap) -> bool:
    """Whether an object of the gap's kind is missing; of two different ones the first was read."""
    spec = BY_KIND.get(gap.group_kind)
    restricts = spec is not None and spec.restricts
    missing = (GapReason.UNREADABLE, GapReason.TRUNCATED)
    return gap.reason in missing or (gap.reason is GapReason.INVALID and restricts)


def _described(paths: Sequence[str | Path]) -> str:
    names = [str(path) if str(path) == STDIN else Path(path).resolve().name for path in paths]
    return "manifests: " + ", ".join("standard input" if name == STDIN else name for name in names)


def _nothing_found(paths: Sequence[str | Path], gaps: Sequence[CollectionGap]) -> InputError:
    lines = [gap.message for gap in gaps[:_SHOWN_GAPS]]
    if len(gaps) > _SHOWN_GAPS:
        lines.append(f"and {len(gaps) - _SHOWN_GAPS} more")
    found = "; ".join(lines) or "there is no .yaml, .yml or .json file with an object in it"
    return InputError(
        f"no Kubernetes object could be read from {', '.join(str(path) for path in paths)}: {found}",
        advice="Give manifests, the output of `kubectl get -o json`, or a `kubectl cluster-info dump` folder.",
    )
