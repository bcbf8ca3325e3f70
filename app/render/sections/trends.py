"""Trends: one step line per framework over the stored scans, and what changed since the scan before."""

from dataclasses import dataclass
from typing import Final

from app.model.control import ControlState
from app.model.history import Comparison, TrendLine, TrendPoint
from app.render.charts import Break, Series, StepTrend
from app.render.content import Column, Entry, Mark, Row, SectionPage, Table, capped
from app.render.differing import differing_tables
from app.render.dossier import Dossier, Section
from app.render.wording import (
    STATE_WORDS,
    count,
    joined,
    minute,
    moved,
    number,
    sentence,
)

_SERIES: Final = (ControlState.EXCEPTION, ControlState.INSUFFICIENT, ControlState.SUPPORTED)
_NIGHTS: Final = 31  # rows of the table beside a chart


@dataclass(frozen=True, slots=True)
class Line:
    """One framework's chart; `notes` are its numbered breaks."""

    title: str
    own: bool
    chart: StepTrend
    notes: tuple[str, ...]
    table: Table


@dataclass(frozen=True)
class TrendsPage(SectionPage):
    """`since` is empty for a first scan; `alike` says in one line what has no table, as nothing of it differs."""

    lines: tuple[Line, ...]
    since: str
    differing: tuple[Table, ...]
    alike: str


def build(dossier: Dossier) -> TrendsPage:
    """Build the section."""
    comparison, drawn = dossier.report.trend.comparison, lines_of(dossier)
    tables = differing_tables(dossier, comparison)
    return TrendsPage(
        id="trends",
        title="Trends",
        lede=(_lede([item for item in dossier.lines if item.points]),),
        entries=(Entry("Since the scan before", "trends-since", 2),) if comparison else (),
        lines=drawn,
        since=_since(comparison),
        differing=tuple(table for table in tables if table.rows),
        alike=" ".join(table.empty for table in tables if not table.rows),
    )


def lines_of(dossier: Dossier) -> tuple[Line, ...]:
    """Every framework's line at one scale, the report's own first."""
    lines = [item for item in dossier.lines if item.points]
    known = [
        value for line in lines for state in _SERIES for value in _values(line, state) if value is not None
    ]
    return tuple(_line(dossier, index, line, max([1, *known])) for index, line in enumerate(lines))


def _lede(lines: list[TrendLine]) -> str:
    if not lines:
        return "No scan was stored before, so there is nothing to compare with."
    points = lines[0].points
    stored = sum(point.counts is not None for point in points)
    missing = len(points) - stored
    gaps = (
        f" {count(missing, 'night')} without a stored scan {'is' if missing == 1 else 'are'} drawn as a hatched gap, never as zero."
        if missing
        else ""
    )
    return (
        f"{count(stored, 'stored scan')}, at one scale for all frameworks. A scan holds until the next.{gaps}"
        " Lines end where something changed that makes the values on the two sides hard to compare, and a dotted line marks it."
    )


def _values(line: TrendLine, state: ControlState) -> tuple[int | None, ...]:
    return tuple(None if point.counts is None else dict(point.counts).get(state, 0) for point in line.points)


def _line(dossier: Dossier, index: int, line: TrendLine, top: int) -> Line:
    own = line.framework == dossier.assessment.framework.id
    titles = {item.framework.id: item.framework.title for item in dossier.report.judgement.assessments}
    titles.setdefault(dossier.assessment.framework.id, dossier.assessment.framework.title)
    title = titles.get(line.framework, line.framework)
    broken = [(position, point) for position, point in enumerate(line.points) if point.breaks]
    chart = StepTrend(
        id=f"trend-{index}",
        title=f"{title}: controls by state over {count(len(line.points), 'night')}",
        description=_described(line),
        moments=tuple(point.at for point in line.points),
        series=tuple(Series(state.value, STATE_WORDS[state], _values(line, state)) for state in _SERIES),
        breaks=tuple(Break(position, n) for n, (position, _) in enumerate(broken, start=1)),
        top=top,
        width=482,
        height=132 if own else 96,
    )
    notes = tuple(f"{minute(point.at)}: {joined(tuple(point.breaks))}" for _, point in broken)
    return Line(
        title,
        own,
        chart,
        tuple(sentence(note) for note in notes),
        _line_table(title, line, min(_NIGHTS, dossier.definition.rows)),
    )


def _described(line: TrendLine) -> str:
    parts = []
    for state in _SERIES:
        known = [value for value in _values(line, state) if value is not None]
        if known:
            parts.append(f"{STATE_WORDS[state].lower()} from {known[0]} to {known[-1]}")
    return "; ".join(parts) or "no stored scan"


def _line_table(title: str, line: TrendLine, most: int) -> Table:
    points = line.points[-most:]
    return Table(
        caption=f"{title}: the same as a table",
        columns=(
            Column("Night", 20),
            Column("Scan", 8, "number"),
            *(Column(STATE_WORDS[state], 14, "number") for state in _SERIES),
            Column("Remarks"),
        ),
        rows=tuple(_point_row(point) for point in reversed(points)),
        note=capped(len(points), len(line.points), "nights, newest first", "the store"),
    )


def _point_row(point: TrendPoint) -> Row:
    if point.counts is None:
        blank = Mark.of(ControlState.INSUFFICIENT, "none")
        return Row(
            (
                minute(point.at),
                number(point.scan) if point.scan else "–",
                blank,
                blank,
                blank,
                sentence(f"no stored scan: {point.status}"),
            )
        )
    counts = dict(point.counts)
    values = tuple(number(counts.get(state, 0)) for state in _SERIES)
    return Row((minute(point.at), str(point.scan or "–"), *values, sentence("; ".join(point.breaks))))


def _since(comparison: Comparison | None) -> str:
    if comparison is None:
        return ""
    before = comparison.before
    parts = (
        moved(len(comparison.opened), len(comparison.closed), "failing result"),
        f"{count(len(comparison.flips), 'control') if comparison.flips else 'no control'} changed state",
        _differ(len(comparison.objects)),
    )
    return (
        f"Compared with scan {before.number} of {minute(before.taken_at)}: {joined(parts)}, over all frameworks."
        " What changed and changed back between the two scans is not to be seen in either."
    )


def _differ(objects: int) -> str:
    if not objects:
        return "no object differs"
    return f"{count(objects, 'object')} {'differs' if objects == 1 else 'differ'}"


SECTION = Section("trends", "Trends", build)
