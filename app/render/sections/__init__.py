"""Parts of a report, one file each. A new part is one file here, one template, and one line in `SECTIONS`."""

from typing import Final

from app.render.dossier import Section
from app.render.sections import (
    certificates,
    controls,
    cover,
    encryption,
    exceptions,
    findings,
    ledger,
    manifest,
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
    reachability.SECTION,
    encryption.SECTION,
    certificates.SECTION,
    findings.SECTION,
    trends.SECTION,
    registers.SECTION,
    exceptions.SECTION,
    ledger.SECTION,
    populations.SECTION,
    manifest.SECTION,
)
"""Every part, in the order in which an auditor reads them; a definition chooses from these."""
