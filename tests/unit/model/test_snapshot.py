from dataclasses import replace
from datetime import UTC, datetime

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


def item(name, **labels):
    body = canonical_json({"kind": "Pod", "metadata": {"name": name, "labels": labels}})
    return SnapshotObject(ObjectRef("", "Pod", "shop", name), body, digest(body))


PODS = GroupKind("", "Pod")
POLICIES = GroupKind("networking.k8s.io", "NetworkPolicy")
REFUSED = CollectionGap(POLICIES, GapReason.FORBIDDEN, "HTTP 403")
SNAPSHOT = Snapshot(
    cluster="c",
    taken_at=datetime(2026, 11, 22, 2, 15, tzinfo=UTC),
    source=SourceInfo(SourceKind.API, "API server"),
    objects=(item("a"), item("b")),
    kinds=(KindCoverage(PODS, "v1", Coverage.COMPLETE, 2),),
    gaps=(),
)


def test_the_digest_covers_everything_that_was_or_was_not_seen():
    variants = [
        replace(SNAPSHOT, cluster="d"),
        replace(SNAPSHOT, taken_at=datetime(2026, 11, 22, 2, 16, tzinfo=UTC)),
        replace(SNAPSHOT, objects=(item("a"), item("b", app="web"))),
        replace(SNAPSHOT, objects=(item("a"),)),
        replace(SNAPSHOT, kinds=()),
        replace(SNAPSHOT, gaps=(REFUSED,)),
    ]
    digests = {SNAPSHOT.digest, *(variant.digest for variant in variants)}
    assert len(digests) == len(variants) + 1


def test_where_an_object_came_from_is_not_part_of_the_digest():
    moved = tuple(replace(entry, origin="dump.yaml, document 3") for entry in SNAPSHOT.objects)
    assert replace(SNAPSHOT, objects=moved).digest == SNAPSHOT.digest


def test_objects_are_found_by_kind_and_by_identity():
    assert [entry.ref.name for entry in SNAPSHOT.of_kind("", "Pod")] == ["a", "b"]
    assert SNAPSHOT.of_kind("", "Node") == ()
    assert SNAPSHOT.find(ObjectRef("", "Pod", "shop", "b")) is SNAPSHOT.objects[1]
    assert SNAPSHOT.find(ObjectRef("", "Pod", "shop", "z")) is None


def test_a_gap_of_unknown_kind_touches_every_kind():
    nameless = CollectionGap(GroupKind("", ""), GapReason.UNREADABLE, "x.yaml, document 1: not YAML")
    torn = replace(SNAPSHOT, gaps=(REFUSED, nameless))
    assert torn.gaps_of("", "Pod") == (nameless,)
    assert set(torn.gaps_of("networking.k8s.io", "NetworkPolicy")) == {REFUSED, nameless}
    assert not torn.complete


def test_coverage_of_a_kind_that_was_never_asked_for_is_not_known():
    assert SNAPSHOT.coverage("", "Pod") is Coverage.COMPLETE
    assert SNAPSHOT.coverage("", "Node") is None
