"""`netattest publish`: a folder of plain pages about every cluster."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app import bootstrap
from app.cli.options import ConfigOption, DatabaseOption, DebugOption, JsonOption, PlainCommand
from app.cli.output import emit, say
from app.cli.session import begin
from app.errors import NotFoundError
from app.model.history import ScanStatus
from app.model.ports import Store

if TYPE_CHECKING:
    from app.render.site import ClusterRecord

_EPILOG = """\b
Example:
  netattest publish /srv/www/netattest
"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(
        "publish", cls=PlainCommand, short_help="Plain pages about every cluster.", epilog=_EPILOG
    )(publish)


def publish(
    *,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An empty folder, or a site made before.")],
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Write what is stored about every cluster as pages that need no server; only what changed is written.

    Days are counted in UTC. Nothing is judged again: the pages tell what the scans stored.
    """
    from app.deliver import deliver_site

    session = begin(config, database_url, as_json=as_json, debug=debug)
    today = bootstrap.SystemClock().now().date()
    with session.store() as store:
        records = [_record(store, name, today) for name in store.clusters()]
    if not records:
        raise NotFoundError("there is no scan to publish", advice="run `netattest scan --cluster NAME` first")
    placed = deliver_site(bootstrap.site_renderer().render(records, today), folder)
    if as_json:
        emit({"written": placed.written, "kept": placed.kept, "removed": placed.removed})
    else:
        say(
            f"{folder / 'index.html'}: {placed.written} written, {placed.kept} unchanged, {placed.removed} removed"
        )


def _record(store: Store, cluster: str, today: date) -> "ClusterRecord":
    from app.render.site import NIGHTS, kept_record

    scans = store.scans(cluster)
    whole = [item for item in scans if item.status is not ScanStatus.FAILED]
    since = datetime.combine(today - timedelta(days=NIGHTS - 1), time(), UTC)
    return kept_record(
        cluster,
        today,
        scans,
        store.points(cluster, since=since),
        store.findings(whole[-1]) if whole else (),
    )
