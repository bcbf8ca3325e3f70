"""A whole page from one input: chosen sections in the definition's order."""

from typing import Final

from app.errors import ConfigurationError
from app.model.report import ReportInput
from app.render.content import Mark, Page
from app.render.dossier import Dossier, Section
from app.render.sections import SECTIONS
from app.render.wording import iso_day, minute, short_digest

PSEUDONYMS: Final = ", names replaced by pseudonyms"
"""What the cover of a twin says after the kind of the report."""


def build_page(dossier: Dossier) -> Page:
    """Build the page.

    Raises:
        ConfigurationError: the definition names a section that does not exist.
    """
    report = dossier.report
    return Page(
        title=f"Network security of {dossier.cluster}, {dossier.assessment.framework.title}, {iso_day(report.scan.taken_at)}",
        kicker=_kicker(report),
        subject=f"Evidence for {dossier.assessment.framework.title} from scan {report.scan.number} of {report.scan.cluster}",
        identifier=dossier.identifier,
        cluster=dossier.cluster,
        foot=f"{dossier.cluster} · {minute(report.scan.taken_at)} · sha256 {short_digest(report.scan.digest)}",
        confidentiality=report.definition.confidentiality,
        paper=report.definition.paper,
        date=iso_day(report.scan.taken_at),
        moment=report.scan.taken_at.isoformat(),
        tool=f"netattest {report.scan.tool_version}".strip(),
        filters=tuple(Mark.of(state) for state, value in dossier.state_counts() if value),
        sections=tuple(section.build(dossier) for section in chosen(report)),
    )


def _kicker(report: ReportInput) -> str:
    """What the cover says above the title; a twin says that it is one."""
    return f"{report.definition.title}{PSEUDONYMS if report.redacted else ''}"


def chosen(report: ReportInput) -> list[Section]:
    """Sections that the definition names, in its order."""
    known = {section.id: section for section in SECTIONS}
    unknown = [name for name in report.definition.sections if name not in known]
    if unknown:
        raise ConfigurationError(
            f"report definition {report.definition.id} names no such section: {', '.join(unknown)}",
            advice=f"Sections are {', '.join(known)}.",
        )
    return [known[name] for name in report.definition.sections]
