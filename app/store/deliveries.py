"""The record of deliveries. It is not evidence about a cluster: it says what was handed to whom, so that it happens once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, Row, select, update
from sqlalchemy.dialects.postgresql import insert

from app.model.news import Delivery, DeliveryKey, DeliveryStatus
from app.store.bulk import escaped, unescaped
from app.store.columns import cluster_id, number, words
from app.store.connection import database_errors
from app.store.scans import cluster_id_of, require_cluster, utc
from app.store.tables import metadata

_INSTANT = sa.DateTime(timezone=True)
_ABANDONED = timedelta(minutes=30)  # longer than one round of attempts on one channel can take
_LONGEST_NOTE = 1000
_OPEN = frozenset({DeliveryStatus.FAILED})

delivery = sa.Table(
    "delivery",
    metadata,
    cluster_id(),
    words("occasion", "what was told: a scan by its number, or a slot by its time"),
    words("channel", "name of the channel in deliveries.yaml"),
    words("digest", "SHA-256 over the news and the digests of the files"),
    words("status", "sending, delivered, failed or gave-up"),
    number("attempts", "how often it was tried, over all rounds"),
    sa.Column("first_at", _INSTANT, nullable=False, comment="when it was first tried"),
    sa.Column("last_at", _INSTANT, nullable=False, comment="when it was last tried"),
    words("note", "where it went, or why it failed; never a secret"),
    sa.PrimaryKeyConstraint("cluster_id", "occasion", "channel"),
    sa.CheckConstraint("status IN ('sending', 'delivered', 'failed', 'gave-up')", name="status"),
    sa.Index(None, "cluster_id", "last_at"),
    comment="One piece of news over one channel; it is delivered once.",
)


class PostgresDeliveryBook:
    """`app.model.ports.DeliveryBook` on an engine of `create_engine`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def claim_delivery(self, key: DeliveryKey, digest: str, at: datetime, *, given_up: bool = False) -> bool:
        """Record that this process delivers; False when it is delivered, or somebody else is at it.

        What was given up is claimed only with `given_up`. What another process began and did not end within half an hour may be claimed again: it died.
        """
        with self._writing(key.cluster) as (connection, number_):
            claimed = connection.execute(
                insert(delivery)
                .values(**_identity(number_, key), **_begun(digest, at), first_at=at, attempts=0)
                .on_conflict_do_update(
                    index_elements=[delivery.c.cluster_id, delivery.c.occasion, delivery.c.channel],
                    set_=_begun(digest, at),
                    where=sa.or_(
                        delivery.c.status.in_(_OPEN | ({DeliveryStatus.GAVE_UP} if given_up else set())),
                        sa.and_(
                            delivery.c.status == DeliveryStatus.SENDING.value,
                            delivery.c.last_at < at - _ABANDONED,
                        ),
                    ),
                )
                .returning(delivery.c.channel)
            )
            return claimed.one_or_none() is not None

    def close_delivery(
        self, key: DeliveryKey, status: DeliveryStatus, at: datetime, *, attempts: int, note: str
    ) -> None:
        """Record how an attempt that was claimed ended."""
        with self._writing(key.cluster) as (connection, number_):
            connection.execute(
                update(delivery)
                .where(*(delivery.c[name] == value for name, value in _identity(number_, key).items()))
                .values(
                    status=status.value,
                    last_at=at,
                    attempts=delivery.c.attempts + attempts,
                    note=escaped(note[:_LONGEST_NOTE]),
                )
            )

    def deliveries(self, cluster: str, since: datetime) -> tuple[Delivery, ...]:
        """Deliveries whose last attempt is not older than `since`, oldest first."""
        with database_errors(), self._engine.connect() as connection:
            number_ = cluster_id_of(connection, cluster)
            rows = connection.execute(
                select(delivery)
                .where(delivery.c.cluster_id == number_, delivery.c.last_at >= since)
                .order_by(delivery.c.first_at, delivery.c.occasion, delivery.c.channel)
            )
            return tuple(_delivery(cluster, row) for row in rows)

    @contextmanager
    def _writing(self, cluster: str) -> Iterator[tuple[Connection, int]]:
        with database_errors(), self._engine.begin() as connection:
            yield connection, require_cluster(connection, cluster)


def _identity(number_: int, key: DeliveryKey) -> dict[str, object]:
    return {"cluster_id": number_, "occasion": key.occasion, "channel": key.channel}


def _begun(digest: str, at: datetime) -> dict[str, object]:
    return {"digest": digest, "status": DeliveryStatus.SENDING.value, "last_at": at, "note": ""}


def _delivery(cluster: str, row: Row[tuple[object, ...]]) -> Delivery:
    return Delivery(
        DeliveryKey(cluster, row.occasion, row.channel),
        row.digest,
        DeliveryStatus(row.status),
        row.attempts,
        utc(row.first_at),
        utc(row.last_at),
        unescaped(row.note),
    )
