"""The files that `--from PATH...` means: their names for messages, and their bytes, within a limit.

What cannot be read below a folder is a gap, never silence: a policy in it would change the verdict.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from app.collect.documents import too_large, unreadable
from app.errors import InputError
from app.model.snapshot import CollectionGap

STDIN = "-"
MAX_FILE_BYTES = 1024 * 1024 * 1024
_CHUNK = 1024 * 1024
_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class File:
    """One file: its name as messages give it, and its content."""

    name: str
    data: bytes


def read_files(paths: Sequence[str | Path], stdin: BinaryIO | None = None) -> Iterator[File | CollectionGap]:
    """Read every file of every path.

    Args:
        paths: folders (read recursively, by name), files of any name and type, or `-` for standard input.
        stdin: where `-` reads from.

    Raises:
        InputError: a path is empty, does not exist, or may not be looked at.
    """
    for path in paths:
        if not str(path):
            raise InputError(
                "a path given to --from is empty", advice="Name a file or a folder; . is this one."
            )
        if str(path) == STDIN:
            yield _bounded("standard input", stdin or sys.stdin.buffer)
        elif _is_folder(Path(path)):
            yield from _folder(Path(path))
        else:
            yield _file(_shown(Path(path).name), Path(path))


def _is_folder(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        raise InputError(f"{path} does not exist", advice="Check the path given to --from.") from None
    except OSError as error:
        problem = error.strerror or str(error)
        raise InputError(
            f"{path} cannot be read: {problem}", advice="Check the path given to --from."
        ) from None
    return path.is_dir()


def _folder(folder: Path) -> Iterator[File | CollectionGap]:
    """Manifest files below a folder, sorted by path, without hidden ones.

    They are named relative to its parent: the same folder gives the same messages anywhere.
    """
    root, refused = folder.resolve(), list[OSError]()
    for here, folders, files in os.walk(folder, onerror=refused.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            if _leads_elsewhere(Path(here, name), root):
                problem = "it is a link to a folder elsewhere"
                yield _unread(root, folder, Path(here, name), problem, "Give that folder to --from as well.")
        for name in sorted(files):
            if name.endswith(_SUFFIXES) and not name.startswith("."):
                yield _regular_file(root, folder, Path(here, name))
    for error in refused:
        problem = error.strerror or str(error)
        yield _unread(root, folder, Path(error.filename), problem, "Make the folder readable.")


def _leads_elsewhere(path: Path, root: Path) -> bool:
    return path.is_symlink() and not path.resolve().is_relative_to(root)


def _regular_file(root: Path, folder: Path, file: Path) -> File | CollectionGap:
    """A file of a folder; a pipe or a device could block for ever, and nobody named it."""
    if file.exists() and not file.is_file():
        return _unread(root, folder, file, "it is not a regular file", "Remove it, or name it with --from.")
    return _file(_below(root, folder, file), file)


def _file(name: str, file: Path) -> File | CollectionGap:
    try:
        with file.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            return too_large(name, size, MAX_FILE_BYTES) if size > MAX_FILE_BYTES else _bounded(name, stream)
    except OSError as error:
        return unreadable(name, error.strerror or str(error), advice="Make the file readable.")


def _bounded(name: str, stream: BinaryIO) -> File | CollectionGap:
    """Read a stream whose length is not known; a device never ends."""
    data = BytesIO()
    while chunk := stream.read(_CHUNK):
        data.write(chunk)
        if data.tell() > MAX_FILE_BYTES:
            return too_large(name, data.tell(), MAX_FILE_BYTES)
    return File(name, data.getvalue())


def _unread(root: Path, folder: Path, path: Path, problem: str, advice: str) -> CollectionGap:
    return unreadable(_below(root, folder, path), problem, advice=advice)


def _below(root: Path, folder: Path, path: Path) -> str:
    return _shown(f"{root.name}/{path.relative_to(folder)}")


def _shown(name: str) -> str:
    """A file name as text: one that is not UTF-8 has its odd bytes written out."""
    return os.fsencode(name).decode(errors="backslashreplace")
