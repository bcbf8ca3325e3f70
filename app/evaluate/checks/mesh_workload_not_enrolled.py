"""Is every workload that is claimed to be in the mesh seen to be in it?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.evaluate.checks.common.evidence import evidence_of_labels, evidence_of_signs
from app.evaluate.checks.common.population import boundaries_of, cluster_subject, workload_subject
from app.evaluate.checks.common.proof import Proof
from app.evaluate.checks.common.transit import TEMPLATES, claimed_meshed, strength_of_evidence
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts
from app.evaluate.checks.common.wording import count, names, verb
from app.model.encryption import OUT_OF_BAND, EvidenceStrength, Known, Membership, weakest
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Strength
from app.model.identity import ObjectRef
from app.model.reachability import Workload

_SHOWN = 5
_ENROL = (
    "Restart its pods so that the mesh takes them in; look at labels that opt out and at the mesh's webhook. If it is not meant to "
    "be in the mesh, say so in the scope file (meshed: false)."
)


@dataclass(frozen=True, slots=True)
class MeshWorkloadNotEnrolled:
    """Judges each workload that the scope file claims for the mesh, and each that its own objects ask to be in it, pod by pod.

    Authentication out of band carries nothing, and is no membership here. A label or an annotation is a wish: only a running proxy or a status counts. Pods on the host network are never taken in by
    any mesh, so that a claim about them fails too, unless the scope file takes it back.
    """

    id: str = "mesh-workload-not-enrolled"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every workload that is claimed."""
        judge = _Judge(facts, Verdicts.of(facts, self.id))
        return judge.verdicts.run(list(judge.results()), complete=not judge.proof.pods)


CHECK: Check = MeshWorkloadNotEnrolled()


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    proof: Proof = field(init=False)

    def __post_init__(self) -> None:
        self.proof = Proof(self.facts)

    def results(self) -> Iterator[CheckResult]:
        """One for each workload; one for the cluster where nothing is claimed and no mesh was found."""
        found = [self._result(item) for item in self.facts.reachability.workloads]
        claims = self.facts.encryption.protection.meshes or any(
            claimed_meshed(self.facts, item.id) for item in self.facts.reachability.workloads
        )
        if claims:
            yield from found
        else:
            says = "no workload is claimed to be in a service mesh, and none was found"
            subject, doubts = cluster_subject(self.facts), self.proof.pods.anywhere()
            yield (
                self.verdicts.undecided(subject, f"{says} in what was read", doubts)
                if doubts
                else self.verdicts.not_applicable(subject, says)
            )

    def _result(self, workload: Workload) -> CheckResult:
        members = [
            item for _, item in self.facts.encryption.memberships(workload.id) if item.how != OUT_OF_BAND
        ]
        subject, details = workload_subject(workload), self._details(workload, members)
        meant = [item for item in members if item.enrolled is not Known.YES]
        if not claimed_meshed(self.facts, workload.id) and not members:
            says = f"neither the scope file nor an object of {workload.id} claims it for a mesh"
            return self.verdicts.not_applicable(subject, says, base=details)
        if not members:
            return self._outside(workload, details)
        if any(item.enrolled is Known.NO for item in meant):
            says = f"pods of {workload.id} are meant to be in the mesh and are not"
            return self._missing(workload, says, templates=_intended(meant), details=details)
        if outside := self._pods_outside(workload):
            return self._partly(workload, outside, details)
        return self._carried(workload, members, meant, details)

    def _carried(
        self, workload: Workload, members: Sequence[Membership], meant: Sequence[Membership], details: Details
    ) -> CheckResult:
        """No pod is seen to be out of the mesh."""
        subject = workload_subject(workload)
        if meant:
            doubts = [Doubt(item.says, "Scan again once the mesh has taken its pods in.") for item in meant]
            says = f"whether {workload.id} is in the mesh cannot be told"
            return self.verdicts.undecided(subject, says, doubts, base=details)
        says = f"every pod of {workload.id} is in the mesh ({names(sorted({item.how for item in members}))})"
        against = (*((TEMPLATES,) if _intended(members) else ()), *self.proof.pods.of(workload.namespace))
        return self.verdicts.passed(subject, says, doubts=against, base=details)

    def _missing(self, workload: Workload, says: str, *, templates: bool, details: Details) -> CheckResult:
        """A failure, unless only templates say so."""
        subject = workload_subject(workload)
        if templates:
            return self.verdicts.undecided(subject, f"{says} in what was read", (TEMPLATES,), base=details)
        return self.verdicts.failed(subject, says, remedy=_ENROL, base=details)

    def _pods_outside(self, workload: Workload) -> list[ObjectRef]:
        """Pods about which no mesh says anything, beside others that one carries."""
        meshes = self.facts.encryption.protection.meshes
        return [
            ref
            for ref in workload.pod_refs
            if not any((found := mesh.member(ref)) and found.how != OUT_OF_BAND for mesh in meshes)
        ]

    def _partly(self, workload: Workload, outside: Sequence[ObjectRef], details: Details) -> CheckResult:
        """Some of its pods are carried, and others show no mesh: they started before it was set up, or opted out."""
        says = f"{len(outside)} of {count(len(workload.pod_refs), 'pod')} of {workload.id} {verb(len(outside), 'shows', 'show')} no mesh, beside others in one"
        details["why"] = (
            *details["why"],
            f"Without a proxy or a status of a mesh: {names(map(str, outside), _SHOWN)}.",
        )
        details["evidence"] = (
            *details["evidence"],
            *(evidence_of_labels(self.facts, ref) for ref in outside[:_SHOWN]),
        )
        templates = any(self.facts.pods[ref].from_template for ref in outside)
        return self._missing(workload, says, templates=templates, details=details)

    def _outside(self, workload: Workload, details: Details) -> CheckResult:
        """Claimed, and nothing about its pods speaks of any mesh."""
        says = f"{workload.id} is claimed to be in a mesh, and its pods show none"
        why = (
            "On the host network no mesh takes pods in."
            if workload.host_network
            else "No pod has a proxy or a status of a mesh."
        )
        details["why"], details["evidence"] = (why,), (evidence_of_labels(self.facts, workload.pod_refs[0]),)
        templates = self.facts.pods[workload.pod_refs[0]].from_template
        return self._missing(workload, says, templates=templates, details=details)

    def _details(self, workload: Workload, members: Sequence[Membership]) -> Details:
        strength = weakest(*(item.strength for item in members))
        return Details(
            boundaries=boundaries_of(self.facts.placements[workload.id]),
            strength=strength_of_evidence(strength) if members else Strength.EFFECTIVE,
            why=tuple(f"{item.says}." for item in members),
            evidence=evidence_of_signs(dict.fromkeys(sign for item in members for sign in item.signs)),
        )


def _intended(members: Sequence[Membership]) -> bool:
    return any(item.strength is EvidenceStrength.INTENDED for item in members)
