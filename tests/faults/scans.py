"""`netattest` scans, in processes of their own where something happens to them, and what must hold afterwards."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

from app.errors import ExitCode
from app.model.history import ScanStatus
from app.store import PostgresStore, create_engine
from tests import command

ROOT = Path(__file__).resolve().parents[2]
CLUSTER = "c"
LOGS = {"NETATTEST_LOG__FORMAT": "json"}
STAGES = ("collect", "judge", "store", "compare")


class Netattest:
    """Runs the program against one database; `source` are the arguments that say what is scanned."""

    def __init__(self, folder: Path, url: str, source: Callable[[int], list[str]]) -> None:
        self.folder, self.url, self.source = folder, url, source
        self.nights = count(1)

    def start(self, *arguments: object) -> "subprocess.Popen[str]":
        """A started command; its log lines are JSON."""
        return subprocess.Popen(
            [sys.executable, "-m", "app", *map(str, arguments), "--database-url", self.url],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **LOGS},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: object) -> command.Ended:
        """A command to its end, without a process of its own: nothing happens to it while it runs."""
        return command.run(*arguments, "--database-url", self.url, folder=self.folder, settings=LOGS)

    def night(self) -> command.Ended:
        """A scan of the next night to its end."""
        return self.run("scan", "--cluster", CLUSTER, *self.source(next(self.nights)))

    def good_night(self) -> None:
        """The next night is scanned and stored."""
        ended = self.night()
        assert ended.returncode == ExitCode.DONE, ended.stderr

    def scan(self) -> "subprocess.Popen[str]":
        """A started scan of the next night."""
        return self.start("scan", "--cluster", CLUSTER, *self.source(next(self.nights)))

    def scan_until(self, stage: str, then: Callable[[], object]) -> tuple[int, str]:
        """Scan, do something when a stage begins, and wait for the end."""
        with self.scan() as process:
            said = []
            for line in process.stderr or ():
                said.append(line)
                if line.startswith("{") and json.loads(line).get("event") == stage:
                    then()
                    break
            rest, _ = (process.stderr.read() if process.stderr else ""), process.wait(timeout=300)
        return process.returncode, "".join([*said, rest])

    def whole(self) -> int:
        """Assert that only whole scans are there and every digest holds; answers with their number."""
        engine = create_engine(self.url.replace("postgresql://", "postgresql+psycopg://"))
        try:
            store = PostgresStore(engine)
            assert store.check().problems == ()
            scans = store.scans(CLUSTER) if store.clusters() else ()
            assert [scan.number for scan in scans] == list(range(1, len(scans) + 1))
            stored = [scan for scan in scans if scan.status is not ScanStatus.FAILED]
            for scan in stored[-2:]:
                assert store.snapshot(scan).digest == scan.snapshot_digest
            return len(stored)
        finally:
            engine.dispose()
