"""`netattest run`: APScheduler calls what the command line calls, and every slot of the schedule is recorded once."""

from app.scheduler.plan import Plan, plan
from app.scheduler.runner import Runner
from app.scheduler.service import Service

__all__ = ["Plan", "Runner", "Service", "plan"]
