"""The time of day, for when a collection began and ended."""

from datetime import UTC, datetime


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """Say what time it is."""
        return datetime.now(UTC)


SYSTEM_CLOCK = SystemClock()
