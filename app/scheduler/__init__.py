"""`netattest run`: APScheduler calls what the command line calls, and every slot of the schedule is recorded once."""

from app.scheduler.alarm import Alarm
from app.scheduler.leader import Leader
from app.scheduler.once import Wake
from app.scheduler.plan import Plan, plan
from app.scheduler.runner import Runner
from app.scheduler.service import Service
from app.scheduler.work import Work

__all__ = ["Alarm", "Leader", "Plan", "Runner", "Service", "Wake", "Work", "plan"]
