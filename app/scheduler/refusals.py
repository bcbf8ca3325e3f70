"""What the database refuses while it answers: a full disk may still renew the lease, and take no slot and no delivery.

The lease needs no room, so a service that holds it looks well. What could not be written would then be told to nobody, since a slot or a
message has to be on record before it is acted on. Whoever runs into that notes it here, and the alarm tells it without the database.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from time import monotonic

from app.errors import ScanInProgressError, StoreError

Work = tuple[str, ...]


@dataclass
class Refusals:
    """By work, whose name begins with its cluster: since when it is refused, and why. Each is noted by one thread at a time; anybody may read.

    Two questions, two answers: an alarm needs a refusal that lasts, an all-clear needs every refused work to have been written. Between
    them lies work that was not tried again, or failed before it came to the database.
    """

    _lasting: dict[Work, tuple[float, str]] = field(default_factory=dict)
    _owed: set[Work] = field(default_factory=set)

    def failed(self, error: BaseException | None, *work: str) -> None:
        """It was tried and is not written: refused, or given up for another reason (None where nobody tried)."""
        if isinstance(error, StoreError) and not isinstance(error, ScanInProgressError):
            self._lasting.setdefault(work, (monotonic(), str(error)))
            self._owed.add(work)
        else:
            self._lasting.pop(work, None)

    def written(self, *work: str) -> None:
        """The database has it, or it is wanted no more."""
        self._lasting.pop(work, None)
        self._owed.discard(work)

    def owed_by(self, cluster: str) -> Collection[Work]:
        """What was refused while working on a cluster and is not known to be written."""
        return [work for work in self._owed.copy() if work[0] == cluster]

    def forget_how_long(self) -> None:
        """The database was silent as a whole, which is told as that; what it refuses afterwards is noted again."""
        self._lasting.clear()

    def lasting(self, seconds: float) -> str:
        """The reason of the first one that has lasted so long; empty where there is none."""
        now = monotonic()
        standing = sorted(self._lasting.copy().values())
        return next((reason for since, reason in standing if now - since >= seconds), "")

    @property
    def any_owed(self) -> bool:
        """True while something that was refused is not known to be written."""
        return bool(self._owed)
