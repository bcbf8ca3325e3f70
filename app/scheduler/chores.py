"""Work for the whole store at its own times: each kind is one line in `CHORES`, and each time comes once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from app import __version__, bootstrap
from app.model.ports import Clock
from app.model.schedule import Ledger
from app.scheduler.metrics import Metrics
from app.settings import Cron, Settings, due_slots
from app.store import PostgresStore


@dataclass(frozen=True)
class Keeping:
    """What chores work with."""

    store: PostgresStore
    metrics: Metrics
    settings: Settings
    clock: Clock


def verify(keeping: Keeping) -> str:
    """Check every stored byte against its digest, and every chain; what it finds is the chore's problem."""
    problems = keeping.store.check().problems
    keeping.metrics.checked(len(problems))
    return "; ".join(problems)


def retention(keeping: Keeping) -> str:
    """Remove the scans that no rule of retention keeps; the account needs the right to, as `netattest db prune` does."""
    from app import pipeline  # noqa: PLC0415  every stage hangs on it; `--help` does without

    policy = bootstrap.retention(keeping.settings)
    for item in pipeline.retain(keeping.store, policy, keeping.clock.now(), __version__):
        if item.removable:
            structlog.get_logger("netattest").info(
                "removed", cluster=item.cluster, scans=len(item.removable), held=len(item.held)
            )
    return ""


CHORES: dict[str, Callable[[Keeping], str]] = {"verify": verify, "retention": retention}


def do_chores(
    due: Mapping[str, Cron],
    since: datetime,
    ledger: Ledger,
    keeping: Keeping,
) -> None:
    """Do the latest time of each chore that has come due since it was last done, or since the service started."""
    for name, cron in due.items():
        times = due_slots(cron, ledger.last_chore(name) or since, keeping.clock.now())
        if times and ledger.claim_chore(name, times[-1]):
            _do(name, times[-1], ledger, keeping)


def _do(name: str, due_at: datetime, ledger: Ledger, keeping: Keeping) -> None:
    log = structlog.get_logger("netattest").bind(chore=name, due=due_at.isoformat())
    try:
        problem = CHORES[name](keeping)
    except Exception as error:  # noqa: BLE001  it is recorded, and comes again at its next time
        problem = str(error) or type(error).__name__
    ledger.end_chore(name, due_at, problem)
    if problem:
        log.error("the chore ended with a problem", reason=problem)
    else:
        log.info("the chore is done")
