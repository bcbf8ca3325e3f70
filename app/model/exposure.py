"""The life of an exposure: each time it opened, changed and closed, and how old it is."""

from dataclasses import dataclass
from datetime import datetime

from app.model.finding import Severity, Subject


@dataclass(frozen=True, slots=True)
class Opened:
    """One time that it was open; `days` counts on the calendar in UTC, to the closing scan or to the latest one."""

    at: datetime
    closed_at: datetime | None
    days: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """A check and a subject that failed at least once.

    Attributes:
        first_at: the first scan ever that saw it.
        last_seen_at: the last one; scans that could not judge the subject do not count.
        opened: each time, oldest first.
        changed_at: scans that said something else about it than the scan before, while it was open.
        allowed: days that the entity allows for this severity; None where it set none.
        severity: as of the latest failing result, like `says`.
    """

    fingerprint: str
    check: str
    subject: Subject
    severity: Severity
    says: str
    first_at: datetime
    last_seen_at: datetime
    opened: tuple[Opened, ...]
    changed_at: tuple[datetime, ...] = ()
    allowed: int | None = None

    @property
    def is_open(self) -> bool:
        """True when it is not known to be gone."""
        return self.opened[-1].closed_at is None

    @property
    def reopened(self) -> bool:
        """True when it had closed and came back: a regression."""
        return len(self.opened) > 1

    @property
    def overdue(self) -> bool:
        """True when it is, or last was, open for longer than the entity allows."""
        return self.allowed is not None and self.opened[-1].days > self.allowed


@dataclass(frozen=True, slots=True)
class Days:
    """Moments between which times are counted; None is without end."""

    since: datetime | None = None
    until: datetime | None = None

    def has(self, at: datetime | None) -> bool:
        """True when something took place within them."""
        return at is not None and not self.before(at) and not self.after(at)

    def before(self, at: datetime | None) -> bool:
        """True when something was over before they began."""
        return at is not None and self.since is not None and at < self.since

    def after(self, at: datetime | None) -> bool:
        """True when something had not taken place when they ended."""
        return self.until is not None and (at is None or at > self.until)
