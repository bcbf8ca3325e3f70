"""`netattest scope`: what each scope rule put where, and what is left over."""

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

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
    scan_number,
)
from app.cli.output import emit, heading, say, table
from app.cli.session import Session, begin
from app.cli.shapes import plural, tell_gaps
from app.cli.view import View, look
from app.errors import ExitCode
from app.model.history import Document
from app.model.reachability import Profile
from app.model.scope import Boundary, ScopeRule, Zone

if TYPE_CHECKING:
    from app.assess import Placed
    from app.model.scope import Scope

_EPILOG = """\b
Examples:
  netattest scope --from manifests/
  netattest scope --cluster prod
  netattest scope --cluster prod --scan 14 --stored --json
"""
_SHOWN = 12  # names in one list on a terminal; --json has all
_BOUNDARY_WORDS = {
    Boundary.PCI: "PCI DSS zone",
    Boundary.HIPAA: "ePHI mark (HIPAA)",
    Boundary.SOC2: "SOC 2 mark",
}


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command("scope", cls=PlainCommand, short_help="What each scope rule put where.", epilog=_EPILOG)(
        scope
    )


def scope(
    *,
    paths: FromOption = None,
    more: MoreArgument = None,
    cluster: ClusterOption = None,
    scan: ScanOption = "latest",
    stored: Annotated[
        bool, typer.Option("--stored", help="Use the scope file that judged the scan, not today's.")
    ] = False,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """What each rule of the scope file put where, and what is left over.

    What no rule places is unknown, and unknown counts as in scope. Reads manifests, or a stored scan; with --from no
    database is needed.
    """
    from app import assess, collect

    session = begin(config, database_url, as_json=as_json, debug=debug)
    view = look(
        session,
        gathered(paths, more, "--from"),
        cluster,
        scan,
        profile=Profile.AUTO,
        as_declared=False,
    )
    documents, note = _documents(session, cluster, scan, stored=stored)
    given = assess.read_documents(documents).scope
    inventory = collect.normalize(view.snapshot.objects).inventory
    found = assess.placed(given, view.snapshot, inventory, view.reachability.workloads)
    if as_json:
        emit(_shape(given, found, note))
    else:
        _tell(view, given, found, note)
    raise typer.Exit(ExitCode.INCOMPLETE if view.snapshot.gaps else ExitCode.DONE)


def _documents(
    session: Session, cluster: str | None, scan: str, *, stored: bool
) -> tuple[Sequence[Document], str]:
    """The documents to place by, and a sentence where today's scope file is not the one that judged the scan."""
    today = bootstrap.documents(session.settings)
    if not cluster:
        return today, ""
    with session.store() as store:
        judged = store.scan(cluster, scan_number(scan))
        then = store.documents(judged) if stored else ()
    digests = (
        dict(judged.documents).get("scope.yaml"),
        {item.name: item.digest for item in today}.get("scope.yaml"),
    )
    if stored:
        return then, ""
    same = digests[0] == digests[1]
    return today, "" if same else f"The scope file is not the one that judged scan {judged.number}."


def _shape(given: "Scope", found: "Placed", note: str) -> dict[str, object]:
    return {
        "schema": "netattest/scope/v1",
        "given": given.given,
        "owner": given.owner,
        "reviewed_on": given.reviewed_on.isoformat() if given.reviewed_on else None,
        "digest": given.digest,
        "note": note,
        "rules": [
            {
                "id": item.rule.id,
                "says": item.rule.says,
                "namespaces": item.namespaces,
                "workloads": item.workloads,
                "decides": item.decides,
            }
            for item in found.rules
        ],
        "zones": {zone.value: found.zones.get(zone, 0) for zone in Zone},
        "left": {boundary.value: names for boundary, names in found.left.items()},
        "placements": {
            name: {
                "zone": item.zone.value,
                "ephi": item.ephi,
                "soc2": item.soc2,
                "confidential": item.confidential,
                "data_store": item.data_store,
                "public": item.public,
                "shared": item.shared,
                "tenant": item.tenant,
                "rules": item.rules,
            }
            for name, item in found.placements.items()
        },
    }


def _tell(view: View, given: "Scope", found: "Placed", note: str) -> None:
    total = len(view.reachability.workloads)
    if not given.given:
        say(f"No scope file was given: all of {plural(total, 'workload')} count as in scope.")
    else:
        reviewed = f", last confirmed {given.reviewed_on}" if given.reviewed_on else ""
        say(f"Scope of {given.owner}{reviewed}; SHA-256 {given.digest[:16]}…")
    if note:
        say(f"note: {note}")
    if elsewhere := len(given.rules) - len(found.rules):
        say(f"note: {plural(elsewhere, 'rule')} for other clusters left out.")
    if found.rules:
        say()
        table(
            ["rule", "says", "namespaces", "workloads", "decides"],
            [
                [item.rule.id, _said(item.rule), len(item.namespaces), len(item.workloads), len(item.decides)]
                for item in found.rules
            ],
            right=[2, 3, 4],
        )
    heading("Workloads by PCI DSS zone")
    table(
        ["zone", "workloads"],
        [[zone.value, found.zones.get(zone, 0)] for zone in Zone],
        right=[1],
    )
    _tell_left(found)
    if found.idle:
        heading("Rules that match nothing here")
        say(f"  {_listed(found.idle)}")
    tell_gaps(view.snapshot.gaps)


def _tell_left(found: "Placed") -> None:
    heading("Left over: placed by no rule, so counted as in scope")
    for boundary, names in found.left.items():
        say(f"  no {_BOUNDARY_WORDS[boundary]}: {_listed(names) if names else 'none'}")


def _said(rule: ScopeRule) -> str:
    return ", ".join(_word(name, value) for name, value in rule.says.items())


def _word(name: str, value: object) -> str:
    if isinstance(value, bool):
        return name if value else f"not {name}"
    return str(value) if name == "zone" else f"{name} {value}"


def _listed(names: Iterable[str]) -> str:
    """All of them in a pipe; as many as a person reads on a terminal."""
    found = list(names)
    if not sys.stdout.isatty() or len(found) <= _SHOWN:
        return ", ".join(found)
    return f"{', '.join(found[:_SHOWN])} and {len(found) - _SHOWN} more (--json lists all)"
