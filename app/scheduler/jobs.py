"""What follows a slot: each kind of work is one line in `JOBS`, and is owed until it is done or cannot be done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.errors import NetattestError, StoreError
from app.model.history import Slot, SlotStatus
from app.model.schedule import JobStatus, SlotJob
from app.scheduler.work import Work, deliver, publish, report

MOST_ATTEMPTS = 6  # with the waits below: about an hour; the database may take longer, and what it refused is owed until then
_NAME_PARTS = 3  # of work for a slot, among what was refused
_FIRST_WAIT = timedelta(minutes=2)  # doubled after each attempt


@dataclass(frozen=True, slots=True)
class Job:
    """Work that follows a slot.

    Attributes:
        name: its name in the database; never given to other work.
        after: how the slot has to have ended for the work to be wanted.
        act: does it. Any error means: try again later. Doing it twice must do no harm, since a process may die between
            the deed and its record.
    """

    name: str
    after: frozenset[SlotStatus]
    act: Callable[[Work, Slot], None]


def alert(work: Work, slot: Slot) -> None:
    """Tell that a night has no scan."""
    work.metrics.alerted(work.cluster, slot.status)
    work.log(slot=slot.due_at.isoformat(), status=slot.status.value).error(
        "this night has no scan", reason=slot.reason
    )


_ENDED = frozenset({SlotStatus.DONE, SlotStatus.FAILED, SlotStatus.MISSED})
# In the order in which they are done for one slot.
JOBS = (
    Job("alert", frozenset({SlotStatus.FAILED, SlotStatus.MISSED}), alert),  # waits for nothing that may fail
    Job("report", frozenset({SlotStatus.DONE}), report),
    Job("publish", _ENDED, publish),
    Job("deliver", _ENDED, deliver),
)


def names(jobs: tuple[Job, ...] = JOBS) -> tuple[str, ...]:
    """What a slot owes when it begins."""
    return tuple(job.name for job in jobs)


def follow_up(work: Work, owed: Sequence[SlotJob], jobs: tuple[Job, ...] = JOBS) -> int:
    """Do what is owed for slots that ended, and count what is still owed; a slot's work waits for what comes before it."""
    known, waiting = {job.name: job for job in jobs}, set()
    _forget_what_others_did(work, owed)
    for item in owed:
        if item.slot.due_at in waiting:
            continue
        if not _settled(work, item, known.get(item.name)):
            waiting.add(item.slot.due_at)
    left = sum(item.slot.due_at in waiting for item in owed)
    work.metrics.owed(work.cluster, left)
    return left


def _settled(work: Work, item: SlotJob, job: Job | None) -> bool:
    """Try once if it is time; False when it has to be tried again."""
    now = work.clock.now()
    if job is None or item.slot.status not in job.after:
        why = f"a slot that is {item.slot.status.value} does not want it" if job else "there is no such work"
        _settle(work, item, JobStatus.SKIPPED, why)
        return True
    if item.tried_at and now < item.tried_at + _wait(item.attempts):
        return False
    try:
        job.act(work, item.slot)
    except Exception as error:  # noqa: BLE001  whatever it was, it is recorded and tried again
        work.refusals.failed(error, *_named(item))
        return _failed(work, item, error)
    _settle(work, item, JobStatus.DONE)
    return True


def _settle(work: Work, item: SlotJob, status: JobStatus, reason: str = "") -> None:
    """Record an attempt; once the work is no longer owed, nothing of it is refused."""
    work.ledger.settle(item, work.clock.now(), status, reason)
    if status is not JobStatus.PENDING:
        work.refusals.written(*_named(item))


def _forget_what_others_did(work: Work, owed: Sequence[SlotJob]) -> None:
    """What another service did since is owed no more."""
    still = {_named(item) for item in owed}
    for name in work.refusals.owed_by(work.cluster):
        if len(name) == _NAME_PARTS and name not in still:
            work.refusals.written(*name)


def _named(item: SlotJob) -> tuple[str, ...]:
    return item.slot.cluster, item.slot.due_at.isoformat(), item.name


def _wait(attempts: int) -> timedelta:
    """Before the next attempt; what the database refuses is tried for as long as it takes, about once an hour."""
    return _FIRST_WAIT * (1 << (min(attempts, MOST_ATTEMPTS) - 1))


def _failed(work: Work, item: SlotJob, error: Exception) -> bool:
    final = item.attempts + 1 >= MOST_ATTEMPTS and not isinstance(error, StoreError)
    reason = str(error) or type(error).__name__
    status = JobStatus.FAILED if final else JobStatus.PENDING
    _settle(work, item, status, reason)
    work.metrics.job_failed(work.cluster, item.name)
    work.log(slot=item.slot.due_at.isoformat(), job=item.name, attempt=item.attempts + 1).error(
        "it failed for good" if final else "it failed and is tried again",
        reason=reason,
        next_step=error.advice if isinstance(error, NetattestError) else "",
    )
    return final
