"""`netattest run --once`: somebody else keeps the time (a CronJob, a systemd timer) and wakes the schedule.

What is due is done, what is owed is tried, and the process ends. It may be woken at any time and as often as one likes: slots are
claimed, work is owed until it is done, and both are in the database.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from time import monotonic

import structlog

from app.errors import EvidenceError, NetattestError, NightError
from app.scheduler.metrics import Metrics
from app.scheduler.runner import Runner
from app.scheduler.service import drained
from app.settings import ClusterSchedule

_POLL_SECONDS = 0.1
_WAKE = timedelta(hours=1)  # how often the shipped CronJob and timer wake it
_INSTANT = timedelta(microseconds=1)
_STOPPED = "stopped before it was done"

Acts = Sequence[tuple[str, Future[None]]]  # each with its name


def awaited(schedule: ClusterSchedule) -> ClusterSchedule:
    """A cluster whose slots begin at their times: with a jitter, a wake at the slot's own time would find nothing due."""
    return schedule.model_copy(update={"jitter": timedelta(0)})


def counts_from(schedule: ClusterSchedule, now: datetime) -> datetime:
    """Since when slots are to be accounted for where nothing has run before: the first wake does the one that it still may."""
    last = schedule.when.last_before(now)
    return last - _INSTANT if last and now - last <= schedule.catch_up else now


def lost_now(clusters: Sequence[ClusterSchedule], now: datetime) -> bool:
    """Whether a slot has come due since the wake before: a fault that lasts is told once a night, not at each wake."""
    return any((last := item.when.last_before(now)) and now - last < _WAKE for item in clusters)


@dataclass(frozen=True)
class Wake:
    """One wake. Use `run`.

    Attributes:
        runners: one for each cluster, with metrics of their own wake.
        metrics: what they count.
        parallel: how many clusters are scanned at once.
        grace_seconds: how long a stop waits for running scans.
        chores: does what is due for the whole store.
    """

    runners: Sequence[Runner]
    metrics: Metrics
    parallel: int
    grace_seconds: float
    chores: Callable[[], None]

    def run(self, stop: Event) -> bool:
        """Do what is due; once `stop` is set nothing more is begun.

        Returns:
            True when everything was done; False when it was stopped and a thread still runs, which is logged.

        Raises:
            EvidenceError: the store was checked, and something in it was changed.
            NightError: a night has no scan, something that it owes failed, or the stop left something undone.
        """
        pool = ThreadPoolExecutor(self.parallel)
        acts = [*((runner.cluster, runner.tick) for runner in self.runners), ("chores", self.chores)]
        running = [(name, pool.submit(act)) for name, act in acts]
        while _busy(running, _POLL_SECONDS):
            if stop.is_set():
                pool.shutdown(wait=False, cancel_futures=True)
                return self._stopped(running)
        pool.shutdown()
        self._say_next()
        self._require_done(_errors(running))
        return True

    def _stopped(self, running: Acts) -> bool:
        """Wait for what runs as long as a stop may, and tell what is left for the next wake."""
        until = monotonic() + self.grace_seconds
        drained(self.runners, self.grace_seconds)
        begun = [(name, act) for name, act in running if not act.cancelled()]
        busy = _busy(begun, max(0.0, until - monotonic()))
        left = {name for name, act in running if act.cancelled() or act in busy}
        left |= {runner.cluster for runner in self.runners if _unfinished(runner)}
        if busy:
            structlog.get_logger("netattest").error(_STOPPED, left=", ".join(sorted(left)))
            return False
        self._require_done([*_errors(begun), *(f"{name}: {_STOPPED}" for name in sorted(left))])
        return True

    def _say_next(self) -> None:
        for runner in self.runners:
            following = runner.work.schedule.when.next_after(runner.work.clock.now())
            runner.work.log().info(
                "nothing more is due", next=following.isoformat() if following else "never"
            )

    def _require_done(self, unforeseen: Sequence[str]) -> None:
        troubles = [*self.metrics.troubles(), *unforeseen]
        troubles += [
            f"{runner.cluster}: a slot is not recorded" for runner in self.runners if _behind(runner)
        ]
        if self.metrics.problems:
            raise EvidenceError(
                f"the check of the store found {self.metrics.problems} problems",
                advice="run `netattest db check`; it names each",
            )
        if troubles:
            raise NightError(
                "; ".join(troubles),
                advice="see the log lines before this one, and `netattest schedule list`; "
                "what failed is tried again at the next wake",
            )


def _busy(running: Acts, seconds: float) -> set[Future[None]]:
    """What still runs after so many seconds; an answer comes earlier where nothing does."""
    return wait([act for _, act in running], seconds).not_done


def _errors(ended: Acts) -> list[str]:
    return [f"{name}: {error}" for name, act in ended if (error := act.exception())]


def _behind(runner: Runner) -> bool:
    return _answer(runner.behind)


def _unfinished(runner: Runner) -> bool:
    return _answer(runner.behind) or _answer(runner.owes)


def _answer(ask: Callable[[], bool]) -> bool:
    try:
        return ask()
    except NetattestError as error:
        structlog.get_logger("netattest").error("the schedule could not be read", reason=str(error))
        return True
