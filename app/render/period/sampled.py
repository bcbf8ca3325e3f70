"""Nights that were chosen for a closer look, how they were chosen, and the files that travel with the report."""

from typing import Final

from app.model.period import Sample
from app.model.report import PeriodReport
from app.render.content import Column, Row, Table
from app.render.evidence import EvidenceFile
from app.render.period.files import period_files
from app.render.period.pages import Part, PeriodPage, PeriodSection
from app.render.wording import count, iso_day, minute, number


def sampled(report: PeriodReport) -> PeriodPage:
    """The sample, and the algorithm by which anyone can draw it again."""
    chosen = report.period.sample
    parts = () if chosen is None else (Part(table=_table(report, chosen)),)
    return PeriodPage("period-sample", "Sampled nights", lede=(_lede(report, chosen),), parts=parts)


def _lede(report: PeriodReport, chosen: Sample | None) -> str:
    if chosen is None:
        return (
            "No night was sampled. `--sample N` and `--seed TEXT` beside `--period` choose nights by a seed that the assessor"
            " names, and write the evidence of each."
        )
    total = count(len(report.period.nights), "night")
    some = number(len(chosen.nights))
    if not chosen.seed:
        return f"{some} of {total}, named by whoever asked for this report."
    return (
        f"{some} of {total}, chosen by the seed `{chosen.seed}`: those whose SHA-256 of"
        " the seed, a newline and the night's due time in UTC (`2026-03-17T01:15:00+00:00`) are smallest. Every night takes"
        " part, scanned or not."
    )


def _table(report: PeriodReport, chosen: Sample) -> Table:
    nights = [report.period.nights[at] for at in chosen.nights]
    return Table(
        caption="Sampled nights",
        columns=(
            Column("Night", 16),
            Column("Due", 24),
            Column("State", 16),
            Column("Scans", 16),
            Column("Remarks"),
        ),
        rows=tuple(
            Row(
                (
                    iso_day(item.day),
                    minute(item.due_at),
                    item.status.value.capitalize(),
                    ", ".join(map(str, item.scans)) or "none",
                    item.cause or item.caught_up or "–",
                )
            )
            for item in nights
        ),
    )


def files(report: PeriodReport) -> PeriodPage:
    """Attachments with their digests."""
    return PeriodPage(
        "period-files",
        "Files",
        lede=(
            (
                "The PDF carries these files. `chain.json` holds the record of every scan up to the last one, each with the"
                " digest of the one before; the evidence of a single night is in that night's own report."
            ),
        ),
        parts=(Part(table=_files(period_files(report))),),
    )


def _files(found: tuple[EvidenceFile, ...]) -> Table:
    return Table(
        caption="Attached files",
        columns=(
            Column("File", 18, "code"),
            Column("What it is", 30),
            Column("Bytes", 12, "number"),
            Column("SHA-256", 0, "code"),
        ),
        rows=tuple(Row((item.name, item.about, number(len(item.body)), item.digest)) for item in found),
    )


SAMPLE: Final = PeriodSection("period-sample", "Sampled nights", sampled)
FILES: Final = PeriodSection("period-files", "Files", files)
