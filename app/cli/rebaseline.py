"""`netattest rebaseline`: past nights under the rules of today, beside their own verdicts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from app import __version__, bootstrap
from app.cli.filters import ControlOption, CsvOption, SinceOption, UntilOption, within
from app.cli.frameworks import chosen_frameworks
from app.cli.options import (
    ClusterOption,
    ConfigOption,
    DatabaseOption,
    DebugOption,
    JsonOption,
    MoreArgument,
    PlainCommand,
    gathered,
    required,
    split,
)
from app.cli.output import emit, emit_csv, heading, say, table
from app.cli.progress import reporting
from app.cli.session import begin
from app.cli.shapes import plural
from app.errors import NotFoundError
from app.model.history import ControlPoint

if TYPE_CHECKING:
    from app.rebaseline import NotRecomputed, Recomputed

_EPILOG = """\b
Examples:
  netattest rebaseline --cluster prod --since 2026-01-01
  netattest rebaseline --cluster prod --framework pci --control 1.3.1 --csv
"""
_CSV = (
    "scan", "taken_at", "framework", "control", "stored_state", "stored_by", "recomputed_state", "recomputed_under",
    "differs",
)  # fmt: skip


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(
        "rebaseline",
        cls=PlainCommand,
        short_help="Past nights under the rules of today, beside their own verdicts.",
        epilog=_EPILOG,
    )(rebaseline)


def rebaseline(
    *,
    cluster: ClusterOption = None,
    frameworks: Annotated[
        list[str] | None,
        typer.Option(
            "--framework", metavar="ID...", help="Frameworks, or the beginning of their ids.  [default: all]"
        ),
    ] = None,
    more: MoreArgument = None,
    control: ControlOption = "",
    since: SinceOption = None,
    until: UntilOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also controls whose state is the same under both.")
    ] = False,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Judge stored snapshots by the files and the version of today, and print where a control's state differs.

    Nothing is stored and no verdict is replaced: what a night said by its own rules stays its verdict.
    """
    from app.rebaseline import NotRecomputed, Recomputed
    from app.rebaseline import rebaseline as recompute

    session = begin(config, database_url, as_json=as_json, debug=debug)
    name, days = required(cluster), within(since, until)
    documents = bootstrap.documents(session.settings)
    ids = chosen_frameworks(split(gathered(frameworks, more, "--framework")), documents)
    with session.store() as store, reporting() as progress:
        scans = store.scans(name, *days)
        if not scans:
            raise NotFoundError(
                f"there is no scan of {name} in this time",
                advice=f"clusters with scans: {', '.join(store.clusters()) or 'none yet'}",
            )
        found = list(recompute(scans, documents, ids, store, progress))
    left = [item for item in found if isinstance(item, NotRecomputed)]
    rows = [item for item in found if isinstance(item, Recomputed) and control in ("", item.control)]
    chosen = [item for item in rows if everything or item.differs]
    if as_csv:
        emit_csv(_CSV, (_csv_row(item) for item in chosen))
    elif as_json:
        emit(_document(name, chosen, left))
    else:
        _tell(name, rows, chosen, left)


def _under() -> str:
    return f"netattest {__version__}"


def _csv_row(item: "Recomputed") -> list[object]:
    return [
        item.scan.number,
        item.scan.taken_at.isoformat(),
        item.framework,
        item.control,
        _state(item.before),
        f"netattest {item.scan.tool_version}",
        _state(item.after),
        _under(),
        item.differs,
    ]


def _document(
    cluster: str, chosen: Sequence["Recomputed"], left: Sequence["NotRecomputed"]
) -> dict[str, object]:
    return {
        "schema": "netattest/rebaseline/v1",
        "cluster": cluster,
        "recomputed_under": _under(),
        "controls": [
            {
                "scan": item.scan.number,
                "taken_at": item.scan.taken_at.isoformat(),
                "tool_version": item.scan.tool_version,
                "framework": item.framework,
                "control": item.control,
                "stored": _state(item.before) or None,
                "stored_catalogue": item.before.framework_digest if item.before else None,
                "recomputed": _state(item.after) or None,
                "recomputed_catalogue": item.after.framework_digest if item.after else None,
            }
            for item in chosen
        ],
        "not_recomputed": [{"scan": item.scan.number, "reason": item.reason} for item in left],
    }


def _tell(
    cluster: str,
    rows: Sequence["Recomputed"],
    chosen: Sequence["Recomputed"],
    left: Sequence["NotRecomputed"],
) -> None:
    nights = len({item.scan.number for item in rows})
    differing = sum(item.differs for item in rows)
    say(
        f"{cluster}: {plural(nights, 'night')} recomputed under {_under()} and the files of today;"
        f" {plural(differing, 'state')} of {len(rows):,} differ from what was stored"
    )
    if chosen:
        say()
        table(
            ["taken at (UTC)", "scan", "framework", "control", "stored", "recomputed"],
            [
                [
                    f"{item.scan.taken_at:%Y-%m-%d %H:%M}",
                    item.scan.number,
                    item.framework,
                    item.control,
                    _state(item.before) or "no such control",
                    _state(item.after) or "no such control",
                ]
                for item in chosen
            ],
            right=[1],
        )
    if left:
        heading("Not recomputed:")
        for item in left:
            say(f"  scan {item.scan.number}: {item.reason}")


def _state(point: ControlPoint | None) -> str:
    return point.state.value if point else ""
