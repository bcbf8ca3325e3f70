"""`netattest db`: the database's schema."""

from pathlib import Path
from typing import Annotated

import typer

from app import __version__, bootstrap
from app.cli.options import ConfigOption, DatabaseOption, DebugOption, JsonOption
from app.cli.output import emit, say
from app.cli.session import begin
from app.errors import EvidenceError, StoreError
from app.model.retention import Due
from app.resources import resource

_TOLD = 20
_UPGRADE = """\b
Example:
  netattest db upgrade --database-url postgresql://netattest@db.example/netattest
"""
_CURRENT = """\b
Example:
  netattest db current
"""
_PRUNE = """\b
Examples:
  netattest db prune --dry-run
  netattest db prune --rules retention.yaml
"""
_CHECK = """\b
Example:
  netattest db check
"""


def register(program: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(
        help="The database: its revision, and whether its evidence is whole.",
        short_help="The database: upgrade, current, check, prune.",
        no_args_is_help=True,
    )
    group.command("upgrade", epilog=_UPGRADE)(upgrade)
    group.command("current", epilog=_CURRENT)(current)
    group.command("check", short_help="Check the schema and all stored evidence.", epilog=_CHECK)(check)
    group.command("prune", short_help="Remove scans that no rule of retention keeps.", epilog=_PRUNE)(prune)
    program.add_typer(group, name="db")


def upgrade(
    *,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Bring the schema to this version's revision; safe to repeat."""
    from app.store import migrate

    session = begin(config, database_url, as_json=as_json, debug=debug)
    with bootstrap.opened_database(session.settings) as (database, engine):
        before = migrate.current(engine, resource("migrations"))
        after = migrate.upgrade(engine, resource("migrations"))
    if as_json:
        emit(
            {
                "schema": "netattest/db/v1",
                "before": before.current,
                "current": after.current,
                "head": after.head,
            }
        )
    elif before.up_to_date:
        say(f"{database.description} is at revision {after.current} already")
    else:
        say(f"{database.description}: revision {before.current or 'none'} → {after.current}")


def current(
    *,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Print the schema's revision, and the one that this version needs."""
    from app.store import migrate

    session = begin(config, database_url, as_json=as_json, debug=debug)
    with bootstrap.opened_database(session.settings) as (database, engine):
        revision = migrate.current(engine, resource("migrations"))
    if as_json:
        emit({"schema": "netattest/db/v1", "current": revision.current, "head": revision.head})
        return
    say(f"{database.description}: revision {revision.current or 'none'}, needed is {revision.head}")
    if not revision.up_to_date:
        say("next step: netattest db upgrade")


def prune(
    *,
    rules: Annotated[
        Path | None,
        typer.Option("--rules", metavar="FILE", help="Rules of retention.  [default: those of the settings]"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")
    ] = False,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Remove whole scans that every rule of retention lets go, and leave tombstones.

    Exits with 5, and removes nothing from that cluster, when its history does not match its digests.
    """
    from app import pipeline

    session = begin(config, database_url, as_json=as_json, debug=debug)
    policy = bootstrap.retention(session.settings, rules)
    now = bootstrap.SystemClock().now()
    with bootstrap.opened_store(session.settings) as store:
        found = pipeline.retain(store, policy, now, __version__, dry_run=dry_run)
    if as_json:
        emit(
            {
                "schema": "netattest/db-prune/v1",
                "dry_run": dry_run,
                "clusters": [
                    {
                        "cluster": item.cluster,
                        "removed": [{"scan": number, "rule": rule} for number, rule in item.removable],
                        "held": [{"scan": number, "hold": hold} for number, hold in item.held],
                        "kept": item.kept,
                    }
                    for item in found
                ],
            }
        )
        return
    for item in found:
        say(_pruned(item, dry_run=dry_run))
    if not found:
        say("no cluster has scans")


def _pruned(item: Due, *, dry_run: bool) -> str:
    """One line for a cluster: what went, or would go, and what stays."""
    went = "would go" if dry_run else "removed"
    numbers = [number for number, _ in item.removable]
    which = f" (scans {numbers[0]} to {numbers[-1]})" if numbers else ""
    held = f", {len(item.held)} of them by a hold" if item.held else ""
    return f"{item.cluster}: {len(numbers)} {went}{which}, {item.kept} kept{held}"


def check(
    *,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Check the schema, every stored byte against its digest, and every chain of scans.

    Exits with 5 when evidence does not match its digest.
    """
    from app.store import PostgresStore, migrate

    session = begin(config, database_url, as_json=as_json, debug=debug)
    with bootstrap.opened_database(session.settings) as (database, engine):
        schema = migrate.check_schema(engine, resource("migrations"))
        if schema:
            raise StoreError(
                f"{database.description}: {'; '.join(schema)}", advice="run `netattest db upgrade`"
            )
        found = PostgresStore(engine).check()
    if as_json:
        emit(
            {
                "schema": "netattest/db-check/v1",
                "clusters": found.clusters,
                "scans": found.scans,
                "blobs": found.blobs,
                "problems": list(found.problems),
            }
        )
    else:
        say(
            f"{database.description}: {found.clusters} clusters, {found.scans} scans, {found.blobs} stored bodies"
        )
    if found.problems:
        first = "\n".join(f"  {problem}" for problem in found.problems[:_TOLD])
        raise EvidenceError(
            f"{len(found.problems)} problems in the stored evidence\n{first}",
            advice="stop writing to this database and restore it from a backup",
        )
    if not as_json:
        say("every stored byte matches its digest, and every chain holds")
