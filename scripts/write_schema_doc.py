"""Write `docs/schema.md` from the tables of the program and the views of an upgraded database: `make schemas`.

Without a database URL it starts the embedded server in a folder that it removes again.
"""

import tempfile
from pathlib import Path

from sqlalchemy import Engine, text

from app.resources import resource
from app.store import create_engine, migrate, open_database
from app.store.tables import metadata

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "schema.md"

_HEAD = """# The schema

Written by `make schemas` from the code; do not edit. Views are a contract: names and columns are only ever added to. Tables are
none; each of their columns has its comment in the database as well. `docs/database.md` says what they mean and who may read them.
"""

_VIEWS = """
SELECT relname, obj_description(pg_class.oid, 'pg_class')
FROM pg_class
WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace
ORDER BY relname
"""

_COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod)
FROM pg_attribute
WHERE attrelid = cast(:view AS regclass) AND attnum > 0
ORDER BY attnum
"""


def schema_document(engine: Engine) -> str:
    """The page, for a database at this version's revision."""
    return "\n".join([_HEAD, "## Views\n", *_views(engine), "## Tables\n", *_tables()])


def _views(engine: Engine) -> list[str]:
    lines: list[str] = []
    with engine.connect() as connection:
        for name, comment in connection.execute(text(_VIEWS)).all():
            lines += [f"### `{name}`\n", f"{comment}\n", "| column | type |", "| --- | --- |"]
            columns = connection.execute(text(_COLUMNS), {"view": name}).all()
            lines += [f"| `{column}` | {kind} |" for column, kind in columns] + [""]
    return lines


def _tables() -> list[str]:
    lines: list[str] = []
    for table in metadata.sorted_tables:
        lines += [f"### `{table.name}`\n", f"{table.comment}\n", "| column | type | |", "| --- | --- | --- |"]
        lines += [f"| `{column.name}` | {column.type} | {column.comment} |" for column in table.c] + [""]
    return lines


def main() -> None:
    """Write the page."""
    with tempfile.TemporaryDirectory(prefix="netattest-schema-") as folder:
        Path(folder).chmod(0o711)
        with open_database(data_dir=Path(folder) / "data") as database:
            engine = create_engine(database.url)
            migrate.upgrade(engine, resource("migrations"))
            DOCUMENT.write_text(schema_document(engine), encoding="utf-8")
            engine.dispose()


if __name__ == "__main__":
    main()
