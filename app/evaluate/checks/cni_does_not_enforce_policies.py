"""Does anything enforce the policies that the API server stores?"""

from collections.abc import Iterator
from dataclasses import dataclass

from app.evaluate.checks.common.attempts import fresh, known_names
from app.evaluate.checks.common.doubts import kind_gaps
from app.evaluate.checks.common.evidence import evidence_for, evidence_of_signs
from app.evaluate.checks.common.population import boundaries_of_all, cluster_subject, policy_subject
from app.evaluate.checks.common.proof import Proof
from app.evaluate.checks.common.selection import Selection
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts
from app.evaluate.checks.common.wording import count, names
from app.model.decision import Reason
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Severity, Strength
from app.model.identity import GroupKind
from app.model.platform import Enforcement, Platform
from app.model.registers import Answer, Probe

_LIMIT = (
    "Told from the network plugin's own objects, and from connections that somebody tried and handed in as probes.yaml; netattest "
    "tries none."
)


@dataclass(frozen=True, slots=True)
class CniDoesNotEnforcePolicies:
    """Judges the cluster by what detection found, and each policy that counts nowhere or may not count.

    The cluster fails where no engine enforces or the engine is switched off, whether or not a policy exists: the next one
    would be ignored. An engine that fails on part of the nodes still exists: that part is policy-enforcement-degraded's.
    A connection that somebody made on the day before the scan, although stored policies deny it, comes before all settings:
    then something does not enforce. One that was stopped shows that for its own path, and passes nothing. Where policies or pods
    were not read, one that came about may be such a connection.
    A policy fails where no data plane here obeys its kind, and at `low` where it is staged: what it declares is not what
    is enforced. Policies that are obeyed are no subjects of their own.
    """

    id: str = "cni-does-not-enforce-policies"

    def run(self, facts: Facts) -> CheckRun:
        """Judge the cluster."""
        verdicts = Verdicts.of(facts, self.id)
        return verdicts.run(
            (self._result(facts, verdicts), *_without_effect(facts, verdicts)), limits=(_LIMIT,)
        )

    def _result(self, facts: Facts, verdicts: Verdicts) -> CheckResult:
        platform, subject = facts.platform, cluster_subject(facts)
        details = Details(
            strength=Strength.EFFECTIVE,
            why=_why(platform),
            evidence=evidence_of_signs(sign for plugin in platform.plugins for sign in plugin.signs),
        )
        if passed_through := tuple(_passed_through(facts)):
            details["strength"] = Strength.OBSERVED
            details["why"] = (*passed_through, *details["why"])
            says = f"{count(len(passed_through), 'connection')} came about that stored policies deny"
            return verdicts.failed(subject, says, remedy=_CANARY, base=details)
        match platform.enforcement:
            case Enforcement.ENFORCED | Enforcement.DEGRADED:
                says = f"policies are enforced: {platform.reason}"
                return verdicts.passed(subject, says, doubts=_not_held_against(facts), base=details)
            case Enforcement.NOT_ENFORCED:
                return verdicts.failed(
                    subject,
                    f"policies are stored but nothing enforces them: {platform.reason}",
                    remedy=(
                        "Install a network plugin that enforces NetworkPolicy, or switch its policy engine on, and scan "
                        f"again. {_stored(facts)}"
                    ),
                    base=details,
                )
            case Enforcement.UNKNOWN:
                details["strength"] = Strength.DECLARED
                return verdicts.undecided(
                    subject, "whether anything enforces policies cannot be told", _doubts(facts), base=details
                )


CHECK: Check = CniDoesNotEnforcePolicies()


def _connected(facts: Facts) -> list[Probe]:
    """Attempts of the last day that connected."""
    probes = facts.registers.probes
    found = probes.results if probes else ()
    return [item for item in found if item.answer is Answer.CONNECTED and fresh(facts, item)]


def _not_held_against(facts: Facts) -> tuple[Doubt, ...]:
    """What was not read of policies and of those whom they select, where somebody connected: it may have denied that."""
    if not _connected(facts):
        return ()
    proof = Proof(facts)
    return tuple(
        doubt for gaps in (proof.policies, proof.pods, proof.namespaces) for doubt in gaps.anywhere()
    )


def _passed_through(facts: Facts) -> Iterator[str]:
    """Attempts of the last day that connected although policies, taken as declared, deny them; a sentence for each."""
    named = known_names(facts)
    for item in _connected(facts):
        one, other = named.get(item.source), named.get(item.destination)
        if not (one and other):
            continue
        decision = facts.declared.decide(one, other, item.protocol, item.port)
        untold = Reason.CANNOT_TELL in (decision.egress.reason, decision.ingress.reason)
        if not decision.allowed and not untold:
            yield f"{one} connected to {other} on {item.protocol} {item.port} at {item.at:%Y-%m-%d %H:%M} UTC, which policies deny."


def _without_effect(facts: Facts, verdicts: Verdicts) -> Iterator[CheckResult]:
    """Policies whose declaration and enforcement differ, whatever the state of the engine."""
    selection = Selection(facts)
    for policy in facts.inventory.policies:
        idle = facts.reachability.idle.get(policy.ref, "")
        doubt = "" if idle else facts.reachability.doubtful.get(policy.ref, "")
        if not idle and not doubt:
            continue
        selected = selection.selected(policy)
        details = Details(
            boundaries=boundaries_of_all(facts, (item.id for item in selected)),
            strength=Strength.EFFECTIVE,
            evidence=(evidence_for(facts, policy.ref, "spec"),),
            why=(
                f"It selects {count(len(selected), 'workload')} now: {names(item.id for item in selected)}.",
            )
            if selected
            else ("It selects no workload now.",),
        )
        subject = policy_subject(policy.ref)
        if doubt:
            says = f"whether what {policy.ref} declares is enforced cannot be told"
            yield verdicts.undecided(subject, says, (Doubt(doubt, _BY_HAND),), base=details)
        elif policy.staged:
            details["severity"] = Severity.LOW
            yield verdicts.failed(subject, f"{policy.ref} {idle}", remedy=_STAGED, base=details)
        else:
            yield verdicts.failed(subject, f"{policy.ref} {idle}", remedy=_IGNORED, base=details)


_CANARY = (
    "Find out which data plane these pods use and whether its policy engine runs there; see policy-enforcement-degraded, and try "
    "again."
)
_BY_HAND = (
    "Judge by hand what it does here, or replace it by a kind that the network plugin is known to obey."
)
_STAGED = "Enforce it once its effect was watched, or delete it; until then it protects nothing."
_IGNORED = "Write it as a kind that the network plugin obeys, or delete it: it protects nothing here."


def _why(platform: Platform) -> tuple[str, ...]:
    found = names(f"{item.name} {item.version}".strip() for item in platform.plugins)
    steps = [f"Found: {found}." if found else "No network plugin was recognised."]
    signs = [sign for plugin in platform.plugins for sign in plugin.signs]
    steps += [f"{sign.ref} says in {sign.field}: {sign.says}." for sign in signs]
    return (*steps, *(caution for plugin in platform.plugins for caution in plugin.cautions))


def _stored(facts: Facts) -> str:
    return f"Until then none of the {len(facts.inventory.policies)} stored policies protects anything."


def _doubts(facts: Facts) -> tuple[Doubt, ...]:
    advice = "Scan the cluster itself, or add the network plugin's DaemonSet, ConfigMap and the Node objects."
    unread = kind_gaps(facts, GroupKind("apps", "DaemonSet"), GroupKind("", "Node"))
    return (Doubt(facts.platform.reason, advice), *unread.anywhere())
