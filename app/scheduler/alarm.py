"""Who tells people that the database does not answer: each service by itself, since there is no record to ask or to write."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from app.model.news import News, NightStatus
from app.model.ports import Clock
from app.scheduler.leader import Leader, Silence
from app.scheduler.refusals import Refusals

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
        refusals: what the database does not take although it answers.
    """

    leader: Leader
    clock: Clock
    patience: float
    tell: Callable[[News], None]
    refusals: Refusals = field(default_factory=Refusals)
    _since: datetime | None = field(default=None, init=False)
    _refused: datetime | None = field(default=None, init=False)

    def look(self) -> None:
        """Tell what has changed since the last look."""
        self.leader.observe()
        silence = self.leader.silence
        if silence is None and self._since is not None:
            since, self._since = self._since, None
            self.refusals.forget_how_long()
            told = "The database answers again: scans run, and nights are recorded."
            self._say(since, (told,), "the database answers again", over=True)
        elif silence is not None and self._since is None and silence.seconds >= self.patience:
            self._since = self.clock.now() - timedelta(seconds=silence.seconds)
            self._say(self._since, _words(self._since, silence), "the database does not answer")
        if silence is not None:
            self.refusals.forget_how_long()
        else:
            self._look_at_refusals()

    def _look_at_refusals(self) -> None:
        # Twice as long as silence: a cluster is looked at every few minutes, and the next look has to have met it as well.
        reason = self.refusals.lasting(2 * self.patience)
        if reason and self._refused is None:
            self._refused = self.clock.now()
            self._say(self._refused, _refused(reason), "the database refuses what is written")
        elif self._refused is not None and not self.refusals.any_owed:
            since, self._refused = self._refused, None
            told = "The database takes again what the service writes."
            self._say(since, (told,), "the database takes what is written", over=True)

    def _say(self, since: datetime, sentences: tuple[str, ...], event: str, *, over: bool = False) -> None:
        log = structlog.get_logger("netattest").bind(since=_text(since))
        if over:
            log.info(event)
        else:
            log.error(event, reason=sentences[-1])
        self.tell(_news(since, sentences, "back" if over else "silent"))


def silent_tonight(at: datetime, reason: str) -> News:
    """What is told when a process that was to do a night finds no database to do it with."""
    sentences = (
        f"The database did not answer at {_text(at)}: nothing is scanned.",
        f"netattest was told: {reason}",
    )
    return _news(at, sentences, "silent")


def refused_tonight(at: datetime, reason: str) -> News:
    """What is told when the database answers such a process and takes nothing."""
    return _news(at, _refused(reason), "silent")


def _refused(reason: str) -> tuple[str, ...]:
    return (
        "The database answers and refuses what netattest writes: nights are not recorded, or messages about them wait.",
        f"netattest was told: {reason}",
    )


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
