import random
from itertools import pairwise

import pytest
from sqlalchemy import Engine, text

from app.errors import EvidenceError
from app.model.canonical import digest
from app.model.finding import Outcome
from app.model.identity import GroupKind
from app.model.snapshot import CollectionGap, Coverage, GapReason, Snapshot, SnapshotObject
from app.store import PostgresStore
from app.store.tables import OPEN
from tests.fakes import InMemoryStore
from tests.histories import CLUSTER, PODS, POLICIES, kubernetes_object, night, pods, record, result, snapshot

NIGHTS = 30


def generated_night(rng: random.Random, number: int) -> Snapshot:
    """Objects come, change and go; now and then a list is refused, cut short, or a document cannot be read."""
    objects = [
        kubernetes_object(
            kind, f"{kind.kind.lower()}-{index}", rng.randrange(3), namespace=rng.choice(["a", "b"])
        )
        for kind in (PODS, POLICIES)
        for index in range(12)
        if rng.random() < 0.7
    ]
    unlisted: dict[GroupKind, Coverage] = {}
    if rng.random() < 0.3:
        unlisted = {rng.choice([PODS, POLICIES]): rng.choice([Coverage.REFUSED, Coverage.PARTIAL])}
    unknown = CollectionGap(GroupKind("", ""), GapReason.UNREADABLE, "x.yaml is not YAML")
    kept = [item for item in objects if unlisted.get(item.ref.group_kind) is not Coverage.REFUSED]
    gaps = [unknown] if rng.random() < 0.1 else []
    return snapshot(kept, at=night(number), unlisted=unlisted, gaps=gaps)


def generated_record(rng: random.Random, number: int):
    subjects = [f"ns-{index}" for index in range(6)]
    outcomes = (Outcome.FAIL, Outcome.PASS, Outcome.INSUFFICIENT, Outcome.ERROR)
    results = [result(name, rng.choice(outcomes), says=f"{name} {rng.randrange(2)}") for name in subjects]
    passed = [item for item in results if item.outcome is Outcome.PASS]
    return record(*results, at=night(number), complete=rng.random() < 0.7, passed=passed)


@pytest.mark.parametrize("seed", [1, 2])
def test_each_of_thirty_nights_is_rebuilt_exactly_and_tells_what_was_known_then(store: PostgresStore, seed):
    rng, memory, taken = random.Random(seed), InMemoryStore(), {}
    for number in range(1, NIGHTS + 1):
        if rng.random() < 0.1:
            for target in (store, memory):
                target.save_failure(CLUSTER, night(number), None, "refused", "0.1.0")
            continue
        taken[number], judged = generated_night(rng, number), generated_record(rng, number)
        for target in (store, memory):
            target.save(judged, taken[number])

    for number, expected in taken.items():
        scan = store.scan(CLUSTER, number)
        assert store.snapshot(scan) == expected
        assert store.snapshot(scan).digest == expected.digest
        assert store.findings(scan, closed_since=number // 2) == memory.findings(
            scan, closed_since=number // 2
        )
    for before, after in pairwise(taken):
        pair = (store.scan(CLUSTER, before), store.scan(CLUSTER, after))
        assert store.object_changes(*pair) == memory.object_changes(*pair)
    assert store.check().problems == ()


@pytest.mark.parametrize("coverage", [Coverage.REFUSED, Coverage.PARTIAL])
def test_a_list_that_was_not_read_to_its_end_ends_no_range(store: PostgresStore, engine: Engine, coverage):
    store.save(record(), snapshot(pods(cart=1)))
    for number in (2, 3):
        store.save(record(at=night(number)), snapshot(at=night(number), unlisted={PODS: coverage}))
    store.save(record(at=night(4)), snapshot(pods(cart=1), at=night(4)))

    with engine.connect() as connection:
        ranges = connection.execute(text("SELECT first_scan, last_scan FROM object_range")).all()
        holes = connection.execute(text("SELECT first_scan, last_scan FROM object_hole")).all()
    assert [tuple(row) for row in ranges] == [(1, OPEN)], "one version, never ended"
    assert [tuple(row) for row in holes] == [(2, 3)]


def test_an_object_that_is_gone_for_sure_after_a_hole_ends_with_the_hole(
    store: PostgresStore, engine: Engine
):
    store.save(record(), snapshot(pods(cart=1)))
    store.save(record(at=night(2)), snapshot(at=night(2), unlisted={PODS: Coverage.REFUSED}))
    store.save(record(at=night(3)), snapshot(at=night(3)))

    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT last_scan FROM object_range UNION ALL SELECT last_scan FROM object_hole")
        )
        assert [row.last_scan for row in rows] == [2, 2]


def test_an_object_whose_digest_is_wrong_is_never_stored(store: PostgresStore):
    wrong = SnapshotObject(pods(cart=1)[0].ref, b"{}", digest(b"something else"))

    with pytest.raises(EvidenceError, match="Pod shop/cart"):
        store.save(record(), snapshot([wrong]))
    assert store.clusters() == ()


def test_an_object_that_is_there_twice_is_never_stored(store: PostgresStore):
    with pytest.raises(EvidenceError, match="there twice"):
        store.save(record(), snapshot([*pods(cart=1), *pods(cart=2)]))


TAMPERING = {
    "a body": (
        "UPDATE blob SET body = (SELECT body FROM blob WHERE size <> {size} ORDER BY id LIMIT 1) WHERE size = {size}",
        "do not match that digest",
    ),
    "an object's version": (
        "UPDATE object_range SET blob_id = 1 WHERE first_scan = 1",
        "objects do not match",
    ),
    "a missing object": ("DELETE FROM object_range WHERE first_scan = 1", "objects do not match"),
    "a finding": ("DELETE FROM finding_result", "results do not match"),
    "a control's state": ("UPDATE control_state SET state = 'supported'", "results do not match"),
    "a count": ("UPDATE check_count SET failed = 0", "results do not match"),
    "a scan's time": (
        "UPDATE scan SET taken_at = taken_at - interval '1 day' WHERE number = 1",
        "scan 1 .* its digest",
    ),
    "a missing scan": ("DELETE FROM scan WHERE number = 1", "scan 1 .* is missing"),
    "a document": ("UPDATE scan_document SET name = 'other.yaml' WHERE scan = 2", "record of scan 2"),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_what_was_tampered_with_behind_the_triggers_is_found(store: PostgresStore, engine: Engine, what):
    from app.model.control import ControlState
    from tests.histories import point

    for number in (1, 2):
        points = [point("1.3.1", ControlState.EXCEPTION)]
        store.save(
            record(result("shop"), at=night(number), points=points),
            snapshot(pods(cart=1, web=number), at=night(number)),
        )
    size = len(pods(cart=1)[0].body)
    statement, says = TAMPERING[what]
    with engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))  # a superuser can
        connection.execute(text(statement.format(size=size)))

    problems = "\n".join(store.check().problems)
    assert pytest.raises(AssertionError, match=says).matches(AssertionError(problems)), problems
    if "scan" in what or what == "a document":
        assert store.context(CLUSTER, night(3)).integrity.problems != ()


def test_a_snapshot_that_was_tampered_with_is_not_handed_out(store: PostgresStore, engine: Engine):
    saved = store.save(record(), snapshot(pods(cart=1, web=2)))
    with engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text("DELETE FROM object_range WHERE key_id = 1"))

    with pytest.raises(EvidenceError, match="scan 1 of prod-eu-1"):
        store.snapshot(saved)
