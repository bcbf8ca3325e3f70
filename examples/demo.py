"""Replay the nights of the example cluster, then write the reports of all three frameworks.

Every night is a real scan: the program that users run reads a real HTTP API server that shows the cluster as it was that
night. Nights that are stored already are not scanned again, so a second run is quick.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from app import __version__, bootstrap, pipeline
from app.errors import CollectError, NetattestError
from app.model.canonical import digest
from app.model.history import ScanStatus, SlotStatus
from app.model.ports import Store
from app.settings import load_settings
from app.store import default_data_dir
from examples.cluster import Cluster, read
from tests.apiserver import ApiServer, forbidden

HERE = Path(__file__).parent
HARBOUR = HERE / "harbour"
OUT = HERE.parent / "out" / "demo"


@dataclass(frozen=True)
class Night:
    """One night of the story, with the cluster as it was."""

    at: datetime
    title: str
    config: Path
    objects: list[dict[str, Any]] = field(repr=False)
    refuse: tuple[str, ...] = ()
    down: bool = False

    @property
    def outcome(self) -> ScanStatus:
        """How a scan of this night must end."""
        if self.down:
            return ScanStatus.FAILED
        return ScanStatus.PARTIAL if self.refuse else ScanStatus.COMPLETE


def nights(story: dict[str, Any]) -> Iterator[Night]:
    """The story, night by night; changes add up."""
    cluster, config = Cluster(), HARBOUR
    for path in sorted((HARBOUR / "cluster").glob("*.yaml")):
        cluster.apply(read(path))
    for night in story["nights"]:
        for name in night.get("apply", ()):
            cluster.apply(read(HARBOUR / name))
        for text in night.get("delete", ()):
            cluster.delete(text)
        config = HARBOUR / night["config"] if "config" in night else config
        yield Night(
            at=_instant(night["date"], story["at"], story["timezone"]),
            title=night["title"],
            config=config,
            objects=cluster.objects(),
            refuse=tuple(night.get("refuse", ())),
            down=night.get("down", False),
        )


def _instant(day: date, at: str, zone: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(at), ZoneInfo(zone)).astimezone(UTC)


def scan(cluster: str, night: Night, store: Store, folder: Path) -> None:
    """Scan one night as the service does; anything but the outcome that the story tells is an error.

    The pipeline is called here, and not the command line, because no command lets a live cluster be read "as of" a past
    night; everything else is what `netattest run` does.
    """
    store.claim_slot(cluster, night.at)
    settings = load_settings(_settings(night.config, folder))
    documents = bootstrap.documents(settings)
    request = pipeline.ScanRequest(cluster, night.at, documents, night.at, __version__)
    number, reason = None, ""
    with _served(night, folder) as kubeconfig:
        try:
            source = bootstrap.cluster(settings, bootstrap.Access(kubeconfig=kubeconfig))
            done = pipeline.scan(request, source, store, Silent()).scan
            number, outcome = done.number, done.status
        except CollectError as error:
            outcome, reason = ScanStatus.FAILED, str(error)
    ended = SlotStatus.FAILED if outcome is ScanStatus.FAILED else SlotStatus.DONE
    store.close_slot(cluster, night.at, ended, scan=number, reason=reason)
    if outcome is not night.outcome:
        sys.exit(f"{night.at:%Y-%m-%d} ended {outcome}, not {night.outcome}: {reason}")
    print(f"  {night.at:%Y-%m-%d}  {outcome:8}  {night.title}", flush=True)


class Silent:
    """Says nothing while a night is replayed; the story's own lines are enough."""

    def stage(self, name: str, **facts: object) -> None:
        """Nothing."""


@contextmanager
def _served(night: Night, folder: Path) -> Iterator[Path]:
    """A kubeconfig for an API server that shows the cluster as it was, or for one that is gone."""
    server = ApiServer(night.objects, faults=[forbidden(resource) for resource in night.refuse])
    with server:
        kubeconfig = server.kubeconfig(folder / "kubeconfig", context="harbour-prod")
        if not night.down:
            yield kubeconfig
    if night.down:
        yield kubeconfig


def _settings(config: Path, folder: Path) -> Path:
    """A settings file that names the registers of one night; checks and frameworks are the packaged ones."""
    path = folder / "netattest.yaml"
    names = ("scope", "exceptions", "attestations")
    found = {name: str(file) for name in names if (file := config / f"{name}.yaml").is_file()}
    path.write_text(yaml.safe_dump({"documents": found}), encoding="utf-8")
    return path


def _netattest(*arguments: str) -> None:
    """Run the command that users run."""
    print(f"\n$ netattest {' '.join(arguments)}", flush=True)
    subprocess.run([sys.executable, "-m", "app", *arguments], check=True, cwd=HERE.parent)


def main() -> None:
    """Replay what is not stored yet, then write the reports of the last night."""
    os.environ["NETATTEST_DATA_DIR"] = str(_data_folder())
    story = yaml.safe_load((HARBOUR / "story.yaml").read_text(encoding="utf-8"))
    cluster = story["cluster"]
    settings = load_settings(None)
    with bootstrap.opened_store(settings) as store, TemporaryDirectory(prefix="netattest-demo-") as temporary:
        stored = {item.taken_at for item in store.scans(cluster)}
        every = list(nights(story))
        todo = [night for night in every if night.at not in stored]
        print(
            f"{cluster}: {len(every) - len(todo)} of {len(every)} nights are stored, {len(todo)} to scan",
            flush=True,
        )
        folder = Path(temporary)
        for night in todo:
            scan(cluster, night, store, folder)
        _netattest("trend", "--cluster", cluster)
        _netattest("report", "--cluster", cluster, "--output", str(OUT.relative_to(HERE.parent)))
    print("\nOpen the PDF of one framework, or its HTML twin in a browser.")


def _data_folder() -> Path:
    """A data folder of the demo's own, one for each version of program and example."""
    parts = [path.read_bytes() for path in sorted(HARBOUR.rglob("*.yaml"))]
    return default_data_dir() / f"demo-{digest(b''.join([__version__.encode(), *parts]))[:12]}"


if __name__ == "__main__":
    try:
        main()
    except NetattestError as error:
        sys.exit(f"error: {error}\n  {error.advice}")
