"""A clock that a test sets."""

from datetime import datetime


class Clock:
    """Says what `time` is set to."""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        """The time of day."""
        return self.time
