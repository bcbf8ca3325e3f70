"""A real PostgreSQL for whoever asks: one server for each test process, one database for each test."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy
import structlog
from hypothesis import HealthCheck, settings
from sqlalchemy import URL, Engine, text

from app.resources import resource
from app.store import PostgresStore, create_engine, migrate, open_database

# A busy machine is no reason to fail: no time limit for one example.
# A change is judged by the same examples each time (`CI` is set); everybody else, and each long run, draws new ones.
settings.register_profile(
    "netattest",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("netattest")

_LONG = ("faults", "acceptance", "integration")
_TEMPLATE = "template_netattest"
_numbers = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: several processes take whole files from the front, and short ones fill the end."""
    tests = Path(__file__).parent
    items.sort(key=lambda item: item.path.relative_to(tests).parts[0] not in _LONG)


@pytest.fixture(autouse=True)
def _log_configuration_ends_with_the_test() -> Iterator[None]:
    """Commands that run inside the test process write their log lines to a stream that pytest closes."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session", autouse=True)
def _data_of_the_tests_alone() -> Iterator[None]:
    """Commands without a database URL use a data folder of this test process, never that of the person who runs it."""
    folder = Path(tempfile.mkdtemp(prefix="netattest-home-"))
    folder.chmod(0o711)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NETATTEST_DATA_DIR", str(folder / "data"))
        yield
    _wait_until_stopped(folder / "data")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server() -> Iterator[URL]:
    """The embedded server, in a folder that the user who runs it may enter (pytest's own is closed to others)."""
    folder = Path(tempfile.mkdtemp(prefix="netattest-tests-"))
    folder.chmod(0o711)
    try:
        with open_database(data_dir=folder / "data") as database:
            _forget_durability(database.url)
            _make_template(database.url)
            yield database.url
        _wait_until_stopped(folder / "data")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database_url(server: URL) -> Iterator[URL]:
    """An empty database at the current revision."""
    with _database(server) as url:
        yield url


@pytest.fixture
def engine(database_url: URL) -> Iterator[Engine]:
    with _engine(database_url) as engine:
        yield engine


@pytest.fixture
def store(engine: Engine) -> PostgresStore:
    """A store with nothing in it."""
    return PostgresStore(engine)


@pytest.fixture(scope="module")
def shared_engine(server: URL) -> Iterator[Engine]:
    """One database for all tests of a module, for those that leave it as they found it."""
    with _database(server) as url, _engine(url) as engine:
        yield engine


@contextmanager
def _database(server: URL) -> Iterator[URL]:
    name = f"test_{next(_numbers)}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY WAL_LOG")
    yield server.set(database=name)
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _engine(url: URL) -> Iterator[Engine]:
    engine = create_engine(url)
    yield engine
    engine.dispose()


def _forget_durability(server: URL) -> None:
    """Nobody cuts the power of this server; tests/faults has servers for that, tests/integration/test_local_server the embedded one."""
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        _administer(server, f"ALTER SYSTEM SET {setting} = off")
    _administer(server, "SELECT pg_reload_conf()")


def _make_template(server: URL) -> None:
    _administer(server, f"CREATE DATABASE {_TEMPLATE}")
    engine = create_engine(server.set(database=_TEMPLATE))
    migrate.upgrade(engine, resource("migrations"))
    engine.dispose()


def _administer(server: URL, statement: str) -> None:
    """One statement outside of what is tested: it may wait longer for a busy machine than the program does."""
    engine = sqlalchemy.create_engine(
        server.set(database="postgres"), isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 60}
    )
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _wait_until_stopped(data: Path) -> None:
    deadline = time.monotonic() + 30
    while (data / "postgres/data/postmaster.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
