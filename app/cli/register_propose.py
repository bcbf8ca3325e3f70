"""`netattest register propose`: rows that the registers lack, as YAML for their owner to fill in."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import yaml

from app import bootstrap
from app.cli.options import (
    ClusterOption,
    ConfigOption,
    DatabaseOption,
    DebugOption,
    FromOption,
    JsonOption,
    MoreArgument,
    ScanOption,
    gathered,
    split,
)
from app.cli.output import emit, say
from app.cli.register_cluster import read_cluster
from app.cli.session import begin
from app.cli.shapes import plural
from app.errors import DeliveryError, ExitCode, InputError

if TYPE_CHECKING:
    from app.assess import Draft

PROPOSE_EPILOG = """\b
Examples:
  netattest register propose --from manifests/
  netattest register propose --cluster prod --only approved_flows,certificates --output draft.yaml

A drafted row approves nothing: its reason, owner and approver are empty, and are yours to fill in.
A file that exists is never overwritten. Exit code 3: part of the cluster was not read.
"""
_WIDTH = 116


def propose(
    *,
    paths: FromOption = None,
    more: MoreArgument = None,
    cluster: ClusterOption = None,
    scan: ScanOption = "latest",
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="REGISTER", help="Registers to draft, also with commas.  [default: all]"
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="File to write; it must not exist yet.")
    ] = None,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Draft the rows that the registers lack for what a cluster shows.

    Flows between namespaces that are allowed, insecure services, ways in, certificates, who may change policy, and controls
    of the entity that SOC 2 criteria lack.
    """
    from app import proposal

    session = begin(config, database_url, as_json=as_json, debug=debug)
    wanted = _known(split(tuple(only or ())))
    if output is not None and output.exists():
        raise InputError(f"{output} exists", advice="name another file; a register is never overwritten")
    documents = bootstrap.documents(session.settings)
    snapshot = read_cluster(session, gathered(paths, more, "--from"), cluster, scan)
    if snapshot is None:
        raise InputError(
            "nothing to draft from is named", advice="add --from PATH..., or --cluster NAME for a stored scan"
        )
    found = proposal.draft(snapshot, documents, wanted)
    if as_json:
        emit(
            {
                "schema": "netattest/register-draft/v1",
                "scope.yaml": found.scope,
                "registers.yaml": found.registers,
            }
        )
    elif output is None:
        say(written(found).rstrip("\n"))
    if output is not None:
        _write(output, written(found))
        if not as_json:
            say(
                f"{plural(found.size, 'row')} drafted in {output}; none of them counts until a person completes it."
            )
    raise typer.Exit(ExitCode.INCOMPLETE if snapshot.gaps else ExitCode.DONE)


def written(draft: "Draft") -> str:
    """The rows as YAML, one document for each file that they belong into."""
    parts = [_part("scope.yaml", draft.scope), _part("registers.yaml", draft.registers)]
    return "".join(part for part in parts if part) or "# Nothing is missing.\n"


def _part(file: str, rows: Mapping[str, Sequence[Mapping[str, object]]]) -> str:
    if not rows:
        return ""
    body = yaml.dump(
        {name: [dict(row) for row in found] for name, found in rows.items()},
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH,
    )
    return (
        f"---\n# For {file}. A draft: no row counts before a person has said why, owns it, and somebody else approved it\n"
        f"# (owner, approver, approved_on). Give each its own id, and leave out what should be closed instead.\n{body}"
    )


class _Dumper(yaml.SafeDumper):
    """Lists of words stand on one line, as people write them."""


def _list(dumper: yaml.SafeDumper, items: list[object]) -> yaml.Node:
    words = all(isinstance(item, str) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=words)


_Dumper.add_representer(list, _list)


def _known(names: tuple[str, ...]) -> tuple[str, ...]:
    from app.assess import REGISTERS, SCOPE

    for name in names:
        if name not in (*SCOPE, *REGISTERS):
            raise InputError(
                f"--only {name!r} is no register that can be drafted",
                advice=f"use one of {', '.join((*SCOPE, *REGISTERS))}",
            )
    return names


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise DeliveryError(
            f"{path} cannot be written: {error.strerror or error}",
            advice="name a file in a folder that exists",
        ) from error
