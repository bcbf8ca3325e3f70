"""`netattest key`: the key that seals reports. It stays in files of its owner; the database never sees it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app import bootstrap
from app.cli.options import ConfigOption, DatabaseOption, DebugOption, JsonOption
from app.cli.output import emit, say
from app.cli.session import begin
from app.cli.shapes import when

if TYPE_CHECKING:
    from app.seal import KeyFiles, KeyPair

_NAME = "netattest evidence"
_CREATE = """\b
Example:
  netattest key create --name "Acme Payments, evidence of prod"
"""
_SHOW = """\b
Example:
  netattest key show
"""
_ROTATE = """\b
Example:
  netattest key rotate --name "Acme Payments, evidence of prod"
"""

DirectoryOption = Annotated[
    Path | None,
    typer.Option(
        "--directory",
        metavar="DIR",
        help="Folder of key and certificate.  [default: keys/ in the data folder]",
    ),
]
NameOption = Annotated[
    str,
    typer.Option("--name", metavar="TEXT", help="Who stands behind the evidence: the certificate's name."),
]


def register(program: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(
        help="The key that seals reports and bundles; with one, every report is signed.",
        short_help="The sealing key: create, show, rotate.",
        no_args_is_help=True,
    )
    group.command("create", short_help="Make a key and its certificate.", epilog=_CREATE)(create)
    group.command("show", short_help="Show the certificate and its fingerprint.", epilog=_SHOW)(show)
    group.command("rotate", short_help="Replace the key; it names its successor first.", epilog=_ROTATE)(
        rotate
    )
    program.add_typer(group, name="key")


def create(
    *,
    name: NameOption = _NAME,
    directory: DirectoryOption = None,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Make an ECDSA P-256 key (file mode 0600) and a self-signed certificate for ten years.

    The key is encrypted when NETATTEST_SEAL_PASSPHRASE or sealing.passphrase_file gives a passphrase.
    """
    from app.seal import create_key

    session = begin(config, database_url, as_json=as_json, debug=debug)
    files = bootstrap.key_files(session.settings, directory)
    pair = create_key(files, name, bootstrap.SystemClock().now())
    _tell(files, pair, as_json=as_json)


def show(
    *,
    directory: DirectoryOption = None,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Show the certificate: hand it to whoever verifies your reports, by another way than the reports."""
    from app.seal import load_key

    session = begin(config, database_url, as_json=as_json, debug=debug)
    files = bootstrap.key_files(session.settings, directory)
    _tell(files, load_key(files), as_json=as_json)


def rotate(
    *,
    name: Annotated[
        str,
        typer.Option("--name", metavar="TEXT", help="The new certificate's name.  [default: the old one's]"),
    ] = "",
    directory: DirectoryOption = None,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Replace the key by a new one.

    The old key signs a statement that names the new certificate, and is removed. Its certificate is kept, since
    earlier reports are verified with it.
    """
    from app.seal import rotate_key, sign_detached

    session = begin(config, database_url, as_json=as_json, debug=debug)
    files = bootstrap.key_files(session.settings, directory)
    authority, now = bootstrap.time_authority(session.settings), bootstrap.SystemClock().now()
    rotation = rotate_key(files, name, now, lambda data, pair: sign_detached(data, pair, authority, now))
    if not as_json:
        say(f"before       {rotation.old.fingerprint}")
        say(f"statement    {rotation.statement}")
        say(f"signed       {rotation.signature}")
    _tell(files, rotation.new, as_json=as_json)


def _tell(files: "KeyFiles", pair: "KeyPair", *, as_json: bool) -> None:
    certificate = pair.parsed
    facts: dict[str, str] = {
        "name": certificate.subject.rfc4514_string(),
        "fingerprint": pair.fingerprint,
        "from": when(certificate.not_valid_before_utc),
        "until": when(certificate.not_valid_after_utc),
        "certificate": str(files.certificate),
        "key": str(files.key),
    }
    if as_json:
        emit({"schema": "netattest/key/v1", **facts})
        return
    for label, value in facts.items():
        say(f"{label:<12} {value}")
