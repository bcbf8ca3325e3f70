"""Parts of a report, one file each. A new part is one file here, one template, and one line in `SECTIONS`."""

from typing import Final

from app.render.dossier import Section
from app.render.sections import (
    certificates,
    controls,
    cover,
    diagrams,
    encryption,
    exceptions,
    executive,
    findings,
    fixes,
    hygiene,
    ledger,
    manifest,
    morning,
    populations,
    reachability,
    reading,
    registers,
    scope,
    summary,
    trends,
)

SECTIONS: Final[tuple[Section, ...]] = (
    cover.SECTION,
    reading.SECTION,
    summary.SECTION,
    scope.SECTION,
    controls.SECTION,
    diagrams.SECTION,
    reachability.SECTION,
    encryption.SECTION,
    certificates.SECTION,
    findings.SECTION,
    fixes.SECTION,
    hygiene.SECTION,
    trends.SECTION,
    registers.SECTION,
    exceptions.SECTION,
    ledger.SECTION,
    populations.SECTION,
    manifest.SECTION,
    executive.SECTION,
    morning.SECTION,
)
"""Every part, in the order in which an auditor reads them, then the sheets; a definition chooses from these."""
