"""The composition root: settings become documents, sources, a store and a renderer.

Heavy packages (kubernetes, sqlalchemy, weasyprint) are imported by the function that needs them, so that a command
pays only for what it uses.
"""
# ruff: noqa: PLC0415  (the reason is given above)

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app import __version__
from app.errors import ConfigurationError, NotFoundError, StoreError
from app.model.bundle import Tool
from app.model.canonical import digest
from app.model.history import Document
from app.model.ports import ObjectSource, Prober, Renderer, Sealer
from app.model.report import ReportDefinition
from app.resources import program_digest, resource
from app.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.collect import ApiSettings
    from app.seal import KeyFiles, TimeAuthority
    from app.store import Database, PostgresStore

_REGISTERS = ("scope", "registers", "exceptions", "attestations", "probes", "flows")

OnKind = Callable[[str, int], None]


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current time in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class Access:
    """How to reach a cluster's API server; nothing given means the current context, as kubectl does."""

    kubeconfig: Path | None = None
    context: str | None = None
    in_cluster: bool = False


def documents(settings: Settings) -> tuple[Document, ...]:
    """The files that judge a scan, byte for byte, sorted by name.

    Scope, registers, exceptions, attestations, probes and flows are left out where there are none: then everything is
    unplaced, nothing is accepted and nothing is declared to be needed. Checks and frameworks are the packaged ones unless
    there are own files.

    Raises:
        ConfigurationError: a file that was named cannot be read.
    """
    found = {f"{name}.yaml": path for name in _REGISTERS if (path := _register(settings, name))}
    found["checks.yaml"] = _register(settings, "checks") or resource("config") / "checks.yaml"
    found |= {f"frameworks/{path.name}": path for path in framework_files(settings)}
    given = [Document(name, _read(path)) for name, path in found.items()]
    if settings.documents.baseline is not None:
        given.append(_baseline(settings.documents.baseline))
    return tuple(sorted(given, key=lambda item: item.name))


def digests(settings: Settings, names: Iterable[str]) -> dict[str, str]:
    """SHA-256 of files beside the settings file, by the name that was asked for; what is not there is left out."""
    found = {}
    for name in sorted(set(names) - {""}):
        path = settings.folder / name
        if path.is_file():
            found[name] = digest(_read(path))
    return found


def _baseline(folder: Path) -> Document:
    """The rendered configuration source: its policies, as they would be stored, in one document."""
    from app.assess import baseline_document
    from app.collect import WATCHED, ManifestSource

    found = ManifestSource([folder]).collect()
    objects = [item for item in found.objects if item.ref.group_kind in WATCHED]
    return baseline_document(objects, found.gaps)


def framework_files(settings: Settings) -> tuple[Path, ...]:
    """Framework files by name; an own file replaces the packaged one of the same name."""
    own = settings.documents.frameworks
    if own is not None and not own.is_dir():
        raise ConfigurationError(
            f"documents.frameworks names {own}, which is not a folder",
            advice="name a folder of framework files",
        )
    folders = (resource("config") / "frameworks", own or settings.folder / "frameworks")
    files = {path.name: path for folder in folders for path in folder.glob("*.yaml")}
    return tuple(files[name] for name in sorted(files))


def _register(settings: Settings, name: str) -> Path | None:
    """The file that was named, else the one beside the settings file if there is one."""
    named: Path | None = getattr(settings.documents, name)
    beside = settings.folder / f"{name}.yaml"
    return named or (beside if beside.is_file() else None)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror or error}",
            advice="correct its path, on the command line or in the settings file",
        ) from error


@contextmanager
def opened_database(settings: Settings) -> Iterator[tuple["Database", "Engine"]]:
    """The database of the settings, at whatever revision it is; the embedded one runs while the context lasts."""
    from app.store import create_engine, open_database

    url = settings.database_url.get_secret_value() if settings.database_url else None
    with open_database(url, settings.data_dir) as database:
        engine = create_engine(database.url)
        try:
            yield database, engine
        finally:
            engine.dispose()


@contextmanager
def opened_store(settings: Settings) -> Iterator["PostgresStore"]:
    """The store, ready for use.

    The embedded database belongs to this program alone and is brought up to date; a shared one is upgraded only by
    `netattest db upgrade`, because other versions may be using it.

    Raises:
        StoreError: the database cannot be reached, or is not at this version's revision.
    """
    from app.store import PostgresStore, migrate

    migrations = resource("migrations")
    with opened_database(settings) as (database, engine):
        if database.embedded:
            migrate.upgrade(engine, migrations)
        elif not (revision := migrate.current(engine, migrations)).up_to_date:
            found = f"at revision {revision.current}" if revision.current else "empty"
            raise StoreError(
                f"{database.description} is {found}, this version needs {revision.head}",
                advice="make a backup, then run `netattest db upgrade`",
            )
        yield PostgresStore(engine)


def manifests(
    paths: Sequence[str], on_kind: OnKind | None = None, certificates: Sequence[str] = ()
) -> ObjectSource:
    """Manifests of folders, files, or standard input (`-`); `certificates` are namespaces that may show theirs."""
    from app.collect import ManifestSource

    return ManifestSource(paths, on_kind=on_kind, certificates=certificates)


def cluster(settings: Settings, access: Access, on_kind: OnKind | None = None) -> ObjectSource:
    """The API server of a cluster."""
    from app.collect import KubernetesSource

    return KubernetesSource(api_settings(settings, access), on_kind=on_kind)


def prober(settings: Settings) -> Prober:
    """Connects to declared endpoints.

    Raises:
        ConfigurationError: the file of trust anchors cannot be read.
    """
    from app.collect.tls import ProbeSettings, TlsProber

    if (anchors := settings.probe.trust_anchors) is not None:
        _read_anchors(anchors)
    return TlsProber(ProbeSettings(**settings.probe.model_dump()))


def _read_anchors(path: Path) -> None:
    import ssl

    try:
        ssl.create_default_context().load_verify_locations(cadata=_read(path).decode("ascii", "replace"))
    except (ssl.SSLError, ValueError) as error:
        raise ConfigurationError(
            f"probe.trust_anchors names {path}, which holds no certificate",
            advice="give a PEM file of certificate authorities",
        ) from error


def api_settings(settings: Settings, access: Access) -> "ApiSettings":
    """Where the API server is, and with how much patience it is read."""
    from app.collect import ApiSettings

    return ApiSettings(
        kubeconfig=access.kubeconfig,
        context=access.context,
        in_cluster=access.in_cluster,
        **settings.collect.model_dump(),
    )


def renderer() -> Renderer:
    """Reports from the packaged templates."""
    from app.render import ReportRenderer

    return ReportRenderer(resource("templates"), this_tool())


def this_tool() -> Tool:
    """This program, as manifests name it."""
    return Tool("netattest", __version__, program_digest())


def key_files(settings: Settings, directory: Path | None = None) -> "KeyFiles":
    """Where the sealing key is: as named in the settings, else in `keys/` of the data folder.

    Raises:
        ConfigurationError: the file with the passphrase cannot be read.
    """
    from app.seal import KeyFiles
    from app.store import default_data_dir

    folder = directory or (settings.data_dir or default_data_dir()) / "keys"
    usual, own = KeyFiles.in_folder(folder), settings.sealing
    named = directory is None
    return KeyFiles(
        key=(own.key if named else None) or usual.key,
        certificate=(own.certificate if named else None) or usual.certificate,
        passphrase=_passphrase(settings),
    )


def _passphrase(settings: Settings) -> bytes | None:
    if settings.sealing.passphrase_file is not None:
        return _read(settings.sealing.passphrase_file).rstrip(b"\r\n") or None
    secret = settings.seal_passphrase
    return secret.get_secret_value().encode() if secret else None


def sealer(settings: Settings) -> Sealer | None:
    """What signs reports; None when no key was made and none is named in the settings.

    Raises:
        ConfigurationError: there is a key, or one is named, but it cannot be used.
    """
    files = key_files(settings)
    if settings.sealing.key is None and settings.sealing.certificate is None and not files.key.exists():
        return None
    from app.seal import EvidenceSealer, load_key

    return EvidenceSealer(load_key(files), time_authority(settings), SystemClock().now)


def sealed_formats(formats: Sequence[str]) -> tuple[str, ...]:
    """Formats of a sealed report: HTML, JSON and CSV cannot carry a signature, so the manifest that names them does."""
    bare = set(formats) - {"pdf", "bundle", "manifest"}
    return (*formats, "manifest") if bare and "manifest" not in formats else tuple(formats)


def pseudonym_key(settings: Settings) -> bytes:
    """The key of pseudonyms; made at first use. Whoever has it can tell which name a pseudonym stands for.

    Raises:
        ConfigurationError: it cannot be read or written.
    """
    from app.seal import keep_secret

    return keep_secret(settings.sealing.pseudonym_key or key_files(settings).key.with_name("pseudonym.key"))


def time_authority(settings: Settings) -> "TimeAuthority | None":
    """Who time-stamps signatures, if anyone."""
    from app.seal import TimeAuthority

    own = settings.sealing
    return TimeAuthority(own.timestamp_url, own.timestamp_timeout) if own.timestamp_url else None


def definition(settings: Settings, name: str = "") -> ReportDefinition:
    """A report definition by id or path; empty takes that of the settings.

    Raises:
        NotFoundError: there is no such definition.
        ConfigurationError: it cannot be read or used.
    """
    from app.render import load_definition

    path = _definition_file(settings, name or settings.reports.definition)
    return load_definition(path.name, _read(path))


def _definition_file(settings: Settings, name: str) -> Path:
    if Path(name).suffix in (".yaml", ".yml"):
        return Path(name)
    folders = [item for item in (settings.reports.definitions, resource("reports")) if item]
    files = {path.stem: path for folder in reversed(folders) for path in folder.glob("*.yaml")}
    if name not in files:
        raise NotFoundError(
            f"there is no report definition {name!r}", advice=f"there are {', '.join(sorted(files))}"
        )
    return files[name]
