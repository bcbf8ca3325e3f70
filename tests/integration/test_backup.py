"""A backup by PostgreSQL's own tools is the same evidence, and a store that can be written on."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, text

from app.model.history import ScanStatus
from app.store import PostgresStore, create_engine, open_database
from app.store.binaries import Account, find_binaries
from tests.histories import CLUSTER, night, pods, record, result, snapshot
from tests.integration.test_retention import told, written


def tool(folder: Path, name: str, url: URL, *arguments: str) -> None:
    """Run one of PostgreSQL's programs as a person would, with a URL that holds the password."""
    binaries = find_binaries(Account.for_server(), folder)
    target = url.set(drivername="postgresql").render_as_string(hide_password=False)
    done = Account.for_server().run(binaries.folder / name, f"--dbname={target}", *arguments)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def folder(tmp_path_factory):
    """A folder that the user who runs PostgreSQL's programs may write to; pytest's own is closed to others."""
    import tempfile

    made = Path(tempfile.mkdtemp(prefix="netattest-backup-"))
    made.chmod(0o777)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_a_dump_that_is_taken_during_a_scan_and_restored_is_the_same_evidence(
    store: PostgresStore, engine: Engine, database_url: URL, folder: Path
):
    stored = written(store, 7)
    store.remove(CLUSTER, {stored[0]: "year"}, rule="{}", tool_version="0.2.0")
    before = {number: told(store, number) for number in stored[1:]}
    with store.exclusive(CLUSTER):
        tool(folder, "pg_dump", database_url, "--format=custom", f"--file={folder / 'netattest.dump'}")

    copy = database_url.set(database=f"{database_url.database}_restored")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {copy.database}"))
    tool(folder, "pg_restore", copy, "--exit-on-error", "--no-owner", str(folder / "netattest.dump"))
    other = create_engine(copy)
    restored = PostgresStore(other)

    assert restored.check().problems == ()
    assert {number: told(restored, number) for number in stored[1:]} == before
    assert restored.removed(CLUSTER) == {stored[0]: "year"}
    with restored.exclusive(CLUSTER):
        restored.save(record(result("shop"), at=night(60)), snapshot(pods(cart=9), at=night(60)))
    *_, cut, last = restored.scans(CLUSTER)
    assert (cut.status, last.status, last.number) == (ScanStatus.FAILED, ScanStatus.COMPLETE, stored[-1] + 2)
    assert "ended without a result: its process is gone" in cut.reason
    assert restored.check().problems == ()
    other.dispose()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE {copy.database} WITH (FORCE)"))


def test_a_copy_of_the_embedded_servers_folder_is_the_same_evidence(folder: Path):
    from app.resources import resource
    from app.store import migrate
    from tests.conftest import _wait_until_stopped

    first, second = folder / "first", folder / "second"
    with open_database(data_dir=first) as database:
        engine = create_engine(database.url)
        migrate.upgrade(engine, resource("migrations"))
        scans = written(PostgresStore(engine), 8)
        before = told(PostgresStore(engine), scans[3])
        engine.dispose()
    _wait_until_stopped(first)
    shutil.copytree(first, second, symlinks=True)
    for path in (second, *second.rglob("*")):
        original = first / path.relative_to(second)
        if not path.is_symlink():
            shutil.chown(path, original.stat().st_uid, original.stat().st_gid)

    with open_database(data_dir=second) as database:
        engine = create_engine(database.url)
        assert told(PostgresStore(engine), scans[3]) == before
        assert PostgresStore(engine).check().problems == ()
        engine.dispose()
    _wait_until_stopped(second)
