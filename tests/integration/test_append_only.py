import re

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from app.model.control import ControlState
from app.model.snapshot import Coverage
from app.store import PostgresStore
from app.store.tables import OPEN, metadata
from tests.histories import CLUSTER, PODS, night, pods, point, record, result, snapshot

# Rows of runs under way come and go; those of the service are about what is to do, not about what was found.
LIVING = {"run", "delivery", "lease", "enrolment", "pause", "slot_job", "chore"}
OF_SCANS = sorted(metadata.tables.keys() - LIVING)


NEW_PARENTS = (
    "INSERT INTO object_key (cluster_id, api_group, kind, namespace, name) VALUES (1, '', 'Pod', 'shop', 'new')",
    """INSERT INTO finding (cluster_id, fingerprint, check_id, subject_kind, subject, namespace)
       VALUES (1, 'new', 'check', 'namespace', 'new', '')""",
    "INSERT INTO control (framework, framework_digest, control) VALUES ('soc2', 'new', 'CC6.6')",
)


@pytest.fixture(scope="module")
def stored(shared_engine: Engine) -> Engine:
    """Three nights with something in every table."""
    store = PostgresStore(shared_engine)
    story = [
        snapshot(pods(cart=1, web=1), at=night(1)),
        snapshot(pods(cart=2), at=night(2), unlisted={PODS: Coverage.PARTIAL}),
        snapshot(pods(cart=2, web=1), at=night(3)),
    ]
    for number, taken in enumerate(story, start=1):
        failing = [result("shop")] if number != 2 else []
        points = [point("1.3.1", ControlState.EXCEPTION)]
        store.save(record(*failing, at=taken.taken_at, points=points, slot=taken.taken_at), taken)
    return shared_engine


def refused(engine: Engine, statement: str, match: str = "append-only") -> None:
    with engine.connect() as connection, pytest.raises(DBAPIError, match=match):
        connection.execute(text(statement))


@pytest.mark.parametrize("table", OF_SCANS)
def test_rows_of_finished_scans_cannot_be_deleted(stored, table):
    refused(stored, f"DELETE FROM {table}")
    refused(stored, f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("table", OF_SCANS)
def test_rows_of_finished_scans_cannot_be_changed(stored, table):
    column = list(metadata.tables[table].c)[-1].name
    refused(stored, f"UPDATE {table} SET {column} = {column}", match="append-only|is final")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE object_range SET last_scan = 1 WHERE last_scan < 2147483647",
        "UPDATE object_range SET last_scan = 2147483647 WHERE last_scan < 2147483647",
        "UPDATE object_range SET last_scan = 3, blob_id = 1 WHERE last_scan = 2147483647",
        "UPDATE object_range SET last_scan = 2 WHERE last_scan = 2147483647",
        "UPDATE finding_interval SET closed_scan = 3 WHERE closed_scan IS NULL",
        "UPDATE finding_interval SET closed_scan = NULL WHERE closed_scan IS NOT NULL",
        "UPDATE finding_result SET says = 'nothing'",
    ],
)
def test_history_cannot_be_bent(stored, statement):
    refused(stored, statement)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("check_count", "scan"),
        ("control_state", "scan"),
        ("scan_document", "scan"),
        ("object_range", "first_scan"),
        ("object_hole", "first_scan"),
        ("finding_result", "first_scan"),
        ("finding_interval", "opened_scan"),
    ],
)
def test_nothing_is_added_to_a_finished_scan(stored, table, column):
    parents = {"key_id": "object_key", "finding_id": "finding", "control_id": "control"}
    values = {name: f"(SELECT max(id) FROM {parent})" for name, parent in parents.items()}
    values |= {column: "3", "last_scan": str(OPEN), "closed_scan": "NULL"}
    values |= {"check_id": "'another'", "name": "'another.yaml'"}
    row = ", ".join(values.get(item.name, item.name) for item in metadata.tables[table].c)
    with stored.connect() as connection:
        for parent in NEW_PARENTS:
            connection.execute(text(parent))
        with pytest.raises(DBAPIError, match=f'scan 3 is finished: adding to "{table}"'):
            connection.execute(text(f"INSERT INTO {table} SELECT {row} FROM {table} LIMIT 1"))


def test_the_range_that_is_open_may_be_ended_by_the_next_scan(stored):
    with stored.connect() as connection:
        connection.execute(text(f"UPDATE object_range SET last_scan = 3 WHERE last_scan = {OPEN}"))


def test_every_table_but_that_of_running_runs_is_guarded(stored):
    query = "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    with stored.connect() as connection:
        assert sorted(connection.scalars(text(query))) == OF_SCANS


def test_a_row_for_a_scan_that_never_comes_cannot_be_committed(stored):
    statement = f"INSERT INTO object_hole SELECT cluster_id, key_id, 4, {OPEN} FROM object_hole LIMIT 1"
    with (
        pytest.raises(DBAPIError, match=re.escape("fk_object_hole_cluster_id_first_scan")),
        stored.begin() as connection,
    ):
        connection.execute(text(statement))


def test_an_unchanged_night_writes_a_record_and_counts_only(store, engine):
    taken = pods(cart=1, web=1)
    points = [point("1.3.1", ControlState.EXCEPTION)]

    def rows() -> dict[str, int]:
        with engine.connect() as connection:
            return {
                name: connection.scalars(text(f"SELECT count(*) FROM {name}")).one()
                for name in metadata.tables
            }

    store.save(record(result("shop"), points=points), snapshot(taken))
    before = rows()
    store.save(record(result("shop"), at=night(2), points=points), snapshot(taken, at=night(2)))
    added = {name: count - before[name] for name, count in rows().items() if count != before[name]}

    # The manifest holds the time and the resource versions of the lists, and the ledger the manifest's digest.
    assert added == {"scan": 1, "scan_document": 1, "check_count": 1, "control_state": 1, "blob": 2}
    assert store.clusters() == (CLUSTER,)
