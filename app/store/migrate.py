"""The schema's revision: what it is, and bringing it up to date. The migrations themselves are in `migrations/`."""

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from app.errors import StoreError
from app.store.connection import database_errors
from app.store.tables import metadata


@dataclass(frozen=True, slots=True)
class Revision:
    """Where a database is (empty: no schema) and where this version of the program wants it."""

    current: str
    head: str

    @property
    def up_to_date(self) -> bool:
        """True when the program may use the database."""
        return self.current == self.head


def upgrade(engine: Engine, migrations: Path) -> Revision:
    """Apply what is missing, each migration in one transaction; safe to call twice and by several processes at once.

    Raises:
        StoreError: the database cannot be reached or refuses, or is newer than this program.
    """
    revision = current(engine, migrations)
    if not revision.up_to_date:
        with database_errors(), engine.connect() as connection:
            config = _config(migrations)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    return Revision(revision.head, revision.head)


def current(engine: Engine, migrations: Path) -> Revision:
    """The revision of a database.

    Raises:
        StoreError: the database cannot be reached, or its revision is unknown to this program.
    """
    script = ScriptDirectory.from_config(_config(migrations))
    with database_errors(), engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision() or ""
    known = {item.revision for item in script.walk_revisions()}
    if found and found not in known:
        raise StoreError(
            f"the database is at revision {found}, which this version of netattest does not know",
            advice="use the version of netattest that upgraded it, or a newer one",
        )
    return Revision(found, script.get_current_head() or "")


def check_schema(engine: Engine, migrations: Path) -> tuple[str, ...]:
    """Problems of the schema as sentences: not at head, or tables that differ from the program's; empty when right."""
    revision = current(engine, migrations)
    if not revision.up_to_date:
        return (f"the schema is at revision {revision.current or 'none'}, not {revision.head}",)
    with database_errors(), engine.connect() as connection:
        return tuple(
            f"the schema differs from the program's tables: {item}" for item in _differences(connection)
        )


def _differences(connection: Connection) -> list[str]:
    found = compare_metadata(MigrationContext.configure(connection), metadata)
    return [" ".join(str(part) for part in (item if isinstance(item, tuple) else item[0])) for item in found]


def _config(migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    return config
