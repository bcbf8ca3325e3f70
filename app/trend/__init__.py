"""Scans over time: counts and points of one scan, two scans compared, lines over many (pure)."""

from app.trend.changes import changes
from app.trend.comparison import closed_findings, compare, opened_findings
from app.trend.consequences import consequences
from app.trend.counts import check_counts, points
from app.trend.exposures import ages, exposures, lifetimes
from app.trend.fields import field_changes, object_cause
from app.trend.lines import follow, follow_courses, nights
from app.trend.news import news_of_scan, news_of_slot, occasion_of_scan
from app.trend.paths import path_changes
from app.trend.protection import encryption_changes
from app.trend.tried import Trial, trial

__all__ = [
    "Trial",
    "ages",
    "changes",
    "check_counts",
    "closed_findings",
    "compare",
    "consequences",
    "encryption_changes",
    "exposures",
    "field_changes",
    "follow",
    "follow_courses",
    "lifetimes",
    "news_of_scan",
    "news_of_slot",
    "nights",
    "object_cause",
    "occasion_of_scan",
    "opened_findings",
    "path_changes",
    "points",
    "trial",
]
