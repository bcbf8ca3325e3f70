"""`netattest register`: the files that people own, looked at before a scan is judged by them."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from app import bootstrap
from app.cli.options import (
    ClusterOption,
    ConfigOption,
    DatabaseOption,
    DebugOption,
    FromOption,
    JsonOption,
    MoreArgument,
    PlainCommand,
    ScanOption,
    gathered,
)
from app.cli.output import emit, heading, say, table
from app.cli.register_cluster import read_cluster
from app.cli.register_propose import PROPOSE_EPILOG, propose
from app.cli.session import begin
from app.cli.shapes import plural, tell_gaps
from app.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.assess import Mistake, Remark
    from app.model.history import Document
    from app.model.snapshot import CollectionGap

FILES = ("scope", "registers", "exceptions", "attestations", "flows", "probes")
_CHECK = """\b
Examples:
  netattest register check                        mistakes, signatures and dates
  netattest register check --from manifests/      and entries that match nothing there
  netattest register check --cluster prod --json

Exit codes: 0 the files can be used (remarks are no errors), 2 they hold mistakes, 3 part of the
cluster was not read.
"""


def register(program: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(
        help="Registers that people own: scope, flows, exceptions, attestations and the rest.",
        short_help="Files that people own: check them, draft what is missing.",
        no_args_is_help=True,
    )
    group.command(
        "check",
        cls=PlainCommand,
        short_help="Mistakes, dates, and entries that match nothing.",
        epilog=_CHECK,
    )(check)
    group.command(
        "propose", cls=PlainCommand, short_help="Draft the rows that are missing.", epilog=PROPOSE_EPILOG
    )(propose)
    program.add_typer(group, name="register")


def check(
    *,
    paths: FromOption = None,
    more: MoreArgument = None,
    cluster: ClusterOption = None,
    scan: ScanOption = "latest",
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Read all files that people own, and tell every mistake at once, with its line.

    Without a mistake it tells what does not count, what is due, and, with manifests or a stored scan, which entries match
    nothing there. Nothing is stored.
    """
    from app import assess, judging

    session = begin(config, database_url, as_json=as_json, debug=debug)
    documents = bootstrap.documents(session.settings)
    bodies = {item.name: item.body for item in documents}
    mistakes = assess.mistakes_in(documents)
    remarks: tuple[Remark, ...] = ()
    gaps: tuple[CollectionGap, ...] = ()
    if not mistakes:
        given = assess.read_documents(documents)
        papers = bootstrap.digests(session.settings, (item.document for item in given.attestations))
        remarks = (*assess.review(given, datetime.now(UTC), papers), *assess.unreported(given))
        seen = read_cluster(session, gathered(paths, more, "--from"), cluster, scan)
        if seen:
            gaps = seen.gaps
            remarks += assess.unmatched(given, seen, judging.judge(seen, documents))
    told = [_mistake(item, bodies) for item in mistakes]
    rows = [_remark(item, bodies) for item in sorted(remarks, key=_order)]
    if as_json:
        emit(_document(documents, told, rows))
    else:
        _tell(documents, told, rows, against=bool(paths or more or cluster))
        tell_gaps(gaps)
    if mistakes:
        raise typer.Exit(ExitCode.USAGE)
    raise typer.Exit(ExitCode.INCOMPLETE if gaps else ExitCode.DONE)


def _order(item: "Remark") -> tuple[int, str, str]:
    from app.assess import Concern

    return tuple(Concern).index(item.concern), item.file, item.entry


def _mistake(item: "Mistake", bodies: dict[str, bytes]) -> dict[str, object]:
    return {
        "file": item.file,
        "line": _line(bodies, item.file, item.path),
        "entry": item.path,
        "says": item.expected,
    }


def _remark(item: "Remark", bodies: dict[str, bytes]) -> dict[str, object]:
    return {
        "concern": item.concern.value,
        "file": item.file,
        "line": _line(bodies, item.file, item.entry),
        "entry": item.entry,
        "says": item.says,
        "advice": item.advice,
    }


def _line(bodies: dict[str, bytes], file: str, entry: str) -> int | None:
    from app.assess import line_of

    return (line_of(bodies[file], entry) or None) if file in bodies else None


def _document(
    documents: "Sequence[Document]", mistakes: list[dict[str, object]], remarks: list[dict[str, object]]
) -> dict[str, object]:
    given = {item.name: item.digest for item in documents}
    return {
        "schema": "netattest/register-check/v1",
        "files": {f"{name}.yaml": given.get(f"{name}.yaml") for name in FILES},
        "mistakes": mistakes,
        "remarks": remarks,
    }


def _tell(
    documents: "Sequence[Document]",
    mistakes: list[dict[str, object]],
    remarks: list[dict[str, object]],
    *,
    against: bool,
) -> None:
    given = {item.name: item.digest for item in documents}
    names = [f"{name}.yaml" for name in FILES]
    table(
        ["file", "sha-256"], [[name, f"{given[name][:16]}…" if name in given else "none"] for name in names]
    )
    if mistakes:
        heading(f"{plural(len(mistakes), 'mistake')}; nothing can be judged by these files")
        for item in mistakes:
            say(f"  {_where(item)}: {item['says']}")
        say("\nCorrect them all; config/schema/ has the shape of each file, config/*.example.yaml shows it.")
        return
    for concern in dict.fromkeys(str(item["concern"]) for item in remarks):
        rows = [item for item in remarks if item["concern"] == concern]
        heading(f"{concern[:1].upper()}{concern[1:]}: {plural(len(rows), 'entry', 'entries')}")
        same = len({item["advice"] for item in rows}) == 1
        for item in rows:
            say(f"  {_where(item)}: {item['says']}" + ("" if same else f"\n      {item['advice']}"))
        if same:
            say(f"  {rows[0]['advice']}")
    say(f"\nNo mistakes; {plural(len(remarks), 'remark')}.")
    if not against:
        say("Entries were not held against a cluster; add --from PATH... or --cluster NAME for that.")


def _where(item: dict[str, object]) -> str:
    line = f":{item['line']}" if item["line"] else ""
    return f"{item['file']}{line}: {item['entry']}" if item["entry"] else f"{item['file']}{line}"
