"""A period: every night accounted for, and how controls and workloads stood on each (pure)."""

from app.trend.period.building import Stored, build
from app.trend.period.deviations import Terms
from app.trend.period.nights import nights
from app.trend.period.sampling import sample, ticket
from app.trend.period.standing import ABOUT_WORKLOADS, Bearings, whole
from app.trend.period.tenures import Tenure, tenures
from app.trend.period.workloads import Presence

__all__ = [
    "ABOUT_WORKLOADS",
    "Bearings",
    "Presence",
    "Stored",
    "Tenure",
    "Terms",
    "build",
    "nights",
    "sample",
    "tenures",
    "ticket",
    "whole",
]
