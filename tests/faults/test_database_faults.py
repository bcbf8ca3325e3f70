"""What happens to PostgreSQL under a scan: each scan is stored whole or not at all, says why, and the next one works."""

import json
import os
import secrets
import signal
import subprocess
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from app.errors import ExitCode
from tests.faults.postgres import DATABASE, Postgres
from tests.faults.scans import STAGES, Netattest

PODS = 200


def may_mount() -> bool:
    """Try it: being root is not enough in many containers."""
    if os.geteuid():
        return False
    with TemporaryDirectory() as folder:
        if subprocess.run(
            ["mount", "-t", "tmpfs", "tmpfs", folder], check=False, capture_output=True
        ).returncode:
            return False
        return subprocess.run(["umount", folder], check=False).returncode == 0


MAY_MOUNT = may_mount()


def manifests(folder: Path, padding: int = 0, pods: int = PODS):
    """Writes the cluster of a night; with `padding`, each pod carries so many bytes that do not compress."""
    target = folder / "cluster"
    target.mkdir()

    def source(night: int) -> list[str]:
        items = [
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "namespace": f"team-{number % 9}",
                    "name": f"app-{number}",
                    "labels": {"app": f"app-{number}", "night": str(night)},
                    "annotations": {"example.com/padding": secrets.token_hex(padding // 2)}
                    if padding
                    else {},
                },
                "spec": {"containers": [{"name": "app", "image": "app"}]},
                "status": {"phase": "Running", "podIP": f"10.1.{number // 250}.{number % 250}"},
            }
            for number in range(pods)
        ]
        (target / "cluster.json").write_text(json.dumps({"kind": "List", "items": items}))
        return ["--from", str(target), "--taken-at", f"2026-03-{night:02}T02:00:00Z"]

    return source


@pytest.fixture
def netattest(tmp_path):
    """A program and its server, with one good night behind them."""
    with ExitStack() as open_things:

        def made(padding: int = 0, **options) -> tuple[Netattest, Postgres]:
            server = open_things.enter_context(Postgres(**options))
            program = Netattest(tmp_path, server.url, manifests(tmp_path, padding))
            assert program.run("db", "upgrade").returncode == ExitCode.DONE
            return program, server

        yield made


@pytest.mark.parametrize("stage", STAGES)
def test_a_server_that_loses_power_under_a_scan_costs_that_scan_at_most(netattest, stage):
    program, server = netattest()
    program.good_night()
    code, said = program.scan_until(stage, server.restart)
    assert code in (ExitCode.DONE, ExitCode.UNREACHABLE), said
    if code:
        assert "the database could not be reached" in said or "nothing was stored" in said
        assert "next step:" in said
        assert "Traceback" not in said
    stored = program.whole()
    assert stored == 2 or (code and stored == 1)
    program.good_night()
    assert program.whole() == stored + 1


def test_a_server_that_is_down_is_named_and_nothing_is_lost(netattest):
    program, server = netattest()
    program.good_night()
    server.stop()
    ended = program.night()
    assert ended.returncode == ExitCode.UNREACHABLE
    assert "the database could not be reached" in ended.stderr
    server.start()
    program.good_night()
    assert program.whole() == 2


def test_a_server_without_free_connections_is_named(netattest):
    program, server = netattest(connections=8)
    program.good_night()
    with ExitStack() as taken:
        with suppress(psycopg.OperationalError):
            while True:
                taken.enter_context(server.connect())
        ended = program.night()
        assert ended.returncode == ExitCode.UNREACHABLE
        assert "too many clients" in ended.stderr or "remaining connection slots" in ended.stderr
    program.good_night()
    assert program.whole() == 2


def test_a_full_disk_stores_nothing_half(netattest):
    program, server = netattest(padding=60_000, largest_file=17_000_000)
    code, codes = ExitCode.DONE, []
    while code == ExitCode.DONE and len(codes) < 6:
        ended = program.night()
        code, said = ended.returncode, ended.stderr
        codes.append(code)
    assert code == ExitCode.UNREACHABLE, codes
    assert "could not extend" in said or "File too large" in said or "No space left" in said
    assert "Traceback" not in said
    assert program.whole() == len(codes) - 1

    server.stop()
    server.largest_file = None  # somebody made room
    server.start()
    program.good_night()
    assert program.whole() == len(codes)


@pytest.mark.skipif(not MAY_MOUNT, reason="this machine lets nobody mount a file system")
def test_a_volume_that_is_full_stores_nothing_half(netattest):
    program, server = netattest(padding=60_000, volume=110)
    code, codes = ExitCode.DONE, []
    while code == ExitCode.DONE and len(codes) < 12:
        ended = program.night()
        code, said = ended.returncode, ended.stderr
        codes.append(code)
    assert code == ExitCode.UNREACHABLE, codes
    assert "Traceback" not in said

    server.stop(signal.SIGQUIT)  # without room for its log it may be down already
    server.enlarge(600)
    server.start()
    assert program.whole() == len(codes) - 1
    program.good_night()
    assert program.whole() == len(codes)


def test_a_server_that_turned_read_only_is_named(netattest):
    program, server = netattest()
    program.good_night()
    server.execute(f"ALTER DATABASE {DATABASE} SET default_transaction_read_only = on")
    ended = program.night()
    assert ended.returncode == ExitCode.UNREACHABLE
    assert "read-only transaction" in ended.stderr
    server.execute(f"ALTER DATABASE {DATABASE} RESET default_transaction_read_only", database="postgres")
    program.good_night()
    assert program.whole() == 2
