"""What signs reports: keys, time, pseudonyms."""
# ruff: noqa: PLC0415  (heavy packages: see the package)

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.bootstrap.files import read
from app.model.ports import Sealer
from app.settings import Settings

if TYPE_CHECKING:
    from app.seal import KeyFiles, TimeAuthority


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current time in UTC."""
        return datetime.now(UTC)


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
        return read(settings.sealing.passphrase_file).rstrip(b"\r\n") or None
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
