import json

import pytest

from app.collect import ManifestSource
from app.errors import EvidenceError, ExitCode
from app.model.evidence import read_snapshot_document, snapshot_document
from app.model.snapshot import GapReason
from tests.unit.collect.objects import collected, pod, policy, snapshot_of


@pytest.fixture
def snapshot(tmp_path):
    objects = [
        pod(),
        policy({}),
        policy({"policyTypes": ["Egress"]}),
        {"kind": "Pod", "apiVersion": "v1", "metadata": {}},
    ]
    return snapshot_of(collected(tmp_path, json.dumps(objects), "x.json"))


def test_a_snapshot_is_read_back_as_it_was(snapshot):
    document = snapshot_document(snapshot)
    again = read_snapshot_document(document)
    assert (again, again.digest) == (snapshot, snapshot.digest)
    assert snapshot_document(again) == document


def test_a_snapshot_document_is_read_like_the_cluster_it_shows(snapshot, tmp_path):
    path = tmp_path / "snapshot.json"
    path.write_bytes(snapshot_document(snapshot))
    found = ManifestSource([path]).collect()
    assert (found.objects, found.gaps, found.kinds) == (snapshot.objects, snapshot.gaps, snapshot.kinds)
    assert found.source == snapshot.source


def test_a_snapshot_document_beside_manifests_adds_to_them(snapshot, tmp_path):
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "snapshot.json").write_bytes(snapshot_document(snapshot))
    found = collected(folder, json.dumps(pod("other")), "pod.json")
    assert [str(item.ref) for item in found.objects] == [
        "Pod shop/other",
        "Pod shop/web-0",
        "NetworkPolicy shop/p",
    ]
    assert found.source.description == "manifests: more"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"phase":"Running"', '"phase":"Pending"', "/Pod/shop/web-0 does not match its digest"),
        ('"cluster":"test"', '"cluster":"other"', "the snapshot document does not match its digest"),
        ('"gaps":[', '"gops":[', "the snapshot document is not whole: KeyError('gaps')"),
        ("netattest/snapshot/v1", "netattest/snapshot/v9", "this is not a netattest/snapshot/v1 document"),
        ('{"schema"', '["schema"', "the snapshot document is not JSON"),
    ],
)
def test_a_document_that_was_changed_is_refused(snapshot, old, new, message):
    changed = snapshot_document(snapshot).decode().replace(old, new, 1)
    with pytest.raises(EvidenceError) as error:
        read_snapshot_document(changed.encode())
    assert message in str(error.value)
    assert error.value.exit_code is ExitCode.EVIDENCE


def test_a_changed_document_among_manifests_is_a_gap(snapshot, tmp_path):
    folder = tmp_path / "changed"
    folder.mkdir()
    (folder / "snapshot.json").write_bytes(snapshot_document(snapshot).replace(b"Running", b"Pending"))
    found = collected(folder, json.dumps(pod("other")), "pod.json")
    assert [(gap.reason, "does not match its digest" in gap.message) for gap in found.gaps] == [
        (GapReason.UNREADABLE, True)
    ]
