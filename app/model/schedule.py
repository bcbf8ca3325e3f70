"""What the service remembers between nights beside the slots: who leads, who paused what, and which work a slot still owes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from app.model.history import Slot


class JobStatus(StrEnum):
    """What became of a job of a slot."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"  # tried as often as it may be
    SKIPPED = "skipped"  # not wanted for a slot that ended as this one did


@dataclass(frozen=True, slots=True)
class SlotJob:
    """Work that follows the end of a slot, such as its report."""

    slot: Slot
    name: str
    status: JobStatus
    attempts: int
    tried_at: datetime | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """Slots due within [since, until] are not run; `until` is None while the pause lasts."""

    cluster: str
    since: datetime
    who: str
    why: str
    until: datetime | None = None
    resumed_by: str = ""

    def covers(self, due_at: datetime) -> bool:
        """True for a slot that is not to be run."""
        return self.since <= due_at and (self.until is None or due_at <= self.until)


@dataclass(frozen=True, slots=True)
class Look:
    """How things stand with one cluster's schedule.

    Attributes:
        last_slot: the latest slot that is recorded, however it ended; None before the first.
        left_open: slots that were claimed long ago and have not ended, oldest first.
        pauses: every pause there ever was, oldest first.
        owed: work that is still to do for slots that ended, by slot and in the order in which it was noted.
        last_scan: number of the latest scan that was stored, by whomever; None before the first.
    """

    last_slot: datetime | None
    left_open: tuple[datetime, ...]
    pauses: tuple[Pause, ...]
    owed: tuple[SlotJob, ...]
    last_scan: int | None


class Ledger(Protocol):
    """The service's own records, beside `Store`."""

    def lead(self, holder: str, seconds: float) -> bool:
        """Take or renew the lease; False while somebody else holds it. Time is the database's."""
        ...

    def resign(self, holder: str) -> None:
        """Give the lease back, so that the next one need not wait for its end."""
        ...

    def enrol(self, cluster: str, at: datetime) -> datetime:
        """Since when the schedule has known the cluster; `at` the first time."""
        ...

    def look(self, cluster: str, until: datetime, seconds: float) -> Look:
        """How things stand at `until`; slots count as left open `seconds` after their claim, by the database's clock."""
        ...

    def pause(self, cluster: str, at: datetime, who: str, why: str) -> bool:
        """Begin a pause; False when one lasts already."""
        ...

    def resume(self, cluster: str, at: datetime, who: str) -> bool:
        """End the pause; False when there is none."""
        ...

    def pauses(self, cluster: str) -> tuple[Pause, ...]:
        """Every pause there ever was, oldest first."""
        ...

    def owe(self, cluster: str, due_at: datetime, jobs: Sequence[str]) -> None:
        """Note the work that follows a slot, before it begins; noted twice is noted once."""
        ...

    def settle(self, job: SlotJob, at: datetime, status: JobStatus, reason: str = "") -> None:
        """Record an attempt."""
        ...

    def claim_chore(self, name: str, due_at: datetime) -> bool:
        """Record that this process does a chore of the whole fleet; False when it was recorded before."""
        ...

    def last_chore(self, name: str) -> datetime | None:
        """The latest time of a chore that is recorded."""
        ...

    def end_chore(self, name: str, due_at: datetime, problem: str) -> None:
        """Record how a chore ended; empty for well."""
        ...
