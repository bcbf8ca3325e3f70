"""Makes the artefacts of a report in the formats asked for."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from app.errors import ConfigurationError
from app.model.report import Artefact, ReportInput
from app.render.content import Page
from app.render.dossier import Dossier
from app.render.html import Templates
from app.render.machine import report_document
from app.render.page import build_page
from app.render.wording import iso_day

FORMATS: Final = ("pdf", "html", "json", "csv")

_MEDIA_TYPES: Final = {
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
}
_LONGEST_NAME: Final = 100


class ReportRenderer:
    """Implements `app.model.ports.Renderer`.

    Args:
        templates_dir: the folder `templates/`.
    """

    def __init__(self, templates_dir: Path) -> None:
        self._templates = Templates(templates_dir)

    def render(self, report: ReportInput, formats: Sequence[str]) -> tuple[Artefact, ...]:
        """Render in the formats asked for, in the order of `FORMATS`, each once.

        Returns:
            One artefact per format, named `<cluster>-<framework id>-<YYYY-MM-DD>.<format>`.

        Raises:
            ConfigurationError: a format or a section that does not exist.
            RenderError: a template or font is missing.
        """
        unknown = [name for name in formats if name not in FORMATS]
        if unknown:
            raise ConfigurationError(
                f"no such report format: {', '.join(unknown)}", advice=f"Formats are {', '.join(FORMATS)}."
            )
        dossier = Dossier(report)
        page = build_page(dossier)
        return tuple(
            Artefact(f"{file_stem(report)}.{name}", _MEDIA_TYPES[name], self._writers[name](dossier, page))
            for name in FORMATS
            if name in formats
        )

    @property
    def _writers(self) -> dict[str, Callable[[Dossier, Page], bytes]]:
        return {"pdf": self._pdf, "html": self._html, "json": report_document, "csv": _populations}

    def _html(self, _: Dossier, page: Page) -> bytes:
        return self._templates.screen(page).encode()

    def _pdf(self, dossier: Dossier, page: Page) -> bytes:
        from app.render.pdf import write_pdf  # noqa: PLC0415  WeasyPrint takes a second to load, and needs Pango

        return write_pdf(
            self._templates.print(page),
            self._templates.print_styles(),
            paper=page.paper,
            at=dossier.report.scan.taken_at,
            files=dossier.files,
        )


def _populations(dossier: Dossier, _: Page) -> bytes:
    return next(item.body for item in dossier.files if item.name == "populations.csv")


def file_stem(report: ReportInput) -> str:
    """Name of a report's files without ending; whatever could leave a folder or surprise a shell becomes a hyphen."""
    cluster = re.sub(r"[^A-Za-z0-9._-]+", "-", report.scan.cluster).strip(".-")[:_LONGEST_NAME] or "cluster"
    return f"{cluster}-{report.assessment.framework.id}-{iso_day(report.scan.taken_at)}"
