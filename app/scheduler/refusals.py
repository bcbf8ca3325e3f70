"""What the database refuses while it answers: a full disk may still renew the lease, and take no slot and no delivery.

The lease needs no room, so a service that holds it looks well. What could not be written would then be told to nobody, since a slot or a
message has to be on record before it is acted on. Whoever runs into that notes it here, and the alarm tells it without the database.
"""

from dataclasses import dataclass, field
from time import monotonic

from app.errors import ScanInProgressError, StoreError


@dataclass
class Refusals:
    """By cluster and work: since when, and why. Each is noted by one thread at a time; anybody may read."""

    _standing: dict[tuple[str, ...], tuple[float, str]] = field(default_factory=dict)

    def note(self, error: BaseException | None, *work: str) -> None:
        """How a piece of work ended: what was written, or failed by another error, is refused no more."""
        if isinstance(error, StoreError) and not isinstance(error, ScanInProgressError):
            self._standing.setdefault(work, (monotonic(), str(error)))
        else:
            self._standing.pop(work, None)

    def forget(self) -> None:
        """The database was silent as a whole, which is told as that; what still stands is noted again."""
        self._standing.clear()

    def lasting(self, seconds: float) -> str:
        """The reason of the first one that has lasted so long; empty where there is none."""
        now = monotonic()
        standing = sorted(self._standing.copy().values())
        return next((reason for since, reason in standing if now - since >= seconds), "")

    @property
    def any(self) -> bool:
        """True while something stands."""
        return bool(self._standing)
