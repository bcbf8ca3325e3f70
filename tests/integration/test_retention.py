"""Scans are removed whole; what is kept stays exactly as it was, and the chain still proves where the rest went."""

import random

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from app import pipeline
from app.errors import EvidenceError, InputError, NotFoundError, StoreError
from app.model.control import ControlState
from app.model.history import ScanStatus
from app.model.retention import Hold, Policy, Rule
from app.store import PostgresStore
from tests.histories import CLUSTER, night, pods, point, record, result, snapshot
from tests.integration.test_rebuild import generated_night, generated_record

NIGHTS = 24


def written(store: PostgresStore, seed: int) -> list[int]:
    """Generated nights, some of them failed; returns the numbers of those that were stored."""
    rng, stored = random.Random(seed), []
    for number in range(1, NIGHTS + 1):
        if rng.random() < 0.15:
            store.save_failure(CLUSTER, night(number), night(number), "refused", "0.2.0")
            continue
        store.save(generated_record(rng, number), generated_night(rng, number))
        stored.append(number)
    return stored


def told(store: PostgresStore, number: int, *, closed_since: int | None = None) -> tuple[object, ...]:
    """Everything that the store says about one scan by itself."""
    scan = store.scan(CLUSTER, number)
    points = [item for item in store.points(CLUSTER) if item.scan == number]
    return (
        scan,
        store.snapshot(scan),
        store.documents(scan),
        points,
        store.findings(scan, closed_since=closed_since),
        store.chain(scan, 100),
    )


@pytest.mark.parametrize("seed", range(6))
def test_what_is_kept_reads_as_before_whatever_was_removed(store: PostgresStore, seed):
    stored = written(store, seed)
    rng = random.Random(seed + 100)
    going = rng.sample(stored[:-1], len(stored) // 2)
    before = {
        number: told(store, number, closed_since=stored[stored.index(number) - 1]) for number in stored[1:]
    }
    for batch in (going[: len(going) // 2], going[len(going) // 2 :]):
        gone = store.remove(CLUSTER, dict.fromkeys(batch, "year"), rule="{}", tool_version="0.2.0")
        assert gone == tuple(sorted(batch))
        assert store.check().problems == ()

    for number in set(stored[1:]) - set(going):
        since = stored[stored.index(number) - 1]
        assert told(store, number, closed_since=since) == before[number]
    store.save(generated_record(rng, NIGHTS + 1), generated_night(rng, NIGHTS + 1))
    assert store.check().problems == ()


def test_a_removed_scan_says_so_and_keeps_its_place_in_the_chain(store: PostgresStore, engine: Engine):
    stored = written(store, 1)
    before = store.scans(CLUSTER)
    store.remove(CLUSTER, {stored[0]: "year"}, rule="{}", tool_version="0.2.0")

    assert store.scans(CLUSTER) == before
    assert store.removed(CLUSTER) == {stored[0]: "year"}
    assert store.context(CLUSTER, night(NIGHTS + 1)).integrity.problems == ()
    for read in (store.snapshot, store.documents):
        with pytest.raises(NotFoundError, match="removed by retention, rule year"):
            read(store.scan(CLUSTER, stored[0]))
    with engine.connect() as connection:
        seen = connection.execute(text("SELECT scan, removed_by FROM v_scan WHERE removed_at IS NOT NULL"))
        assert seen.all() == [(stored[0], "year")]


@pytest.mark.parametrize("between", ["stored", "failed"])
def test_a_version_that_only_scans_in_a_row_had_goes_with_them(
    store: PostgresStore, engine: Engine, between: str
):
    """One row lasts over all three: it lies in no single gap, and a failed run between two saw nothing."""
    for number, version in ((1, 1), (2, 1), (3, 1), (4, 2)):
        if number == 2 and between == "failed":
            store.save_failure(CLUSTER, night(number), None, "refused", "0.2.0")
        else:
            store.save(record(at=night(number)), snapshot(pods(cart=version), at=night(number)))
    gone = [1, 2, 3] if between == "stored" else [1, 3]
    store.remove(CLUSTER, dict.fromkeys(gone, "year"), rule="{}", tool_version="0.2.0")

    with engine.connect() as connection:
        kept = {value.hex() for value in connection.scalars(text("SELECT sha256 FROM blob"))}
    assert pods(cart=1)[0].digest not in kept
    assert pods(cart=2)[0].digest in kept
    assert store.check().problems == ()


def test_bodies_that_nothing_needs_are_gone(store: PostgresStore, engine: Engine):
    for number in (1, 2):
        store.save(
            record(
                result("shop", says=f"night {number}"),
                at=night(number),
                points=[point("1.1", ControlState.PARTIAL)],
            ),
            snapshot(pods(cart=number, web=1), at=night(number)),
        )
    alone = pods(cart=1)[0].digest
    shared = pods(web=1)[0].digest
    store.remove(CLUSTER, {1: "year"}, rule="{}", tool_version="0.2.0")

    with engine.connect() as connection:
        kept = {value.hex() for value in connection.scalars(text("SELECT sha256 FROM blob"))}
    assert alone not in kept
    assert shared in kept


@pytest.mark.parametrize("which", ["last", "failed", "unknown"])
def test_what_cannot_be_removed_is_refused(store: PostgresStore, which):
    stored = written(store, 2)
    failed = [item.number for item in store.scans(CLUSTER) if item.status is ScanStatus.FAILED]
    number = {"last": stored[-1], "failed": failed[0], "unknown": 999}[which]

    with pytest.raises(StoreError, match=f"scan {number}"):
        store.remove(CLUSTER, {number: "year"}, rule="{}", tool_version="0.2.0")
    assert store.check().problems == ()
    assert store.removed(CLUSTER) == {}


def test_nothing_is_removed_from_a_history_that_was_tampered_with(store: PostgresStore, engine: Engine):
    stored = written(store, 3)
    with engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(
            text(
                "UPDATE check_count SET failed = failed + 1 WHERE scan = (SELECT min(scan) FROM check_count)"
            )
        )

    with pytest.raises(EvidenceError, match="nothing was removed"):
        store.remove(CLUSTER, {stored[0]: "year"}, rule="{}", tool_version="0.2.0")


def test_a_hold_and_the_rules_decide_for_every_cluster(store: PostgresStore):
    stored = written(store, 4)
    times = {item.number: item for item in store.scans(CLUSTER)}
    held = Hold(
        "case", (CLUSTER,), "inquiry", since=times[stored[2]].taken_at, until=times[stored[3]].taken_at
    )
    policy = Policy((Rule("year", ("prod-*",), 12, "history"),), (held,))
    later = night(1).replace(year=2060)

    (plan,) = pipeline.retain(store, policy, later, "0.2.0", dry_run=True)
    assert store.removed(CLUSTER) == {}
    (did,) = pipeline.retain(store, policy, later, "0.2.0")
    assert did == plan
    assert [number for number, _ in did.held] == stored[2:4]
    assert set(store.removed(CLUSTER)) == set(stored[:-1]) - set(stored[2:4])
    assert store.check().problems == ()
    (again,) = pipeline.retain(store, policy, later, "0.2.0")
    assert again.removable == ()


@pytest.mark.parametrize("name", ["prod-eu-l", "prod-?u-1"])
def test_a_hold_that_fits_no_cluster_removes_nothing(store: PostgresStore, name):
    written(store, 4)
    rules = (Rule("year", ("prod-*",), 12, "history"),)
    policy = Policy(rules, (Hold("case", (CLUSTER, name), "inquiry"),))

    with pytest.raises(InputError, match=r"hold case names .*; nothing was removed") as raised:
        pipeline.retain(store, policy, night(1).replace(year=2060), "0.2.0")

    assert name in str(raised.value)
    assert store.removed(CLUSTER) == {}


@pytest.mark.parametrize("table", ["object_range", "check_count", "blob", "finding", "scan_document"])
def test_even_a_transaction_that_removes_cannot_take_what_a_kept_scan_needs(
    store: PostgresStore, engine: Engine, table
):
    written(store, 5)
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL netattest.removing = 'on'"))
        with pytest.raises(DBAPIError, match=r"append-only|foreign key"):
            connection.execute(text(f"DELETE FROM {table}"))


def test_the_record_of_a_kept_scan_cannot_be_emptied(store: PostgresStore, engine: Engine):
    written(store, 5)
    with engine.connect() as connection, pytest.raises(DBAPIError, match="is finished"):
        connection.execute(text("UPDATE scan SET manifest_id = NULL, origins_id = NULL, streaks_id = NULL"))


@pytest.mark.parametrize(
    ("role", "allowed"),
    [("netattest_writer", False), ("netattest_auditor", False), ("netattest_retention", True)],
)
def test_only_the_role_of_retention_may_remove(store: PostgresStore, engine: Engine, role, allowed):
    stored = written(store, 6)
    with engine.connect() as connection:
        connection.execute(text(f"SET ROLE {role}"))
        connection.commit()
        from app.store import retention

        def remove() -> tuple[int, ...]:
            return retention.remove(connection, CLUSTER, {stored[0]: "year"}, rule="{}", tool_version="0.2.0")

        if allowed:
            assert remove() == (stored[0],)
        else:
            with pytest.raises(DBAPIError, match="permission denied"):
                remove()
        connection.rollback()
        connection.execute(text("RESET ROLE"))


WRITER_MAY_NOT = {
    "change a body": "UPDATE blob SET body = 'x'",
    "change a record": "UPDATE scan SET reason = 'x'",
    "change a state": "UPDATE control_state SET state = 'supported'",
    "change a result": "UPDATE finding_result SET says = 'x'",
    "change an identity": "UPDATE object_key SET name = 'x'",
    "delete a scan": "DELETE FROM scan",
    "delete a range": "DELETE FROM object_range",
    "delete a slot": "DELETE FROM slot",
    "delete the end of a chain": "DELETE FROM chain_head",
    "turn the end of a chain back": "UPDATE chain_head SET number = 1",
    "bury a scan": "INSERT INTO tombstone VALUES (1, 1, 1, 'x', '[]')",
    "switch triggers off": "ALTER TABLE scan DISABLE TRIGGER ALL",
    "switch triggers off for a session": "SET session_replication_role = replica",
    "empty a table": "TRUNCATE check_count",
}


@pytest.mark.parametrize("what", WRITER_MAY_NOT)
def test_the_writer_cannot_bend_history(store: PostgresStore, engine: Engine, what):
    store.save(record(result("shop"), slot=night(1)), snapshot(pods(cart=1)))
    store.save(record(at=night(2)), snapshot(pods(cart=2), at=night(2)))
    with engine.connect() as connection:
        connection.execute(text("SET ROLE netattest_writer"))
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner|append-only"):
            connection.execute(text(WRITER_MAY_NOT[what]))
        connection.rollback()
        connection.execute(text("RESET ROLE"))
        connection.commit()
