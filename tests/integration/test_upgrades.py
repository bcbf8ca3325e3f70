"""A database of every earlier revision, with scans in it, is upgraded, still checks, and is written on."""

from dataclasses import replace
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, event, inspect, text

from app.model.chain import scan_digest
from app.resources import resource
from app.store import PostgresStore, create_engine, migrate
from app.store.scans import read_scans, results_digests
from app.store.tables import metadata
from tests.histories import CLUSTER, night, pods, point, record, result, snapshot

MIGRATIONS = resource("migrations")
REVISIONS = sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("*.py"))
LAST_WITHOUT_LEDGER = "0006"
FIRST_WITH_RETENTION = "0008"


def upgrade_to(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def write_story(store: PostgresStore, *, judged: bool) -> None:
    """Four nights, one of them failed; without results where a revision has no tables for them."""
    from app.model.control import ControlState

    for number in range(1, 5):
        if number == 3:
            store.save_failure(CLUSTER, night(3), None, "refused", "0.1.0")
            continue
        said = [result("shop")] if judged and number != 2 else []
        points = [point("1.3.1", ControlState.EXCEPTION)] if judged else []
        performed = ["namespace-without-default-deny"] if judged else []
        store.save(
            record(
                *said,
                at=night(number),
                points=points,
                performed=performed,
                slot=night(number) if judged else None,
            ),
            snapshot(pods(cart=number, web=1), at=night(number)),
        )


def rows_of(connection: Connection, *, ledgers: bool) -> dict[str, list[dict[str, Any]]]:
    """Every row, with the records as version 0.1 wrote them: no ledgers, and digests without them."""
    rows = {
        table.name: [dict(row) for row in connection.execute(table.select()).mappings()]
        for table in metadata.sorted_tables
    }
    if not ledgers:
        digests = {item["ledger_digest"] for item in rows["scan"]}
        rows["blob"] = [item for item in rows["blob"] if item["sha256"] not in digests]
        recorded = results_digests(connection, 1)
        previous = ""
        for scan, row in zip(
            read_scans(connection, CLUSTER),
            sorted(rows["scan"], key=lambda item: item["number"]),
            strict=True,
        ):
            old = replace(scan, ledger="", previous_digest=previous)
            previous = scan_digest(old, recorded[scan.number])
            row |= {
                "ledger_digest": None,
                "previous_digest": bytes.fromhex(old.previous_digest),
                "digest": bytes.fromhex(previous),
            }
    return rows


def insert(engine: Engine, rows: dict[str, list[dict[str, Any]]]) -> None:
    """Insert what the revision has tables and columns for, as its owner restoring a dump would."""
    there = inspect(engine)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in metadata.sorted_tables:
            if table.name not in there.get_table_names():
                continue
            columns = [item["name"] for item in there.get_columns(table.name)]
            names, places = ", ".join(columns), ", ".join(f":{name}" for name in columns)
            for row in rows[table.name]:
                connection.execute(
                    text(f"INSERT INTO {table.name} ({names}) OVERRIDING SYSTEM VALUE VALUES ({places})"),
                    {name: row[name] for name in columns},
                )
            if "id" in columns:
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), 1000)"))


@pytest.fixture
def empty(database_url: URL, engine: Engine):
    """A second database without a schema."""
    name = f"{database_url.database}_old"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    old = create_engine(database_url.set(database=name))
    yield old
    old.dispose()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_a_database_of_any_earlier_revision_is_upgraded_with_what_is_in_it(
    store: PostgresStore, engine: Engine, empty: Engine, revision
):
    write_story(store, judged=revision > "0002")
    gone = {1: "year"} if revision >= FIRST_WITH_RETENTION else {}
    store.remove(CLUSTER, gone, rule="{}", tool_version="0.1.0")
    with engine.connect() as connection:
        rows = rows_of(connection, ledgers=revision > LAST_WITHOUT_LEDGER)
    upgrade_to(empty, revision)
    insert(empty, rows)

    assert migrate.current(empty, MIGRATIONS).current == revision
    assert migrate.upgrade(empty, MIGRATIONS).up_to_date
    upgraded = PostgresStore(empty)
    assert migrate.check_schema(empty, MIGRATIONS) == ()
    assert upgraded.check().problems == ()
    assert upgraded.removed(CLUSTER) == gone
    for number in {1, 2, 4} - gone.keys():
        assert upgraded.snapshot(upgraded.scan(CLUSTER, number)) == store.snapshot(
            store.scan(CLUSTER, number)
        )

    upgraded.save(record(at=night(5)), snapshot(pods(cart=5, web=1), at=night(5)))
    assert upgraded.scan(CLUSTER).ledger
    assert upgraded.check().problems == ()
    upgraded.remove(CLUSTER, {2 if gone else 1: "year"}, rule="{}", tool_version="0.2.0")
    assert upgraded.check().problems == ()


EXCLUSIVE = "AccessExclusiveLock"  # holds readers back as well
WRITERS = {"ShareLock", "ShareRowExclusiveLock"}  # hold writers back
# Revision → tables that readers wait for, and further tables that writers wait for; what docs/database.md says of them.
WHOLE = {
    "scan_document", "blob", "object_key", "scan", "check_count", "finding_result", "control_state", "object_range", "object_hole",
    "finding_interval", "finding", "control",
}  # fmt: skip
LOCKED = {
    "0001": (set(), set()),
    "0002": (set(), {"cluster", "scan", "blob"}),
    "0003": (set(), {"cluster"}),
    "0004": (set(), {*WHOLE, "cluster", "slot"}),
    "0005": (set(), set()),
    "0006": (set(), set()),
    "0007": ({"scan"}, {"cluster"}),
    "0008": (WHOLE, {"cluster"}),
    "0009": (set(), {"scan_document", "finding_result", "object_range"}),
    "0013": (set(), set()),
    "0020": (set(), {"cluster"}),
    "0030": (set(), {"cluster"}),
    "0031": (set(), set()),
    "0032": (set(), {"scan"}),
}
_HELD = """
    SELECT relation::regclass::text, mode FROM pg_locks JOIN pg_class ON pg_class.oid = relation
    WHERE pid = pg_backend_pid() AND relkind = 'r' AND relnamespace = 'public'::regnamespace
      AND relation <> ALL (%(new)s) AND relation <> 'alembic_version'::regclass"""
_TABLES = "SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"


def test_each_migration_holds_back_whom_the_manual_says_and_lets_go_before_the_next(empty: Engine):
    """What a transaction of a migration holds when it ends; tables that it has just made are nobody's yet."""
    held: dict[str, tuple[set[str], set[str]]] = {}
    upgrade_to(empty, "0001")
    known: set[int] = set()

    def look(connection: Connection) -> None:
        rows = connection.exec_driver_sql(_TABLES).scalars().all()
        modes = connection.exec_driver_sql(_HELD, {"new": [oid for oid in rows if oid not in known]}).all()
        known.update(rows)
        revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
        readers = {name for name, mode in modes if mode == EXCLUSIVE}
        # a revision's own commit is the first that knows it
        held.setdefault(revision, (readers, {name for name, mode in modes if mode in WRITERS} - readers))

    with empty.connect() as connection:
        known.update(connection.exec_driver_sql(_TABLES).scalars())
    event.listen(empty, "commit", look)
    upgrade_to(empty, "head")
    event.remove(empty, "commit", look)

    assert held == {**LOCKED, "0001": (set(), set())}


def test_a_session_that_upgraded_has_the_patience_of_all_others_again(empty: Engine, engine: Engine):
    """It goes back to the pool, and the program goes on with it."""
    query = text(
        "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'), pg_backend_pid()"
    )
    with empty.connect() as connection:
        before = connection.execute(query).one()
    migrate.upgrade(empty, MIGRATIONS)
    with empty.connect() as connection:
        assert connection.execute(query).one() == before
    with engine.connect() as other:
        assert other.execute(query).one()[:2] == before[:2] == ("10min", "1min")


def test_migrations_give_up_on_a_lock_rather_than_holding_everybody_back(
    empty: Engine, store: PostgresStore, engine: Engine
):
    upgrade_to(empty, LAST_WITHOUT_LEDGER)
    with empty.begin() as reader:
        reader.execute(text("LOCK TABLE scan IN ACCESS SHARE MODE"))
        from app.errors import StoreError

        with pytest.raises(StoreError, match="too busy"):
            migrate.upgrade(empty, MIGRATIONS)
    assert migrate.current(empty, MIGRATIONS).current == LAST_WITHOUT_LEDGER
    assert migrate.upgrade(empty, MIGRATIONS).up_to_date
