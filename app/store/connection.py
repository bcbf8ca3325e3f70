"""Opening a database: the embedded server or a URL, and the driver's errors in words that help."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import URL, Engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from app.errors import ConfigurationError, StoreError
from app.store.folders import default_data_dir
from app.store.local import local_server

_SETTINGS = {
    "timezone": "'UTC'",
    "statement_timeout": "'10min'",
    "lock_timeout": "'1min'",
    "idle_in_transaction_session_timeout": "'15min'",
}

# A server that vanished from the network is noticed within a minute or two; the system's own patience is two hours.
_ALIVE = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 6,
    "tcp_user_timeout": 90_000,  # milliseconds
}


@dataclass(frozen=True, slots=True)
class Database:
    """A database that can be connected to. `description` is for a person and holds no secret."""

    url: URL = field(repr=False)
    embedded: bool
    description: str


@contextmanager
def open_database(url: str | None = None, data_dir: Path | None = None) -> Iterator[Database]:
    """Use the database of a URL, or an embedded server that lives at least as long as the context.

    Args:
        url: `postgresql://…`; None or empty for the embedded server.
        data_dir: folder of the embedded server; None for `default_data_dir()`.

    Raises:
        ConfigurationError: the URL is not one of PostgreSQL.
        StoreError: the embedded server cannot be started.
    """
    if url:
        parsed = _parsed(url)
        yield Database(parsed, embedded=False, description=parsed.render_as_string(hide_password=True))
        return
    folder = data_dir or default_data_dir()
    with local_server(folder) as local:
        yield Database(local, embedded=True, description=f"embedded PostgreSQL in {folder}")


def create_engine(url: URL | str, **options: Any) -> Engine:
    """Make an engine whose sessions use UTC, time-outs and a name that tells who holds a lock.

    The cluster lock lives in a session: behind PgBouncer use session pooling, or connect directly.
    """
    engine = sqlalchemy.create_engine(
        url,
        pool_pre_ping=True,  # an idle connection may have been cut
        connect_args={"application_name": application_name(), "connect_timeout": 10, **_ALIVE},
        **options,
    )
    event.listen(engine, "connect", _configure)
    return engine


def application_name() -> str:
    """How this process shows up in `pg_stat_activity`; PostgreSQL keeps 63 bytes of it."""
    return f"netattest {socket.gethostname()[:40]} {os.getpid()}"


def _configure(connection: psycopg.Connection, _record: object) -> None:
    # Arrays carry whole columns (`bulk`): as text, each byte is escaped and each element is searched for quotes.
    connection.adapters.register_dumper(list, ListBinaryDumper)
    for name, value in _SETTINGS.items():
        connection.execute(f"SET {name} = {value}")
    connection.commit()


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # a port that is no number is a ValueError
        raise ConfigurationError(
            "the database URL cannot be read", advice="write postgresql://user:password@host:5432/database"
        ) from error
    if parsed.drivername not in ("postgres", "postgresql", "postgresql+psycopg"):
        raise ConfigurationError(
            f"the database URL names {parsed.drivername}, only PostgreSQL can be used",
            advice="write postgresql://user:password@host:5432/database",
        )
    return parsed.set(drivername="postgresql+psycopg")


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn errors of the driver into `StoreError`."""
    try:
        yield
    except DBAPIError as error:
        raise _store_error(error.orig or error) from error
    except SQLAlchemyError as error:
        raise StoreError(f"the database could not be used: {error}") from error


def _store_error(cause: BaseException) -> StoreError:
    says = " ".join(str(cause).split("\n", maxsplit=1)[0].split())
    match cause:
        case psycopg.errors.UndefinedTable() | psycopg.errors.UndefinedColumn():
            return StoreError(
                f"the database has no schema, or an older one: {says}", advice="run `netattest db upgrade`"
            )
        case psycopg.errors.InsufficientPrivilege():
            return StoreError(
                f"the database refused: {says}", advice="connect as a member of role netattest_writer"
            )
        case psycopg.errors.LockNotAvailable() | psycopg.errors.QueryCanceled():
            return StoreError(
                f"the database was too busy: {says}", advice="try again; look for long transactions"
            )
        case psycopg.errors.DiskFull():
            return StoreError(
                f"the database has no room left: {says}", advice="make room on the volume of the database"
            )
        case psycopg.OperationalError() if not isinstance(cause, psycopg.errors.RaiseException):
            return StoreError(
                f"the database could not be reached: {says}",
                advice="is the server running, and the URL right?",
            )
        case _:
            return StoreError(f"the database refused: {says}")
