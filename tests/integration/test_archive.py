"""Questions about many scans, against what each scan says when it is read back alone."""

import pytest

from app.model.finding import Outcome
from app.model.snapshot import Coverage
from app.store import PostgresArchive
from tests.histories import (
    CHECK,
    CLUSTER,
    PODS,
    POLICIES,
    kubernetes_object,
    night,
    pods,
    record,
    result,
    snapshot,
)


@pytest.fixture
def archive(store, engine):
    """Five nights: an object changes, one is hidden for a night, one goes; a finding closes, comes back, and is unclear."""
    policy = kubernetes_object(POLICIES, "deny")
    seen = [
        (pods(cart=1, web=1), {}, [result("shop")], True),
        (pods(cart=2, web=1), {}, [result("shop", says="shop: worse")], True),
        ([], {PODS: Coverage.REFUSED}, [result("shop", Outcome.INSUFFICIENT)], False),
        (pods(cart=2), {}, [], True),
        (pods(cart=2), {}, [result("shop")], True),
    ]
    for number, (objects, unlisted, results, complete) in enumerate(seen, start=1):
        at = night(number)
        store.save(
            record(*results, at=at, complete=complete),
            snapshot([*objects, policy], at=at, unlisted=unlisted),
        )
    return PostgresArchive(engine)


def test_versions_say_what_every_snapshot_says(archive, store):
    versions = archive.versions(CLUSTER, 1, 5)
    for number in range(1, 6):
        told = {
            (item.ref, item.digest)
            for item in versions
            if item.first <= number <= item.last
            and not any(first <= number <= last for first, last in item.hidden)
        }
        stored = store.snapshot(store.scan(CLUSTER, number)).objects
        assert told == {(item.ref, item.digest) for item in stored}


def test_versions_of_some_kinds_and_scans_alone(archive):
    assert [(item.ref.name, item.first, item.last) for item in archive.versions(CLUSTER, 4, 5, [PODS])] == [
        ("cart", 2, 5)
    ]


def test_bodies_are_those_of_the_versions(archive, store):
    versions = archive.versions(CLUSTER, 1, 5)
    bodies = archive.bodies({item.digest for item in versions})
    stored = {
        item.digest: item.body for n in range(1, 6) for item in store.snapshot(store.scan(CLUSTER, n)).objects
    }
    assert bodies == stored


def test_results_are_ranges_cut_at_the_last_scan_asked_about(archive):
    told = [
        (item.first, item.last, item.result.outcome, item.result.says) for item in archive.said(CLUSTER, 1, 5)
    ]
    assert told == [
        (1, 1, Outcome.FAIL, "shop: fail"),
        (2, 2, Outcome.FAIL, "shop: worse"),
        (3, 3, Outcome.INSUFFICIENT, "shop: insufficient-evidence"),
        (5, 5, Outcome.FAIL, "shop: fail"),
    ]
    assert [item.first for item in archive.said(CLUSTER, 2, 3)] == [2, 3]
    assert archive.said(CLUSTER, 1, 5, ["0" * 16]) == ()
    assert [item.first for item in archive.said(CLUSTER, 1, 1, [result("shop").fingerprint])] == [1]


def test_openings_know_of_a_closing_only_what_the_last_scan_knew(archive):
    assert [(item.check, item.opened, item.closed) for item in archive.openings(CLUSTER, 5)] == [
        (CHECK, 1, 4),
        (CHECK, 5, None),
    ]
    assert [(item.opened, item.closed) for item in archive.openings(CLUSTER, 3)] == [(1, None)]


def test_counts_tell_where_the_whole_population_was_read(archive):
    assert [(item.scan, item.complete) for item in archive.counted(CLUSTER, 2, 4)] == [
        (2, True),
        (3, False),
        (4, True),
    ]


def test_a_cluster_that_nobody_knows_has_nothing(archive):
    assert (
        archive.versions("nowhere", 1, 9)
        == archive.said("nowhere", 1, 9)
        == archive.openings("nowhere", 9)
        == ()
    )
