"""Populations: every subject of every check, those without exception included. Passing evidence is evidence too."""

from dataclasses import dataclass
from typing import Final

from app.model.finding import CheckResult, CheckRun, Outcome
from app.render.charts import Segment, StackedBar
from app.render.claims import claimed
from app.render.content import Column, Link, Links, Mark, Row, SectionPage, Stack, Table
from app.render.dossier import Dossier, Section
from app.render.stems import Names, stemmed
from app.render.wording import OUTCOME_MARKS, OUTCOME_WORDS, count, number, sentence

_ORDER: Final = (Outcome.FAIL, Outcome.INSUFFICIENT, Outcome.ERROR, Outcome.PASS, Outcome.NOT_APPLICABLE)

_MOST_NOT_APPLICABLE: Final = 24
"""What a test does not apply to is counted in full and named in part: nothing was found there."""


@dataclass(frozen=True, slots=True)
class Group:
    """Subjects with one outcome; `more` says how many names are left out, `stems` has the same names in fewer words."""

    mark: Mark
    count: str
    names: tuple[str, ...]
    stems: tuple[Names, ...]
    more: str


@dataclass(frozen=True, slots=True)
class Population:
    """One check over its population."""

    evidence: str
    check: str
    title: str
    about: str
    controls: tuple[Link, ...]
    bar: StackedBar
    groups: tuple[Group, ...]
    limits: tuple[str, ...]


@dataclass(frozen=True)
class PopulationsPage(SectionPage):
    """Checks that bear on the framework, in the order of their evidence ids; `idle` are those with nothing to judge."""

    populations: tuple[Population, ...]
    idle: Table
    note: str
    nothing: str


def build(dossier: Dossier) -> PopulationsPage:
    """Build the section."""
    judged = [item for item in dossier.mapped_runs if _judges(dossier, item[1])]
    idle = [item for item in dossier.mapped_runs if not _judges(dossier, item[1])]
    others = len(dossier.runs) - len(dossier.mapped_runs)
    return PopulationsPage(
        id="populations",
        title="Populations",
        lede=(
            (
                "For each test, everything it looked at and what it found, over the population of this framework."
                f" At most {count(dossier.definition.rows, 'name')} per outcome are printed, fewer of those to which a test does"
                " not apply; `populations.csv` has every subject with its sentence."
            ),
        ),
        populations=tuple(_population(dossier, evidence, run) for evidence, run in judged),
        idle=_idle(dossier, idle),
        note=f"{count(others, 'test')} of this scan {'bears' if others == 1 else 'bear'} on no control of this framework."
        if others
        else "",
        nothing="No test judged a subject."
        if idle
        else "No test of this scan bears on a control of this framework.",
    )


def _judges(dossier: Dossier, run: CheckRun) -> bool:
    """A test that judged a subject, or could not: an unread population is never nothing to judge."""
    judged = (item.outcome is not Outcome.NOT_APPLICABLE for item in dossier.of_boundary(run))
    return not run.population_complete or any(judged)


def _idle(dossier: Dossier, runs: list[tuple[str, CheckRun]]) -> Table:
    return Table(
        caption="Tests with nothing to judge",
        columns=(
            Column("Evidence", 10, "code"),
            Column("Test", 26),
            Column("Why it does not apply"),
            Column("Controls", 18),
        ),
        rows=tuple(_idle_row(dossier, evidence, run) for evidence, run in runs),
        empty="",
    )


def _idle_row(dossier: Dossier, evidence: str, run: CheckRun) -> Row:
    """One test; its subjects say the same of themselves, so the first stands for them. Of none, a limit says nothing."""
    results = dossier.of_boundary(run)
    why = claimed(results[0]) if results else "No subject in the population."
    example = f"{count(len(results), 'subject')}. For example: " if len(results) > 1 else ""
    limits = (" ".join(sentence(limit) for limit in run.limits),) if run.limits and results else ()
    cells = (
        evidence,
        Stack((sentence(run.meta.title)[:-1],), (run.meta.id,)),
        Stack((f"{example}{why}",), limits),
        Links(tuple(dossier.control_link(item.control.id) for item in dossier.bearing[run.meta.id])),
    )
    return Row(cells, OUTCOME_MARKS[Outcome.NOT_APPLICABLE].value, evidence)


def _population(dossier: Dossier, evidence: str, run: CheckRun) -> Population:
    results = dossier.of_boundary(run)
    by_outcome = {outcome: [item for item in results if item.outcome is outcome] for outcome in _ORDER}
    return Population(
        evidence=evidence,
        check=run.meta.id,
        title=sentence(run.meta.title)[:-1],
        about=_about(run, len(results)),
        controls=tuple(dossier.control_link(item.control.id) for item in dossier.bearing[run.meta.id]),
        bar=StackedBar(
            f"bar-{evidence}",
            f"{run.meta.title}: population by outcome",
            tuple(
                Segment(OUTCOME_MARKS[outcome].value, OUTCOME_WORDS[outcome], len(by_outcome[outcome]))
                for outcome in _ORDER
            ),
            width=482,
            height=6,
        ),
        groups=tuple(_group(dossier, outcome, items) for outcome, items in by_outcome.items() if items),
        limits=tuple(sentence(limit) for limit in run.limits),
    )


def _about(run: CheckRun, size: int) -> str:
    whole = "" if run.population_complete else " Part of the population could not be read."
    if not size:
        return f"No subject in the population.{whole}"
    return f"{count(size, 'subject')}. {sentence(f'an exception means: {run.meta.fails_when}')}{whole}"


def _group(dossier: Dossier, outcome: Outcome, items: list[CheckResult]) -> Group:
    rows = dossier.definition.rows
    most = min(rows, _MOST_NOT_APPLICABLE) if outcome is Outcome.NOT_APPLICABLE else rows
    left = len(items) - most
    printed = [item.subject for item in items[:most]]
    return Group(
        mark=Mark.of(OUTCOME_MARKS[outcome], OUTCOME_WORDS[outcome]),
        count=number(len(items)),
        names=tuple(subject.id for subject in printed),
        stems=stemmed((subject.id, subject.namespace) for subject in printed),
        more=f"and {number(left)} more in `populations.csv`" if left > 0 else "",
    )


SECTION = Section("populations", "Populations", build)
