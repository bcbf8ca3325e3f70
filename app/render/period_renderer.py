"""Makes the artefacts of a report on a period in the formats asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from app.errors import ConfigurationError
from app.model.bundle import EVIDENCE, MANIFEST, REPORT, BundleManifest, FileEntry, Tool, pack
from app.model.months import day_range
from app.model.nights import LOST_NIGHT, NightStatus
from app.model.period import Period
from app.model.report import Artefact, PeriodReport
from app.render.bundle import UNNAMED
from app.render.content import Page
from app.render.evidence import EvidenceFile
from app.render.html import Templates
from app.render.names import file_stem
from app.render.page import PSEUDONYMS
from app.render.period import PERIOD_SECTIONS
from app.render.period.files import period_files
from app.render.period.pages import filters
from app.render.twin import Twin
from app.render.wording import clipped, short_digest

PERIOD_FORMATS: Final = ("pdf", "html", "json", "csv", "manifest", "bundle")
_USUAL: Final = "period"
_RUNNING_NAME: Final = 48


class PeriodRenderer:
    """Reports on a period from `templates/`; the same input gives the same bytes.

    Args:
        templates_dir: the folder `templates/`.
        tool: what is named as the maker.
    """

    def __init__(self, templates_dir: Path, tool: Tool = UNNAMED) -> None:
        self._templates = Templates(templates_dir)
        self._tool = tool

    def render(self, report: PeriodReport, formats: Sequence[str]) -> tuple[Artefact, ...]:
        """Render in the formats asked for, in the order of `PERIOD_FORMATS`; CSV makes one file for each table.

        Raises:
            ConfigurationError: a format or a section that a report on a period does not have.
        """
        unknown = [name for name in formats if name not in PERIOD_FORMATS]
        if unknown:
            raise ConfigurationError(
                f"a report on a period has no format {', '.join(unknown)}",
                advice=f"formats are {', '.join(PERIOD_FORMATS)}",
            )
        if report.redacted:
            report = _renamed(report)
        page, files = self._page(report), period_files(report)
        single = [name for name in ("pdf", "html", "json") if name in formats or "bundle" in formats]
        made = {name: self._file(name, report, page, files) for name in single}
        found = [made[name] for name in single if name in formats]
        if "csv" in formats:
            found += [
                _artefact(report, item.name, "text/csv; charset=utf-8", item.body)
                for item in files
                if item.name.endswith(".csv")
            ]
        if "manifest" in formats:
            found.append(self._manifest(report, [_entry(item, item.name) for item in found], f".{MANIFEST}"))
        if "bundle" in formats:
            found.append(self._bundle(report, tuple(made.values()), files))
        return tuple(found)

    def _file(self, name: str, report: PeriodReport, page: Page, files: tuple[EvidenceFile, ...]) -> Artefact:
        match name:
            case "pdf":
                return _artefact(report, "pdf", "application/pdf", self._pdf(report, page, files))
            case "html":
                body = self._templates.screen(page).encode()
                return _artefact(report, "html", "text/html; charset=utf-8", body)
            case _:
                body = next(item.body for item in files if item.name == "period.json")
                return _artefact(report, "json", "application/json", body)

    def _pdf(self, report: PeriodReport, page: Page, files: tuple[EvidenceFile, ...]) -> bytes:
        from app.render.pdf import write_pdf  # noqa: PLC0415  WeasyPrint takes a second to load, and needs Pango

        return write_pdf(
            self._templates.print(page),
            self._templates.print_styles(),
            paper=page.paper,
            at=report.scan.taken_at,
            files=files,
            faces=self._templates.faces(),
        )

    def _manifest(self, report: PeriodReport, files: Iterable[FileEntry], ending: str) -> Artefact:
        manifest = BundleManifest(
            identifier=identifier(report),
            tool=self._tool,
            scan=report.scan,
            framework=report.period.framework,
            framework_digest=dict(report.scan.documents).get(
                f"frameworks/{report.period.framework}.yaml", ""
            ),
            redacted=report.redacted,
            files=tuple(files),
        )
        return _artefact(report, ending.removeprefix("."), "application/json", manifest.to_bytes())

    def _bundle(
        self, report: PeriodReport, made: Sequence[Artefact], files: Sequence[EvidenceFile]
    ) -> Artefact:
        entries = [_entry(item, f"{REPORT}{item.name}") for item in made]
        entries += [
            FileEntry(f"{EVIDENCE}{item.name}", item.about, len(item.body), item.digest) for item in files
        ]
        bodies = {f"{REPORT}{item.name}": item.body for item in made}
        bodies |= {f"{EVIDENCE}{item.name}": item.body for item in files}
        bodies[MANIFEST] = self._manifest(report, entries, MANIFEST).body
        return _artefact(report, "bundle.zip", "application/zip", pack(bodies))

    def _page(self, report: PeriodReport) -> Page:
        period, span = report.period, report.period.span
        sections = {item.id: item for item in PERIOD_SECTIONS}
        unknown = [name for name in report.definition.sections if name not in sections]
        if unknown:
            raise ConfigurationError(
                f"report definition {report.definition.id} is about one scan, not about a period: {', '.join(unknown)}",
                advice=f"use --definition period, or sections among {', '.join(sections)}",
            )
        days = f"{span.first} to {span.last}"
        cluster = clipped(period.cluster, _RUNNING_NAME)
        return Page(
            title=f"Network security of {cluster}, {period.framework_title}, {day_range(span.first, span.last)}",
            kicker=f"{report.definition.title}{PSEUDONYMS if report.redacted else ''}",
            subject=f"Evidence for {period.framework_title} over {len(period.nights)} nights of {period.cluster}",
            identifier=identifier(report),
            cluster=cluster,
            foot=f"{cluster} · {days} · sha256 {short_digest(report.scan.digest)}",
            confidentiality=report.definition.confidentiality,
            paper=report.definition.paper,
            date=span.last.isoformat(),
            moment=report.scan.taken_at.isoformat(),
            tool=f"netattest {self._tool.version}".strip(),
            filters=filters(period),
            sections=tuple(sections[name].build(report) for name in report.definition.sections),
        )


_LEFT_OUT = "the reason stands in the original alone"
_WITHOUT_A_SCAN = (NightStatus.FAILED, NightStatus.MISSING)


def _withheld(period: Period) -> Period:
    """Reasons are what a program or a person wrote: no list of names tells what to take out of them."""
    nights = (
        replace(item, cause=_LEFT_OUT) if item.status in _WITHOUT_A_SCAN else item for item in period.nights
    )
    deviations = (
        replace(item, says=item.says.partition(": ")[0]) if item.check == LOST_NIGHT else item
        for item in period.deviations
    )
    return replace(period, nights=tuple(nights), deviations=tuple(deviations))


def _renamed(report: PeriodReport) -> PeriodReport:
    """Everything that pages and files are made from, with pseudonyms: their own sentences are made after that.

    The seed of a sample stays, so that anybody can draw the sample again.
    """
    twin, withheld = Twin.of_period(report), _withheld(report.period)
    return replace(
        report,
        period=replace(twin.facts(withheld), sample=withheld.sample),
        scan=twin.facts(report.scan),
        drift=twin.facts(report.drift),
    )


def identifier(report: PeriodReport) -> str:
    """Report identifier: the same days, cluster, framework and definition give the same one."""
    period, span = report.period, report.period.span
    days = f"{span.first:%Y%m%d}-{span.last:%Y%m%d}"
    return f"P-{days}-{period.cluster}-{period.framework}-{report.definition.id}-{report.scan.number}"


def _artefact(report: PeriodReport, ending: str, media_type: str, body: bytes) -> Artefact:
    period, span = report.period, report.period.span
    days = f"{span.first}_{span.last}"
    stem = file_stem(period.cluster, period.framework, days, report.definition, _USUAL)
    return Artefact(f"{stem}.{ending}", media_type, body)


def _entry(item: Artefact, name: str) -> FileEntry:
    return FileEntry(name, "Report on a period", len(item.body), item.digest)
