"""Where TLS ends at the edge, does the next leg go on encrypted?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.evaluate.checks.common.exposures import by_id, exposure_gaps, exposure_subject
from app.evaluate.checks.common.layers import encrypted_below
from app.evaluate.checks.common.legs import details_of, nothing_exposed, tls_endpoints, unasked
from app.evaluate.checks.common.verdicts import Check, Doubt, Verdicts
from app.evaluate.checks.common.wording import names
from app.model.connections import Protocol
from app.model.edge import Exposure, Security, Target
from app.model.encryption import Known
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun

_LIMITS = (
    "A leg that a mesh or the link between nodes encrypts counts as encrypted; which one does is in the steps.",
    "A leg inside the cluster is not by itself an open, public network.",
)
_UNKNOWN_TARGET = Doubt(
    "no container port behind it is known", "See what could not be followed, in its steps."
)
_ADVICE = "Make the second leg's protocol explicit: backend-protocol, a BackendTLSPolicy, or re-encrypt termination."


@dataclass(frozen=True, slots=True)
class PlaintextBackendAfterTlsTermination:
    """Judges each object that takes TLS at an endpoint, by the legs to its container ports.

    What is passed through is encrypted from end to end, so it does not apply. It fails when one leg is shown to be plain text
    and no mesh or link between nodes encrypts it.
    """

    id: str = "plaintext-backend-after-tls-termination"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every way in that ends TLS."""
        verdicts = Verdicts.of(facts, self.id)
        results = [result for items in by_id(facts).values() for result in _results(facts, verdicts, items)]
        if not results:
            results = list(nothing_exposed(facts, verdicts, "nothing at the edge ends TLS"))
        return verdicts.run(results, complete=not exposure_gaps(facts), limits=(*_LIMITS, *unasked(facts)))


CHECK: Check = PlaintextBackendAfterTlsTermination()


def _results(facts: Facts, verdicts: Verdicts, items: list[Exposure]) -> Iterator[CheckResult]:
    ends = list(tls_endpoints(items))
    if not ends:
        return
    subject = exposure_subject(items[0])
    targets = [target for item in items for target in item.targets if target.protocol is Protocol.TCP]
    if targets and all(target.leg.security is Security.PASSED for target in targets):
        yield verdicts.not_applicable(subject, f"{subject.id} passes TLS through to the pods")
    else:
        yield _result(facts, verdicts, items, targets)


def _result(
    facts: Facts, verdicts: Verdicts, items: Sequence[Exposure], targets: Sequence[Target]
) -> CheckResult:
    subject = exposure_subject(items[0])
    answers = [(target, *_carried(facts, target)) for target in targets]
    clear = [target for target, encrypted, _ in answers if encrypted is Known.NO]
    unclear = [(target, says) for target, encrypted, says in answers if encrypted is Known.UNKNOWN]
    shown = clear or [target for target, _ in unclear] or list(targets)
    base = details_of(facts, items, [target.leg for target in shown])
    base["why"] = tuple(dict.fromkeys(f"{_name(target)}: {says}." for target, _, says in answers))
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
        doubts = tuple(Doubt(text, _ADVICE) for _, text in unclear)
        return verdicts.undecided(subject, says, doubts, base=base)
    encrypted = [target for target in targets if target.leg.security is Security.TLS]
    unverified = any(target.leg.verified is not Known.YES for target in encrypted)
    note = ", with backends whose certificate is not shown to be checked" if unverified else ""
    return verdicts.passed(subject, f"{subject.id} goes on encrypted to its backends{note}", base=base)


def _carried(facts: Facts, target: Target) -> tuple[Known, str]:
    """Is one leg encrypted: by the edge itself, else by a mesh or the link between nodes?"""
    match target.leg.security:
        case Security.TLS | Security.PASSED:
            return Known.YES, target.leg.says
        case Security.PLAIN:
            encrypted, says = encrypted_below(facts, target)
            return encrypted, f"{target.leg.says}; {says}"
        case _:
            encrypted, says = encrypted_below(facts, target)
            sure = encrypted is Known.YES or _is_of_a_mesh(facts, target)
            return (encrypted, says) if sure else (Known.UNKNOWN, target.leg.says)


def _is_of_a_mesh(facts: Facts, target: Target) -> bool:
    """The relay is a gateway of a mesh that was found, so the path's own verdict is the answer, whatever it says."""
    meshes = {mesh for relay in target.via for mesh, _ in facts.encryption.memberships(relay)}
    return bool(meshes)


def _name(target: Target) -> str:
    return f"{target.workload}:{target.port}" if target.port else target.workload
