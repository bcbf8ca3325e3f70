"""Where TLS ends at the edge, does the next leg go on encrypted?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.evaluate.checks.common.exposures import by_id, exposure_gaps, exposure_subject
from app.evaluate.checks.common.legs import details_of, doubts_of, nothing_exposed, tls_endpoints
from app.evaluate.checks.common.verdicts import Check, Doubt, Verdicts
from app.evaluate.checks.common.wording import names
from app.model.edge import Exposure, Security, Target
from app.model.encryption import Known
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun

_LIMITS = (
    "Read for the edge alone: a mesh or encryption between nodes may protect the second leg; the paths' own verdicts say so.",
    "A leg inside the cluster is not by itself an open, public network.",
)
_UNKNOWN_TARGET = Doubt(
    "no container port behind it is known", "See what could not be followed, in its steps."
)
_ADVICE = "Make the second leg's protocol explicit: backend-protocol, a BackendTLSPolicy, or re-encrypt termination."


@dataclass(frozen=True, slots=True)
class PlaintextBackendAfterTlsTermination:
    """Judges each object that takes TLS at an endpoint, by the legs to its container ports.

    What is passed through is encrypted from end to end, so it does not apply. It fails when one leg is shown to be plain text.
    """

    id: str = "plaintext-backend-after-tls-termination"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every way in that ends TLS."""
        verdicts = Verdicts.of(facts, self.id)
        results = [result for items in by_id(facts).values() for result in _results(facts, verdicts, items)]
        if not results:
            results = list(nothing_exposed(facts, verdicts, "nothing at the edge ends TLS"))
        return verdicts.run(results, complete=not exposure_gaps(facts), limits=_LIMITS)


CHECK: Check = PlaintextBackendAfterTlsTermination()


def _results(facts: Facts, verdicts: Verdicts, items: list[Exposure]) -> Iterator[CheckResult]:
    ends = list(tls_endpoints(items))
    if not ends:
        return
    subject = exposure_subject(items[0])
    targets = [target for item in items for target in item.targets]
    if targets and all(target.leg.security is Security.PASSED for target in targets):
        yield verdicts.not_applicable(subject, f"{subject.id} passes TLS through to the pods")
    else:
        yield _result(facts, verdicts, items, targets)


def _result(
    facts: Facts, verdicts: Verdicts, items: Sequence[Exposure], targets: Sequence[Target]
) -> CheckResult:
    subject = exposure_subject(items[0])
    clear = [target for target in targets if target.leg.security is Security.PLAIN]
    unclear = [target for target in targets if target.leg.security in (Security.UNKNOWN, Security.OPTIONAL)]
    base = details_of(facts, items, [target.leg for target in clear or unclear or targets])
    base["why"] = tuple(dict.fromkeys(f"{_name(target)}: {target.leg.says}." for target in targets))
    base["data"] = {"backends": [_name(target) for target in targets]}
    if clear:
        return verdicts.failed(
            subject,
            f"{subject.id} ends TLS and goes on in plain text to {names(_name(target) for target in clear)}",
            remedy=_ADVICE,
            base=base,
        )
    says = f"what {subject.id} speaks to its backends cannot be told"
    if not targets:
        unresolved = tuple(Doubt(text) for item in items for text in item.unresolved)
        return verdicts.undecided(subject, says, (*unresolved, _UNKNOWN_TARGET), base=base)
    if unclear:
        return verdicts.undecided(
            subject, says, doubts_of((item.leg for item in unclear), _ADVICE), base=base
        )
    unverified = sum(target.leg.verified is not Known.YES for target in targets)
    note = ", with backends whose certificate is not shown to be checked" if unverified else ""
    return verdicts.passed(subject, f"{subject.id} speaks TLS to its backends{note}", base=base)


def _name(target: Target) -> str:
    return f"{target.workload}:{target.port}" if target.port else target.workload
