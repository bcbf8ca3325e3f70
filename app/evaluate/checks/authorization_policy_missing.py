"""Does a workload that relies on identities of its mesh serve only callers whom a policy names?"""

from collections.abc import Iterator
from dataclasses import dataclass

from app.evaluate.checks.common.doubts import pod_gaps
from app.evaluate.checks.common.evidence import evidence_of_signs
from app.evaluate.checks.common.mesh_guards import Guarded, guarded
from app.evaluate.checks.common.population import boundaries_of, cluster_subject, workload_subject
from app.evaluate.checks.common.verdicts import Check, Details, Verdicts
from app.evaluate.checks.common.wording import names, verb
from app.model.encryption import Known
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Strength
from app.model.reachability import Workload

_CLAIM = (
    "claim it under encryption.controls in the scope file (workload-identity) if it is a control of yours"
)
_REMEDY = (
    "Deny by default for the namespace, then allow the callers that it needs by their identity: an AuthorizationPolicy with an "
    "empty spec beside ALLOW policies (Istio), a Server without open access and AuthorizationPolicies (Linkerd), a deny "
    "intention for `*` (Consul), a MeshTrafficPermission (Kuma)."
)
_SHOWN = 3
_ENROL = "Restart these pods so that the mesh takes them in; policies of a mesh hold for the pods that it carries alone."
_LIMITS = (
    "Identities are those that the mesh gives; what an application asks of its callers itself is not visible from the cluster.",
)


@dataclass(frozen=True, slots=True)
class AuthorizationPolicyMissing:
    """Judges each workload that is seen in a mesh, where the entity claims segmentation by workload identity.

    It fails where no allow-list holds for one of its pods, also where that one is in no mesh: then whoever is not denied is served. Objects decide, on pods that
    are seen to be in the mesh.
    """

    id: str = "authorization-policy-missing"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every workload."""
        verdicts, pods = Verdicts.of(facts, self.id), pod_gaps(facts)
        return verdicts.run(list(_results(facts, verdicts)), complete=not pods, limits=_LIMITS)


CHECK: Check = AuthorizationPolicyMissing()


def _results(facts: Facts, verdicts: Verdicts) -> Iterator[CheckResult]:
    """One for each workload; one for the cluster where nothing is claimed."""
    if not facts.scope.encryption.identity:
        says = f"no segmentation by workload identity is claimed; {_CLAIM}"
        yield verdicts.not_applicable(cluster_subject(facts), says)
        return
    for workload in facts.reachability.workloads:
        yield _result(facts, verdicts, workload)


def _result(facts: Facts, verdicts: Verdicts, workload: Workload) -> CheckResult:
    subject, found = workload_subject(workload), guarded(facts, workload)
    if found is None:
        says = f"{workload.id} is in no mesh that authorises callers; see mesh-workload-not-enrolled"
        placed = Details(boundaries=boundaries_of(facts.placements[workload.id]))
        return verdicts.not_applicable(subject, says, base=placed)
    details = _details(facts, workload, found)
    if says := _served(workload, found):
        if found.templates:
            return verdicts.undecided(subject, f"{says} in what was read", found.templates, base=details)
        remedy = _REMEDY if any(item.allow_list is Known.NO for item in found.guards) else _ENROL
        return verdicts.failed(subject, says, remedy=remedy, base=details)
    if found.unread:
        says = f"whether a policy restricts who may call {workload.id} cannot be told"
        return verdicts.undecided(subject, says, (*found.unread, *found.templates), base=details)
    says = f"{workload.id} serves only callers whom a policy lets in: {found.guards[0].says}"
    return verdicts.passed(subject, says, doubts=found.templates, base=details)


def _served(workload: Workload, found: Guarded) -> str:
    """Why it serves whom no policy names, of the first pod that does; empty where none does."""
    missing = [item for item in found.guards if item.allow_list is Known.NO]
    if missing:
        return f"{workload.id} serves whom no policy names: {missing[0].says}"
    if found.outside:
        pods = names(map(str, found.outside), _SHOWN)
        return f"{workload.id} serves whom no policy names: {pods} {verb(len(found.outside), 'is', 'are')} in no mesh"
    return ""


def _details(facts: Facts, workload: Workload, found: Guarded) -> Details:
    return Details(
        boundaries=boundaries_of(facts.placements[workload.id]),
        strength=Strength.DECLARED,
        why=tuple(f"{item.says[:1].upper()}{item.says[1:]}." for item in found.guards),
        evidence=evidence_of_signs(dict.fromkeys(sign for item in found.guards for sign in item.signs)),
    )
