"""Does any endpoint accept a protocol version below TLS 1.2, or below what the entity's own rule asks for?"""

from dataclasses import dataclass

from app.evaluate.checks.common.exposures import by_id, exposure_gaps, exposure_subject
from app.evaluate.checks.common.legs import (
    details_of,
    not_seen,
    nothing_exposed,
    steps_of,
    tls_endpoints,
    unasked,
)
from app.evaluate.checks.common.tls_rule import TlsRule
from app.evaluate.checks.common.verdicts import Check, Verdicts
from app.evaluate.checks.common.wording import names
from app.model.edge import Endpoint, Exposure
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun

_LIMITS = (
    "Observed means that a handshake of that version was accepted from where the probe ran; declared is what objects set.",
)


@dataclass(frozen=True, slots=True)
class WeakTlsVersion:
    """Judges each object with an endpoint that takes TLS, by the lowest version that each of them accepts."""

    id: str = "weak-tls-version"

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
        return verdicts.run(
            results, complete=not exposure_gaps(facts), limits=(rule.source, *_LIMITS, *unasked(facts))
        )


CHECK: Check = WeakTlsVersion()


def _result(
    facts: Facts, verdicts: Verdicts, rule: TlsRule, items: list[Exposure], ends: tuple[Endpoint, ...]
) -> CheckResult:
    subject = exposure_subject(items[0])
    weak = [end for end in ends if end.leg.lowest and not rule.allows(end.leg.lowest)]
    unclear = [end for end in ends if not end.leg.lowest]
    base = details_of(facts, items, [end.leg for end in weak or unclear or ends])
    base["why"] = (
        *steps_of(ends),
        *(f"{end.name} accepts {end.leg.lowest} and newer." for end in ends if end.leg.lowest),
    )
    base["data"] = {"lowest": {end.name: end.leg.lowest for end in ends}}
    if weak:
        return verdicts.failed(
            subject,
            f"{subject.id} accepts {names(sorted({end.leg.lowest for end in weak}))} at {names(end.name for end in weak)}",
            remedy=f"Raise the lowest protocol version of the controller, listener or balancer to {rule.lowest}.",
            base=base,
        )
    if unclear:
        says = f"which versions {subject.id} accepts at {names(end.name for end in unclear)} cannot be told"
        return verdicts.undecided(subject, says, (not_seen(unclear),), base=base)
    return verdicts.passed(subject, f"{subject.id} accepts {rule.lowest} and newer alone", base=base)
