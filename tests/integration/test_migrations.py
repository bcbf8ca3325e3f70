import pytest
from sqlalchemy import Connection, Engine, text

from app.errors import StoreError
from app.resources import resource
from app.store import create_engine, migrate
from app.store.tables import metadata

MIGRATIONS = resource("migrations")

# What PostgreSQL itself says about every table, column, constraint and index; Alembic's comparison leaves out checks.
CATALOGUE = {
    "columns": """
        SELECT relname, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
               pg_get_expr(adbin, adrelid), col_description(pg_class.oid, attnum)
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
        LEFT JOIN pg_attrdef ON adrelid = pg_class.oid AND adnum = attnum
        WHERE relkind = 'r' AND relnamespace = '{schema}'::regnamespace AND attnum > 0""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = '{schema}'::regnamespace""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = '{schema}'",
    "comments": """
        SELECT relname, obj_description(oid, 'pg_class') FROM pg_class
        WHERE relkind = 'r' AND relnamespace = '{schema}'::regnamespace""",
}


def catalogue(connection: Connection, schema: str, query: str) -> set[str]:
    connection.execute(text(f"SET search_path = {schema}"))
    rows = connection.execute(text(CATALOGUE[query].format(schema=schema)))
    found = (str(tuple(row)).replace(f"{schema}.", "") for row in rows)
    return {row for row in found if "alembic_version" not in row}


@pytest.mark.parametrize("query", CATALOGUE)
def test_migrations_make_exactly_the_tables_of_the_program(engine: Engine, query):
    with engine.connect() as connection:
        connection.execute(text("CREATE SCHEMA models"))
        connection.execute(text("SET search_path = models"))
        metadata.create_all(connection)

        migrated, modelled = (catalogue(connection, schema, query) for schema in ("public", "models"))
    assert migrated == modelled
    assert len(migrated) >= len(metadata.tables)


def test_every_table_and_column_says_what_it_is_for():
    silent = [
        f"{table}.{column.name}"
        for table in metadata.tables.values()
        for column in table.c
        if not column.comment
    ]
    assert silent == []
    assert [table.name for table in metadata.tables.values() if not table.comment] == []


def test_an_upgraded_database_has_nothing_to_complain_about(engine: Engine):
    assert migrate.check_schema(engine, MIGRATIONS) == ()
    assert migrate.current(engine, MIGRATIONS).up_to_date


def test_upgrading_twice_changes_nothing(engine: Engine):
    assert migrate.upgrade(engine, MIGRATIONS) == migrate.upgrade(engine, MIGRATIONS)


def test_a_table_that_was_changed_by_hand_is_named(engine: Engine):
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE slot DROP COLUMN reason"))

    assert any(
        "slot" in problem and "reason" in problem for problem in migrate.check_schema(engine, MIGRATIONS)
    )


def test_an_empty_database_is_at_no_revision(server):
    empty = create_engine(server.set(database="postgres"))
    revision = migrate.current(empty, MIGRATIONS)
    problems = migrate.check_schema(empty, MIGRATIONS)
    empty.dispose()

    assert (revision.current, revision.up_to_date) == ("", False)
    assert problems == (f"the schema is at revision none, not {revision.head}",)


def test_a_database_of_a_newer_program_is_refused(engine: Engine):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreError, match="9999"):
        migrate.upgrade(engine, MIGRATIONS)


def test_revisions_follow_each_other_as_their_files_sort():
    files = sorted((MIGRATIONS / "versions").glob("*.py"))
    before = ["None", *(f'"{path.name[:4]}"' for path in files[:-1])]

    for path, earlier in zip(files, before, strict=True):
        lines = path.read_text().splitlines()
        assert f'revision = "{path.name[:4]}"' in lines
        assert f"down_revision = {earlier}" in lines
