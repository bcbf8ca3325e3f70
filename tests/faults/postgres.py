"""A PostgreSQL server of the test's own, to be stopped, killed, starved and filled up. TCP on the loopback, its own data."""

import os
import resource as limits
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import psycopg
from sqlalchemy import URL

from app.store.binaries import Account, find_binaries

USER, PASSWORD, DATABASE = "netattest", "of-this-test-alone", "netattest"
_PATIENCE = 60.0


class Postgres:
    """Use as `with Postgres() as server`.

    Args:
        connections: `max_connections`.
        volume: MiB of a file system of its own for its data, which fills up; needs root and the right to mount.
        largest_file: bytes that no file of the server may exceed; the server sees EFBIG, as on a full volume.
    """

    def __init__(
        self, *, connections: int = 30, largest_file: int | None = None, volume: int | None = None
    ) -> None:
        self.volume = volume
        self.connections, self.largest_file = connections, largest_file
        self.folder = Path(tempfile.mkdtemp(prefix="netattest-faults-"))
        self.folder.chmod(0o711)
        self.account = Account.for_server()
        self.binaries = find_binaries(self.account, self.folder)
        self.data = self.folder / "data"
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        home = self.folder / "home"
        home.mkdir()
        self._mount("mount", "-t", "tmpfs", "-o", f"size={self.volume}m,mode=0711", "tmpfs", str(home))
        password = home / "password"
        password.write_text(PASSWORD)
        if self.account.identity:
            for path in (home, password):
                shutil.chown(path, self.account.uid, self.account.gid)
        self.data = home / "data"
        made = self.account.run(
            self.binaries.folder / "initdb",
            f"--pgdata={self.data}",
            f"--username={USER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        )
        assert made.returncode == 0, made.stderr
        self.start()
        self.execute(f"CREATE DATABASE {DATABASE}", database="postgres")
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGQUIT)
        self._mount("umount", "--lazy", str(self.folder / "home"))
        shutil.rmtree(self.folder, ignore_errors=True)

    def enlarge(self, volume: int) -> None:
        """Somebody made room."""
        self._mount("mount", "-o", f"remount,size={volume}m", str(self.folder / "home"))

    def _mount(self, *command: str) -> None:
        if self.volume is not None:
            subprocess.run(command, check=True, capture_output=True)

    @property
    def url(self) -> str:
        """The URL, password included."""
        found = URL.create("postgresql", USER, PASSWORD, "127.0.0.1", self.port, DATABASE)
        return found.render_as_string(hide_password=False)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": str(self.connections),
            "superuser_reserved_connections": "3",
            "fsync": "off",
        }
        command = [str(self.binaries.folder / "postgres"), "-D", str(self.data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"LC_ALL": "C", "PATH": os.defpath},
            preexec_fn=self._confined,  # noqa: PLW1509  nothing else of the test forks
            **self.account.identity,
        )
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            try:
                self.execute("SELECT 1", database="postgres")
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the server did not start")

    def _confined(self) -> None:
        if self.largest_file is not None:
            limits.setrlimit(limits.RLIMIT_FSIZE, (self.largest_file, self.largest_file))

    def stop(self, how: int = signal.SIGINT) -> None:
        """Stop it: SIGINT for a fast shutdown, SIGQUIT for an immediate one that needs recovery."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=_PATIENCE)
            self._process = None

    def restart(self) -> None:
        """Go down as at a power cut, and come up again by recovery."""
        self.stop(signal.SIGQUIT)
        self.start()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Every process of the server stands still: connections stay, and nobody answers."""
        assert self._process is not None
        family = [self._process.pid, *_children(self._process.pid)]
        try:
            for pid in family:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in family:
                os.kill(pid, signal.SIGCONT)

    def execute(self, statement: str, *, database: str = DATABASE) -> None:
        """One statement as the superuser, on its own connection."""
        with self.connect(database) as connection:
            connection.execute(statement)

    def connect(self, database: str = DATABASE) -> psycopg.Connection:
        """A superuser's connection."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=PASSWORD,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )


def _children(pid: int) -> list[int]:
    return [int(number) for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
