"""`netattest run --once`: somebody else keeps the time (a CronJob, a systemd timer) and wakes the schedule.

What is due is done, what is owed is tried, and the process ends. It may be woken at any time and as often as one likes: slots are
claimed, work is owed until it is done, and both are in the database.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

import structlog

from app.errors import EvidenceError, NetattestError, NightError
from app.scheduler.metrics import Metrics
from app.scheduler.runner import Runner
from app.scheduler.service import drained
from app.settings import ClusterSchedule

_POLL_SECONDS = 0.1
_WAKE = timedelta(hours=1)  # how often the shipped CronJob and timer wake it
_INSTANT = timedelta(microseconds=1)


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
            True when everything ended; False when a scan was abandoned and its thread still runs.

        Raises:
            EvidenceError: the store was checked, and something in it was changed.
            NightError: a night has no scan, or something that it owes failed.
        """
        pool = ThreadPoolExecutor(self.parallel)
        acts = (*(runner.tick for runner in self.runners), self.chores)
        running = [pool.submit(act) for act in acts]
        while wait(running, _POLL_SECONDS).not_done:
            if stop.is_set():
                pool.shutdown(wait=False, cancel_futures=True)
                return drained(self.runners, self.grace_seconds)
        pool.shutdown()
        self._say_next()
        names = (*(runner.cluster for runner in self.runners), "chores")
        ended = zip(names, (future.exception() for future in running), strict=True)
        self._require_done([f"{name}: {error}" for name, error in ended if error])
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


def _behind(runner: Runner) -> bool:
    try:
        return runner.behind()
    except NetattestError as error:
        structlog.get_logger("netattest").error("the schedule could not be read", reason=str(error))
        return True
