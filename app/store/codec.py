"""Values of the model as canonical JSON, and back. The bytes are evidence: a change of form needs a new schema name."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import orjson

from app.model.canonical import canonical_json
from app.model.identity import GroupKind
from app.model.results import loaded
from app.model.snapshot import (
    CollectionGap,
    Coverage,
    GapReason,
    KindCoverage,
    Snapshot,
    SnapshotObject,
    SourceInfo,
    SourceKind,
)

_MANIFEST = "netattest/manifest/v1"


def encode_manifest(snapshot: Snapshot) -> bytes:
    """What a snapshot says apart from its objects: time, source, kinds and gaps, each in full."""
    source = snapshot.source
    return canonical_json(
        {
            "schema": _MANIFEST,
            "cluster": snapshot.cluster,
            "takenAt": snapshot.taken_at.isoformat(),
            "source": [
                source.kind.value,
                source.description,
                source.cluster_uid,
                source.server_version,
                source.identity,
            ],
            "kinds": [_kind_json(item) for item in snapshot.kinds],
            "gaps": [_gap_json(item) for item in snapshot.gaps],
        }
    )


def decode_manifest(body: bytes, objects: Sequence[SnapshotObject]) -> Snapshot:
    """The snapshot of a manifest and its objects."""
    value = loaded(body, _MANIFEST)
    kind, *rest = value["source"]
    return Snapshot(
        cluster=value["cluster"],
        taken_at=datetime.fromisoformat(value["takenAt"]),
        source=SourceInfo(SourceKind(kind), *rest),
        objects=tuple(objects),
        kinds=tuple(_kind_from(item) for item in value["kinds"]),
        gaps=tuple(_gap_from(item) for item in value["gaps"]),
    )


def encode_origins(objects: Sequence[SnapshotObject]) -> bytes:
    """Where each object came from, in the order of objects; neighbours with one origin share an entry."""
    runs = groupby(item.origin for item in objects)
    return canonical_json([[origin, sum(1 for _ in group)] for origin, group in runs])


def decode_origins(body: bytes) -> list[str]:
    """Read back what `encode_origins` wrote."""
    return [origin for origin, count in orjson.loads(body) for _ in range(count)]


def decode_streaks(body: bytes) -> dict[str, int]:
    """Read back what `encode_streaks` wrote."""
    value: dict[str, int] = orjson.loads(body)
    return value


def _kind_json(item: KindCoverage) -> list[object]:
    kind = item.group_kind
    return [
        kind.group,
        kind.kind,
        item.version,
        item.coverage.value,
        item.count,
        item.pages,
        item.resource_version,
    ]


def _kind_from(value: list[Any]) -> KindCoverage:
    group, kind, version, coverage, *rest = value
    return KindCoverage(GroupKind(group, kind), version, Coverage(coverage), *rest)


def _gap_json(gap: CollectionGap) -> list[str]:
    kind = gap.group_kind
    return [
        kind.group,
        kind.kind,
        gap.reason.value,
        gap.message,
        gap.advice,
        gap.namespace,
        gap.name,
        gap.field,
    ]


def _gap_from(value: list[Any]) -> CollectionGap:
    group, kind, reason, *rest = value
    return CollectionGap(GroupKind(group, kind), GapReason(reason), *rest)
