"""`netattest scan`: one whole run."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app import __version__, bootstrap
from app.cli.options import (
    ClusterOption,
    ConfigOption,
    ContextOption,
    DatabaseOption,
    DebugOption,
    FromOption,
    InClusterOption,
    JsonOption,
    KubeconfigOption,
    MoreArgument,
    PlainCommand,
    gathered,
    moment,
    new_name,
)
from app.cli.output import emit, say
from app.cli.progress import Reporter, reporting
from app.cli.scan_summary import document, tell, threshold_met
from app.cli.session import Session, begin, one_source
from app.errors import ExitCode, InputError
from app.model.finding import Severity
from app.model.history import SlotStatus
from app.model.ports import ObjectSource, Progress, Store

if TYPE_CHECKING:
    from app.pipeline import ScanResult

_AHEAD = timedelta(days=366)  # no clock that keeps time at all is behind by more

_EPILOG = """\b
Examples:
  netattest scan --cluster prod --context prod-admin
  netattest scan --cluster prod --in-cluster --fail-on high
  netattest scan --cluster prod --context prod-admin --probe-tls
  netattest scan --cluster shop --from manifests/ --taken-at 2026-11-22T02:15:00Z

\b
Exit code 3 (the collection was incomplete) comes before 1 (--fail-on was met): a threshold
on incomplete data cannot be trusted. Both are printed.
"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(
        "scan", cls=PlainCommand, short_help="Collect, judge and store one scan of a cluster.", epilog=_EPILOG
    )(scan)


def scan(
    *,
    cluster: ClusterOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    in_cluster: InClusterOption = False,
    paths: FromOption = None,
    more: MoreArgument = None,
    taken_at: Annotated[
        str | None,
        typer.Option(
            "--taken-at",
            metavar="ISO8601",
            help="When the manifests were taken: imports them as of then, and marks the scan as imported. A time in the future "
            "is warned of, one more than 366 days ahead refused.  [default: now]",
        ),
    ] = None,
    fail_on: Annotated[
        Severity | None,
        typer.Option("--fail-on", help="Exit with 1 when a finding of this severity or worse is open."),
    ] = None,
    probe_tls: Annotated[
        bool,
        typer.Option(
            "--probe-tls",
            help="Connect to the endpoints that the cluster declares and look at their TLS; see `probe` in the settings.",
        ),
    ] = False,
    slot: Annotated[
        str | None,
        typer.Option(
            "--slot", metavar="ISO8601", help="The scheduled time that this scan is for, recorded once."
        ),
    ] = None,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Collect, judge and store one scan of one cluster, and say what it found.

    The cluster is that of the kubeconfig unless --in-cluster or --from says otherwise.
    """
    session = begin(config, database_url, as_json=as_json, debug=debug)
    access = bootstrap.Access(kubeconfig, context, in_cluster)
    files = gathered(paths, more, "--from")
    one_source(files, access)
    due_at = moment(slot, "--slot")
    at = moment(taken_at, "--taken-at")
    if at and not files:
        raise InputError(
            "--taken-at needs --from", advice="leave it out: a live cluster is read as it is now"
        )
    if at and due_at:
        raise InputError(
            "--taken-at and --slot exclude each other", advice="an import is no scan of a scheduled night"
        )
    if at:
        _require_a_past(at, bootstrap.SystemClock().now())
    name = new_name(cluster or _name(files))
    with session.store() as store:
        if due_at and not store.claim_slot(name, due_at):
            say(f"slot {due_at.isoformat()} of {name} was recorded before; nothing was done")
            raise typer.Exit(ExitCode.DONE)
        with reporting() as shown, bootstrap.traced("scan", name, shown) as progress:
            source = _source(session, files, access, shown)
            result = _run(session, name, at, due_at, source, store, progress, probe=probe_tls)
    _finish(result, fail_on, as_json=as_json)


def _require_a_past(at: datetime, now: datetime) -> None:
    """Refuse a time more than 366 days ahead: no later night of the cluster could be stored for as long.

    Up to there it is told and taken, since the clock of the machine that imports may be the one that is wrong.
    """
    says = f"--taken-at {at.isoformat()} is in the future: it is {now.isoformat(timespec='seconds')} here"
    if at - now > _AHEAD:
        raise InputError(
            says, advice="give the time at which the manifests were taken, with its offset from UTC"
        )
    if at > now:
        typer.echo(f"warning: {says}; check the time and this machine's clock", err=True)


def _name(files: Sequence[str]) -> str:
    """The cluster's name where none is given: the folder or file that was read."""
    if not files:
        raise InputError("no cluster is named", advice="add --cluster NAME; scans are stored under it")
    stem = "stdin" if files[0] == "-" else Path(files[0]).resolve().stem
    return stem or "manifests"


def _source(
    session: Session, files: Sequence[str], access: bootstrap.Access, progress: Reporter
) -> ObjectSource:
    if files:
        return bootstrap.manifests(files, progress.kind, session.settings.collect.certificates)
    return bootstrap.cluster(session.settings, access, progress.kind)


def _run(
    session: Session,
    cluster: str,
    taken_at: datetime | None,
    slot: datetime | None,
    source: ObjectSource,
    store: Store,
    progress: Progress,
    *,
    probe: bool,
) -> "ScanResult":
    from app import pipeline

    at = taken_at or bootstrap.SystemClock().now()
    try:
        documents = bootstrap.documents(session.settings)
        request = pipeline.ScanRequest(
            cluster, at, documents, slot=slot, tool_version=__version__, imported=taken_at is not None
        )
        prober = bootstrap.prober(session.settings) if probe else None
        result = pipeline.scan(request, source, store, progress, prober)
    except BaseException as error:
        if slot:
            store.close_slot(cluster, slot, SlotStatus.FAILED, reason=str(error) or type(error).__name__)
        raise
    if slot:
        store.close_slot(cluster, slot, SlotStatus.DONE, scan=result.scan.number)
    return result


def _finish(result: "ScanResult", fail_on: Severity | None, *, as_json: bool) -> None:
    if as_json:
        emit(document(result, fail_on))
    else:
        tell(result, fail_on)
    if result.snapshot.gaps:
        raise typer.Exit(ExitCode.INCOMPLETE)
    raise typer.Exit(ExitCode.FINDINGS if threshold_met(result, fail_on) else ExitCode.DONE)
