"""Runs what is due for one cluster, and records each slot once, however it ends."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from app.errors import NetattestError, ScanInProgressError, StoreError
from app.model.history import SlotStatus
from app.model.schedule import Look, Pause
from app.scheduler import jobs
from app.scheduler.plan import expected_by, plan
from app.scheduler.work import Work, run_slot
from app.settings import due_slots

_STOPPED = "the service was stopped before the run ended"
_DIED = "the process that ran it ended without a word"

Execute = Callable[[Work, datetime], object]


@dataclass
class Runner:
    """One cluster of the schedule. `tick` is called by one thread at a time.

    Attributes:
        work: the cluster and what its runs use.
        since: when this service started.
        execute: runs a slot and returns when it has ended, recorded or not.
        claim_seconds: how long a slot may be claimed before its run holds the cluster's lock.
        current: the slot that runs now; None in between.
        stopping: set from outside: finish what runs, begin nothing.
    """

    work: Work
    since: datetime
    execute: Execute = run_slot
    claim_seconds: float = 120.0
    current: datetime | None = field(default=None, init=False)
    stopping: bool = field(default=False, init=False)
    _told: datetime | None = field(default=None, init=False)
    _since: datetime | None = field(default=None, init=False)
    _scanned: datetime | None = field(default=None, init=False)
    _last_look: Look | None = field(default=None, init=False)

    @property
    def cluster(self) -> str:
        """The cluster's name."""
        return self.work.cluster

    def tick(self) -> None:
        """Do everything that is due; slots that come due meanwhile belong to it too, and so does work that is owed.

        Never raises: an error here must not end the schedule of the nights to come. It is logged and recorded.
        """
        refused = self._guarded(self._slots)
        self._guarded(self._show)
        if not self.stopping:
            self._note_slots(refused)
            self._note_work(self._guarded(self._follow_up))
        now, offset = self.work.clock.now(), self.work.schedule.offset
        following = self.work.schedule.when.next_after(now - offset)
        self.work.metrics.due(self.cluster, following + offset if following else None)

    def stand_by(self) -> None:
        """While another service leads: what this one could not write may have been written by that one. Never raises."""
        if self.work.refusals.owed_by(self.cluster):
            self._guarded(self._look_what_others_wrote)

    def behind(self) -> bool:
        """True when a slot is due that nobody has recorded: the tick before could not, and its log line says why.

        Raises:
            StoreError: the database does not say.
        """
        work, now = self.work, self.work.clock.now()
        since = self._looked().last_slot or self._enrolled()
        return bool(due_slots(work.schedule.when, since, now - work.schedule.offset))

    def owes(self) -> bool:
        """True when work for a slot is still to do, or a slot has no end yet, whoever runs it.

        Raises:
            StoreError: the database does not say.
        """
        look = self._looked(claim_seconds=0)
        return bool(look.owed or look.left_open)

    def recover(self) -> None:
        """Close slots that a killed process left open. Whoever still runs one holds the cluster's lock."""
        if self._looked().left_open:
            self._recover()

    def _recover(self) -> None:
        try:
            with self.work.store.exclusive(self.cluster):
                for slot in self._looked().left_open:  # again, now that nobody else can close them
                    self.work.close(slot, SlotStatus.FAILED, reason=_DIED)
        except ScanInProgressError:
            return

    def watch(self) -> None:
        """Tell when a night should have had its scan by now, whoever was to run it. Never raises."""
        self._guarded(self._watch)

    def abandon(self) -> None:
        """Record that the running slot will not be finished."""
        if self.current:
            self.work.close(self.current, SlotStatus.FAILED, reason=_STOPPED)

    def _guarded(self, act: Callable[[], object]) -> Exception | None:
        """Do it, and log what goes wrong; answers with that."""
        log = self.work.log()
        try:
            act()
        except NetattestError as error:
            log.error("the schedule could not be kept", reason=str(error), next_step=error.advice)  # noqa: TRY400  a person acts on the sentence
            return error
        except Exception as error:
            log.exception("the schedule could not be kept")
            return error
        return None

    def _note_slots(self, error: Exception | None) -> None:
        """A slot is refused until it has a final word, whoever writes it; one that failed has one, and is told as such."""
        refusals, work = self.work.refusals, (self.cluster, "slots")
        if error is None and work not in refusals.owed_by(self.cluster):
            return
        if self._unrecorded():
            refusals.failed(error, *work)
        else:
            refusals.written(*work)

    def _note_work(self, error: Exception | None) -> None:
        """What follows a slot: a round that ended well has recorded all that it tried."""
        if error:
            self.work.refusals.failed(error, self.cluster, "work")
        else:
            self.work.refusals.written(self.cluster, "work")

    def _unrecorded(self) -> bool:
        """True when a slot is due or open that has no final word."""
        try:
            return self.behind() or bool(self._looked(claim_seconds=0).left_open)
        except StoreError:
            return True

    def _look_what_others_wrote(self) -> None:
        if self.behind() or self.owes():
            return
        for work in self.work.refusals.owed_by(self.cluster):
            self.work.refusals.written(*work)

    def _slots(self) -> None:
        """Look, and act on it, until a look finds nothing to do: as a rule the first."""
        look = self._looked()
        if look.left_open:
            self._recover()
            look = self._looked()
        while not self.stopping and self._step(look):
            look = self._looked()
        self._last_look = look

    def _show(self) -> None:
        """Serve the numbers of the latest scan: a Job, a person or this service before a restart may have stored it."""
        work = self.work
        if self._last_look and not work.metrics.shows(self.cluster, self._last_look.last_scan):
            scan = work.store.scan(self.cluster, self._last_look.last_scan)
            lives = work.store.findings(scan)
            work.metrics.known(scan, Counter(life.severity for life in lives if life.last_in == scan.number))

    def _follow_up(self) -> None:
        """Do what is owed, by the look that found nothing else to do; a new one where something went wrong."""
        look, self._last_look = self._last_look or self._looked(), None
        jobs.follow_up(self.work, look.owed)

    def _step(self, look: Look) -> bool:
        """Record what was missed and run what is due; False when there is nothing to do."""
        work, now = self.work, self.work.clock.now()
        due = due_slots(work.schedule.when, look.last_slot or self._enrolled(), now - work.schedule.offset)
        todo = plan(due, now, work.schedule.offset + work.schedule.catch_up, look.pauses)
        for slot, pause in todo.missed:
            if pause is None:  # a pause is no news to whoever made it
                work.ledger.owe(self.cluster, slot, jobs.names())
            work.close(slot, SlotStatus.MISSED, reason=self._why_missed(slot, pause))
        if todo.run:
            self._run(todo.run)
        return bool(due)

    def _run(self, slot: datetime) -> None:
        self.work.ledger.owe(self.cluster, slot, jobs.names())
        self.current = slot
        try:
            self.execute(self.work, slot)
        finally:
            self.current = None

    def _why_missed(self, slot: datetime, pause: Pause | None) -> str:
        if pause:
            return f"paused by {pause.who}: {pause.why}"
        if slot <= self.since:
            return "the service was not running, and a later slot or the time to catch up had come"
        return "the run before it had not ended"

    def _looked(self, claim_seconds: float | None = None) -> Look:
        seconds = self.claim_seconds if claim_seconds is None else claim_seconds
        return self.work.ledger.look(self.cluster, self.work.clock.now(), seconds)

    def _enrolled(self) -> datetime:
        if self._since is None:
            self._since = self.work.ledger.enrol(self.cluster, self.since)
        return self._since

    def _watch(self) -> None:
        schedule, now = self.work.schedule, self.work.clock.now()
        expected = expected_by(schedule.when, self._enrolled(), now, schedule.offset + schedule.alert_after)
        try:
            slots = self.work.store.slots(self.cluster, expected, now) if expected else ()
        except StoreError:  # a night that is not known to have its scan has none
            self.work.metrics.night_without_scan(self.cluster, missing=expected not in (None, self._scanned))
            raise
        missing = expected is not None and all(slot.status is not SlotStatus.DONE for slot in slots)
        self._scanned = self._scanned if missing else expected
        self.work.metrics.night_without_scan(self.cluster, missing=missing)
        ended = slots and slots[0].due_at == expected and slots[0].status is not SlotStatus.RUNNING
        if missing and not ended and expected != self._told:  # those that ended are told as owed work
            self.work.log(slot=f"{expected:%Y-%m-%dT%H:%MZ}").error(
                "this night has no scan", reason="nothing has ended yet that would be one"
            )
            self._told = expected
