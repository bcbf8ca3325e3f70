"""Does an allow-list of a mesh let in callers that it does not name?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.evaluate.checks.common.doubts import pod_gaps
from app.evaluate.checks.common.evidence import evidence_of_signs
from app.evaluate.checks.common.mesh_guards import Guarded, guarded
from app.evaluate.checks.common.population import boundaries_of, cluster_subject, workload_subject
from app.evaluate.checks.common.verdicts import Check, Details, Verdicts
from app.model.encryption import Grant, Grantee, Known
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Severity, Strength
from app.model.platform import Sign
from app.model.reachability import Workload

_WIDTH = list(Grantee)
_REMEDY = (
    "Name the callers: principals or service accounts instead of `*`, and a source in each rule. A rule for health checks or a "
    "public page may stay if it is limited to that port and path; accept it with an exception."
)
_LIMITS = (
    "Pods of a workload that are in no mesh have no rules; mesh-workload-not-enrolled and authorization-policy-missing name them.",
    "A rule that names a whole namespace or part of a name counts as naming its callers.",
    "What network policies keep away from a workload is not taken off here: the two layers are judged each for itself.",
)


@dataclass(frozen=True, slots=True)
class AuthorizationPolicyAllowAll:
    """Judges each workload for which an allow-list of its mesh holds.

    It fails where a rule asks for no identity (an empty rule, addresses alone) or for any identity at all. An empty policy denies
    all and passes; an empty rule lets everyone in. It is a lesser matter where the rule is limited to ports or requests.
    """

    id: str = "authorization-policy-allow-all"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every workload."""
        verdicts, pods = Verdicts.of(facts, self.id), pod_gaps(facts)
        return verdicts.run(list(_results(facts, verdicts)), complete=not pods, limits=_LIMITS)


CHECK: Check = AuthorizationPolicyAllowAll()


def _results(facts: Facts, verdicts: Verdicts) -> Iterator[CheckResult]:
    """One for each workload; one for the cluster where no mesh was found."""
    if not facts.encryption.protection.meshes:
        says, doubts = "no service mesh was found, so none authorises callers", pod_gaps(facts).anywhere()
        subject = cluster_subject(facts)
        yield (
            verdicts.undecided(subject, f"{says} in what was read", doubts)
            if doubts
            else verdicts.not_applicable(subject, says)
        )
        return
    for workload in facts.reachability.workloads:
        yield _result(facts, verdicts, workload)


def _result(facts: Facts, verdicts: Verdicts, workload: Workload) -> CheckResult:
    subject, found = workload_subject(workload), guarded(facts, workload)
    placed = Details(boundaries=boundaries_of(facts.placements[workload.id]), strength=Strength.DECLARED)
    if found is None:
        says = f"{workload.id} is in no mesh that authorises callers"
        return verdicts.not_applicable(subject, says, base=placed)
    wide = _wide(found)
    if wide:
        return _open(verdicts, workload, found, wide, placed)
    if found.unread:
        says = f"whether a rule lets anyone call {workload.id} cannot be told"
        return verdicts.undecided(subject, says, (*found.unread, *found.templates), base=placed)
    if all(item.allow_list is Known.NO for item in found.guards):
        says = f"no allow-list holds for {workload.id}; see authorization-policy-missing"
        return verdicts.not_applicable(subject, says, base=placed)
    grants = [grant for item in found.guards for grant in item.grants]
    who = "nobody" if not grants else Grantee.NAMED.value
    placed["evidence"] = evidence_of_signs(_signs(found, grants))
    return verdicts.passed(
        subject, f"{workload.id} lets in {who} by policy", doubts=found.templates, base=placed
    )


def _wide(found: Guarded) -> list[Grant]:
    """Rules that name nobody, widest first."""
    grants = [grant for item in found.guards for grant in item.grants if grant.to is not Grantee.NAMED]
    return sorted(grants, key=lambda item: (item.narrowed, -_WIDTH.index(item.to), item.says))


def _open(
    verdicts: Verdicts, workload: Workload, found: Guarded, wide: Sequence[Grant], placed: Details
) -> CheckResult:
    subject, worst = workload_subject(workload), wide[0]
    limit = ", for some ports or requests" if worst.narrowed else ""
    says = f"{workload.id} lets in {worst.to}{limit}: {worst.says}"
    details = Details(
        **{
            **placed,
            "why": tuple(f"{item.says[:1].upper()}{item.says[1:]}." for item in wide),
            "evidence": evidence_of_signs(_signs(found, wide)),
            "data": {"rules": [f"{item.sign.ref}, {item.sign.field}" for item in wide]},
        }
    )
    if worst.narrowed:
        details["severity"] = Severity.MEDIUM
    if found.templates:
        return verdicts.undecided(subject, f"{says} in what was read", found.templates, base=details)
    return verdicts.failed(subject, says, remedy=_REMEDY, base=details)


def _signs(found: Guarded, grants: Sequence[Grant]) -> list[Sign]:
    own = [sign for item in found.guards for sign in item.signs]
    return list(dict.fromkeys([*(item.sign for item in grants), *own]))
