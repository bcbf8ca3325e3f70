"""Trends: one step line per framework over the stored scans, and what changed since the scan before."""

from dataclasses import dataclass
from typing import Final

from app.model.cluster import are_two
from app.model.control import ControlState
from app.model.finding import CheckResult
from app.model.history import ChangeKind, Comparison, TrendLine, TrendPoint
from app.render.charts import Break, Series, StepTrend
from app.render.claims import claimed
from app.render.content import Column, Entry, Mark, Row, SectionPage, Table, capped
from app.render.dossier import Dossier, Section
from app.render.wording import (
    SEVERITY_WORDS,
    STATE_WORDS,
    count,
    joined,
    minute,
    number,
    sentence,
    short_digest,
)

_SERIES: Final = (ControlState.EXCEPTION, ControlState.INSUFFICIENT, ControlState.SUPPORTED)
_NIGHTS: Final = 31  # rows of the table beside a chart
_CHANGE_WORDS: Final = {
    ChangeKind.ADDED: "Added",
    ChangeKind.CHANGED: "Changed",
    ChangeKind.REMOVED: "Removed",
}


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
    tables = tuple(build(dossier, comparison) for build in (_changes, _flips, _paths, _objects))
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
    others = " They are of two clusters of one name." if are_two(before, comparison.after) else ""
    return (
        f"Compared with scan {before.number} of {minute(before.taken_at)}: {count(len(comparison.opened), 'failing result')}"
        f" opened and {number(len(comparison.closed))} closed, {count(len(comparison.flips), 'control')} changed state and"
        f" {count(len(comparison.objects), 'object')} differ, over all frameworks. What changed and changed back between the"
        f" two scans is not to be seen in either.{others}"
    )


def _changes(dossier: Dossier, comparison: Comparison | None) -> Table:
    opened = [("Opened", item) for item in (comparison.opened if comparison else ())]
    closed = [("Closed", item) for item in (comparison.closed if comparison else ())]
    rows = sorted(
        [*opened, *closed],
        key=lambda pair: (pair[0] == "Closed", pair[1].severity.rank, pair[1].check, pair[1].subject.id),
    )
    shown = rows[: dossier.definition.rows]
    return Table(
        caption="Failing results that opened or closed",
        columns=(
            Column("Finding", 14, "code"),
            Column("What is or was wrong"),
            Column("Severity", 12),
            Column("Change", 16, "mark"),
        ),
        rows=tuple(_change_row(dossier, word, result) for word, result in shown),
        note=capped(len(shown), len(rows), "changes", "findings.json"),
        empty="No failing result opened or closed.",
    )


def _change_row(dossier: Dossier, word: str, result: CheckResult) -> Row:
    finding = dossier.findings_by_print.get(result.fingerprint)
    name = dossier.finding_link(finding) if finding else f"F-{result.fingerprint[:8]}"
    state = ControlState.EXCEPTION if word == "Opened" else ControlState.SUPPORTED
    return Row((name, claimed(result), SEVERITY_WORDS[result.severity], Mark.of(state, word)))


def _flips(dossier: Dossier, comparison: Comparison | None) -> Table:
    own = dossier.assessment.framework.id
    flips = [item for item in (comparison.flips if comparison else ()) if item.framework == own]
    titles = {item.control.id: item.control.title for item in dossier.assessment.controls}
    return Table(
        caption="Controls of this framework whose state changed",
        columns=(
            Column("Control", 16, "code"),
            Column("Title"),
            Column("Before", 22, "mark"),
            Column("Now", 22, "mark"),
        ),
        rows=tuple(
            Row(
                (
                    dossier.control_link(item.control),
                    sentence(titles.get(item.control, "")),
                    Mark.of(item.before),
                    Mark.of(item.after),
                )
            )
            for item in flips
        ),
        empty="No control of this framework changed its state.",
    )


def _paths(dossier: Dossier, comparison: Comparison | None) -> Table:
    paths = sorted(
        comparison.paths if comparison else (),
        key=lambda item: (not item.opened, item.source, item.destination),
    )
    shown = paths[: dossier.definition.rows]
    return Table(
        caption="Connections that opened or closed",
        columns=(
            Column("From", 30, "code"),
            Column("To", 30, "code"),
            Column("Ports"),
            Column("Change", 14, "mark"),
        ),
        rows=tuple(
            Row(
                (
                    item.source,
                    item.destination,
                    item.ports,
                    Mark.of(
                        ControlState.EXCEPTION if item.opened else ControlState.SUPPORTED,
                        "Opened" if item.opened else "Closed",
                    ),
                )
            )
            for item in shown
        ),
        note=capped(len(shown), len(paths), "connections", "reachability.json"),
        empty="No connection opened or closed.",
    )


def _objects(dossier: Dossier, comparison: Comparison | None) -> Table:
    changes = sorted(comparison.objects) if comparison else []
    shown = changes[: dossier.definition.rows]
    return Table(
        caption="Objects that changed",
        columns=(
            Column("Object", 0, "code"),
            Column("Change", 14),
            Column("SHA-256 before", 22, "code"),
            Column("SHA-256 now", 22, "code"),
        ),
        rows=tuple(
            Row(
                (
                    str(item.ref),
                    _CHANGE_WORDS[item.kind],
                    short_digest(item.before) or "–",
                    short_digest(item.after) or "–",
                )
            )
            for item in shown
        ),
        note=capped(len(shown), len(changes), "objects", "snapshot.json"),
        empty="No object differs.",
    )


SECTION = Section("trends", "Trends", build)
