"""`netattest frameworks`: which frameworks there are, which judge a scan, and what the mapping of each can show."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from app import bootstrap
from app.cli.options import ConfigOption, DatabaseOption, DebugOption, JsonOption, PlainCommand
from app.cli.output import emit, heading, say, table
from app.cli.session import begin
from app.errors import NotFoundError
from app.model.history import Document
from app.model.ledger import MAPPING_WORDS, LedgerEntry, MappingLedger, MappingStrength, ledger

if TYPE_CHECKING:
    from app.settings import Settings

_EPILOG = """\b
Examples:
  netattest frameworks                     what there is, and what judges a scan
  netattest frameworks pci-dss-4.0.1       what its mapping can show, control by control
  netattest frameworks --json

`frameworks` in the settings file chooses by id. A framework of your own is one file in the folder
`frameworks` beside the settings file.
"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(
        "frameworks",
        cls=PlainCommand,
        short_help="Frameworks, and what a scan can show for each control.",
        epilog=_EPILOG,
    )(frameworks)


def frameworks(
    *,
    wanted: Annotated[str, typer.Argument(metavar="ID", help="Show the mapping of this one.")] = "",
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """List the frameworks, or show what one of them can show: strength, what stays unproven, what to get elsewhere.

    It follows from the files alone: no cluster and no database are read.
    """
    session = begin(config, database_url, as_json=as_json, debug=debug)
    offered = bootstrap.offered_frameworks(session.settings)
    judging = {path.stem for path in bootstrap.framework_files(session.settings)}
    if wanted and wanted not in offered:
        raise NotFoundError(f"there is no framework '{wanted}'", advice=f"there are {', '.join(offered)}")
    found = _ledgers(session.settings, {wanted: offered[wanted]} if wanted else offered)
    if as_json:
        emit(_document(found, judging))
    elif wanted:
        _tell(found[wanted])
    else:
        _list(found, judging)


def _ledgers(settings: "Settings", offered: Mapping[str, bootstrap.Offered]) -> Mapping[str, MappingLedger]:
    """The mapping of each framework, by the catalogue of checks that would judge a scan now."""
    from app import assess

    checks = next(item for item in bootstrap.documents(settings) if item.name == "checks.yaml")
    files = [Document(f"frameworks/{name}.yaml", bootstrap.read(item.path)) for name, item in offered.items()]
    given = assess.read_documents([checks, *files])
    performed = {name: meta for name, meta in given.catalogue.items() if meta.performed}
    return {item.id: ledger(item, performed) for item in given.frameworks}


def _list(found: Mapping[str, MappingLedger], judging: set[str]) -> None:
    table(
        ("framework", "judges", "requirements", "automated", "supporting", "people only"),
        [
            (
                name,
                "yes" if name in judging else "no",
                len(item.entries),
                item.count(MappingStrength.DIRECT),
                item.count(MappingStrength.SUPPORTING),
                item.count(MappingStrength.RECORD) + item.count(MappingStrength.NONE),
            )
            for name, item in found.items()
        ],
        right=(2, 3, 4, 5),
    )
    say()
    say("Automated: a test decides a part of it. No requirement is decided by a scan alone.")


def _tell(item: MappingLedger) -> None:
    say(f"{item.framework.title}, file version {item.framework.catalogue_version}")
    say(item.sentence)
    for entry in (*item.entries, *item.readiness):
        counted = "" if entry.control.enabled else " (readiness only, not counted)"
        heading(f"{entry.control.id}  {entry.control.title}{counted}")
        for label, text in _lines(entry):
            say(f"  {label:<15} {text}")


def _lines(entry: LedgerEntry) -> list[tuple[str, str]]:
    said = [
        ("brings", MAPPING_WORDS[entry.strength].lower()),
        ("decided by", ", ".join(entry.direct)),
        ("supported by", ", ".join(entry.supporting)),
        ("why nothing", entry.why_nothing),
        ("does not prove", "; ".join(entry.does_not_prove)),
        ("get elsewhere", "; ".join(entry.elsewhere)),
    ]
    return [(label, text) for label, text in said if text]


def _document(found: Mapping[str, MappingLedger], judging: set[str]) -> dict[str, object]:
    return {
        "schema": "netattest/frameworks/v1",
        "frameworks": [
            {
                "id": name,
                "title": item.framework.title,
                "catalogueVersion": item.framework.catalogue_version,
                "judges": name in judging,
                "requirements": len(item.entries),
                "coverage": item.sentence,
                "strengths": {strength.value: item.count(strength) for strength in MappingStrength},
                "controls": [_control(entry) for entry in (*item.entries, *item.readiness)],
            }
            for name, item in found.items()
        ],
    }


def _control(entry: LedgerEntry) -> dict[str, object]:
    return {
        "id": entry.control.id,
        "title": entry.control.title,
        "counted": entry.control.enabled,
        "strength": entry.strength.value,
        "direct": list(entry.direct),
        "supporting": list(entry.supporting),
        "doesNotProve": list(entry.does_not_prove),
        "elsewhere": list(entry.elsewhere),
        "whyNothing": entry.why_nothing,
    }
