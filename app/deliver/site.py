"""Keep a folder of pages: only what differs is written, what vanished is removed, what is foreign is left alone."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from app.deliver.folder import deliver_to_folder
from app.errors import DeliveryError, InputError
from app.model.canonical import canonical_json, digest
from app.model.report import Artefact

MANIFEST = "site.json"
_SCHEMA = "netattest/site/v1"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\.(html|css|js)")


@dataclass(frozen=True, slots=True)
class Placed:
    """How many files were written, were there already, and were removed."""

    written: int
    kept: int
    removed: int


def deliver_site(files: Sequence[Artefact], folder: Path) -> Placed:
    """Write the files in their order, so that the last one is seen last, then `site.json` with all digests.

    The names are claimed in `site.json` before the first file, so that a run that was cut off can be repeated.

    Raises:
        InputError: the folder has files and is no site.
        DeliveryError: a file cannot be written or removed.
    """
    before = _known(folder)
    digests = {item.name: item.digest for item in files}
    changed = [item for item in files if not _same(folder / item.name, item)]
    gone = sorted(before.keys() - digests.keys())
    if changed or gone:
        deliver_to_folder([_manifest({**before, **digests})], folder)
        deliver_to_folder(changed, folder)
        for name in gone:
            _remove(folder / name)
    manifest = _manifest(digests)
    if not _same(folder / MANIFEST, manifest):
        deliver_to_folder([manifest], folder)
    return Placed(len(changed), len(files) - len(changed), len(gone))


def _known(folder: Path) -> Mapping[str, str]:
    """Files that the site has by its own word; none in a folder that is empty or missing."""
    try:
        if not folder.exists() or not any(folder.iterdir()):
            return {}
        found = orjson.loads((folder / MANIFEST).read_bytes())
        if found["schema"] == _SCHEMA and all(_NAME.fullmatch(name) for name in found["files"]):
            return dict(found["files"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # whatever it is, it was not written here
    raise InputError(
        f"{folder} is not empty and holds no site of netattest",
        advice="name an empty folder, or one that `netattest publish` has written",
    )


def _same(path: Path, artefact: Artefact) -> bool:
    return path.is_file() and digest(path.read_bytes()) == artefact.digest


def _manifest(files: Mapping[str, str]) -> Artefact:
    body = canonical_json({"schema": _SCHEMA, "files": dict(files)})
    return Artefact(MANIFEST, "application/json", body)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise DeliveryError(
            f"{path} cannot be removed: {error.strerror or error}", advice="check who owns the folder"
        ) from error
