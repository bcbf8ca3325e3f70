"""Records that controls want: one result each, whatever the number of frameworks that ask for it."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.evaluate.checks.common.population import cluster_subject, record_subject
from app.evaluate.checks.common.verdicts import Details, Doubt, Verdicts
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Outcome
from app.model.registers import RecordDuty

_LIMIT = "Answered from attestations.yaml: it tests the date of a record, not the requirement."
_ADVICE = "Do it, and enter the record in attestations.yaml with its date, its person and the digest of its document."
_WORST = (Outcome.FAIL, Outcome.INSUFFICIENT, Outcome.PASS, Outcome.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class RecordCheck:
    """Judges each record that a control of a framework wants as direct evidence.

    It fails when the record on file is older than its interval, predates a significant change that ends it, or leaves
    something open. No record on file, or one without an end, leaves it undecided.
    """

    id: str

    def run(self, facts: Facts) -> CheckRun:
        """Judge every record that is wanted."""
        verdicts, groups = Verdicts.of(facts, self.id), dict[str, list[RecordDuty]]()
        for item in facts.duties:
            if item.check == self.id:
                groups.setdefault(f"{item.control} {item.type}", []).append(item)
        results = [_result(verdicts, name, items) for name, items in groups.items()]
        none = verdicts.not_applicable(cluster_subject(facts), "no framework asks for such a record")
        return verdicts.run(results or [none], limits=(_LIMIT,))


def _result(verdicts: Verdicts, name: str, items: Iterable[RecordDuty]) -> CheckResult:
    duties = sorted(items, key=lambda item: _WORST.index(item.outcome))
    worst, subject = duties[0], record_subject(name)
    details = Details(boundaries=frozenset(item.boundary for item in duties if item.boundary))
    says = worst.says.rstrip(".")
    match worst.outcome:
        case Outcome.FAIL:
            why = (f"{worst.control} wants a record “{worst.type}”.",)
            return verdicts.failed(subject, says, why=why, remedy=_ADVICE, base=details)
        case Outcome.INSUFFICIENT:
            doubt = Doubt(f"{worst.control} wants a record “{worst.type}” that counts", _ADVICE)
            return verdicts.undecided(subject, says, (doubt,), base=details)
        case _:
            return verdicts.passed(subject, says, base=details)
