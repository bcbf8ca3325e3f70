"""Whoever owns the tables can switch the triggers off and edit a row. Each such edit is found, whatever the column."""

import pytest
from sqlalchemy import Column, Connection, Engine, Table, text
from sqlalchemy.types import Boolean, DateTime, Integer, LargeBinary, Text

from app.model.control import ControlState
from app.model.finding import Outcome
from app.model.history import SlotStatus
from app.model.snapshot import Coverage
from app.store import PostgresStore
from app.store.tables import blob, metadata
from tests.histories import CLUSTER, PODS, night, pods, point, record, result, snapshot

# Columns that carry no evidence, and why. Whoever adds a column puts it under a digest, or here with a reason.
NO_EVIDENCE = {
    "slot.host": "which process runs the slot; what came of it is evidence",
    "slot.pid": "as above",
    "slot.claimed_at": "as above",
}


# What is to do, and what was handed over: what came of a slot is in `slot`, with the reason of a pause.
TO_DO = {"run", "lease", "enrolment", "pause", "slot_job", "chore", "delivery"}

COLUMNS = [
    pytest.param(table, column, id=f"{table.name}.{column.name}")
    for table in metadata.sorted_tables
    for column in table.c
    if table.name not in TO_DO and f"{table.name}.{column.name}" not in NO_EVIDENCE
]
TABLES = [table for table in metadata.sorted_tables if table.name not in TO_DO]


@pytest.fixture(scope="module")
def stored(shared_engine: Engine) -> Engine:
    """Two clusters with something in every table, a failed scan, missed slots, and removed scans."""
    store = PostgresStore(shared_engine)
    for cluster in (CLUSTER, "other"):
        _write(store, cluster)
    for cluster in (CLUSTER, "other"):
        assert store.remove(
            cluster, {1: "twelve months", 2: "twelve months"}, rule="{}", tool_version="0.2.0"
        )
    assert store.check().problems == ()
    return shared_engine


def _write(store: PostgresStore, cluster: str) -> None:
    for number in range(1, 8):
        if number == 4:
            store.save_failure(cluster, night(4), night(4), "refused", "0.2.0")
            continue
        unlisted = {PODS: Coverage.PARTIAL} if number in (3, 6) else {}
        seen = {"cart": number // 2, "always": 1} | ({} if unlisted else {"web": 1})
        failing = [result("shop")] if number in (1, 2, 5, 7) else [result("bank", Outcome.INSUFFICIENT)]
        store.save(
            record(
                *failing,
                result("always"),
                at=night(number),
                cluster=cluster,
                points=[point("1.3.1", ControlState.EXCEPTION)],
                slot=night(number),
                streaks={"check/a": number},
            ),
            snapshot(pods(**seen), at=night(number), cluster=cluster, unlisted=unlisted),
        )
    store.close_slot(cluster, night(8), SlotStatus.MISSED, reason="the service was down")


def edited(connection: Connection, statement: str) -> int:
    connection.execute(text("SET LOCAL session_replication_role = replica"))  # a superuser can
    return connection.execute(text(statement)).rowcount


def problems_after(engine: Engine, statement: str, *, before: str = "") -> str:
    """What the check says of an edit that is then taken back; empty when the edit changed nothing."""
    with engine.connect() as connection:
        if before:
            connection.execute(text(before))
        assert edited(connection, statement) == 1, statement
        found = PostgresStore.check_on(connection).problems
        connection.rollback()
    return "\n".join(found)


def other_value(table: Table, column: Column) -> str:
    """An expression that differs from a column's value, and that its type allows."""
    name = f"{table.name}.{column.name}"
    special = {
        "scan.status": "CASE status WHEN 'complete' THEN 'partial' ELSE 'complete' END",
        "control_state.state": "CASE state WHEN 'supported' THEN 'partial' ELSE 'supported' END",
        "slot.status": "CASE status WHEN 'done' THEN 'missed' ELSE 'done' END",
        "finding_result.outcome": "CASE outcome WHEN 'fail' THEN 'error' ELSE 'fail' END",
        "blob.sha256": "sha256(sha256)",
        "scan.snapshot_digest": "sha256(digest)",
        "scan.ledger_digest": "sha256(digest)",
    }
    by_type = {
        Boolean: f"NOT {column.name}",
        Integer: f"{column.name} + {1 if column.references(blob.c.id) else 100}",
        DateTime: f"{column.name} + interval '1 second'",
        LargeBinary: f"sha256({column.name})",
        Text: f"{column.name} || 'x'",
    }
    usual = next(value for kind, value in by_type.items() if isinstance(column.type, kind))
    return special.get(name, "DEFAULT" if column.identity else usual)


def rows_of(engine: Engine, table: Table, column: Column) -> list[str]:
    """Some rows of a table, as places: the first, the last, and one in between, where the column has a value."""
    query = (
        f"SELECT ctid::text FROM {table.name} WHERE {column.name} IS NOT NULL"
        + (f" AND {column.name} < 2147483647" if isinstance(column.type, Integer) else "")
        + (" AND status <> 'failed'" if table.name == "scan" and column.name == "status" else "")
        + (" AND NOT contrary" if column.name == "contrary" else "")
        + " ORDER BY ctid"
    )
    with engine.connect() as connection:
        found = list(connection.scalars(text(query)))
    return sorted({found[0], found[len(found) // 2], found[-1]})


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_an_edit_of_any_column_is_found_and_its_table_named(stored: Engine, table: Table, column: Column):
    constraint = "".join(
        f"ALTER TABLE {item.table.name} DROP CONSTRAINT {item.name} CASCADE;"
        for item in table.constraints
        if item.name and str(item.name).startswith("ck_")
    )
    for place in rows_of(stored, table, column):
        statement = (
            f"UPDATE {table.name} SET {column.name} = {other_value(table, column)} WHERE ctid = '{place}'"
        )
        problems = problems_after(stored, statement, before=constraint)
        assert table.name in problems, f"{statement}: {problems or 'nothing was found'}"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_row_that_was_deleted_is_found(stored: Engine, table: Table):
    with stored.connect() as connection:
        places = list(connection.scalars(text(f"SELECT ctid::text FROM {table.name} ORDER BY ctid")))
    for place in sorted({places[0], places[len(places) // 2], places[-1]}):
        problems = problems_after(stored, f"DELETE FROM {table.name} WHERE ctid = '{place}'")
        assert problems, f"{table.name} {place}"


NEW_ROWS = {
    "blob": "(sha256, size, body) VALUES (sha256('x'), 1, 'x')",
    "object_key": "(cluster_id, api_group, kind, namespace, name) VALUES (1, '', 'Pod', 'shop', 'new')",
    "finding": """(cluster_id, fingerprint, check_id, subject_kind, subject, namespace)
                  VALUES (1, 'new', 'check', 'namespace', 'new', '')""",
    "control": "(framework, framework_digest, control) VALUES ('soc2', 'new', 'CC6.6')",
    "scan": """SELECT cluster_id, 8, status, taken_at, recorded_at, slot, tool_version, snapshot_digest,
               results_digest, previous_digest, digest, objects, gaps, reason, manifest_id, origins_id, streaks_id,
               ledger_digest, imported FROM scan WHERE cluster_id = 1 AND number = 7""",
    "scan_document": "SELECT cluster_id, scan, 'new.yaml', blob_id FROM scan_document LIMIT 1",
    "object_range": """SELECT 1, max(object_key.id), 5, 5, max(blob.id) FROM object_key, blob""",
    "object_hole": "SELECT 1, min(id), 5, 5 FROM object_key",
    "finding_interval": "SELECT 1, min(id), 3, 4 FROM finding",
    "finding_result": "SELECT cluster_id, finding_id, 6, 6, outcome, severity, says, blob_id FROM finding_result LIMIT 1",
    "check_count": "SELECT cluster_id, scan, 'new', true, 1, 0, 0, 0, 0 FROM check_count LIMIT 1",
    "control_state": """SELECT cluster_id, 4, control_id, state, contrary, passed, failed, excepted, undecided
                        FROM control_state LIMIT 1""",
    "slot": "(cluster_id, due_at, status, reason, host) VALUES (1, '2026-01-01Z', 'missed', '', '')",
    "removal": """SELECT cluster_id, 2, removed_at, tool_version, rule, remains_digest, previous_digest, digest
                  FROM removal LIMIT 1""",
    "tombstone": "SELECT cluster_id, 3, removal, reason, documents FROM tombstone LIMIT 1",
    "chain_head": None,  # one row for each cluster, by its key
    "cluster": None,  # a cluster that has no scans yet: nothing is said about it
}


@pytest.mark.parametrize(
    "table", [table.name for table in TABLES if NEW_ROWS.get(table.name, "") is not None]
)
def test_a_row_that_was_added_is_found(stored: Engine, table: str):
    problems = problems_after(stored, f"INSERT INTO {table} {NEW_ROWS[table]}")

    assert table in problems, problems or "nothing was found"


def test_every_column_without_evidence_exists_and_has_a_reason():
    names = {f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.c}

    assert NO_EVIDENCE.keys() <= names
    assert all(NO_EVIDENCE.values())


def test_every_column_that_the_server_has_is_edited_or_has_its_reason_here(stored: Engine):
    """By the server's own catalogue, so that what a migration adds cannot be left out."""
    query = """SELECT table_name || '.' || column_name FROM information_schema.columns
               JOIN information_schema.tables USING (table_schema, table_name)
               WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'alembic_version'"""
    with stored.connect() as connection:
        known = set(connection.scalars(text(query)))
    edited_here = {f"{table.name}.{column.name}" for table, column in (item.values for item in COLUMNS)}

    assert known == edited_here | NO_EVIDENCE.keys() | {name for name in known if name.split(".")[0] in TO_DO}
    assert {name.split(".")[0] for name in known} >= TO_DO


def test_the_whole_last_night_taken_out_is_found(stored: Engine):
    """As somebody would who knows the tables: every row of the last scan, and the ends that it set."""
    statements = [
        *(f"DELETE FROM {name} WHERE scan = 7" for name in ("scan_document", "check_count", "control_state")),
        *(
            f"DELETE FROM {name} WHERE first_scan = 7"
            for name in ("object_range", "object_hole", "finding_result")
        ),
        *(
            f"UPDATE {name} SET last_scan = 2147483647 WHERE last_scan = 6"
            for name in ("object_range", "object_hole", "finding_result")
        ),
        "DELETE FROM finding_interval WHERE opened_scan = 7",
        "UPDATE finding_interval SET closed_scan = NULL WHERE closed_scan = 7",
        "DELETE FROM scan WHERE number = 7",
    ]
    with stored.connect() as connection:
        for statement in statements:
            edited(connection, statement)
        problems = PostgresStore.check_on(connection).problems
        connection.rollback()

    assert any("chain of prod-eu-1 ends with scan 6, and not with scan 7" in problem for problem in problems)
