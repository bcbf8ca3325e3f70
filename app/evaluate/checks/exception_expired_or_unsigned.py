"""Is every accepted exception owned, approved by another, within its time, narrow, used, and not dated back?"""

from collections.abc import Iterable
from dataclasses import dataclass

from app.evaluate.checks.common.population import cluster_subject, record_subject
from app.evaluate.checks.common.verdicts import Check, Details, Verdicts
from app.evaluate.checks.common.wording import names
from app.model.control import MOST_HITS, AcceptedException
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Outcome, Severity

_LIMIT = (
    f"Over-broad: a subject leaves a namespace, or every name in one, to `*` or `?`, or one entry stands before more than "
    f"{MOST_HITS} failures. Unused is told only where its check judged all that it names."
)
_OPEN = (Outcome.FAIL, Outcome.INSUFFICIENT, Outcome.ERROR)
_ANEW = (
    "Close what it covers, or have it approved anew by somebody other than its owner with a new end, and change the "
    "exceptions file."
)


@dataclass(frozen=True, slots=True)
class ExceptionExpiredOrUnsigned:
    """Judges each entry of the exception register on the day of the scan.

    An entry fails when it has expired, lacks owner or approver, or was approved by its owner; such a one does not count. It
    fails as well when it is over-broad, claims to have begun before a scan whose file did not have it, or covers nothing;
    such a one counts still. One that starts later is in order. Without any entry the question does not apply.
    """

    id: str = "exception-expired-or-unsigned"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every exception."""
        verdicts = Verdicts.of(facts, self.id)
        results = [_result(facts, verdicts, item) for item in facts.exceptions]
        none = verdicts.not_applicable(cluster_subject(facts), "no exception is on file")
        return verdicts.run(results or [none], limits=(_LIMIT,) if results else ())


CHECK: Check = ExceptionExpiredOrUnsigned()


def _result(facts: Facts, verdicts: Verdicts, item: AcceptedException) -> CheckResult:
    day, subject = facts.at.date(), record_subject(item.id)
    details = Details(why=_steps(item), data={"check": item.check, "expires_on": item.expires_on.isoformat()})
    problem = item.problem(max(day, item.starts_on))
    if problem:
        says = f"Exception {item.id} does not count: {problem}"
        return verdicts.failed(subject, says, remedy=_ANEW, base=details)
    if flaws := tuple(_flaws(facts, item)):
        return _flawed(verdicts, item, flaws, details)
    if day < item.starts_on:
        says = f"Exception {item.id} starts on {item.starts_on.isoformat()} and does not count yet"
        return verdicts.passed(subject, says, base=details)
    if _covers_nothing(facts, item):
        says = f"Exception {item.id} covers nothing: nothing that it names fails {item.check}"
        remedy = "Take it out of the exceptions file: left there, it would accept the next failure unseen."
        severity = Severity.LOW
        return verdicts.failed(subject, says, remedy=remedy, base=details, severity=severity)
    says = f"Exception {item.id} is approved by {item.approver} until {item.expires_on.isoformat()}"
    return verdicts.passed(subject, says, base=details)


def _flawed(
    verdicts: Verdicts, item: AcceptedException, flaws: tuple[str, ...], details: Details
) -> CheckResult:
    details["why"] = (*details["why"], *(f"{text[:1].upper()}{text[1:]}." for text in flaws))
    remedy = (
        "Name each subject that is accepted, date the entry from its approval, and have it approved anew."
    )
    says = f"Exception {item.id} counts, and should not stay as it is: {flaws[0]}"
    return verdicts.failed(record_subject(item.id), says, remedy=remedy, base=details)


def _flaws(facts: Facts, item: AcceptedException) -> Iterable[str]:
    if item.broad:
        yield f"it is over-broad, because {names(item.broad)} names a whole namespace or more"
    elif (hits := _hits(facts, item)) > MOST_HITS:
        yield f"it is over-broad, because it stands before {hits} failures, more than {MOST_HITS}"
    absent = facts.context.absent.get(item.id)
    if absent is not None and item.starts_on < absent:
        yield (
            f"it is dated back: it claims to begin on {item.starts_on.isoformat()}, and the file of the scan of "
            f"{absent.isoformat()} did not have it"
        )


def _hits(facts: Facts, item: AcceptedException) -> int:
    return sum(result.outcome is Outcome.FAIL for result in _named(facts, item))


def _covers_nothing(facts: Facts, item: AcceptedException) -> bool:
    """Known only where the check ran over its whole population; what it could not judge may fail."""
    whole = any(run.meta.id == item.check and run.population_complete for run in facts.found)
    return whole and not any(result.outcome in _OPEN for result in _named(facts, item))


def _named(facts: Facts, item: AcceptedException) -> Iterable[CheckResult]:
    return (
        result
        for run in facts.found
        if run.meta.id == item.check
        for result in run.results
        if item.names(result.subject.id)
    )


def _steps(item: AcceptedException) -> tuple[str, ...]:
    return (
        f"It covers {item.check} for {names(item.subjects)}.",
        f"Owner: {item.owner or 'none'}; approver: {item.approver or 'none'}.",
        f"It runs from {item.starts_on.isoformat()} to {item.expires_on.isoformat()}.",
    )
