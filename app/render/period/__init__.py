"""Reports on a period. A new part is one function, one line in `PERIOD_SECTIONS`; one template prints them all."""

from typing import Final

from app.render.period import courses, deviations, drift, overview, sampled
from app.render.period.pages import PeriodSection

PERIOD_SECTIONS: Final[tuple[PeriodSection, ...]] = (
    overview.SUMMARY,
    overview.NIGHTS,
    courses.CONTROLS,
    courses.CALENDAR,
    deviations.DEVIATIONS,
    deviations.CLOSING,
    courses.WORKLOADS,
    overview.CHANGES,
    drift.DRIFT,
    sampled.SAMPLE,
    sampled.FILES,
)
"""Every part, in the order in which an auditor reads them; a definition chooses from these."""
