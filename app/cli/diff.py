"""`netattest diff`: what changed between two stored scans."""

from collections.abc import Sequence
from typing import Annotated

import typer

from app.cli.changes import encryption_shape, moves_shape
from app.cli.options import (
    ClusterOption,
    ConfigOption,
    DatabaseOption,
    DebugOption,
    JsonOption,
    PlainCommand,
    required,
    scan_number,
)
from app.cli.output import emit, heading, say, table
from app.cli.progress import reporting
from app.cli.session import begin
from app.cli.shapes import plural, result_shape, scan_shape, when
from app.model.archive import ObjectCause
from app.model.change import Drift
from app.model.history import ChangeKind

_EPILOG = """\b
Examples:
  netattest diff --cluster prod 13 14
  netattest diff --cluster prod 13 latest --json
"""

_FIELDS = 3


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(
        "diff", cls=PlainCommand, short_help="What changed between two stored scans.", epilog=_EPILOG
    )(diff)


def diff(
    *,
    first: Annotated[str, typer.Argument(metavar="SCAN_A", help="Number of a stored scan.")],
    second: Annotated[str, typer.Argument(metavar="SCAN_B", help="Number of a later one, or latest.")],
    cluster: ClusterOption = None,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """What opened and closed between two scans, which objects did it, and what happened to encryption."""
    from app.drift import drift

    session = begin(config, database_url, as_json=as_json, debug=debug)
    name = required(cluster)
    with session.history() as (store, archive), reporting() as progress:
        before, after = (store.scan(name, scan_number(number)) for number in (first, second))
        progress.stage("compare", before=before.number, after=after.number)
        found = drift(before, after, store, archive)
    if as_json:
        emit(_document(found))
    else:
        _tell(found)


def _document(drift: Drift) -> dict[str, object]:
    change = drift.consequences
    digests = {item.ref: item for item in change.objects}
    return {
        "schema": "netattest/diff/v1",
        "before": scan_shape(drift.before),
        "after": scan_shape(drift.after),
        "scans_between": drift.between,
        "notes": [*drift.notes, *change.notes],
        "findings": {
            "opened": [result_shape(item) for item in change.opened],
            "closed": [result_shape(item) for item in change.closed],
            "undecided": [result_shape(item) for item in change.undecided],
        },
        "controls": [
            {
                "framework": item.framework,
                "control": item.control,
                "before": item.before.value,
                "after": item.after.value,
            }
            for item in change.flips
        ],
        "connections": [
            {
                "source": item.source,
                "destination": item.destination,
                "change": "opened" if item.opened else "closed",
                "ports": str(item.ports),
                "because": list(item.because),
            }
            for item in change.paths
        ],
        "encryption": {
            "before": {label.value: pairs for label, pairs in drift.tallies[0]},
            "after": {label.value: pairs for label, pairs in drift.tallies[1]},
            "changes": None if drift.encryption is None else encryption_shape(drift.encryption),
        },
        "moves": moves_shape(change.moves),
        "objects": [
            {
                "object": str(item.ref),
                "change": item.kind.value,
                "before": digests[item.ref].before,
                "after": digests[item.ref].after,
                "fields": [
                    {"path": one.path, "before": one.before, "after": one.after} for one in item.fields
                ],
                "manager": item.manager,
                "written_at": item.written_at,
                "reference": item.reference,
            }
            for item in drift.objects
        ],
    }


def _tell(drift: Drift) -> None:
    before, after, change = drift.before, drift.after, drift.consequences
    say(
        f"{after.cluster}: scan {before.number} ({when(before.taken_at)}) to {after.number} ({when(after.taken_at)}),"
        f" {plural(drift.between, 'stored scan')} between them"
    )
    for note in (*drift.notes, *change.notes):
        say(f"  {note}")
    _section(
        "Objects",
        ["change", "object", "fields", "last written by"],
        [_object(item) for item in drift.objects],
    )
    _section(
        "Places of workloads",
        ["workload", "field", "before", "after"],
        [[item.workload, item.field, item.before, item.after] for item in change.moves],
    )
    _section(
        "Connections",
        ["change", "from", "to", "ports", "because of"],
        [
            [
                "opened" if item.opened else "closed",
                item.source,
                item.destination,
                item.ports,
                "; ".join(item.because),
            ]
            for item in change.paths
        ],
    )
    _tell_encryption(drift)
    _section(
        "Findings",
        ["change", "severity", "finding"],
        [["opened", item.severity.value, item.says] for item in change.opened]
        + [["closed", item.severity.value, item.says] for item in change.closed]
        + [["undecided", item.severity.value, item.says] for item in change.undecided],
    )
    _section(
        "Controls",
        ["framework", "control", "before", "after"],
        [[item.framework, item.control, item.before.value, item.after.value] for item in change.flips],
    )


def _tell_encryption(drift: Drift) -> None:
    if drift.encryption is None:
        was, now = (
            ", ".join(f"{pairs} {label.value}" for label, pairs in tally) or "none" for tally in drift.tallies
        )
        heading("Encryption: not compared pair by pair")
        say(f"  allowed pairs by their weakest label: {was} before, {now} after")
        return
    _section(
        "Encryption",
        ["change", "from", "to", "before", "after"],
        [
            [
                "lost" if item.lost else "won",
                item.source,
                item.destination,
                item.before.value,
                item.after.value,
            ]
            for item in drift.encryption
        ],
    )


def _object(item: ObjectCause) -> list[object]:
    said = [
        f"{one.path}: {one.before or 'nothing'} → {one.after or 'nothing'}" for one in item.fields[:_FIELDS]
    ]
    left = len(item.fields) - len(said)
    if item.kind is ChangeKind.CHANGED and not item.fields:
        said = ["status, book-keeping or an order without meaning only"]
    more = [f"and {left} more"] if left > 0 else []
    return [item.kind.value, item.ref, "; ".join([*said, *more]), item.manager]


def _section(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    heading(f"{title}: {len(rows)} changed" if rows else f"{title}: no change")
    if rows:
        table(columns, rows)
