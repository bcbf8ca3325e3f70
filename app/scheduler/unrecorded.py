"""News handed over without the database: nobody else can be asked whether it was told, and nothing is written down."""

import os
import time
from collections.abc import Sequence
from datetime import datetime

import structlog

from app.bootstrap.channels import channel
from app.deliver import Patience, dispatch
from app.errors import NetattestError
from app.model.news import Delivery, DeliveryKey, DeliveryStatus, News, Parcel
from app.model.ports import Clock
from app.settings import Settings
from app.settings.deliveries import ChannelSettings, load_deliveries


class _NoBook:
    """A record of deliveries that remembers nothing and lets everything go."""

    def claim_delivery(self, key: DeliveryKey, digest: str, at: datetime, *, given_up: bool = False) -> bool:
        del key, digest, at, given_up
        return True

    def close_delivery(
        self, key: DeliveryKey, status: DeliveryStatus, at: datetime, *, attempts: int, note: str
    ) -> None:
        """Nothing to write it down in."""

    def deliveries(self, cluster: str, since: datetime) -> tuple[Delivery, ...]:
        del cluster, since
        return ()


def tell_unrecorded(settings: Settings, clusters: Sequence[str], clock: Clock, news: News) -> None:
    """Tell every channel for messages that serves one of the clusters; what goes wrong is logged, and never raised."""
    log = structlog.get_logger("netattest").bind(occasion=news.occasion)
    try:
        deliveries = load_deliveries(settings.deliveries_file)
    except NetattestError as error:
        log.error("nobody could be told", reason=str(error), next_step=error.advice)  # noqa: TRY400  a person acts on the sentence
        return
    patience = Patience(attempts=deliveries.attempts)
    for item in deliveries.channels:
        if item.scans_only or not any(map(item.serves, clusters)):
            continue
        try:
            _tell(item, news, clock, patience)
        except Exception as error:  # noqa: BLE001  one channel's secret may be missing, the next one's is not
            log.error("not told", channel=item.name, reason=str(error) or type(error).__name__)  # noqa: TRY400


def _tell(item: ChannelSettings, news: News, clock: Clock, patience: Patience) -> None:
    parcels = [(channel(item, dict(os.environ), clock.now), Parcel(news))]
    for sent in dispatch(parcels, _NoBook(), clock.now, time.sleep, patience):
        told = structlog.get_logger("netattest").bind(
            channel=item.name, status=sent.status.value, note=sent.note
        )
        if sent.status is DeliveryStatus.DELIVERED:
            told.info("told without a record")
        else:
            told.error("not told", next_step=sent.advice)
