"""What was collected from a cluster at one time, and what was not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

import orjson

from app.model.canonical import digest_of
from app.model.identity import GroupKind, ObjectRef


class GapReason(StrEnum):
    """Why something is missing from a collection."""

    FORBIDDEN = "forbidden"  # HTTP 401/403: the permission is missing
    NOT_SERVED = "not-served"  # the API serves the group, but not this kind
    UNREACHABLE = "unreachable"  # retries ran out: time-outs, 429, 5xx, a cut connection
    TRUNCATED = "truncated"  # the list could not be read to its end
    UNREADABLE = "unreadable"  # a document that is not YAML or JSON, or not a Kubernetes object
    INVALID = "invalid"  # an object whose fields have the wrong type or value
    DUPLICATE = "duplicate"  # two different objects with one identity
    TOO_LARGE = "too-large"  # a document beyond the size, depth or alias limit
    UNCLEAR = "unclear"  # a policy of which something is not understood
    UNKNOWN_KIND = "unknown-kind"  # a policy kind that this version does not evaluate


FORWARDED = "spec.applyOnForward"  # `CollectionGap.field` of host endpoints that restrict what nodes forward


@dataclass(frozen=True, slots=True, order=True)
class CollectionGap:
    """One thing that was not read or not understood; whatever depends on it is insufficient evidence.

    Attributes:
        group_kind: the type whose population is incomplete; `GroupKind("", "")` when it cannot be known.
        reason: why.
        message: what happened, naming file and document or HTTP status; one sentence.
        advice: what to do next, for example the RBAC rule that would grant the list, as YAML.
        namespace: the namespace it is limited to; empty when the whole cluster is affected.
        name: the object, where one object is the gap.
        field: JSON path of the offending field, for example `spec.ingress[0].ports[1].port`.
    """

    group_kind: GroupKind
    reason: GapReason
    message: str
    advice: str = ""
    namespace: str = ""
    name: str = ""
    field: str = ""


class Coverage(StrEnum):
    """How much of a kind's population was read."""

    COMPLETE = "complete"  # listed to its end; the count is the population
    PARTIAL = "partial"  # some objects, but the list is known to be incomplete
    REFUSED = "refused"  # no object could be listed
    ABSENT = "absent"  # the API does not serve this kind (no CRD): there can be no object


@dataclass(frozen=True, slots=True, order=True)
class KindCoverage:
    """One kind that was asked for, and what came back.

    `resource_version` is the list's own (API field `metadata.resourceVersion`), empty for files.
    """

    group_kind: GroupKind
    version: str
    coverage: Coverage
    count: int
    pages: int = 1
    resource_version: str = ""


class SourceKind(StrEnum):
    """Where a collection came from."""

    API = "api"
    FILES = "files"


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """Identity of the source; printed on every report.

    Attributes:
        kind: API server or files.
        description: for a person, without secrets: "API server of context prod-eu-1", "2 folders".
        cluster_uid: UID of namespace `kube-system` where it was read, else empty.
        server_version: `gitVersion` of the API server, else empty.
        identity: user or service account that read, where the API tells (SelfSubjectReview), else empty.
    """

    kind: SourceKind
    description: str
    cluster_uid: str = ""
    server_version: str = ""
    identity: str = ""


@dataclass(frozen=True, slots=True)
class SnapshotObject:
    """One redacted object in canonical JSON. `origin` says where it came from and is not part of its identity."""

    ref: ObjectRef
    body: bytes = field(repr=False)
    digest: str
    origin: str = field(default="", compare=False)

    def parsed(self) -> Mapping[str, Any]:
        """Return the object as JSON values; a fresh copy at each call."""
        value: dict[str, Any] = orjson.loads(self.body)
        return value


@dataclass(frozen=True, slots=True)
class Collection:
    """Everything one run of a source brought back; objects sorted by identity, each identity once."""

    source: SourceInfo
    started_at: datetime
    finished_at: datetime
    objects: tuple[SnapshotObject, ...]
    kinds: tuple[KindCoverage, ...]
    gaps: tuple[CollectionGap, ...]


@dataclass(frozen=True)
class Snapshot:
    """A cluster as it was at one time: the unit of evidence. Times are aware and in UTC."""

    cluster: str
    taken_at: datetime
    source: SourceInfo
    objects: tuple[SnapshotObject, ...]
    kinds: tuple[KindCoverage, ...]
    gaps: tuple[CollectionGap, ...]

    @property
    def complete(self) -> bool:
        """True when nothing is known to be missing."""
        return not self.gaps

    @cached_property
    def _by_kind(self) -> dict[GroupKind, tuple[SnapshotObject, ...]]:
        groups: dict[GroupKind, list[SnapshotObject]] = {}
        for item in self.objects:
            groups.setdefault(item.ref.group_kind, []).append(item)
        return {kind: tuple(items) for kind, items in groups.items()}

    def of_kind(self, group: str, kind: str) -> tuple[SnapshotObject, ...]:
        """Objects of one type, sorted by identity; empty when there are none."""
        return self._by_kind.get(GroupKind(group, kind), ())

    def find(self, ref: ObjectRef) -> SnapshotObject | None:
        """The object of this identity, if it was read."""
        return self._by_ref.get(ref)

    @cached_property
    def _by_ref(self) -> dict[ObjectRef, SnapshotObject]:
        return {item.ref: item for item in self.objects}

    def coverage(self, group: str, kind: str) -> Coverage | None:
        """How much of a kind was read; None when it was never asked for."""
        wanted = GroupKind(group, kind)
        return next((entry.coverage for entry in self.kinds if entry.group_kind == wanted), None)

    def gaps_of(self, group: str, kind: str) -> tuple[CollectionGap, ...]:
        """Gaps that touch a type: its own, and those whose type could not be known."""
        wanted = (GroupKind(group, kind), GroupKind("", ""))
        return tuple(gap for gap in self.gaps if gap.group_kind in wanted)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over cluster, time, source, object identities and digests, kinds and gaps."""
        return digest_of(
            {
                "schema": "netattest/snapshot/v1",
                "cluster": self.cluster,
                "takenAt": self.taken_at.isoformat(),
                "source": {
                    "kind": self.source.kind.value,
                    "description": self.source.description,
                    "clusterUid": self.source.cluster_uid,
                    "serverVersion": self.source.server_version,
                    "identity": self.source.identity,
                },
                "objects": [[item.ref.key, item.digest] for item in self.objects],
                "kinds": [
                    [
                        str(entry.group_kind),
                        entry.version,
                        entry.coverage.value,
                        entry.count,
                        entry.resource_version,
                    ]
                    for entry in self.kinds
                ],
                "gaps": [
                    [str(gap.group_kind), gap.reason.value, gap.namespace, gap.name, gap.field, gap.message]
                    for gap in self.gaps
                ],
            }
        )
