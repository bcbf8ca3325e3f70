"""Typed settings from configuration files and the environment; all mistakes of a file are reported at once."""

from app.settings.cron import Cron, due_slots
from app.settings.program import Settings, load_settings
from app.settings.schedule import ClusterSchedule, Publish, Schedule, load_schedule

__all__ = [
    "ClusterSchedule",
    "Cron",
    "Publish",
    "Schedule",
    "Settings",
    "due_slots",
    "load_schedule",
    "load_settings",
]
