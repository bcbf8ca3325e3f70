"""Does every accepted exception have an owner, another person's approval, and time left?"""

from dataclasses import dataclass

from app.evaluate.checks.common.population import cluster_subject, record_subject
from app.evaluate.checks.common.verdicts import Check, Details, Verdicts
from app.evaluate.checks.common.wording import names
from app.model.control import AcceptedException
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun


@dataclass(frozen=True, slots=True)
class ExceptionExpiredOrUnsigned:
    """Judges each entry of the exception register on the day of the scan.

    An entry fails when it has expired, lacks owner or approver, or was approved by its owner. One that starts later is
    in order; it only does not count yet. Without any entry the question does not apply.
    """

    id: str = "exception-expired-or-unsigned"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every exception."""
        verdicts = Verdicts.of(facts, self.id)
        results = [_result(facts, verdicts, item) for item in facts.exceptions]
        none = verdicts.not_applicable(cluster_subject(facts), "no exception is on file")
        return verdicts.run(results or [none])


CHECK: Check = ExceptionExpiredOrUnsigned()


def _result(facts: Facts, verdicts: Verdicts, item: AcceptedException) -> CheckResult:
    day, subject = facts.at.date(), record_subject(item.id)
    details = Details(why=_steps(item), data={"check": item.check, "expires_on": item.expires_on.isoformat()})
    if day < item.starts_on:
        pending = item.problem(item.starts_on)
        if not pending:
            says = f"Exception {item.id} starts on {item.starts_on.isoformat()} and does not count yet"
            return verdicts.passed(subject, says, base=details)
        return _failed(verdicts, item, pending, details)
    problem = item.problem(day)
    if problem:
        return _failed(verdicts, item, problem, details)
    says = f"Exception {item.id} is approved by {item.approver} until {item.expires_on.isoformat()}"
    return verdicts.passed(subject, says, base=details)


def _failed(verdicts: Verdicts, item: AcceptedException, problem: str, details: Details) -> CheckResult:
    return verdicts.failed(
        record_subject(item.id),
        f"Exception {item.id} does not count: {problem}",
        remedy=(
            "Close what it covers, or have it approved anew by somebody other than its owner with a new end, and "
            "change the exceptions file."
        ),
        base=details,
    )


def _steps(item: AcceptedException) -> tuple[str, ...]:
    return (
        f"It covers {item.check} for {names(item.subjects)}.",
        f"Owner: {item.owner or 'none'}; approver: {item.approver or 'none'}.",
        f"It runs from {item.starts_on.isoformat()} to {item.expires_on.isoformat()}.",
    )
