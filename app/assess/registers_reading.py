"""`registers.yaml`, the rendered baseline and the probe results to `Registers`."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

import orjson

from app.assess.probes_file import read_probes
from app.assess.reading import Mistakes, parse
from app.assess.registers_file import RegistersFile
from app.model.canonical import canonical_json, digest
from app.model.history import Document
from app.model.identity import GroupKind, ObjectRef
from app.model.registers import Baseline, Registers
from app.model.snapshot import CollectionGap, GapReason, SnapshotObject

BASELINE = "netattest/baseline/v1"

T_co = TypeVar("T_co", covariant=True)


class _File(Protocol[T_co]):
    def value(self) -> T_co:
        """The entry as checks use it."""
        ...


def read_registers(given: Mapping[str, Document], mistakes: Mistakes) -> Registers:
    """Read what there is of `registers.yaml`, `baseline.json` and `probes.yaml`.

    Args:
        given: documents by name.
        mistakes: where mistakes are collected.
    """
    document = given.get("registers.yaml")
    read = parse(document, RegistersFile, mistakes) if document else None
    baseline, probes = (
        _baseline(given.get("baseline.json"), mistakes),
        read_probes(given.get("probes.yaml"), mistakes),
    )
    if document is None or read is None:
        return Registers(baseline=baseline, probes=probes)
    return Registers(
        given=True,
        owner=read.owner,
        reviewed_on=read.reviewed_on,
        insecure_services=_values(read.insecure_services),
        policy_writers=_values(read.policy_writers),
        changes=_values(read.changes),
        flow_logs=_values(read.flow_logs),
        tls_policy=read.tls_policy.value() if read.tls_policy else None,
        external_controls=_values(read.external_controls),
        addressable_decisions=_values(read.addressable_decisions),
        entity_controls=_values(read.entity_controls),
        baseline=baseline,
        probes=probes,
        digest=document.digest,
    )


def baseline_document(objects: Sequence[SnapshotObject], gaps: Sequence[CollectionGap]) -> Document:
    """A rendered configuration source as a document that judges a scan; the same objects give the same bytes."""
    body = {
        "schema": BASELINE,
        "objects": [{"ref": item.ref.key, "object": orjson.loads(item.body)} for item in objects],
        "gaps": [[gap.group_kind.group, gap.group_kind.kind, gap.reason.value, gap.message] for gap in gaps],
    }
    return Document("baseline.json", canonical_json(body))


def _values(files: Sequence[_File[T_co]] | None) -> tuple[T_co, ...] | None:
    return None if files is None else tuple(item.value() for item in files)


def _baseline(document: Document | None, mistakes: Mistakes) -> Baseline | None:
    if document is None:
        return None
    try:
        body = orjson.loads(document.body)
        objects = [_object(row["ref"], canonical_json(row["object"])) for row in body["objects"]]
        gaps = [
            CollectionGap(GroupKind(group, kind), GapReason(reason), message)
            for group, kind, reason, message in body["gaps"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        mistakes.add(document.name, "", f"is not a baseline as this program writes it: {error!r}")
        return None
    return Baseline(tuple(objects), tuple(gaps), document.digest)


def _object(key: str, body: bytes) -> SnapshotObject:
    return SnapshotObject(ObjectRef.from_key(key), body, digest(body))
