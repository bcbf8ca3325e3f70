"""Makes the artefacts of a report in the formats asked for."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from app.errors import ConfigurationError
from app.model.bundle import Tool
from app.model.history import ScanStatus
from app.model.report import Artefact, ReportInput
from app.render.bundle import UNNAMED, bundle_of, manifest_of
from app.render.content import Page
from app.render.dossier import Dossier
from app.render.evidence import ScanFiles
from app.render.html import Templates
from app.render.machine import report_document
from app.render.names import file_stem
from app.render.ocsf import ocsf_document
from app.render.oscal import oscal_document
from app.render.page import build_page
from app.render.twin import Twin
from app.render.wording import iso_day

FORMATS: Final = ("pdf", "html", "json", "csv", "oscal", "ocsf", "manifest", "bundle")

_MEDIA_TYPES: Final = {
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "oscal": "application/json",
    "ocsf": "application/json",
    "manifest": "application/json",
    "bundle": "application/zip",
}
_ENDINGS: Final = {
    "oscal": "oscal.json",
    "ocsf": "ocsf.json",
    "manifest": "manifest.json",
    "bundle": "bundle.zip",
}
SINGLE: Final = ("pdf", "html", "json", "csv", "oscal", "ocsf")
"""Formats that say everything in one file of their own."""

_VALUES: Final = ("json", "oscal", "ocsf")
"""Formats that are written from values, and get their pseudonyms last; pages and evidence have them before."""

_USUAL: Final = "auditor"
"""The definition whose files are named without it."""


def format_of(name: str) -> str:
    """The format of a file that `ReportRenderer` named; empty for another file."""
    endings = {f".{_ENDINGS.get(item, item)}": item for item in FORMATS}
    found = [
        item for item in endings if name.endswith(item)
    ]  # `.oscal.json` ends with `.json` too: the longest holds
    return endings[max(found, key=len)] if found else ""


Writer = Callable[[Dossier, Page], bytes]


@dataclass
class _Rendered:
    """One report's files; each is written once, whoever asks for it."""

    dossier: Dossier
    page: Page
    writers: Mapping[str, Writer]
    twin: Twin | None
    done: dict[str, Artefact] = field(default_factory=dict)

    def file(self, name: str) -> Artefact:
        if name not in self.done:
            body = self.writers[name](self.dossier, self.page)
            renamed = self.twin.json(body) if self.twin and name in _VALUES else body
            self.done[name] = self.artefact(name, renamed)
        return self.done[name]

    def artefact(self, name: str, body: bytes) -> Artefact:
        ending = _ENDINGS.get(name, name)
        return Artefact(f"{_stem(self.dossier)}.{ending}", _MEDIA_TYPES[name], body)


class ReportRenderer:
    """Implements `app.model.ports.Renderer`.

    Args:
        templates_dir: the folder `templates/`.
        tool: what is named as the maker of manifests and bundles.
    """

    def __init__(self, templates_dir: Path, tool: Tool = UNNAMED) -> None:
        self._templates = Templates(templates_dir)
        self._tool = tool

    def render(self, report: ReportInput, formats: Sequence[str]) -> tuple[Artefact, ...]:
        """Render in the formats asked for, in the order of `FORMATS`, each once.

        Returns:
            One artefact per format, named by `app.render.names.file_stem` and its ending. `manifest` names the other
            formats asked for with their digests; `bundle` holds all of them and the evidence.

        Raises:
            ConfigurationError: a format or a section that does not exist.
            RenderError: a template or font is missing.
        """
        return next(self.render_each([report], formats))

    def render_each(
        self, reports: Iterable[ReportInput], formats: Sequence[str]
    ) -> Iterator[tuple[Artefact, ...]]:
        """Render reports of one scan, as `render` does each; what does not depend on the framework is made once."""
        unknown = [name for name in formats if name not in FORMATS]
        if unknown:
            raise ConfigurationError(
                f"no such report format: {', '.join(unknown)}", advice=f"Formats are {', '.join(FORMATS)}."
            )
        shared: ScanFiles | None = None
        for report in reports:
            shared = shared or ScanFiles(report, Dossier(report).runs)
            yield self._files(Dossier(report, shared), formats)

    def _files(self, dossier: Dossier, formats: Sequence[str]) -> tuple[Artefact, ...]:
        page, twin = build_page(dossier), dossier.twin
        if twin is not None:
            twin = twin.keeping(item.digest for item in dossier.files)
            page = twin.page(page)
        made = _Rendered(dossier, page, self._writers, twin)
        files = {name: made.file(name) for name in SINGLE if name in formats}
        if "manifest" in formats:
            files["manifest"] = made.artefact("manifest", manifest_of(dossier, self._tool, files.values()))
        if "bundle" in formats:
            everything = [made.file(name) for name in SINGLE if name != "csv"]  # which is evidence as well
            files["bundle"] = made.artefact("bundle", bundle_of(dossier, self._tool, everything))
        return tuple(files[name] for name in FORMATS if name in formats)

    def evidence(self, report: ReportInput) -> tuple[Artefact, ...]:
        """The files that travel with a report, as a PDF attaches them."""
        return tuple(Artefact(item.name, item.media_type, item.body) for item in Dossier(report).files)

    def typesetter(self) -> str:
        """The libraries that set PDF pages here, with their versions."""
        from app.render.pdf import typesetter  # noqa: PLC0415  as in `_pdf`

        return typesetter()

    @property
    def _writers(self) -> dict[str, Writer]:
        return {
            "pdf": self._pdf,
            "html": self._html,
            "json": report_document,
            "csv": _populations,
            "oscal": oscal_document,
            "ocsf": ocsf_document,
        }

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
            faces=self._templates.faces(),
        )


def _populations(dossier: Dossier, _: Page) -> bytes:
    return next(item.body for item in dossier.files if item.name == "populations.csv")


def _stem(dossier: Dossier) -> str:
    report, twin = dossier.report, dossier.twin
    named = twin.text if twin else str
    shape = replace(report.definition, id=named(report.definition.id))
    scan, day = report.scan, iso_day(report.scan.taken_at)
    earlier = any(
        item.number < scan.number and item.status is not ScanStatus.FAILED and iso_day(item.taken_at) == day
        for item in (link.scan for link in report.chain)
    )
    when = f"{day}.scan-{scan.number}" if earlier else day
    return file_stem(named(scan.cluster), report.assessment.framework.id, when, shape, _USUAL)
