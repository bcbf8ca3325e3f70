"""`netattest deliver`: hand over a stored scan by hand, and read the record of what was handed over."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from app import bootstrap
from app.cli.options import (
    ClusterOption,
    ConfigOption,
    DatabaseOption,
    DebugOption,
    JsonOption,
    PlainCommand,
    ScanOption,
    required,
    scan_number,
)
from app.cli.output import emit, heading, say, table
from app.cli.progress import reporting
from app.cli.session import Session, begin
from app.cli.shapes import plural, when
from app.errors import ConfigurationError, DeliveryError
from app.model.history import Scan
from app.model.news import Delivery, DeliveryStatus, News
from app.model.ports import DeliveryBook, Store

if TYPE_CHECKING:
    from app.deliver import Sent

_EPILOG = """\b
Examples:
  netattest deliver --cluster prod --dry-run      what would be told, and to whom; nothing leaves
  netattest deliver --cluster prod --scan 14      over every channel that has not had scan 14
  netattest deliver --cluster prod --list         what was handed over lately

Channels stand in deliveries.yaml beside the settings file; start from config/deliveries.example.yaml.
"""
_LISTED = timedelta(days=30)


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(
        "deliver", cls=PlainCommand, short_help="Hand over a stored scan by the channels.", epilog=_EPILOG
    )(deliver)


def deliver(
    *,
    cluster: ClusterOption = None,
    scan: ScanOption = "latest",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be told over which channel; send nothing.")
    ] = False,
    listing: Annotated[bool, typer.Option("--list", help="Print the record of the last 30 days.")] = False,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Hand over a stored scan: each channel gets it once, however often this is called; what was given up begins again.

    Exit code 4 when a channel could not be reached or refused what it was given; 2 when nothing failed but channels that
    lack something here, such as their secret.
    """
    session = begin(config, database_url, as_json=as_json, debug=debug)
    name, number = required(cluster), scan_number(scan)
    with bootstrap.opened_deliveries(session.settings) as (store, book):
        if listing:
            _tell_record(book.deliveries(name, bootstrap.SystemClock().now() - _LISTED), as_json=as_json)
        elif dry_run:
            _try(session, store, name, number)
        else:
            _hand_over(session, store, book, name, number)


def _try(session: Session, store: Store, cluster: str, number: int | None) -> None:
    """Say what would be told to whom."""
    from app import postroom

    deliveries = postroom.configured(session.settings.deliveries_file)
    news = postroom.news_of(postroom.stored_scan(store, cluster, number), store)
    serving = [
        (item.name, item.kind, item.send == "always" or not news.quiet)
        for item in deliveries.serving(cluster)
    ]
    _tell_news(news, serving, as_json=session.as_json)


def _hand_over(session: Session, store: Store, book: DeliveryBook, cluster: str, number: int | None) -> None:
    from app import postroom

    settings = session.settings
    deliveries = postroom.configured(settings.deliveries_file)
    stored = postroom.stored_scan(store, cluster, number)
    with reporting() as progress:
        now = bootstrap.SystemClock().now
        room = postroom.Postroom(settings, deliveries, store, book, progress, now, given_up=True)
        sent = room.after_scan(stored)
    _tell_sent(stored, sent, as_json=session.as_json)
    failed = [item for item in sent if item.status is not DeliveryStatus.DELIVERED]
    if failed:
        error = ConfigurationError if all(item.at_fault for item in failed) else DeliveryError
        raise error(
            f"{plural(len(failed), 'delivery', 'deliveries')} of scan {stored.number} failed: {failed[0].note}",
            advice=failed[0].advice,
        )


def _tell_sent(scan: Scan, sent: Sequence["Sent"], *, as_json: bool) -> None:
    if as_json:
        rows = [
            {"channel": item.key.channel, "status": item.status.value, "note": item.note} for item in sent
        ]
        schema = "netattest/deliver/v1"
        emit({"schema": schema, "cluster": scan.cluster, "scan": scan.number, "deliveries": rows})
    elif sent:
        table(
            ["channel", "status", "note"], [[item.key.channel, item.status.value, item.note] for item in sent]
        )
    else:
        say(
            f"Nothing to do: every channel has scan {scan.number} of {scan.cluster}, "
            "or waits for news and there is none."
        )


def _tell_news(news: News, serving: Sequence[tuple[str, str, bool]], *, as_json: bool) -> None:
    if as_json:
        channels = [{"name": name, "kind": kind, "sends": sends} for name, kind, sends in serving]
        emit({**news.document(), "channels": channels})
        return
    heading(f"{news.cluster}, {news.occasion}, {when(news.at)}: {news.status.value}")
    for line in news.headlines or ("Nothing is new: channels that wait for news stay silent.",):
        say(f"  {line}")
    heading("Channels")
    table(
        ["channel", "kind", "would send"],
        [[name, kind, "yes" if sends else "no"] for name, kind, sends in serving],
    )


def _tell_record(record: Sequence[Delivery], *, as_json: bool) -> None:
    if as_json:
        emit({"schema": "netattest/deliveries/v1", "deliveries": [_shape(item) for item in record]})
    elif record:
        rows = [
            [
                when(item.last_at),
                item.key.occasion,
                item.key.channel,
                item.status.value,
                item.attempts,
                item.note,
            ]
            for item in record
        ]
        table(["last tried", "what", "channel", "status", "attempts", "note"], rows, right=[4])
    else:
        say("Nothing was handed over in the last 30 days.")


def _shape(item: Delivery) -> dict[str, object]:
    return {
        "cluster": item.key.cluster,
        "occasion": item.key.occasion,
        "channel": item.key.channel,
        "status": item.status.value,
        "attempts": item.attempts,
        "first_at": item.first_at.astimezone(UTC).isoformat(),
        "last_at": item.last_at.astimezone(UTC).isoformat(),
        "digest": item.digest,
        "note": item.note,
    }
