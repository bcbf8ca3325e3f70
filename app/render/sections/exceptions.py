"""Exceptions accepted: owner, reason, compensating control, end. Those that do not count come first."""

from dataclasses import dataclass

from app.model.control import ControlState, ExceptionUse
from app.render.content import Mark, SectionPage
from app.render.dossier import Dossier, Section
from app.render.wording import clipped, count, day, iso_day, number, sentence

_SUBJECTS = 4
_SOON = 30  # days


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
    subjects: str
    covers: str


@dataclass(frozen=True)
class ExceptionsPage(SectionPage):
    """Expired and invalid ones first, then those in use by end date, then unused ones."""

    exceptions: tuple[Accepted, ...]


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
    )


def _order(use: ExceptionUse) -> tuple[bool, bool, str, str]:
    return (not use.problem, not use.hits, use.exception.expires_on.isoformat(), use.exception.id)


def _accepted(dossier: Dossier, use: ExceptionUse) -> Accepted:
    item = use.exception
    more = f" and {number(len(item.subjects) - _SUBJECTS)} more" if len(item.subjects) > _SUBJECTS else ""
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
        subjects=", ".join(clipped(subject, 80) for subject in item.subjects[:_SUBJECTS]) + more,
        covers=f"stands before {count(len(use.hits), 'failure')}"
        if use.hits
        else "covers nothing in this scan",
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
    return f"{iso_day(item.starts_on)} to {day(item.expires_on)}{soon}"


SECTION = Section("exceptions", "Exceptions accepted", build)
