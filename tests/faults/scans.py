"""`netattest` as processes of their own, and what must hold after whatever happened to them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

from app.model.history import ScanStatus
from app.store import PostgresStore, create_engine

ROOT = Path(__file__).resolve().parents[2]
CLUSTER = "c"
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
            env={**os.environ, "PYTHONPATH": str(ROOT), "NETATTEST_LOG__FORMAT": "json"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: object) -> tuple[int, str]:
        """A command to its end: exit code, and what it said on standard error."""
        with self.start(*arguments) as process:
            _, said = process.communicate(timeout=300)
        return process.returncode, said

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
