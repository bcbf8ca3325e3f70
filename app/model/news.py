"""What is worth telling about one night, and what is handed over with it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice

from app.model.canonical import canonical_json, digest
from app.model.finding import CheckResult
from app.model.history import ControlFlip, PathChange
from app.model.report import Artefact

MOST_LISTED = 500
"""Entries of one list in a message; the counts are always whole, and the rest is in the report and in `netattest diff`."""


class NightStatus(StrEnum):
    """How a night ended, as it is announced."""

    COMPLETE = "complete"
    PARTIAL = "partial"  # stored, with collection gaps
    FAILED = "failed"
    MISSED = "missed"  # its slot passed and nothing ran


@dataclass(frozen=True, slots=True)
class ZonePaths:
    """Connections that opened or closed into one zone; `zone` is a PCI zone, or `unknown` where no rule places them."""

    zone: str
    opened: bool
    paths: tuple[PathChange, ...]


@dataclass(frozen=True, slots=True)
class News:
    """What differs from the last whole scan, worst first. Nothing that was told the night before stands here again.

    Attributes:
        occasion: identity of what is told within a cluster: `scan 14`, or `slot 2026-11-14T01:15:00+00:00`.
        at: when the scan was taken, or the slot was due.
        scan: number of the stored scan; None where there is none.
        headlines: sentences for a person, most important first; empty for a quiet night.
    """

    cluster: str
    occasion: str
    at: datetime
    status: NightStatus
    scan: int | None = None
    headlines: tuple[str, ...] = ()
    opened: tuple[CheckResult, ...] = ()
    closed: tuple[CheckResult, ...] = ()
    flips: tuple[ControlFlip, ...] = ()
    paths: tuple[ZonePaths, ...] = ()

    @property
    def quiet(self) -> bool:
        """True when there is nothing to tell."""
        return not self.headlines

    def connections(self) -> Iterator[tuple[ZonePaths, PathChange]]:
        """Every connection that changed, with its group, in order."""
        return ((group, item) for group in self.paths for item in group.paths)

    def document(self) -> dict[str, object]:
        """The same for programs: schema `netattest/news/v1`."""
        return {
            "schema": "netattest/news/v1",
            "cluster": self.cluster,
            "occasion": self.occasion,
            "at": self.at.isoformat(),
            "status": self.status.value,
            "scan": self.scan,
            "headlines": list(self.headlines),
            "counts": {
                "opened": len(self.opened),
                "closed": len(self.closed),
                "controls": len(self.flips),
                "connections": sum(len(group.paths) for group in self.paths),
            },
            "findings": {
                "opened": [_finding(item) for item in self.opened[:MOST_LISTED]],
                "closed": [_finding(item) for item in self.closed[:MOST_LISTED]],
            },
            "controls": [
                {
                    "framework": item.framework,
                    "control": item.control,
                    "before": item.before.value,
                    "after": item.after.value,
                }
                for item in self.flips[:MOST_LISTED]
            ],
            "connections": [_connection(*item) for item in islice(self.connections(), MOST_LISTED)],
        }


def _connection(group: ZonePaths, path: PathChange) -> dict[str, object]:
    return {
        "zone": group.zone,
        "change": "opened" if group.opened else "closed",
        "source": path.source,
        "destination": path.destination,
        "ports": path.ports,
    }


def _finding(result: CheckResult) -> dict[str, object]:
    return {
        "fingerprint": result.fingerprint,
        "check": result.check,
        "severity": result.severity.value,
        "subject": {"kind": result.subject.kind.value, "id": result.subject.id},
        "says": result.says,
    }


@dataclass(frozen=True, slots=True)
class Parcel:
    """One hand-over by one channel: the news, and the files that go with it."""

    news: News
    artefacts: tuple[Artefact, ...] = field(default=(), repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 over the news and the digests of the files; the same content has the same one."""
        files = [[item.name, item.digest] for item in self.artefacts]
        return digest(canonical_json({"news": self.news.document(), "files": files}))


class DeliveryStatus(StrEnum):
    """What became of one delivery."""

    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"  # it is tried again
    GAVE_UP = "gave-up"


@dataclass(frozen=True, slots=True)
class DeliveryKey:
    """Identity of one delivery: the same news goes over the same channel once."""

    cluster: str
    occasion: str
    channel: str

    def __str__(self) -> str:
        return f"{self.cluster}, {self.occasion}, {self.channel}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The record of one delivery. `note` says where it went, or why it failed; it holds no secret."""

    key: DeliveryKey
    digest: str
    status: DeliveryStatus
    attempts: int
    first_at: datetime
    last_at: datetime
    note: str = ""
