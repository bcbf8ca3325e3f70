"""`netattest report`: reports of a stored scan."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from app import bootstrap
from app.cli.days import Asked, NightsOption, PeriodOption, SampleOption, SeedOption, TimezoneOption
from app.cli.frameworks import chosen_frameworks
from app.cli.options import (
    ClusterOption,
    ConfigOption,
    DatabaseOption,
    DebugOption,
    JsonOption,
    MoreArgument,
    PlainCommand,
    ScanOption,
    gathered,
    required,
    scan_number,
    split,
)
from app.cli.output import emit, say, table
from app.cli.period import Making, write_period
from app.cli.progress import reporting
from app.cli.session import begin
from app.cli.shapes import plural, scan_shape, when
from app.deliver import Delivered, deliver_to_folder
from app.errors import InputError
from app.model.history import Scan
from app.model.ports import Progress, Sealer, Store
from app.model.report import Artefact, ReportDefinition

FORMATS = ("pdf", "html", "json", "csv", "oscal", "ocsf", "manifest", "bundle")
_EPILOG = """\b
Examples:
  netattest report --cluster prod
  netattest report --cluster prod --framework pci-dss-4.0.1 --format pdf --output out/
  netattest report --cluster prod --scan 14 --framework hipaa,soc2 --format pdf,html,json,csv
  netattest report --cluster prod --definition executive --paper letter
  netattest report --cluster prod --framework soc2 --period 2025-07-01..2026-06-30
  netattest report --cluster prod --framework soc2 --period 2025-07-01..2026-06-30 --sample 25 --seed "auditor 4711"
"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(
        "report", cls=PlainCommand, short_help="Write the evidence reports of a stored scan.", epilog=_EPILOG
    )(report)


def report(
    *,
    cluster: ClusterOption = None,
    scan: ScanOption = "latest",
    frameworks: Annotated[
        list[str] | None,
        typer.Option(
            "--framework", metavar="ID...", help="Frameworks, or the beginning of their ids.  [default: all]"
        ),
    ] = None,
    more: MoreArgument = None,
    over: PeriodOption = "",
    nights: NightsOption = "",
    sample: SampleOption = None,
    seed: SeedOption = "",
    timezone: TimezoneOption = "",
    formats: Annotated[
        str, typer.Option("--format", metavar="LIST", help=f"Any of {', '.join(FORMATS)}.")
    ] = "pdf,html",
    definition: Annotated[
        str,
        typer.Option(
            "--definition",
            metavar="ID|FILE",
            help="Which sections, for which reader.  [default: as configured]",
        ),
    ] = "",
    paper: Annotated[
        str,
        typer.Option(
            "--paper", metavar="a4|letter", help="Paper of the PDF.  [default: as the definition says]"
        ),
    ] = "",
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Leave the seal out, though there is a key.")
    ] = False,
    redact: Annotated[
        bool,
        typer.Option("--redact", help="Replace names and addresses by pseudonyms, for readers outside."),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="DIR", help="Folder for the files.  [default: reports/out/CLUSTER]"),
    ] = None,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Write the evidence reports of a stored scan, or of a period; the same input gives the same bytes.

    Prints each file with the SHA-256 of its bytes. With a key (`netattest key create`) PDFs and bundles are signed, and
    other files through a manifest beside them.
    """
    session = begin(config, database_url, as_json=as_json, debug=debug)
    name, wanted = required(cluster), _formats(formats)
    ids = split(gathered(frameworks, more, "--framework"))
    asked = Asked(name, over, nights, sample, seed, timezone)
    if asked.any:
        write_period(
            session,
            asked,
            ids,
            Making(wanted, definition, paper, output, unsigned=unsigned, redact=redact),
        )
        return
    shape = bootstrap.definition(session.settings, definition, paper)
    folder = output or session.settings.reports.output / name
    with (
        session.store() as store,
        reporting() as shown,
        bootstrap.traced("report", name, shown) as progress,
    ):
        stored = store.scan(name, scan_number(scan))
        sealer = None if unsigned else bootstrap.sealer(session.settings)
        making = _Making(
            shape,
            bootstrap.sealed_formats(wanted) if sealer else wanted,
            sealer,
            bootstrap.pseudonym_key(session.settings) if redact else b"",
        )
        artefacts = _made(stored, ids, making, store, progress)
        progress.stage("deliver", folder=str(folder))
        delivered = deliver_to_folder(artefacts, folder)
    if as_json:
        emit(_document(stored, delivered))
    else:
        _tell(stored, delivered)


@dataclass(frozen=True)
class _Making:
    """How reports are made."""

    shape: ReportDefinition
    formats: Sequence[str]
    sealer: Sealer | None
    pseudonym_key: bytes


def _made(
    stored: Scan,
    ids: Sequence[str],
    making: _Making,
    store: Store,
    progress: Progress,
) -> tuple[Artefact, ...]:
    from app import pipeline

    return pipeline.report(
        stored,
        chosen_frameworks(ids, store.documents(stored)),
        making.shape,
        making.formats,
        store,
        bootstrap.renderer(),
        progress,
        sealer=making.sealer,
        pseudonym_key=making.pseudonym_key,
    )


def _formats(text: str) -> tuple[str, ...]:
    wanted = split((text.lower(),))
    unknown = [item for item in wanted if item not in FORMATS]
    if unknown or not wanted:
        raise InputError(
            f"--format {text!r} names no format that can be written: {', '.join(unknown) or 'it is empty'}",
            advice=f"choose from {', '.join(FORMATS)}, with commas between them",
        )
    return wanted


def _document(scan: Scan, delivered: Sequence[Delivered]) -> dict[str, object]:
    return {
        "schema": "netattest/report/v1",
        "scan": scan_shape(scan),
        "files": [{"path": str(item.path), "sha256": item.digest, "size": item.size} for item in delivered],
    }


def _tell(scan: Scan, delivered: Sequence[Delivered]) -> None:
    say(
        f"Scan {scan.number} of {scan.cluster}, taken {when(scan.taken_at)}: {plural(len(delivered), 'file')}"
    )
    table(
        ["file", "bytes", "sha-256"], [[item.path, item.size, item.digest] for item in delivered], right=[1]
    )
