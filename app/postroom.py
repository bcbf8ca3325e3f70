"""What goes over each channel after a night.

A parcel is made from what is stored, so a delivery that failed can be made again at any time, by any process.
"""
# ruff: noqa: PLC0415  (heavy packages are imported by what needs them, as in `app.bootstrap`)

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from app import bootstrap
from app.bootstrap.channels import channel
from app.deliver import Patience, Sent, dispatch
from app.errors import ConfigurationError, UnusableChannelError
from app.model.history import Scan, ScanStatus, Slot, SlotStatus
from app.model.news import Delivery, DeliveryStatus, News, Parcel
from app.model.ports import Channel, DeliveryBook, Progress, Store
from app.model.report import Artefact
from app.settings import Settings
from app.settings.deliveries import (
    ChannelSettings,
    Deliveries,
)

_LOOK_BACK = timedelta(days=7)  # slots before one that ended badly: was the same told already?


@dataclass(frozen=True)
class Postroom:
    """Hands over what nights bring. `now` and `sleep` are the clock; the rest is what a run of the service has.

    Attributes:
        frameworks: of the schedule, for channels that name none; empty takes all.
        given_up: begin again what was given up, as somebody does who has removed the cause.
    """

    settings: Settings
    deliveries: Deliveries
    store: Store
    book: DeliveryBook
    progress: Progress
    now: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    frameworks: tuple[str, ...] = ()
    given_up: bool = False
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)

    def after_scan(self, scan: Scan) -> tuple[Sent, ...]:
        """Deliver a stored scan over every channel that takes it and has not had it.

        Raises:
            ConfigurationError: a channel waits for files of a framework that did not judge the scan.
        """
        from app import trend

        channels = self._open(scan.cluster, trend.occasion_of_scan(scan.number))
        if not channels:
            return ()
        news = news_of(scan, self.store)
        wanted = [item for item in channels if item.settings.send == "always" or not news.quiet]
        return tuple(self._dispatched(wanted, news, self._artefacts(scan, wanted)))

    def after_slot(self, slot: Slot) -> tuple[Sent, ...]:
        """Tell that a slot failed or was missed; nothing goes where nobody waits for news, and never twice the same."""
        from app import trend

        earlier = list(self.store.slots(slot.cluster, slot.due_at - _LOOK_BACK, slot.due_at))
        before = next((item for item in reversed(earlier) if item.due_at < slot.due_at), None)
        news = trend.news_of_slot(slot, before)
        if news.quiet:
            return ()
        # Watchers of files and of heartbeats wait for evidence; a night without any is told to people and programs.
        told = [item for item in self._open(slot.cluster, news.occasion) if not item.settings.scans_only]
        return tuple(self._dispatched(told, news, ()))

    def _open(self, cluster: str, occasion: str) -> list["Open"]:
        """Channels that serve the cluster; those that have had this are left out before anything is made for them."""
        done = {
            item.key.channel
            for item in self.book.deliveries(cluster, self.now() - _LOOK_BACK)
            if item.key.occasion == occasion
            and (item.status is DeliveryStatus.DELIVERED or self._is_given_up(item))
        }
        return [
            Open(item, self._channel(item))
            for item in self.deliveries.serving(cluster)
            if item.name not in done
        ]

    def _channel(self, settings: ChannelSettings) -> Channel:
        """A channel; one whose secret is missing fails by itself when it is used, and holds no other up."""
        try:
            return channel(settings, self.environment, self.now)
        except ConfigurationError as error:
            return Unusable(settings.name, error)

    def _is_given_up(self, item: Delivery) -> bool:
        return item.status is DeliveryStatus.GAVE_UP and not self.given_up

    def _artefacts(self, scan: Scan, channels: Sequence["Open"]) -> tuple[Artefact, ...]:
        from app import pipeline

        formats = tuple(dict.fromkeys(name for item in channels for name in item.formats))
        if not formats:
            return ()
        self._require_frameworks(scan, channels)
        sealer = bootstrap.sealer(self.settings)
        return pipeline.report(
            scan,
            self._frameworks(channels),
            bootstrap.definition(self.settings),
            bootstrap.sealed_formats(formats) if sealer else formats,
            self.store,
            bootstrap.renderer(),
            self.progress,
            sealer=sealer,
        )

    def _require_frameworks(self, scan: Scan, channels: Sequence["Open"]) -> None:
        """A name that fits no framework would hand over nothing, and nobody would see that."""
        known = [name for name, _ in scan.documents if name.startswith("frameworks/")]
        for item in channels:
            for name in item.frameworks:
                if f"frameworks/{name}.yaml" not in known:
                    raise ConfigurationError(
                        f"channel {item.settings.name} wants {name!r}, which did not judge scan {scan.number}",
                        advice=f"use one of {', '.join(Path(found).stem for found in known)}",
                    )

    def _frameworks(self, channels: Sequence["Open"]) -> tuple[str, ...]:
        named = [item.frameworks or self.frameworks for item in channels if item.formats]
        return () if not all(named) else tuple(dict.fromkeys(name for names in named for name in names))

    def _dispatched(
        self, channels: Sequence["Open"], news: News, artefacts: tuple[Artefact, ...]
    ) -> Iterator[Sent]:
        parcels = [
            (item.channel, Parcel(news, item.share(artefacts, item.frameworks or self.frameworks)))
            for item in channels
        ]
        patience = Patience(attempts=self.deliveries.attempts)
        yield from dispatch(parcels, self.book, self.now, self.sleep, patience, given_up=self.given_up)


@dataclass(frozen=True)
class Open:
    """A channel with its settings."""

    settings: ChannelSettings
    channel: Channel

    @property
    def formats(self) -> tuple[str, ...]:
        """Formats of the files that go over it; empty for messages."""
        return getattr(self.settings, "formats", ())

    @property
    def frameworks(self) -> tuple[str, ...]:
        """Frameworks that it names itself."""
        return getattr(self.settings, "frameworks", ())

    def share(self, artefacts: Iterable[Artefact], frameworks: Sequence[str]) -> tuple[Artefact, ...]:
        """The files that go over it: of its formats and frameworks, each with the manifest and signature that cover it."""
        from app.model.bundle import SIGNATURE_SUFFIX
        from app.render import format_of

        wanted = set(self.formats)
        if wanted - {"pdf", "bundle"}:
            wanted.add("manifest")
        return tuple(
            item
            for item in artefacts
            if format_of(item.name.removesuffix(SIGNATURE_SUFFIX)) in wanted
            and (not frameworks or any(f"-{name}-" in item.name for name in frameworks))
        )


@dataclass(frozen=True)
class Unusable:
    """A channel that could not be made; it is tried again, since what it lacks may be there next time."""

    name: str
    error: ConfigurationError

    def send(self, parcel: Parcel) -> str:
        """Fail with what it lacks."""
        del parcel
        raise UnusableChannelError(f"channel {self.name}: {self.error}", advice=self.error.advice)


def news_of(scan: Scan, store: Store) -> News:
    """What a stored scan tells that the one before did not."""
    from app import comparing, judging, trend
    from app.model.cluster import other_clusters
    from app.model.context import RunContext

    documents = store.documents(scan)
    judgement, comparison = judging.judge(store.snapshot(scan), documents), None
    context = RunContext.from_document(next(item for item in documents if item.name == "context.json"))
    known = (item for item in store.scans(scan.cluster) if item.number <= scan.number)
    another = other_clusters(known).get(scan.number, "")
    if context.previous is not None and not another:
        earlier = store.scan(scan.cluster, context.previous)
        comparison = comparing.compare(earlier, scan, store, after=judgement)
    lost = _lost(comparison.before, scan, store) if comparison else 0
    return trend.news_of_scan(scan, judgement, comparison, lost, another)


def _lost(before: Scan, scan: Scan, store: Store) -> int:
    """Nights between two scans that ended without one: by the schedule, or by failed runs where there is none."""
    slots = store.slots(scan.cluster, before.taken_at, scan.taken_at)
    ended = sum(item.status in (SlotStatus.FAILED, SlotStatus.MISSED) for item in slots)
    failed = store.scans(scan.cluster, before.taken_at, scan.taken_at)
    return max(ended, sum(item.status is ScanStatus.FAILED for item in failed))


def stored_scan(store: Store, cluster: str, number: int | None) -> Scan:
    """A scan that can be delivered."""
    scan = store.scan(cluster, number)
    if scan.status is ScanStatus.FAILED:
        raise ConfigurationError(
            f"scan {scan.number} of {cluster} failed: there is nothing to deliver",
            advice="name a scan that was stored: netattest trend lists them",
        )
    return scan


def configured(path: Path) -> Deliveries:
    """The channels of a file that has to be there."""
    from app.settings.deliveries import load_deliveries

    found = load_deliveries(path)
    if not found.channels:
        raise ConfigurationError(
            f"{path} names no channel",
            advice="start from config/deliveries.example.yaml, or name yours as `deliveries:` in the settings file",
        )
    return found
