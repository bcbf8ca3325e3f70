import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL

from app.errors import ConfigurationError, StoreError
from app.store import default_data_dir, open_database
from app.store.binaries import Account, find_binaries
from app.store.folders import private_folder

ROOT = Path(__file__).resolve().parents[2]
AS_ROOT = os.geteuid() == 0
USER = """
import sys, time
from pathlib import Path
from app.store import open_database
with open_database(data_dir=Path(sys.argv[1])) as database:
    print(database.url.render_as_string(hide_password=False), flush=True)
    time.sleep(60)
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder for data that the server's user may enter; removed when no server runs in it any more."""
    folder = Path(tempfile.mkdtemp(prefix="netattest-local-"))
    folder.chmod(0o711)
    yield folder
    for pid_file in folder.rglob("postmaster.pid"):
        wait_until(lambda pid_file=pid_file: not pid_file.exists())
    shutil.rmtree(folder)


def wait_until(condition, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def connect(url: URL) -> psycopg.Connection:
    return psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgres/data/postmaster.pid").read_text().splitlines()[0])


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def another_user(data_dir: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", USER, str(data_dir)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("postgresql"), "it did not start"
    return process


def end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_the_server_is_private(place):
    data = place / "data"
    with open_database(data_dir=data) as database, connect(database.url) as connection:
        ask = {
            name: connection.execute(f"SHOW {name}").fetchone()[0]
            for name in (
                "listen_addresses",
                "unix_socket_permissions",
                "data_checksums",
                "unix_socket_directories",
            )
        }
        assert connection.execute(
            "SELECT left(rolpassword, 13) FROM pg_authid WHERE rolpassword > ''"
        ).fetchone() == ("SCRAM-SHA-256",)
        assert Path(ask["unix_socket_directories"]).stat().st_mode & 0o777 == 0o700
        rules = (data / "postgres/data/pg_hba.conf").read_text().splitlines()

    assert (ask["listen_addresses"], ask["unix_socket_permissions"], ask["data_checksums"]) == (
        "",
        "0700",
        "on",
    )
    assert {line.split()[-1] for line in rules if line and not line.startswith("#")} == {"scram-sha-256"}
    assert (data / "password").stat().st_mode & 0o777 == 0o600
    assert "password" not in repr(database)
    assert database.embedded


def test_the_password_is_asked_for(place):
    with (
        open_database(data_dir=place / "data") as database,
        pytest.raises(psycopg.OperationalError, match="password"),
    ):
        connect(database.url.set(password="guessed"))


def test_rows_outlive_the_server(place):
    data = place / "data"
    with open_database(data_dir=data) as database, connect(database.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    wait_until(lambda: not (data / "postgres/data/postmaster.pid").exists())
    with open_database(data_dir=data) as database, connect(database.url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_another_process_attaches_and_keeps_the_server_when_the_first_one_leaves(place):
    data = place / "data"
    with open_database(data_dir=data) as database:
        other, first = another_user(data), postmaster(data)
    try:
        time.sleep(0.5)
        with connect(database.url) as connection:
            connection.execute("SELECT 1")
        assert postmaster(data) == first, "one server for both"
    finally:
        end(other)
    wait_until(lambda: not running(first))


def test_a_server_whose_only_user_is_killed_stops(place):
    other = another_user(place / "data")
    server = postmaster(place / "data")
    end(other)  # SIGKILL
    wait_until(lambda: not running(server))


def test_a_server_that_is_killed_is_started_again_with_its_rows(place):
    data = place / "data"
    with open_database(data_dir=data) as database:
        with connect(database.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        server = postmaster(data)
        os.kill(server, signal.SIGKILL)
        wait_until(lambda: not running(server))
    with open_database(data_dir=data) as database, connect(database.url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_a_long_path_gets_a_short_socket_folder_that_is_the_same_each_time(place):
    data = place / ("deep-" * 20) / "data"
    sockets = set()
    for _ in range(2):
        with open_database(data_dir=data) as database:
            sockets.add(str(database.url.query["host"]))
        wait_until(lambda: not (data / "postgres/data/postmaster.pid").exists())
    (folder,) = sockets
    status = Path(folder).stat()
    shutil.rmtree(folder)

    assert len(folder) < 90
    assert stat.S_IMODE(status.st_mode) == 0o700
    assert status.st_uid == Account.for_server().uid


def test_a_socket_folder_that_is_open_to_others_is_refused(place):
    (place / "shared").mkdir(mode=0o777)
    (place / "shared").chmod(0o777)

    with pytest.raises(StoreError, match="only user"):
        private_folder(place / "shared", Account.for_server())


def test_a_folder_of_another_major_version_is_refused_and_left_alone(place):
    data = place / "data"
    with open_database(data_dir=data):
        pass
    wait_until(lambda: not (data / "postgres/data/postmaster.pid").exists())
    version = data / "postgres/data/PG_VERSION"
    version.write_text("9\n")

    with pytest.raises(StoreError, match="belongs to PostgreSQL 9") as caught, open_database(data_dir=data):
        pass
    assert "NETATTEST_PG_BIN" in caught.value.advice
    assert version.read_text() == "9\n"


def test_an_interrupted_beginning_leaves_nothing_that_is_taken_for_a_database(place):
    unfinished = place / "data/postgres/data.new"
    (place / "data/postgres").mkdir(parents=True, mode=0o700)
    account = Account.for_server()
    os.chown(place / "data/postgres", account.uid, account.gid)
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    (place / "data").chmod(0o711)

    with open_database(data_dir=place / "data") as database, connect(database.url) as connection:
        connection.execute("SELECT 1")
    assert not unfinished.exists()


def test_without_programs_the_advice_names_every_way_out(place, monkeypatch):
    monkeypatch.setenv("NETATTEST_PG_BIN", str(place))

    with pytest.raises(StoreError) as caught, open_database(data_dir=place / "data"):
        pass
    assert all(
        word in caught.value.advice for word in ("--database-url", "netattest[local]", "NETATTEST_PG_BIN")
    )


def test_a_wrong_password_file_is_said_at_once(place):
    with open_database(data_dir=place / "data"):
        pass
    wait_until(lambda: not (place / "data/postgres/data/postmaster.pid").exists())
    (place / "data/password").write_text("another")

    with pytest.raises(StoreError, match="is not that of"), open_database(data_dir=place / "data"):
        pass


@pytest.mark.skipif(not AS_ROOT, reason="only root runs the server as somebody else")
def test_programs_that_the_servers_user_cannot_read_are_copied_once(place, monkeypatch):
    account = Account.for_server()
    programs = find_binaries(account, place).folder
    package, private = programs.parents[1], place / "private"
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.is_dir():
            shutil.copytree(folder, private / folder.name, symlinks=True)
    private.chmod(0o700)
    monkeypatch.setenv("NETATTEST_PG_BIN", str(private / programs.relative_to(package.parent)))

    with open_database(data_dir=place / "data") as database, connect(database.url) as connection:
        path = connection.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone()[0]
    copies = [item.name for item in (place / "data").iterdir() if item.name.startswith("postgresql-")]

    assert len(copies) == 1
    assert Path(path).is_relative_to(place / "data" / copies[0])


@pytest.mark.skipif(not AS_ROOT, reason="root may enter any folder, another user may not")
def test_a_data_folder_that_the_servers_user_cannot_enter_is_refused(place):
    place.chmod(0o700)

    with (
        pytest.raises(StoreError, match="cannot be entered by user") as caught,
        open_database(data_dir=place / "data"),
    ):
        pass
    assert "/var/lib/netattest" in caught.value.advice


@pytest.mark.skipif(not AS_ROOT, reason="needs to become another user")
def test_a_plain_user_runs_it_as_itself(place):
    nobody = pwd.getpwnam("nobody")
    os.chown(place, nobody.pw_uid, nobody.pw_gid)
    packages = [path for path in sys.path if path.endswith("site-packages")]
    script = f"import sys; sys.path[:0] = {[str(ROOT), *packages]!r}\n" + USER.replace("time.sleep(60)", "")
    answer = subprocess.run(
        [shutil.which("python3", path="/usr/bin") or sys.executable, "-c", script, str(place / "data")],
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        cwd="/",
        env={"HOME": str(place)},
        check=False,
    )
    if "Permission denied" in answer.stderr or "ModuleNotFoundError" in answer.stderr:
        pytest.skip("this checkout or its environment cannot be read by a plain user")
    assert answer.stdout.startswith("postgresql"), answer.stderr
    assert (place / "data/postgres/data").stat().st_uid == nobody.pw_uid


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg"),
        ("postgresql://u:p@h/d", "postgresql+psycopg"),
        ("postgresql+psycopg://u:p@h/d", "postgresql+psycopg"),
    ],
)
def test_a_url_is_used_as_given_and_never_shown_with_its_password(url, driver):
    with open_database(url) as database:
        assert database.url.drivername == driver
        assert database.url.password == "p"
        assert ":p@" not in database.description
        assert not database.embedded


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "sqlite:///x", "nonsense"])
def test_a_url_of_anything_else_is_refused_without_printing_it(url):
    with pytest.raises(ConfigurationError) as caught, open_database(url):
        pass
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"NETATTEST_DATA_DIR": "/srv/evidence"}, "/srv/evidence"),
        ({"XDG_DATA_HOME": "/home/x/.data"}, "/var/lib/netattest" if AS_ROOT else "/home/x/.data/netattest"),
    ],
)
def test_the_data_folder_is(environment, expected, monkeypatch):
    monkeypatch.delenv("NETATTEST_DATA_DIR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert default_data_dir() == Path(expected)
