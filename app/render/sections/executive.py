"""The executive summary: two pages at any size, so every list is short and every name is clipped, and both say so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.model.control import ControlState, ExceptionUse
from app.model.finding import CheckResult, Outcome
from app.model.snapshot import Coverage
from app.render.charts import StepTrend
from app.render.claims import claim
from app.render.content import Cell, Column, Fact, Mark, Row, SectionPage, Stack, Table
from app.render.dossier import Dossier, Section
from app.render.failing import Finding
from app.render.sections.cover import result_sentence
from app.render.sections.summary import FrameworkBar, coverage_sentence, framework_bar, since_sentence
from app.render.sections.trends import lines_of
from app.render.shown import varied
from app.render.wording import (
    SEVERITY_WORDS,
    STATE_WORDS,
    clipped,
    count,
    day,
    ended,
    iso_day,
    joined,
    number,
    sentence,
    stamp,
)

_FRAMEWORKS: Final = 4
_CHANGES: Final = 3
_WORST: Final = 5
_EXCEPTIONS: Final = 2
_CHART: Final = 100  # points
_BREAKS: Final = 2
_LINE: Final = 120  # characters of a sentence that may hold a name
_NAME: Final = 40
_CONTROLS: Final = 2


@dataclass(frozen=True)
class ExecutivePage(SectionPage):
    """First page: `frameworks`, `changes` and `chart`; second: `worst`, `exceptions` and `unknown`.

    `chart` is None before the second stored scan; `breaks` say what its first numbered lines mark.
    """

    subject: str
    heads: tuple[Mark, ...]
    frameworks: tuple[FrameworkBar, ...]
    since: str
    changes: Table
    chart: StepTrend | None
    chart_note: str
    breaks: tuple[str, ...]
    worst: Table
    exceptions: Table
    unknown: tuple[Fact, ...]
    closing: str

    @property
    def sheet(self) -> bool:
        """It is read on its own."""
        return True


def build(dossier: Dossier) -> ExecutivePage:
    """Build both pages."""
    assessments = sorted(
        dossier.report.judgement.assessments or (dossier.assessment,),
        key=lambda item: item.framework.id != dossier.assessment.framework.id,
    )
    lines = lines_of(dossier) if _stored(dossier) > 1 else ()
    own = lines[0] if lines and lines[0].own else None
    return ExecutivePage(
        id="executive",
        title="In short",
        lede=(f"{result_sentence(dossier)} {coverage_sentence(dossier)}",),
        subject=f"{clipped(dossier.assessment.framework.title, _LINE)} · {day(dossier.report.scan.taken_at)}",
        heads=tuple(Mark.of(state) for state in STATE_WORDS),
        frameworks=tuple(framework_bar(index, item) for index, item in enumerate(assessments[:_FRAMEWORKS])),
        since=since_sentence(dossier),
        changes=_changes(dossier),
        chart=replace(own.chart, height=_CHART) if own else None,
        chart_note=_nights(dossier),
        breaks=tuple(clipped(note, _LINE) for note in own.notes[:_BREAKS]) if own else (),
        worst=_worst(dossier),
        exceptions=_exceptions(dossier),
        unknown=_unknown(dossier),
        closing=(
            "These pages decide nothing: they count what was tested and found. The auditor’s report on the same scan"
            f" has every test, population and file; scan {dossier.report.scan.number}, SHA-256 {dossier.report.scan.digest}."
        ),
    )


def _changes(dossier: Dossier) -> Table:
    """Failing results that opened, worst first, then those that closed."""
    comparison = dossier.report.trend.comparison
    opened = sorted(comparison.opened if comparison else (), key=_gravest)
    closed = sorted(comparison.closed if comparison else (), key=_gravest)
    rows = [*((_OPENED, item) for item in opened), *((_CLOSED, item) for item in closed)]
    return Table(
        caption="Failing results that opened or closed since the scan before",
        columns=(Column("What is or was wrong"), Column("Severity", 12), Column("Change", 16, "mark")),
        rows=tuple(
            Row((_says(item), SEVERITY_WORDS[item.severity], mark), mark.state)
            for mark, item in rows[:_CHANGES]
        ),
        note=_more(len(rows) - _CHANGES, "change"),
        empty="",
    )


_OPENED: Final = Mark.of(ControlState.EXCEPTION, "Opened")
_CLOSED: Final = Mark.of(ControlState.SUPPORTED, "Closed")


def _gravest(item: CheckResult) -> tuple[int, str, str]:
    return (item.severity.rank, item.check, item.subject.id)


def _says(item: CheckResult) -> str:
    return ended(clipped(claim(item), _LINE))


def _controls(numbers: Sequence[str]) -> str:
    """The first numbers, whole, and how many more there are; one too many takes no more room than its count."""
    if len(numbers) <= _CONTROLS + 1:
        return ", ".join(numbers)
    return f"{', '.join(numbers[:_CONTROLS])} and {number(len(numbers) - _CONTROLS)} more"


def _more(left: int, noun: str) -> str:
    return f"{sentence(count(left, f'more {noun}'))[:-1]} in the full report." if left > 0 else ""


def _stored(dossier: Dossier) -> int:
    return dossier.lines[0].stored if dossier.lines else 0


def _nights(dossier: Dossier) -> str:
    points = dossier.lines[0].points if dossier.lines else ()
    stored = _stored(dossier)
    if stored < 2:  # noqa: PLR2004  a line has two ends
        return "A line over time begins with the second stored scan."
    held = (
        f"{count(stored, 'night')}, each with a stored scan."
        if stored == len(points)
        else f"{number(stored)} of {count(len(points), 'night')} have a stored scan; the others are gaps, never zero."
    )
    broken = any(point.breaks for point in points)
    return (
        f"{held} A dotted line marks a change that makes its two sides hard to compare." if broken else held
    )


def _worst(dossier: Dossier) -> Table:
    found = [item for item in dossier.findings if item.state is ControlState.EXCEPTION]
    shown = varied(found, _WORST)
    return Table(
        caption="Worst open findings by test",
        columns=(
            Column("What is wrong"),
            Column("Severity", 10),
            Column("Controls", 20),
            Column("Owner", 18),
            Column("Open", 16),
        ),
        rows=tuple(
            Row(
                (
                    Stack((_says(item.result),), (f"{item.id}, {item.mark.word.lower()}",)),
                    SEVERITY_WORDS[item.result.severity],
                    _controls(item.controls),
                    _owner(dossier),
                    _age(dossier, item),
                ),
                item.state.value,
            )
            for item in shown
        ),
        note=_more(len(found) - len(shown), "finding"),
        empty="No finding is open for this framework.",
    )


def _owner(dossier: Dossier) -> str:
    """The scope file's owner: nothing in a cluster says who answers for a finding."""
    owner = dossier.report.judgement.scope.owner
    return f"{clipped(owner, _NAME)} (owner of the scope)" if owner else "nobody is named"


def _age(dossier: Dossier, item: Finding) -> Cell:
    if item.life is None:
        return "not recorded before"
    days = (dossier.report.scan.taken_at - item.life.opened_at).days
    return Stack((count(days, "day") if days else "new",), (f"since {iso_day(item.life.opened_at)}",))


def _exceptions(dossier: Dossier) -> Table:
    uses = sorted(
        dossier.assessment.exceptions, key=lambda item: (not item.problem, item.exception.expires_on)
    )
    return Table(
        caption="Exceptions accepted by the entity",
        columns=(
            Column("Exception", 16, "code"),
            Column("Reason"),
            Column("Owner", 18),
            Column("Ends", 14),
            Column("State", 16, "mark"),
        ),
        rows=tuple(_exception_row(use) for use in uses[:_EXCEPTIONS]),
        note=_more(len(uses) - _EXCEPTIONS, "exception"),
        empty="No exception is on file for this framework.",
    )


def _exception_row(use: ExceptionUse) -> Row:
    item = use.exception
    mark = (
        Mark.of(ControlState.EXCEPTION, "Does not count")
        if use.problem
        else Mark.of(ControlState.PARTIAL, "In use" if use.hits else "Not used")
    )
    texts = (clipped(item.id, 24), clipped(item.reason, _LINE), clipped(item.owner, _NAME))
    return Row((*texts, iso_day(item.expires_on), mark), mark.state)


def _unknown(dossier: Dossier) -> tuple[Fact, ...]:
    return (
        Fact("Collected", f"{stamp(dossier.report.snapshot.taken_at)}, {_kinds(dossier)}"),
        Fact("Not seen", _gaps(dossier)),
        Fact("Not determined", _undetermined(dossier)),
        Fact("Left to people", _manual(dossier)),
        Fact("Scope", _scope(dossier)),
        Fact(
            "Never seen by a scan",
            "What changed and changed back between two scans, and traffic itself: it reads configuration.",
        ),
    )


def _kinds(dossier: Dossier) -> str:
    kinds = [item for item in dossier.report.snapshot.kinds if item.coverage is not Coverage.ABSENT]
    whole = sum(item.coverage is Coverage.COMPLETE for item in kinds)
    seen = (
        f"{number(whole)} of {count(len(kinds), 'resource kind')} complete" if kinds else "kinds not listed"
    )
    return f"{seen}, {count(len(dossier.report.snapshot.objects), 'object')}"


def _gaps(dossier: Dossier) -> str:
    gaps = dossier.report.snapshot.gaps
    if not gaps:
        return "Nothing that was asked for is missing."
    kinds = sorted({str(gap.group_kind) or "kind not known" for gap in gaps})
    named = joined([*(clipped(name, _NAME) for name in kinds[:3]), *(["others"] if len(kinds) > 3 else [])])  # noqa: PLR2004  as many as are named
    return f"{sentence(count(len(gaps), 'gap'))[:-1]} in what was read, about {named}."


def _undetermined(dossier: Dossier) -> str:
    subjects = sum(
        result.outcome in (Outcome.INSUFFICIENT, Outcome.ERROR)
        for _, run in dossier.mapped_runs
        for result in dossier.of_boundary(run)
    )
    controls = dossier.assessment.count(ControlState.INSUFFICIENT)
    lack = "lacks" if controls == 1 else "lack"
    return f"{count(controls, 'control')} {lack} sufficient evidence; {count(subjects, 'test result')} could not be determined."


def _manual(dossier: Dossier) -> str:
    controls = dossier.assessment.count(ControlState.MANUAL)
    need = "needs" if controls == 1 else "need"
    return f"{count(controls, 'control')} {need} evidence that only people can give."


def _scope(dossier: Dossier) -> str:
    scope, workloads = dossier.report.judgement.scope, dossier.report.judgement.reachability.workloads
    if not scope.given:
        return "No scope file was given, so every workload counts as in scope."
    unplaced = sum(dossier.placements[item.id].inside(dossier.boundary) is None for item in workloads)
    reviewed = f", reviewed on {day(scope.reviewed_on)}" if scope.reviewed_on else ""
    owner = clipped(scope.owner, _NAME) or "nobody"
    placed = (
        f"{number(unplaced)} of {count(len(workloads), 'workload')} placed by no rule, which counts as in scope."
        if unplaced
        else f"rules place every one of {count(len(workloads), 'workload')}."
    )
    return f"Owned by {owner}{reviewed}; {placed}"


SECTION = Section("executive", "Executive summary", build)
