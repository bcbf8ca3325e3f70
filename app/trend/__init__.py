"""Scans over time: counts and points of one scan, two scans compared, lines over many (pure)."""

from app.trend.changes import changes
from app.trend.comparison import compare
from app.trend.consequences import consequences
from app.trend.counts import check_counts, points
from app.trend.lines import follow
from app.trend.news import news_of_scan, news_of_slot, occasion_of_scan

__all__ = [
    "changes",
    "check_counts",
    "compare",
    "consequences",
    "follow",
    "news_of_scan",
    "news_of_slot",
    "occasion_of_scan",
    "points",
]
