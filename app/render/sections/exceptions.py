"""Exceptions accepted: owner, reason, compensating control, end. Those that do not count come first."""

from dataclasses import dataclass

from app.model.control import MOST_HITS, ControlState, ExceptionUse
from app.model.finding import Outcome
from app.render.claims import claimed
from app.render.content import Column, Links, Mark, Row, SectionPage, Stack, Table, capped
from app.render.dossier import Dossier, Section
from app.render.wording import clipped, count, iso_day, number, sentence

_SUBJECTS = 4
_SOON = 30  # days
_CHECK = "exception-expired-or-unsigned"


@dataclass(frozen=True, slots=True)
class Accepted:
    """One exception. `status` says whether it counts; `problem` why not."""

    number: str
    check: str
    mark: Mark
    problem: str
    reason: str
    owner: str
    approver: str
    compensating: str
    period: str
    subjects: tuple[str, ...]
    covers: str
    flaw: str


@dataclass(frozen=True)
class ExceptionsPage(SectionPage):
    """Expired and invalid ones first, then those in use by end date, then unused ones; `beneath` are the failures they accept."""

    exceptions: tuple[Accepted, ...]
    beneath: Table


def build(dossier: Dossier) -> ExceptionsPage:
    """Build the section."""
    uses = sorted(dossier.assessment.exceptions, key=_order)
    return ExceptionsPage(
        id="exceptions",
        title="Exceptions accepted",
        lede=(
            (
                "Failures that the entity accepts for a time. An exception never turns a failure into a pass: at most the control"
                " becomes *exception accepted*, and the assessor decides what that is worth."
            ),
        ),
        exceptions=tuple(_accepted(dossier, use) for use in uses),
        beneath=_beneath(dossier),
    )


def _order(use: ExceptionUse) -> tuple[bool, bool, str, str]:
    return (not use.problem, not use.hits, use.exception.expires_on.isoformat(), use.exception.id)


def _accepted(dossier: Dossier, use: ExceptionUse) -> Accepted:
    item = use.exception
    left = len(item.subjects) - _SUBJECTS
    more = (f"and {number(left)} more",) if left > 0 else ()
    return Accepted(
        number=item.id,
        check=item.check,
        mark=_mark(use),
        problem=sentence(f"it does not count: {use.problem}") if use.problem else "",
        reason=sentence(item.reason) or "No reason is given.",
        owner=item.owner or "none named",
        approver=item.approver or "none named",
        compensating=sentence(item.compensating_control) or "None named.",
        period=_period(dossier, use),
        subjects=(*(clipped(subject, 80) for subject in item.subjects[:_SUBJECTS]), *more),
        covers=f"stands before {count(len(use.hits), 'failure')}"
        if use.hits
        else "covers nothing in this scan",
        flaw="" if use.problem else _flaw(dossier, use),
    )


def _flaw(dossier: Dossier, use: ExceptionUse) -> str:
    """What should not stay as it is about one that counts; the check on exceptions says the same."""
    if use.exception.broad or len(use.hits) > MOST_HITS:
        return "It is over-broad: nobody looked at each of the failures that it accepts."
    for run in dossier.report.judgement.runs:
        for result in run.results:
            mine = result.check == _CHECK and result.subject.id == use.exception.id
            if mine and result.outcome is Outcome.FAIL:
                return sentence(result.says)
    return ""


def _beneath(dossier: Dossier) -> Table:
    """Failures that stand in this scan and that an exception accepts: without it, each would be an exception noted."""
    found = [item for item in dossier.findings if item.exception]
    shown = found[: dossier.definition.rows]
    return Table(
        caption="What would have failed without them",
        columns=(
            Column("Finding", 14, "code"),
            Column("What was found"),
            Column("Controls", 20),
            Column("Accepted under", 16, "code"),
        ),
        rows=tuple(
            Row(
                (
                    dossier.finding_link(item),
                    Stack((claimed(item.result),), (item.result.check,)),
                    Links(tuple(dossier.control_link(number) for number in item.controls)),
                    item.exception,
                )
            )
            for item in shown
        ),
        note=capped(len(shown), len(found), "accepted failures", "findings.json"),
        empty="No failure in this scan is accepted by an exception.",
    )


def _mark(use: ExceptionUse) -> Mark:
    if use.problem:
        return Mark.of(ControlState.EXCEPTION, "Does not count")
    if not use.hits:
        return Mark.of(ControlState.NOT_APPLICABLE, "Not used")
    return Mark.of(ControlState.PARTIAL)


def _period(dossier: Dossier, use: ExceptionUse) -> str:
    item = use.exception
    left = (item.expires_on - dossier.report.scan.taken_at.date()).days
    soon = f", {count(left, 'day')} left" if 0 <= left <= _SOON else ""
    return f"{iso_day(item.starts_on)} to {iso_day(item.expires_on)}{soon}"


SECTION = Section("exceptions", "Exceptions accepted", build)
