"""`netattest verify`: checks a report without database and cluster, and says what holds and what does not."""

import shutil
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app import __version__, bootstrap
from app.cli.options import ConfigOption, DatabaseOption, DebugOption, JsonOption
from app.cli.output import emit, say
from app.cli.progress import reporting
from app.cli.session import begin
from app.cli.shapes import plural, when
from app.errors import ExitCode, InputError
from app.model.verification import Statement, Trust, Verdict, Verification

_EPILOG = """\b
Examples:
  netattest verify prod-pci-dss-4.0.1-2026-11-22.pdf
  netattest verify prod-pci-dss-4.0.1-2026-11-22.bundle.zip --pin 9f2c41d7… --require-timestamp
  netattest verify reports/out/prod --trust acme.crt --tsa-trust tsa.crt

\b
Exit code 5 when anything that was checked does not hold, when nothing could be checked at
all, and for a file that is no report: a report whose evidence was taken out looks the same.
What else could not be checked is named; it does not change the exit code.
"""
_MARKS = {Verdict.HOLDS: "holds", Verdict.FAILS: "DOES NOT HOLD", Verdict.UNCHECKED: "not checked"}
_HEX = frozenset("0123456789abcdef")
_FINGERPRINT = 64
_TOLD = 20
_UNBROKEN = 100_000  # in a pipe a statement is one line
_SECONDS = 900


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command("verify", short_help="Check a report or bundle, offline.", epilog=_EPILOG)(verify)


def verify(
    path: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="A PDF, a bundle, or a folder of either.")],
    *,
    trust: Annotated[
        list[Path] | None,
        typer.Option(
            "--trust", metavar="CERT", help="Certificate of the signer or its issuer, PEM; repeat for more."
        ),
    ] = None,
    pin: Annotated[
        list[str] | None,
        typer.Option(
            "--pin", metavar="SHA256", help="Fingerprint of the signer's certificate; repeat for more."
        ),
    ] = None,
    tsa_trust: Annotated[
        list[Path] | None,
        typer.Option(
            "--tsa-trust", metavar="CERT", help="Certificate of the time-stamping authority or its issuer."
        ),
    ] = None,
    require_signature: Annotated[
        bool, typer.Option("--require-signature", help="An unsigned report does not verify.")
    ] = False,
    require_timestamp: Annotated[
        bool, typer.Option("--require-timestamp", help="A signature without a time-stamp does not verify.")
    ] = False,
    pages: Annotated[
        bool, typer.Option("--pages/--no-pages", help="Print PDF and HTML again and compare them.")
    ] = True,
    limit_seconds: Annotated[
        int, typer.Option("--limit-seconds", min=1, metavar="N", help="Give up after this time.")
    ] = _SECONDS,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Check a report from the file alone: signature, digests, chain; then work out its verdicts again.

    Needs neither the database nor the cluster. Without --trust or --pin it says who signed, not whether that is whom
    you expect.
    """
    from app import reperform
    from app.verify import bounded

    begin(config, database_url, as_json=as_json, debug=debug)
    known = _trust(trust or (), pin or (), tsa_trust or (), bootstrap.SystemClock().now())
    known = _insisting(known, signed=require_signature, stamped=require_timestamp)
    with reporting() as progress, bounded(limit_seconds):
        means = reperform.Means(bootstrap.renderer(), __version__, progress, pages)
        found = reperform.verify(path, known, means)
    if as_json:
        emit(
            {
                "schema": "netattest/verify/v1",
                "tool": __version__,
                "reports": [_shape(item) for item in found],
            }
        )
    else:
        _tell(found)
    if not all(item.holds for item in found) or not any(item.checked for item in found):
        raise typer.Exit(ExitCode.EVIDENCE)


def _trust(
    certificates: Sequence[Path], pins: Sequence[str], authorities: Sequence[Path], now: datetime
) -> Trust:
    return Trust(
        now=now,
        certificates=tuple(item for path in certificates for item in _certificates(path)),
        pins=frozenset(_fingerprint(item) for item in pins),
        authorities=tuple(item for path in authorities for item in _certificates(path)),
    )


def _insisting(known: Trust, *, signed: bool, stamped: bool) -> Trust:
    return replace(known, signed=signed or stamped, stamped=stamped)


def _certificates(path: Path) -> list[bytes]:
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_pem_x509_certificates

    try:
        found = load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}", advice="check the path"
        ) from error
    except ValueError as error:
        raise InputError(
            f"{path} holds no certificate in PEM form",
            advice="`netattest key show` names the file to hand out; `openssl x509 -inform DER` converts",
        ) from error
    return [item.public_bytes(Encoding.DER) for item in found]


def _fingerprint(text: str) -> str:
    plain = text.replace(":", "").lower()
    if len(plain) != _FINGERPRINT or not set(plain) <= _HEX:
        raise InputError(
            f"--pin {text[:80]!r} is not a SHA-256 fingerprint",
            advice="give all 64 hexadecimal digits that `netattest key show` prints",
        )
    return plain


def _tell(found: Sequence[Verification]) -> None:
    for index, item in enumerate(found):
        if index:
            say()
        say(item.path)
        if item.scan is not None:
            scan = item.scan
            version = scan.tool_version or "(version not recorded)"
            say(f"scan {scan.number} of {scan.cluster}, taken {when(scan.taken_at)}, netattest {version}")
        for statement in item.statements:
            _line(statement)
        say(_verdict(item))


def _line(item: Statement) -> None:
    head = f"  {_MARKS[item.verdict]:<14} {item.part.value:<11} "
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _UNBROKEN
    say(textwrap.fill(item.says, width, initial_indent=head, subsequent_indent=" " * len(head)))
    for detail in item.details[:_TOLD]:
        say(f"{'':<29}{detail}")
    if len(item.details) > _TOLD:
        say(f"{'':<29}and {len(item.details) - _TOLD} more")


def _verdict(item: Verification) -> str:
    bad = sum(part.verdict is Verdict.FAILS for part in item.statements)
    unknown = sum(part.verdict is Verdict.UNCHECKED for part in item.statements)
    if bad:
        return f"It does not verify: {plural(bad, 'statement')} of {len(item.statements)} did not hold."
    if not item.checked:
        return "Nothing about it could be checked, as said above: it proves nothing."
    if unknown:
        return f"What was checked holds; {plural(unknown, 'statement')} could not be checked, as said above."
    return "Everything holds."


def _shape(item: Verification) -> dict[str, object]:
    scan = item.scan
    return {
        "path": item.path,
        "holds": item.holds,
        "complete": item.whole,
        "scan": {
            "cluster": scan.cluster,
            "number": scan.number,
            "taken_at": scan.taken_at.isoformat(),
            "digest": scan.digest,
            "tool_version": scan.tool_version,
        }
        if scan
        else None,
        "signer": item.signer,
        "signed_at": item.signed_at.isoformat() if item.signed_at else None,
        "statements": [
            {
                "part": part.part.value,
                "verdict": part.verdict.value,
                "says": part.says,
                "details": list(part.details),
            }
            for part in item.statements
        ],
    }
