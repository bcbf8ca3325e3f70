"""The snapshot as a document: what a report carries, and what reads it back without a database or a cluster.

`netattest/snapshot/v1` holds everything that a verdict depends on: the redacted objects, what was read and what was
not. Its digest is that of the snapshot, so a document that was changed does not read back.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from app.errors import EvidenceError
from app.model.canonical import canonical_json, digest
from app.model.identity import GroupKind, ObjectRef
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

SCHEMA = "netattest/snapshot/v1"
_ADVICE = "The document was changed or damaged after it was written; take it from the report again."


def snapshot_document(snapshot: Snapshot) -> bytes:
    """Write a snapshot as one JSON document; the same snapshot gives the same bytes."""
    return orjson.dumps(
        {
            "schema": SCHEMA,
            "digest": snapshot.digest,
            "cluster": snapshot.cluster,
            "takenAt": snapshot.taken_at.isoformat(),
            "source": {
                "kind": snapshot.source.kind.value,
                "description": snapshot.source.description,
                "clusterUid": snapshot.source.cluster_uid,
                "serverVersion": snapshot.source.server_version,
                "identity": snapshot.source.identity,
            },
            "kinds": [_kind_row(entry) for entry in snapshot.kinds],
            "gaps": [_gap_row(gap) for gap in snapshot.gaps],
            "objects": [
                {
                    "key": item.ref.key,
                    "digest": item.digest,
                    "origin": item.origin,
                    "body": orjson.Fragment(item.body),
                }
                for item in snapshot.objects
            ],
        }
    )


def is_snapshot_document(value: Any) -> bool:
    """True when a JSON value says that it is one."""
    return isinstance(value, dict) and value.get("schema") == SCHEMA


def read_snapshot_document(data: bytes) -> Snapshot:
    """Read a snapshot document back.

    Raises:
        EvidenceError: it is not such a document, or an object or the whole does not match its digest.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise EvidenceError(f"the snapshot document is not JSON: {error}", advice=_ADVICE) from None
    return snapshot_from(value)


def snapshot_from(value: Any) -> Snapshot:
    """Read a snapshot document that was already decoded.

    Raises:
        EvidenceError: as `read_snapshot_document`.
    """
    if not is_snapshot_document(value):
        raise EvidenceError(f"this is not a {SCHEMA} document", advice=_ADVICE)
    try:
        snapshot = _snapshot(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EvidenceError(f"the snapshot document is not whole: {error!r}", advice=_ADVICE) from None
    if snapshot.digest != value.get("digest"):
        raise EvidenceError("the snapshot document does not match its digest", advice=_ADVICE)
    return snapshot


def _snapshot(value: Mapping[str, Any]) -> Snapshot:
    source = value["source"]
    return Snapshot(
        cluster=value["cluster"],
        taken_at=datetime.fromisoformat(value["takenAt"]),
        source=SourceInfo(
            SourceKind(source["kind"]),
            source["description"],
            source["clusterUid"],
            source["serverVersion"],
            source["identity"],
        ),
        objects=tuple(_object(row) for row in value["objects"]),
        kinds=tuple(_kind(row) for row in value["kinds"]),
        gaps=tuple(_gap(row) for row in value["gaps"]),
    )


def _object(row: Mapping[str, Any]) -> SnapshotObject:
    body = canonical_json(row["body"])
    if digest(body) != row["digest"]:
        raise EvidenceError(f"{row['key']} does not match its digest", advice=_ADVICE)
    return SnapshotObject(ObjectRef.from_key(row["key"]), body, row["digest"], row["origin"])


def _kind_row(entry: KindCoverage) -> dict[str, Any]:
    return {
        "group": entry.group_kind.group,
        "kind": entry.group_kind.kind,
        "version": entry.version,
        "coverage": entry.coverage.value,
        "count": entry.count,
        "pages": entry.pages,
        "resourceVersion": entry.resource_version,
    }


def _kind(row: Mapping[str, Any]) -> KindCoverage:
    return KindCoverage(
        GroupKind(row["group"], row["kind"]),
        row["version"],
        Coverage(row["coverage"]),
        row["count"],
        row["pages"],
        row["resourceVersion"],
    )


def _gap_row(gap: CollectionGap) -> dict[str, str]:
    return {
        "group": gap.group_kind.group,
        "kind": gap.group_kind.kind,
        "reason": gap.reason.value,
        "message": gap.message,
        "advice": gap.advice,
        "namespace": gap.namespace,
        "name": gap.name,
        "field": gap.field,
    }


def _gap(row: Mapping[str, str]) -> CollectionGap:
    return CollectionGap(
        GroupKind(row["group"], row["kind"]),
        GapReason(row["reason"]),
        row["message"],
        row["advice"],
        row["namespace"],
        row["name"],
        row["field"],
    )
