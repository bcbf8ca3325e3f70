"""The database, and the store on it."""
# ruff: noqa: PLC0415  (heavy packages: see the package)

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.errors import StoreError
from app.resources import resource
from app.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.store import Database, PostgresArchive, PostgresDeliveryBook, PostgresLedger, PostgresStore


@contextmanager
def opened_database(
    settings: Settings, connections: int | None = None
) -> Iterator[tuple["Database", "Engine"]]:
    """The database of the settings, at whatever revision it is; the embedded one runs while the context lasts."""
    from app.store import create_engine, open_database

    url = settings.database_url.get_secret_value() if settings.database_url else None
    with open_database(url, settings.data_dir) as database:
        engine = create_engine(database.url, **({"pool_size": connections} if connections else {}))
        try:
            yield database, engine
        finally:
            engine.dispose()


@contextmanager
def opened_store(settings: Settings) -> Iterator["PostgresStore"]:
    """The store, ready for use; see `_ready`."""
    from app.store import PostgresStore

    with _ready(settings) as engine:
        yield PostgresStore(engine)


@contextmanager
def opened_history(settings: Settings) -> Iterator[tuple["PostgresStore", "PostgresArchive"]]:
    """The store, and what answers questions about many scans at once; see `_ready`."""
    from app.store import PostgresArchive, PostgresStore

    with _ready(settings) as engine:
        yield PostgresStore(engine), PostgresArchive(engine)


@contextmanager
def opened_deliveries(settings: Settings) -> Iterator[tuple["PostgresStore", "PostgresDeliveryBook"]]:
    """The store and the record of deliveries; see `_ready`."""
    from app.store import PostgresDeliveryBook, PostgresStore

    with _ready(settings) as engine:
        yield PostgresStore(engine), PostgresDeliveryBook(engine)


@contextmanager
def opened_service(
    settings: Settings, connections: int | None = None
) -> Iterator[tuple["PostgresStore", "PostgresLedger", "PostgresDeliveryBook"]]:
    """Store, ledger of the service and record of deliveries, on up to so many connections at once; see `_ready`."""
    from app.store import PostgresDeliveryBook, PostgresLedger, PostgresStore

    with _ready(settings, connections) as engine:
        yield PostgresStore(engine), PostgresLedger(engine), PostgresDeliveryBook(engine)


@contextmanager
def _ready(settings: Settings, connections: int | None = None) -> Iterator["Engine"]:
    """The database at this version's revision.

    The embedded database belongs to this program alone and is brought up to date; a shared one is upgraded only by
    `netattest db upgrade`, because other versions may be using it.

    Raises:
        StoreError: the database cannot be reached, or is not at this version's revision.
    """
    from app.store import migrate

    migrations = resource("migrations")
    with opened_database(settings, connections) as (database, engine):
        if database.embedded:
            migrate.upgrade(engine, migrations)
        elif not (revision := migrate.current(engine, migrations)).up_to_date:
            found = f"at revision {revision.current}" if revision.current else "empty"
            raise StoreError(
                f"{database.description} is {found}, this version needs {revision.head}",
                advice="make a backup, then run `netattest db upgrade`",
            )
        yield engine
