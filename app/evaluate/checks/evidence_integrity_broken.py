"""Does the stored evidence of earlier scans still verify?"""

from dataclasses import dataclass

from app.evaluate.checks.common.population import cluster_subject
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts
from app.evaluate.checks.common.wording import count
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Strength

_UNVERIFIED = Doubt("none of them was verified", "Run `netattest db check` and scan again.")


@dataclass(frozen=True, slots=True)
class EvidenceIntegrityBroken:
    """Judges the chain of this cluster's earlier scans, as it was verified before this one.

    A first scan has no earlier evidence, so the question does not apply to it.
    """

    id: str = "evidence-integrity-broken"

    def run(self, facts: Facts) -> CheckRun:
        """Judge the chain."""
        verdicts = Verdicts.of(facts, self.id)
        return verdicts.run([_result(facts, verdicts)])


CHECK: Check = EvidenceIntegrityBroken()


def _result(facts: Facts, verdicts: Verdicts) -> CheckResult:
    subject, found = cluster_subject(facts), facts.context.integrity
    scans = count(found.checked_scans, "earlier scan")
    details = Details(strength=Strength.OBSERVED, data={"checked_scans": found.checked_scans})
    if found.problems:
        return verdicts.failed(
            subject,
            f"stored evidence does not verify: {found.problems[0]}",
            why=(f"{scans} were verified by digest and chain.", *found.problems),
            remedy=(
                "Keep the database as it is, restore the named scans from a backup into another one and compare; leave "
                "the affected nights out of every statistic until then."
            ),
            base=details,
        )
    if found.checked_scans:
        return verdicts.passed(subject, f"digests and chain of {scans} verify", base=details)
    if facts.context.previous is None:
        return verdicts.not_applicable(
            subject, "this is the first scan, so there is no earlier evidence", base=details
        )
    return verdicts.undecided(subject, "earlier scans are stored", (_UNVERIFIED,), base=details)
