"""Does any endpoint accept a cipher suite outside the policy?"""

from dataclasses import dataclass

from app.evaluate.checks.common.exposures import by_id, exposure_gaps, exposure_subject
from app.evaluate.checks.common.legs import (
    PROBE_AGAIN,
    details_of,
    not_seen,
    nothing_exposed,
    tls_endpoints,
    unasked,
)
from app.evaluate.checks.common.tls_rule import TlsRule
from app.evaluate.checks.common.verdicts import Check, Doubt, Verdicts
from app.evaluate.checks.common.wording import count, names
from app.model.edge import Endpoint, Exposure
from app.model.encryption import EvidenceStrength
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun
from app.model.suites import POLICY, SMALLEST_GROUP, is_finite

_LIMITS = (
    f"Weak means: {POLICY}, and suites without forward secrecy (static RSA). CBC suites with forward secrecy count only where the entity's rule forbids them.",
    f"Groups of finite fields count as weak below {SMALLEST_GROUP} bits (RFC 9325 section 4.5).",
    "Only suites that the probe knows were offered.",
)
_UNSEEN = Doubt("it takes suites TLS_DHE_… and the size of their group was not seen", PROBE_AGAIN)


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
        return verdicts.run(
            results, complete=not exposure_gaps(facts), limits=(rule.source, *_LIMITS, *unasked(facts))
        )


CHECK: Check = WeakCipherSuite()


def _group_unseen(end: Endpoint) -> bool:
    """A handshake took a suite over a finite field, and its group was not seen."""
    observed = end.leg.strength is EvidenceStrength.OBSERVED
    return observed and not end.leg.group_bits and any(is_finite(name) for name in end.leg.suites)


def _group(end: Endpoint) -> str:
    return f"{end.name} agrees on keys of suites TLS_DHE_… in a group of {end.leg.group_bits} bits."


def _result(
    facts: Facts, verdicts: Verdicts, rule: TlsRule, items: list[Exposure], ends: tuple[Endpoint, ...]
) -> CheckResult:
    subject = exposure_subject(items[0])
    weak = [(end, found) for end in ends if (found := rule.forbids(end.leg.suites))]
    small = [end for end in ends if 0 < end.leg.group_bits < SMALLEST_GROUP]
    unseen = [end for end in ends if _group_unseen(end)]
    unclear = [end for end in ends if not end.leg.suites or end.leg.more_suites or _group_unseen(end)]
    shown = [end for end, _ in weak] + small
    base = details_of(facts, items, [end.leg for end in shown or unclear or ends])
    base["why"] = tuple(f"{end.name} accepts {names(end.leg.suites, 40)}." for end in ends if end.leg.suites)
    base["why"] += tuple(_group(end) for end in ends if end.leg.group_bits)
    base["data"] = {"weak": {end.name: list(found) for end, found in weak}}
    if not weak and small:
        return verdicts.failed(
            subject,
            f"{subject.id} agrees on keys in a group of {min(end.leg.group_bits for end in small)} bits at {names(end.name for end in small)}",
            remedy=f"Take the suites TLS_DHE_… out of the list, or give the endpoint a group of {SMALLEST_GROUP} bits or more.",
            base=base,
        )
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
        doubt = _UNSEEN if unseen == unclear else not_seen(unclear)
        return verdicts.undecided(subject, says, (doubt,), base=base)
    total = count(len({name for end in ends for name in end.leg.suites}), "cipher suite")
    return verdicts.passed(subject, f"{subject.id} accepts {total}, none of them weak", base=base)
