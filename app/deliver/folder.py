"""Write artefacts into a folder. A reader of the folder sees whole files only, the old one or the new one."""

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from app.errors import DeliveryError
from app.model.report import Artefact

_MODE = 0o640  # reports describe weaknesses: nothing for others on the machine


@dataclass(frozen=True, slots=True)
class Delivered:
    """One file that was written; `digest` is the SHA-256 of its bytes."""

    path: Path
    digest: str
    size: int


def deliver_to_folder(artefacts: Iterable[Artefact], folder: Path) -> tuple[Delivered, ...]:
    """Write each artefact under its name, replacing what has that name; make the folder where it is missing.

    Raises:
        DeliveryError: the folder or a file cannot be written, or a name would leave the folder.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _failed(folder, error) from error
    return tuple(_write(artefact, folder) for artefact in artefacts)


def _write(artefact: Artefact, folder: Path) -> Delivered:
    if Path(artefact.name).name != artefact.name:
        raise DeliveryError(f"{artefact.name!r} is not a file name", advice="rename what it is made from")
    target = folder / artefact.name
    try:
        _replace(target, artefact.body)
    except OSError as error:
        raise _failed(target, error) from error
    return Delivered(target, artefact.digest, len(artefact.body))


def _replace(target: Path, body: bytes) -> None:
    """Write beside the target and rename: rename is atomic on one file system (POSIX rename)."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(_MODE)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _failed(path: Path, error: OSError) -> DeliveryError:
    return DeliveryError(
        f"{path} cannot be written: {error.strerror or error}",
        advice="check that the folder exists, is writable and has space, or name another one with --output",
    )
