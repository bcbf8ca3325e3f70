"""What to do with slots that are due (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Plan:
    """Slots to record as missed, and the one to run; None when even the latest is too late."""

    missed: tuple[datetime, ...]
    run: datetime | None


def plan(due: Sequence[datetime], now: datetime, window: timedelta) -> Plan:
    """Catch up with the latest slot only: a scan shows the cluster as it is now, not as it was at an older slot.

    Args:
        due: slots that nobody has recorded, oldest first, none after `now`.
        now: the current time.
        window: how late a slot may still be run (`catch_up` of the schedule).
    """
    if due and now - due[-1] <= window:
        return Plan(tuple(due[:-1]), due[-1])
    return Plan(tuple(due), None)
