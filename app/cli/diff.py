"""`netattest diff`: what changed between two stored scans."""

from collections.abc import Sequence
from typing import Annotated

import typer

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
from app.cli.shapes import result_shape, scan_shape, when
from app.model.history import Comparison

_EPILOG = """\b
Examples:
  netattest diff --cluster prod 13 14
  netattest diff --cluster prod 13 latest --json
"""


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
    """What opened and closed between two scans, and which objects changed."""
    from app import pipeline

    session = begin(config, database_url, as_json=as_json, debug=debug)
    name = required(cluster)
    with session.store() as store, reporting() as progress:
        before, after = (store.scan(name, scan_number(number)) for number in (first, second))
        progress.stage("compare", before=before.number, after=after.number)
        comparison = pipeline.compare(before, after, store)
    if as_json:
        emit(_document(comparison))
    else:
        _tell(comparison)


def _document(change: Comparison) -> dict[str, object]:
    return {
        "schema": "netattest/diff/v1",
        "before": scan_shape(change.before),
        "after": scan_shape(change.after),
        "findings": {
            "opened": [result_shape(item) for item in change.opened],
            "closed": [result_shape(item) for item in change.closed],
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
                "ports": item.ports,
            }
            for item in change.paths
        ],
        "moves": [
            {"workload": item.workload, "field": item.field, "before": item.before, "after": item.after}
            for item in change.moves
        ],
        "objects": [
            {"object": str(item.ref), "change": item.kind.value, "before": item.before, "after": item.after}
            for item in change.objects
        ],
    }


def _tell(change: Comparison) -> None:
    before, after = change.before, change.after
    say(
        f"{after.cluster}: scan {before.number} ({when(before.taken_at)}) to {after.number} ({when(after.taken_at)})"
    )
    _section("Objects", ["change", "object"], [[item.kind.value, item.ref] for item in change.objects])
    _section(
        "Places of workloads",
        ["workload", "field", "before", "after"],
        [[item.workload, item.field, item.before, item.after] for item in change.moves],
    )
    _section(
        "Connections",
        ["change", "from", "to", "ports"],
        [
            ["opened" if item.opened else "closed", item.source, item.destination, item.ports]
            for item in change.paths
        ],
    )
    _section(
        "Findings",
        ["change", "severity", "finding"],
        [["opened", item.severity.value, item.says] for item in change.opened]
        + [["closed", item.severity.value, item.says] for item in change.closed],
    )
    _section(
        "Controls",
        ["framework", "control", "before", "after"],
        [[item.framework, item.control, item.before.value, item.after.value] for item in change.flips],
    )


def _section(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    heading(f"{title}: {len(rows)} changed" if rows else f"{title}: no change")
    if rows:
        table(columns, rows)
