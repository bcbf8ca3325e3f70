"""Work for the whole store at its own times: each kind is one line in `CHORES`, and each time comes once."""

from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from app.model.ports import Clock
from app.model.schedule import Ledger
from app.scheduler.metrics import Metrics
from app.settings import Cron, due_slots
from app.store import PostgresStore


def verify(store: PostgresStore, metrics: Metrics) -> str:
    """Check every stored byte against its digest, and every chain; what it finds is the chore's problem."""
    problems = store.check().problems
    metrics.checked(len(problems))
    return "; ".join(problems)


CHORES: dict[str, Callable[[PostgresStore, Metrics], str]] = {"verify": verify}


def do_chores(
    due: Mapping[str, Cron],
    since: datetime,
    store: PostgresStore,
    ledger: Ledger,
    clock: Clock,
    metrics: Metrics,
) -> None:
    """Do the latest time of each chore that has come due since it was last done, or since the service started."""
    for name, cron in due.items():
        times = due_slots(cron, ledger.last_chore(name) or since, clock.now())
        if times and ledger.claim_chore(name, times[-1]):
            _do(name, times[-1], store, ledger, metrics)


def _do(name: str, due_at: datetime, store: PostgresStore, ledger: Ledger, metrics: Metrics) -> None:
    log = structlog.get_logger("netattest").bind(chore=name, due=due_at.isoformat())
    try:
        problem = CHORES[name](store, metrics)
    except Exception as error:  # noqa: BLE001  it is recorded, and comes again at its next time
        problem = str(error) or type(error).__name__
    ledger.end_chore(name, due_at, problem)
    if problem:
        log.error("the chore ended with a problem", reason=problem)
    else:
        log.info("the chore is done")
