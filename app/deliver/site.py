"""Keep a folder of pages: only what differs is written, what vanished is removed, what is foreign is left alone."""

import fcntl
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from app.deliver.folder import deliver_to_folder
from app.errors import DeliveryError, InputError
from app.model.canonical import canonical_json, digest
from app.model.report import Artefact

MANIFEST = "site.json"
_SCHEMA = "netattest/site/v1"
_OF_CLUSTERS = ("reports", "nightly")  # folders with a folder for each cluster
_NAME = re.compile(
    rf"[a-z0-9][a-z0-9-]*\.(html|css|js)|({'|'.join(_OF_CLUSTERS)})/[a-z0-9-]+/[A-Za-z0-9][A-Za-z0-9._-]*"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Files that are made together, and made again only when `key` differs.

    Attributes:
        name: what the pieces of a site are told apart by.
        key: digest over everything that the files depend on.
        make: makes them; names are paths within the site.
    """

    name: str
    key: str
    make: Callable[[], Iterable[Artefact]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Placed:
    """How many files were written, were there already, and were removed."""

    written: int
    kept: int
    removed: int


@dataclass
class _Made:
    key: str
    files: dict[str, str]


class Site:
    """A site that is being written; use `open_site`.

    A name is claimed in `site.json` before its first file is written, so that a run that was cut off can be repeated.
    Files of no piece go at the end, when no page names them any more.
    """

    def __init__(self, folder: Path, before: Mapping[str, _Made]) -> None:
        self._folder = folder
        self._before = before
        self._claimed = {name: value for made in before.values() for name, value in made.files.items()}
        self._made: dict[str, _Made] = {}
        self._written = 0

    def put(self, piece: Piece) -> tuple[str, ...]:
        """Write what differs of a piece; returns the names of its files, sorted."""
        made = self._before.get(piece.name)
        if made is None or made.key != piece.key or not self._whole(made):
            made = _Made(piece.key, {})
            for artefact in piece.make():
                made.files[artefact.name] = artefact.digest
                self._place(artefact)
        self._made[piece.name] = made
        return tuple(sorted(made.files))

    def close(self) -> Placed:
        """Remove what belongs to no piece and name the rest."""
        kept = {name for made in self._made.values() for name in made.files}
        gone = sorted(self._claimed.keys() - kept)
        for name in gone:
            _remove(self._folder / name)
        final = _manifest(self._made)
        if not _same(self._folder / MANIFEST, final.digest):
            deliver_to_folder([final], self._folder)
        return Placed(self._written, len(kept) - self._written, len(gone))

    def _whole(self, made: _Made) -> bool:
        return all(_same(self._folder / name, value) for name, value in made.files.items())

    def _place(self, artefact: Artefact) -> None:
        if not _NAME.fullmatch(artefact.name):
            raise DeliveryError(
                f"{artefact.name!r} is no name of a site's file", advice="rename what it is made from"
            )
        path = PurePosixPath(artefact.name)
        if _same(self._folder / path, artefact.digest):
            return
        if artefact.name not in self._claimed:
            self._claimed[artefact.name] = artefact.digest
            claimed = {**self._before, "claimed": _Made("", self._claimed)}
            deliver_to_folder([_manifest(claimed)], self._folder)
        plain = Artefact(path.name, artefact.media_type, artefact.body)
        deliver_to_folder([plain], self._folder / path.parent)
        self._written += 1


@contextmanager
def open_site(folder: Path) -> Iterator[Site]:
    """A site to write to; one writer at a time, others wait.

    Raises:
        InputError: the folder has files and is no site.
        DeliveryError: it cannot be written.
    """
    before = _known(folder)
    with _alone(folder):
        yield Site(folder, _known(folder) if before else before)


def deliver_site(pieces: Sequence[Piece], folder: Path) -> Placed:
    """Write pieces in their order, so that the last one is seen last.

    Raises:
        InputError: the folder has files and is no site.
        DeliveryError: a file cannot be written or removed.
    """
    with open_site(folder) as site:
        for piece in pieces:
            site.put(piece)
        return site.close()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder itself; the lock ends with the process, whatever becomes of it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise DeliveryError(
            f"{folder} cannot be opened: {error.strerror or error}",
            advice="name a folder that can be written",
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _known(folder: Path) -> dict[str, _Made]:
    """Pieces that the site has by its own word; none in a folder that is empty or missing."""
    try:
        if not folder.exists() or not any(folder.iterdir()):
            return {}
        found = orjson.loads((folder / MANIFEST).read_bytes())
        if found["schema"] == _SCHEMA:
            return {name: _read(value) for name, value in found["pieces"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # whatever it is, it was not written here
    raise InputError(
        f"{folder} is not empty and holds no site of netattest",
        advice="name an empty folder, or one that `netattest publish` has written",
    )


def _read(value: Mapping[str, Any]) -> _Made:
    files = value["files"]
    if not all(_NAME.fullmatch(name) for name in files):
        raise ValueError("a name that no site has")
    return _Made(value["key"], dict(files))


def _same(path: Path, wanted: str) -> bool:
    return path.is_file() and digest(path.read_bytes()) == wanted


def _manifest(pieces: Mapping[str, _Made]) -> Artefact:
    body = {
        "schema": _SCHEMA,
        "pieces": {name: {"key": made.key, "files": made.files} for name, made in pieces.items()},
    }
    return Artefact(MANIFEST, "application/json", canonical_json(body))


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
        if path.parent.parent.name in _OF_CLUSTERS and not any(path.parent.iterdir()):
            path.parent.rmdir()
    except OSError as error:
        raise DeliveryError(
            f"{path} cannot be removed: {error.strerror or error}", advice="check who owns the folder"
        ) from error
