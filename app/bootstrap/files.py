"""The files that judge a scan."""
# ruff: noqa: PLC0415  (heavy packages: see the package)

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from app.errors import ConfigurationError, InputError
from app.model.canonical import digest
from app.model.flows import Recording
from app.model.history import Document
from app.model.retention import Policy
from app.resources import resource
from app.settings import Settings

_REGISTERS = ("scope", "registers", "exceptions", "attestations", "probes", "flows")
_STDIN = "-"
MOST_RECORDED = 256 << 20  # bytes; half a million records of Hubble's


def documents(settings: Settings) -> tuple[Document, ...]:
    """The files that judge a scan, byte for byte, sorted by name.

    Scope, registers, exceptions, attestations, probes and flows are left out where there are none: then everything is
    unplaced, nothing is accepted and nothing is declared to be needed. Checks and frameworks are the packaged ones unless
    there are own files.

    What entries name of frameworks that are switched off comes with them, in a document that is written here.

    Raises:
        ConfigurationError: a file that was named cannot be read.
    """
    from app.assess import with_others

    found = {f"{name}.yaml": path for name in _REGISTERS if (path := _register(settings, name))}
    found["checks.yaml"] = _register(settings, "checks") or resource("config") / "checks.yaml"
    judging = {f"frameworks/{path.name}": path for path in framework_files(settings)}
    found |= judging
    given = [Document(name, read(path)) for name, path in found.items()]
    if settings.documents.baseline is not None:
        given.append(_baseline(settings.documents.baseline))
    offered = {f"frameworks/{item.path.name}": item.path for item in offered_frameworks(settings).values()}
    switched_off = (Document(name, read(path)) for name, path in offered.items() if name not in judging)
    return with_others(sorted(given, key=lambda item: item.name), switched_off)


def _baseline(folder: Path) -> Document:
    """The rendered configuration source: its policies, as they would be stored, in one document."""
    from app.assess import baseline_document
    from app.collect import WATCHED, ManifestSource

    found = ManifestSource([folder]).collect()
    objects = [item for item in found.objects if item.ref.group_kind in WATCHED]
    return baseline_document(objects, found.gaps)


def framework_files(settings: Settings) -> tuple[Path, ...]:
    """The framework files that judge a scan, by name: those that settings choose, else the usual ones and every own one.

    Raises:
        ConfigurationError: the folder of own files is none, or a chosen framework does not exist.
    """
    offered = offered_frameworks(settings)
    chosen = settings.frameworks or [name for name, item in offered.items() if item.usual]
    for name in chosen:
        if name not in offered:
            near = get_close_matches(name, offered, n=1)
            raise ConfigurationError(
                f"frameworks names '{name}', which does not exist"
                + (f"; did you mean '{near[0]}'?" if near else ""),
                advice=f"there are {', '.join(offered)}",
            )
    return tuple(offered[name].path for name in sorted(set(chosen)))


@dataclass(frozen=True, slots=True)
class Offered:
    """A framework file that there is; `usual` ones judge a scan where settings choose none, `own` ones are the entity's."""

    path: Path
    usual: bool
    own: bool = False


def offered_frameworks(settings: Settings) -> Mapping[str, Offered]:
    """Every framework file by id, which is its name; an own file replaces the packaged one of the same name.

    Raises:
        ConfigurationError: the folder of own files is none.
    """
    own = settings.documents.frameworks
    if own is not None and not own.is_dir():
        raise ConfigurationError(
            f"documents.frameworks names {own}, which is not a folder",
            advice="name a folder of framework files",
        )
    packaged = resource("config") / "frameworks"
    found = {path.stem: Offered(path, usual=False) for path in (packaged / "optional").glob("*.yaml")}
    found |= {path.stem: Offered(path, usual=True) for path in packaged.glob("*.yaml")}
    yours = own or settings.folder / "frameworks"
    if yours.resolve() != packaged.resolve():
        found |= {path.stem: Offered(path, usual=True, own=True) for path in yours.glob("*.yaml")}
    return {name: found[name] for name in sorted(found)}


def framework_titles(settings: Settings) -> Mapping[str, str]:
    """What each framework is called, by its id; one whose file does not say is left out."""
    from app.assess import framework_title

    found = {name: framework_title(read(item.path)) for name, item in offered_frameworks(settings).items()}
    return {name: title for name, title in found.items() if title}


def _register(settings: Settings, name: str) -> Path | None:
    """The file that was named, else the one beside the settings file if there is one."""
    named: Path | None = getattr(settings.documents, name)
    beside = settings.folder / f"{name}.yaml"
    return named or (beside if beside.is_file() else None)


def read(path: Path) -> bytes:
    """Bytes of a file that settings name; raises `ConfigurationError` when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror or error}",
            advice="correct its path, on the command line or in the settings file",
        ) from error


def digests(settings: Settings, names: Iterable[str]) -> dict[str, str]:
    """SHA-256 of files beside the settings file, by the name that was asked for; what is not there is left out."""
    found = {}
    for name in sorted(set(names) - {""}):
        path = settings.folder / name
        if path.is_file():
            found[name] = digest(read(path))
    return found


def retention(settings: Settings, file: Path | None = None) -> Policy:
    """The rules of retention: of a file that was named, else of the settings.

    Raises:
        ConfigurationError: there are none, or they have mistakes.
    """
    from app.assess import read_retention

    path = file or settings.retention_file
    if not path.is_file():
        raise ConfigurationError(
            f"there are no rules of retention: {path} does not exist",
            advice="copy config/retention.example.yaml to retention.yaml beside the settings file, and make it yours",
        )
    return read_retention(Document(path.name, read(path)))


def recording(file: str) -> Recording:
    """Flows that somebody observed, out of a file or standard input (`-`).

    Raises:
        InputError: it cannot be read, is too large, or has rows that are no flows.
    """
    from app.assess import read_recording

    name = "standard input" if file == _STDIN else file
    try:
        if file == _STDIN:
            body = sys.stdin.buffer.read(MOST_RECORDED + 1)
        else:
            with Path(file).open("rb") as stream:
                body = stream.read(MOST_RECORDED + 1)
    except OSError as error:
        raise InputError(
            f"{name} cannot be read: {error.strerror or error}", advice="correct the path given to --flows"
        ) from error
    if len(body) > MOST_RECORDED:
        raise InputError(
            f"{name} holds more than {MOST_RECORDED >> 20} MiB",
            advice="record for a shorter time, or keep one row for each pair and port",
        )
    return read_recording(name, body)
