"""Does any endpoint accept a cipher suite outside the policy?"""

from dataclasses import dataclass

from app.evaluate.checks.common.exposures import by_id, exposure_gaps, exposure_subject
from app.evaluate.checks.common.legs import details_of, not_seen, nothing_exposed, tls_endpoints
from app.evaluate.checks.common.tls_rule import TlsRule
from app.evaluate.checks.common.verdicts import Check, Verdicts
from app.evaluate.checks.common.wording import count, names
from app.model.edge import Endpoint, Exposure
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun
from app.model.suites import POLICY

_LIMITS = (
    f"Weak means: {POLICY}, and suites without forward secrecy (static RSA). CBC suites with forward secrecy count only where the entity's rule forbids them.",
    "Only suites that the probe knows were offered.",
)


@dataclass(frozen=True, slots=True)
class WeakCipherSuite:
    """Judges each object with an endpoint that takes TLS, by the suites that a handshake or a setting shows."""

    id: str = "weak-cipher-suite"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every way in that takes TLS."""
        verdicts, rule = Verdicts.of(facts, self.id), TlsRule.of(facts)
        results = [
            _result(facts, verdicts, rule, items, ends)
            for items in by_id(facts).values()
            if (ends := tls_endpoints(items))
        ]
        if not results:
            results = list(nothing_exposed(facts, verdicts, "no endpoint is known to take TLS"))
        return verdicts.run(results, complete=not exposure_gaps(facts), limits=(rule.source, *_LIMITS))


CHECK: Check = WeakCipherSuite()


def _result(
    facts: Facts, verdicts: Verdicts, rule: TlsRule, items: list[Exposure], ends: tuple[Endpoint, ...]
) -> CheckResult:
    subject = exposure_subject(items[0])
    weak = [(end, found) for end in ends if (found := rule.forbids(end.leg.suites))]
    unclear = [end for end in ends if not end.leg.suites or end.leg.more_suites]
    base = details_of(facts, items, [end.leg for end, _ in weak] or [end.leg for end in unclear or ends])
    base["why"] = tuple(f"{end.name} accepts {names(end.leg.suites, 40)}." for end in ends if end.leg.suites)
    base["data"] = {"weak": {end.name: list(found) for end, found in weak}}
    if weak:
        suites = sorted({name for _, found in weak for name in found})
        return verdicts.failed(
            subject,
            f"{subject.id} accepts {names(suites)} at {names(end.name for end, _ in weak)}",
            remedy="Take these suites out of the controller's, listener's or balancer's list.",
            base=base,
        )
    if unclear:
        says = (
            f"which cipher suites {subject.id} accepts at {names(end.name for end in unclear)} cannot be told"
        )
        return verdicts.undecided(subject, says, (not_seen(unclear),), base=base)
    total = count(len({name for end in ends for name in end.leg.suites}), "cipher suite")
    return verdicts.passed(subject, f"{subject.id} accepts {total}, none of them weak", base=base)
