"""`netattest reach`: every allowed connection."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.endpoints import OUTSIDE, Names
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
from app.cli.output import heading, say
from app.cli.session import begin
from app.cli.shapes import plural, tell_gaps
from app.cli.transit import in_transit, tell_protection, verdict_lines
from app.cli.view import View, look, reading, tell_notes
from app.cli.ways_in import tell_ways_in
from app.errors import ExitCode
from app.model.decision import Reason
from app.model.policy import Direction
from app.model.reachability import Connection, Profile

if TYPE_CHECKING:
    from app.evaluate.witness import Witness

_EPILOG = """\b
Examples:
  netattest reach --from manifests/
  netattest reach --from dump.yaml policies/*.yaml --json
  netattest reach --cluster prod --encryption
  kubectl get ns,pods,netpol -A -o yaml | netattest reach --from -
"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command("reach", cls=PlainCommand, short_help="Every allowed connection.", epilog=_EPILOG)(reach)


def reach(
    *,
    paths: FromOption = None,
    more: MoreArgument = None,
    cluster: ClusterOption = None,
    scan: ScanOption = "latest",
    profile: Annotated[
        Profile, typer.Option("--profile", help="Whose reading holds where the API leaves it open.")
    ] = Profile.AUTO,
    as_declared: Annotated[
        bool,
        typer.Option(
            "--as-declared",
            help="Count policies that the network plugin does not enforce; staged ones never count.",
        ),
    ] = False,
    explained: Annotated[
        bool, typer.Option("--explain", help="Add the rules that allow each connection.")
    ] = False,
    encrypted: Annotated[
        bool, typer.Option("--encryption", help="Add what encrypts each connection, and how that is known.")
    ] = False,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Every allowed connection between workloads, and with the world outside.

    Reads manifests, or a stored scan; with --from no database is needed.
    """
    session = begin(config, database_url, as_json=as_json, debug=debug)
    view = look(
        session, gathered(paths, more, "--from"), cluster, scan, profile=profile, as_declared=as_declared
    )
    if as_json:
        _emit(view, explained=explained, encrypted=encrypted)
    else:
        _tell(view, explained=explained, encrypted=encrypted)
    raise typer.Exit(ExitCode.INCOMPLETE if view.snapshot.gaps else ExitCode.DONE)


def _emit(view: View, *, explained: bool, encrypted: bool) -> None:
    from app import evaluate

    sys.stdout.flush()
    evaluate.write_reach(
        view.reachability,
        view.snapshot.gaps,
        sys.stdout.buffer.write,
        explain=explained,
        encryption=view.encryption if encrypted else None,
        edges=view.edges,
    )
    sys.stdout.buffer.flush()


def _tell(view: View, *, explained: bool, encrypted: bool) -> None:
    reachability = view.reachability
    names = Names(reachability.workloads)
    say(f"{plural(len(reachability.workloads), 'workload')}. {reading(view)}")
    number = 0
    for sources, rows in _by_source(reachability.connections()):
        number += len(sources) * len(rows)
        heading(f"{names.several(sources)} can open connections to")
        for line in _lines(view, names, rows, explained=explained, encrypted=encrypted):
            say(f"  {line}")
    say()
    say(f"{plural(number, 'allowed connection')}; every other one is denied.")
    tell_ways_in(view.edges)
    if explained:
        _tell_exposures(view)
    if encrypted:
        tell_protection(view.encryption)
    tell_notes(view)
    tell_gaps(view.snapshot.gaps)


def _tell_exposures(view: View) -> None:
    """What workloads are open to beyond what there is today."""
    from app import evaluate

    heading("Open to what does not exist yet, as far as the policies at each end go")
    for workload in view.reachability.workloads:
        for direction in Direction:
            exposure = view.reachability.open_to(workload.id, direction)
            for step in evaluate.explain_exposure(workload.id, direction, exposure):
                say(f"  {step}")


def _lines(
    view: View, names: Names, rows: list[Connection], *, explained: bool, encrypted: bool
) -> Iterator[str]:
    if explained:
        yield from _witnessed(view, names, rows, encrypted=encrypted)
    elif encrypted:
        yield from in_transit(view.encryption, names, rows)
    else:
        yield from names.grouped(rows[0].source, rows)


def _by_source(connections: Iterable[Connection]) -> Iterator[tuple[list[str], list[Connection]]]:
    """Rows of each source; ranges outside that reach the same are told once, as IPv4 and IPv6 mostly can be."""
    for outside, rows in groupby(connections, key=lambda row: row.source.startswith(OUTSIDE)):
        sources = ((source, list(group)) for source, group in groupby(rows, key=lambda row: row.source))
        if outside:
            yield from _alike(sources)
        else:
            yield from (([source], group) for source, group in sources)


def _alike(sources: Iterable[tuple[str, list[Connection]]]) -> Iterable[tuple[list[str], list[Connection]]]:
    found: dict[tuple[Connection, ...], tuple[list[str], list[Connection]]] = {}
    for source, rows in sources:
        reached = tuple(replace(row, source="") for row in rows)
        found.setdefault(reached, ([], rows))[0].append(source)
    return found.values()


def _witnessed(view: View, names: Names, rows: Iterable[Connection], *, encrypted: bool) -> Iterator[str]:
    for row in rows:
        yield f"{names.one(row.destination)}: {row.allowed}"
        egress, ingress = view.reachability.witnesses(row)
        yield f"    egress:  {_told(egress)}"
        yield f"    ingress: {_told(ingress)}"
        if encrypted:
            found = view.encryption.paths(row.source, row.destination, row.allowed)
            yield from (f"    {line}" for line in verdict_lines(found, row.allowed))
        yield from (f"    note:    {note}" for note in row.notes)


_WITHOUT_RULE = {
    Reason.OUTSIDE: "outside the cluster",
    Reason.HOST_NETWORK: "on its node's network, where policies do not reach",
    Reason.NOT_SELECTED: "no policy isolates it",
    Reason.NOT_ENFORCED: "policies are not enforced there",
    Reason.ALLOWED_BY_DEFAULT: "nothing that is asked denies it",
    Reason.OWN_NODE: "traffic from its own node always arrives",
    Reason.CANNOT_TELL: "cannot be told",
}


def _told(witness: "Witness") -> str:
    rules = "; ".join(f"{rule} ({admitted})" for rule, admitted in witness.rules)
    reason = rules or _WITHOUT_RULE.get(witness.reason, witness.reason.value)
    return f"{reason}: {witness.note}" if witness.note else reason
