"""Who tells people that the database does not answer: each service by itself, since there is no record to ask or to write."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from app.model.news import News, NightStatus
from app.model.ports import Clock
from app.scheduler.leader import Leader, Silence

_EVERYTHING = "all clusters"


@dataclass
class Alarm:
    """Tells once that the database does not answer, and once that it does again. Call `look` every few seconds.

    What was told is known to this process alone: of two services each tells, and one that starts anew tells again.

    Attributes:
        leader: asks the database, whether this service leads or not.
        clock: the time of day, for the message.
        patience: seconds of silence until somebody is told.
        tell: hands news over without the database; never raises.
    """

    leader: Leader
    clock: Clock
    patience: float
    tell: Callable[[News], None]
    _since: datetime | None = field(default=None, init=False)

    def look(self) -> None:
        """Tell what has changed since the last look."""
        self.leader.observe()
        silence = self.leader.silence
        if silence is None and self._since is not None:
            since, self._since = self._since, None
            self._say(since, ("The database answers again: scans run, and nights are recorded.",), over=True)
        elif silence is not None and self._since is None and silence.seconds >= self.patience:
            self._since = self.clock.now() - timedelta(seconds=silence.seconds)
            self._say(self._since, _words(self._since, silence), over=False)

    def _say(self, since: datetime, sentences: tuple[str, ...], *, over: bool) -> None:
        log = structlog.get_logger("netattest").bind(since=_text(since))
        if over:
            log.info("the database answers again")
        else:
            log.error("the database does not answer", reason=sentences[-1])
        self.tell(_news(since, sentences, "back" if over else "silent"))


def silent_tonight(at: datetime, reason: str) -> News:
    """What is told when a process that was to do a night finds no database to do it with."""
    sentences = (
        f"The database did not answer at {_text(at)}: nothing is scanned.",
        f"netattest was told: {reason}",
    )
    return _news(at, sentences, "silent")


def _news(since: datetime, sentences: tuple[str, ...], state: str) -> News:
    occasion = f"database {state} {since.isoformat()}"
    return News(_EVERYTHING, occasion, since, NightStatus.FAILED, headlines=sentences)


def _words(since: datetime, silence: Silence) -> tuple[str, ...]:
    return (
        f"The database has not answered the service since {_text(since)}: nothing is scanned.",
        f"The service was told: {silence.reason}",
    )


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
