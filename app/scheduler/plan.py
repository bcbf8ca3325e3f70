"""What to do with slots that are due (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.model.schedule import Pause
from app.settings import Cron


@dataclass(frozen=True, slots=True)
class Plan:
    """Slots to record as missed, oldest first, each with the pause that is the reason; and the slot to run now, if any."""

    missed: tuple[tuple[datetime, Pause | None], ...]
    run: datetime | None


def plan(due: Sequence[datetime], now: datetime, window: timedelta, pauses: Sequence[Pause] = ()) -> Plan:
    """Catch up with the latest slot only: a scan shows the cluster as it is now, not as it was at an older slot.

    Args:
        due: slots that nobody has recorded, oldest first, none after `now`.
        now: the current time.
        window: how late a slot may still be run (`catch_up` of the schedule).
        pauses: times in which no slot is run; a pause that ended holds for the slots it covered.
    """
    slots = tuple((slot, next((item for item in pauses if item.covers(slot)), None)) for slot in due)
    if slots and slots[-1][1] is None and now - due[-1] <= window:
        return Plan(slots[:-1], due[-1])
    return Plan(slots, None)


def expected_by(when: Cron, enrolled: datetime, now: datetime, patience: timedelta) -> datetime | None:
    """The latest slot that should have had its scan by now; None when there is none yet.

    Args:
        when: the schedule.
        enrolled: slots before it are nobody's.
        now: the current time.
        patience: how long after its time a slot may be without a scan.
    """
    found = when.last_before(now - patience)
    return found if found and found > enrolled else None
