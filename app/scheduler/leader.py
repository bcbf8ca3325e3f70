"""Which of several services on one database keeps the schedule: the one with the lease, by the database's clock."""

import os
import socket
from dataclasses import dataclass
from time import monotonic
from uuid import uuid4

import structlog

from app.errors import NetattestError
from app.model.schedule import Ledger
from app.scheduler.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Silence:
    """The database has not taken the lease's renewal for so many seconds; `reason` is what it or the driver said last."""

    seconds: float
    reason: str


class Leader:
    """Renews the lease; call `renew` several times within `seconds`.

    A leader that cannot reach the database stops leading when its lease ends at the latest. Slots that it runs then stay its
    own: they are claimed, and their cluster is locked.
    """

    def __init__(self, ledger: Ledger, seconds: float, metrics: Metrics) -> None:
        self.holder = f"{socket.gethostname()} {os.getpid()} {uuid4().hex[:8]}"
        self.seconds = seconds
        self._ledger, self._metrics = ledger, metrics
        self._until = self._answered = float("-inf")
        self._kept = False
        self._silent_from: float | None = None
        self._asked: float | None = None
        self._reason = ""
        metrics.keeping(False)

    @property
    def leads(self) -> bool:
        """True while the lease is surely ours."""
        return monotonic() < self._until

    @property
    def ready(self) -> bool:
        """True while the database answers, leading or not."""
        return monotonic() < self._answered + self.seconds

    @property
    def kept(self) -> bool:
        """True while we led by the database's last word, though it may not answer any more: then nobody else knows better."""
        return self._kept

    @property
    def silence(self) -> Silence | None:
        """How long the database has refused or not answered; None while it does, or may still within the lease's time."""
        began, asked = self._silent_from, self._asked
        if began is not None:
            return Silence(monotonic() - began, self._reason)
        if asked is not None and monotonic() - asked > self.seconds:
            return Silence(monotonic() - asked, "it takes a question and does not answer")
        return None

    def renew(self) -> bool:
        """Take or renew the lease; True when it was taken just now. Never raises, but waits as long as the database."""
        self._asked = monotonic()
        try:
            return self._renew(self._asked)
        finally:
            self._asked = None

    def observe(self) -> None:
        """Let the metrics say what is so while a renewal waits for its answer."""
        if self.silence:
            self._metrics.leading(self.leads)
            self._metrics.database(answers=False)

    def _renew(self, asked: float) -> bool:
        led = self.leads
        log = structlog.get_logger("netattest").bind(holder=self.holder)
        try:
            leads = self._ledger.lead(self.holder, self.seconds)
        except NetattestError as error:
            log.error("the lease could not be renewed", reason=str(error), next_step=error.advice)  # noqa: TRY400  a person acts on the sentence
            self._reason = str(error)
            self._silent_from = asked if self._silent_from is None else self._silent_from
            self._metrics.leading(self.leads)
            self._metrics.database(answers=False)
            return False
        self._answered, self._silent_from, self._kept = asked, None, leads
        self._metrics.database(answers=True)
        self._metrics.keeping(leads)
        self._until = asked + self.seconds if leads else float("-inf")
        self._metrics.leading(leads)
        if leads != led:
            log.info("this service keeps the schedule" if leads else "another service keeps the schedule")
        return leads and not led

    def resign(self) -> None:
        """Give the lease back."""
        self._until, self._kept = float("-inf"), False
        self._metrics.leading(False)
        self._metrics.keeping(False)
        try:
            self._ledger.resign(self.holder)
        except NetattestError:
            return  # it ends by itself
