"""Summary: three sentences, the figures, a bar per framework, and what to do first."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from app.model.control import Assessment, ControlState
from app.model.finding import Severity
from app.model.history import Comparison
from app.model.platform import Enforcement
from app.render.charts import Segment, Sparkline, StackedBar
from app.render.claims import claimed
from app.render.content import Column, Mark, Row, SectionPage, Stack, Table
from app.render.dossier import Dossier, Section
from app.render.failing import Finding
from app.render.sections.cover import result_sentence
from app.render.shown import by_test
from app.render.wording import (
    STATE_WORDS,
    count,
    day,
    joined,
    moved,
    number,
    sentence,
    spelled,
)

_FIRST = 4
_SCANS = 14
_FIGURES = (
    ControlState.SUPPORTED,
    ControlState.EXCEPTION,
    ControlState.PARTIAL,
    ControlState.INSUFFICIENT,
    ControlState.MANUAL,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One large number: its state, what it counts, and the scan before; `spark` is None without a history."""

    mark: Mark
    value: str
    of: str
    before: str
    spark: Sparkline | None


@dataclass(frozen=True, slots=True)
class FrameworkBar:
    """One framework of the same scan."""

    name: str
    bar: StackedBar
    counts: tuple[str, ...]


@dataclass(frozen=True)
class SummaryPage(SectionPage):
    """`heads` are the states that `FrameworkBar.counts` follow."""

    figures: tuple[Figure, ...]
    heads: tuple[Mark, ...]
    frameworks: tuple[FrameworkBar, ...]
    first: Table
    severities: str
    since: str


def build(dossier: Dossier) -> SummaryPage:
    """Build the summary."""
    assessments = sorted(
        dossier.report.judgement.assessments or (dossier.assessment,),
        key=lambda item: item.framework.id != dossier.assessment.framework.id,
    )
    return SummaryPage(
        id="summary",
        title="Summary",
        lede=(
            " ".join(
                text
                for text in (
                    result_sentence(dossier),
                    _findings_sentence(dossier),
                    coverage_sentence(dossier),
                )
                if text
            ),
            dossier.ledger.sentence,
        ),
        figures=tuple(_figure(dossier, state) for state in _FIGURES) if dossier.counted else (),
        heads=tuple(Mark.of(state) for state in STATE_WORDS),
        frameworks=tuple(framework_bar(index, item) for index, item in enumerate(assessments)),
        first=_first(dossier),
        severities=_severities(dossier),
        since=since_sentence(dossier),
    )


def _findings_sentence(dossier: Dossier) -> str:
    if dossier.ledger.readiness and not dossier.counted:
        return ""
    if not dossier.mapped_runs:
        return "No test that bears on this framework was performed."
    deciding = [item for item in dossier.findings if item.direct and item.state is ControlState.EXCEPTION]
    if not deciding:
        return "No test that decides a control found an exception."
    worst = sum(item.result.severity in (Severity.CRITICAL, Severity.HIGH) for item in deciding)
    share = (
        ""
        if len(deciding) == 1
        else "all of them "
        if worst == len(deciding)
        else f"{number(worst)} of them "
    )
    grave = f", {share}critical or high" if worst else ""
    noted = "exception" if dossier.assessment.count(ControlState.EXCEPTION) == 1 else "exceptions"
    return f"Behind the {noted} {_are(len(deciding))} {count(len(deciding), 'finding')}{grave}."


def coverage_sentence(dossier: Dossier) -> str:
    """Say whether everything was read, and whether policies are enforced."""
    snapshot = dossier.report.snapshot
    read = _read_sentence(len(snapshot.objects), len(snapshot.gaps))
    return f"{read} {_ENFORCED[dossier.report.judgement.platform.enforcement]}"


_ENFORCED: Final[dict[Enforcement, str]] = {
    Enforcement.ENFORCED: "The network plugin is known to enforce policies.",
    Enforcement.NOT_ENFORCED: "The network plugin does not enforce policies.",
    Enforcement.DEGRADED: "The network plugin enforces policies only in part.",
    Enforcement.UNKNOWN: "Whether policies are enforced is unknown, so results are as declared.",
}


def _read_sentence(objects: int, gaps: int) -> str:
    if not objects:
        return "No object was read."
    if gaps:
        limits = "limits" if gaps == 1 else "limit"
        return f"{sentence(spelled(gaps, 'gap'))[:-1]} in what was read {limits} what could be determined."
    return "Everything that was asked for was read."


def _are(value: int) -> str:
    return "is" if value == 1 else "are"


def _figure(dossier: Dossier, state: ControlState) -> Figure:
    line = next((item for item in dossier.lines if item.framework == dossier.assessment.framework.id), None)
    points = line.points[-_SCANS:] if line else ()
    values = tuple(None if point.counts is None else dict(point.counts).get(state, 0) for point in points)
    known = [value for value in values[:-1] if value is not None]
    return Figure(
        mark=Mark.of(state),
        value=number(dossier.assessment.count(state)),
        of=f"of {number(dossier.applicable)}" if state is ControlState.SUPPORTED else "",
        before=f"scan before: {number(known[-1])}" if known else "no scan before",
        spark=Sparkline(f"spark-{state.value}", f"{STATE_WORDS[state]}, last scans", values)
        if known
        else None,
    )


def framework_bar(index: int, assessment: Assessment) -> FrameworkBar:
    """One framework as a stacked bar; `index` makes its id."""
    segments = tuple(
        Segment(state.value, word, assessment.count(state)) for state, word in STATE_WORDS.items()
    )
    title = assessment.framework.title
    return FrameworkBar(
        name=title,
        bar=StackedBar(f"bar-framework-{index}", f"Controls of {title} by state", segments, width=190),
        counts=tuple(number(item.count) for item in segments),
    )


def _first(dossier: Dossier) -> Table:
    """The worst finding of each test, the worst tests first: many findings of one are one thing to do."""
    tests = by_test(item for item in dossier.findings if item.state is ControlState.EXCEPTION)
    more = sum(len(group) for group in tests[_FIRST:])
    return Table(
        caption="What to do first: the worst finding of each test",
        columns=(
            Column("Finding", 14, "code"),
            Column("What is wrong"),
            Column("Controls", 18),
            Column("Open since", 16),
        ),
        rows=tuple(_row(dossier, group) for group in tests[:_FIRST]),
        note=f"{count(more, 'more finding')} of {count(len(tests) - _FIRST, 'further test')} in the section on findings."
        if more
        else "",
        empty="No finding is open for this framework.",
    )


def _severities(dossier: Dossier) -> str:
    """Say how many findings there are of each severity, and how many are new."""
    open_ones = [item for item in dossier.findings if item.state is ControlState.EXCEPTION]
    if not open_ones:
        return ""
    counts = Counter(item.result.severity for item in open_ones)
    parts = [f"{number(counts[severity])} {severity.value}" for severity in Severity if counts[severity]]
    new = sum(
        item.life is not None and item.life.first_in == dossier.report.scan.number for item in open_ones
    )
    news = f" {number(new)} {'was' if new == 1 else 'were'} first seen in this scan." if new else ""
    return f"{count(len(open_ones), 'finding')} {_are(len(open_ones))} open: {joined(parts)}.{news}"


def since_sentence(dossier: Dossier) -> str:
    """Say in counts what differs from the scan before."""
    comparison, began = dossier.report.trend.comparison, dossier.report.trend.began
    if began and began.scan == dossier.report.scan.number:
        return (
            "Another cluster answers to this name from this scan on: it is compared with none before it, and findings are"
            " counted as new."
        )
    since = _since(comparison)
    if began:
        since += (
            f" Another cluster answers to this name since scan {began.scan} of {day(began.at)}: findings are as old as they are"
            " in this one."
        )
    return since


def _since(comparison: Comparison | None) -> str:
    if comparison is None:
        return "This is the first stored scan of the cluster; there is none to compare it with."
    opened, closed = len(comparison.opened), len(comparison.closed)
    paths = sum(item.opened for item in comparison.paths)
    if not (opened or closed or comparison.flips or comparison.paths or comparison.objects):
        return f"Nothing differs from scan {comparison.before.number} of {day(comparison.before.taken_at)}."
    parts = (
        moved(opened, closed, "failing result"),
        *([f"{count(len(comparison.flips), 'control')} changed state"] if comparison.flips else []),
        moved(paths, len(comparison.paths) - paths, "connection"),
        f"{count(len(comparison.objects), 'object')} changed" if comparison.objects else "no object changed",
    )
    since = f"Since scan {comparison.before.number} of {day(comparison.before.taken_at)}, over all frameworks"
    return f"{since}: {', '.join(parts)}."


def _row(dossier: Dossier, group: tuple[Finding, ...]) -> Row:
    item, others = group[0], len(group) - 1
    says = claimed(item.result)
    return Row(
        (
            dossier.finding_link(item),
            Stack((says,), (f"And {number(others)} more of this test.",)) if others else says,
            ", ".join(item.controls),
            day(item.life.opened_at) if item.life else "not recorded",
        ),
        state=item.state.value,
    )


SECTION = Section("summary", "Summary", build)
