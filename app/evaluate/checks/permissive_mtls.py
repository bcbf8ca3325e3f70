"""Does every port of a workload in a mesh refuse plain text?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.evaluate.checks.common.evidence import evidence_of_signs
from app.evaluate.checks.common.population import boundaries_of, cluster_subject, workload_subject
from app.evaluate.checks.common.proof import Proof
from app.evaluate.checks.common.transit import intended, strength_of_evidence
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts, declared_only
from app.evaluate.checks.common.wording import count, names, verb
from app.model.connections import Protocol
from app.model.encryption import AT_THE_EDGE, OUT_OF_BAND, OWN_PORT, EvidenceStrength, Known, weakest
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Severity
from app.model.reachability import Workload
from app.model.transit import ListenerVerdict

_SHOWN = 5
_NOBODY = "nobody"
_REMEDY = (
    "Make the mesh refuse plain text on these ports, for the whole namespace where you can; take ports out of exclusion lists; "
    "until then admit by policy only sources that are in the mesh."
)
_WITHOUT_A_MODE = {
    OUT_OF_BAND: "authenticated out of band alone, and plaintext-path judges what reaches it",
    **dict.fromkeys(
        AT_THE_EDGE, "a proxy of the mesh itself, and lb-without-tls judges what it takes from outside"
    ),
}
_LIMITS = (
    "A port of which the mesh takes no notice is judged like one that accepts plain text: the program behind it may refuse.",
    "A pod's own node may always connect to it; this is left out of who could be served in plain text.",
    "A mesh carries TCP alone; listeners of other protocols are not judged here.",
    "Ports on which a mesh's proxy serves its own metrics and health in plain text are not judged here.",
)


@dataclass(frozen=True, slots=True)
class PermissiveMtls:
    """Judges the TCP listeners of each workload that is seen in a mesh; what is in none does not apply.

    It fails where the effective mode accepts plain text, or the mesh leaves a port out. Severity is low where every source that
    enforced policies admit sends mutual TLS: the port could serve plain text, but nobody in reach would ask for it.
    """

    id: str = "permissive-mtls"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every workload."""
        judge = _Judge(facts, Verdicts.of(facts, self.id))
        complete = not judge.proof.pods
        return judge.verdicts.run(
            list(judge.results()), complete=complete, limits=(*declared_only(facts), *_LIMITS)
        )


CHECK: Check = PermissiveMtls()


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    proof: Proof = field(init=False)

    def __post_init__(self) -> None:
        self.proof = Proof(self.facts)

    def results(self) -> Iterator[CheckResult]:
        """One for each workload; one for the cluster where no mesh was found."""
        if not self.facts.encryption.protection.meshes:
            yield self._no_mesh()
            return
        for workload in self.facts.reachability.workloads:
            yield self._result(workload)

    def _no_mesh(self) -> CheckResult:
        subject, says = cluster_subject(self.facts), "no service mesh was found, so there is no mode to judge"
        doubts = self.proof.pods.anywhere()
        if doubts:
            return self.verdicts.undecided(subject, f"{says} in what was read", doubts)
        return self.verdicts.not_applicable(subject, says)

    def _result(self, workload: Workload) -> CheckResult:
        members = [item for _, item in self.facts.encryption.memberships(workload.id)]
        placed = Details(boundaries=boundaries_of(self.facts.placements[workload.id]))
        if all(item.enrolled is Known.NO for item in members):
            says = f"{workload.id} is in no mesh; see mesh-workload-not-enrolled and plaintext-path"
            return self.verdicts.not_applicable(workload_subject(workload), says, base=placed)
        if all(item.how in _WITHOUT_A_MODE for item in members):
            says = f"{workload.id} has no mode: it is {names(sorted({_WITHOUT_A_MODE[item.how] for item in members}))}"
            return self.verdicts.not_applicable(workload_subject(workload), says, base=placed)
        tcp = [
            item
            for item in self.facts.encryption.listeners(workload.id)
            if item.protocol is Protocol.TCP and item.mode != OWN_PORT
        ]
        return self._judged(workload, tcp, placed)

    def _judged(
        self, workload: Workload, listeners: Sequence[ListenerVerdict], placed: Details
    ) -> CheckResult:
        subject = workload_subject(workload)
        open_ = [item for item in listeners if item.plain is Known.YES or not item.mode]
        unsure = [item for item in listeners if item.plain is Known.UNKNOWN and item.mode]
        details = _details(open_ or unsure or listeners, placed)
        templates = (intended(self.facts, (workload.id,)),) if _intended(listeners) else ()
        if open_:
            return self._open(workload, open_, templates, details)
        if unsure:
            doubts = tuple(
                Doubt(item.says, "Grant the rights to list the objects of the mesh.") for item in unsure
            )
            says = f"whether {workload.id} accepts plain text cannot be told"
            return self.verdicts.undecided(subject, says, (*doubts, *templates), base=details)
        modes = names(sorted({item.mode for item in listeners}))
        says = f"{workload.id} refuses plain text on {_ports(listeners)} ({modes})"
        doubts = (*templates, *self.proof.pods.of(workload.namespace))
        return self.verdicts.passed(subject, says, doubts=doubts, base=details)

    def _open(
        self,
        workload: Workload,
        listeners: Sequence[ListenerVerdict],
        templates: tuple[Doubt, ...],
        details: Details,
    ) -> CheckResult:
        subject = workload_subject(workload)
        says = f"{workload.id} accepts plain text on {_ports(listeners)}, {_from(listeners)}"
        if templates:
            return self.verdicts.undecided(subject, f"{says} in what was read", templates, base=details)
        closed = all(item.exposed_to == _NOBODY for item in listeners)
        if closed and not self.proof.against_closed(workload):
            details["severity"] = Severity.LOW
        return self.verdicts.failed(subject, says, remedy=_REMEDY, base=details)


def _details(listeners: Sequence[ListenerVerdict], placed: Details) -> Details:
    strength = weakest(*(item.strength for item in listeners))
    return Details(
        **{
            **placed,
            "strength": strength_of_evidence(strength),
            "why": tuple(_step(item) for item in listeners[:_SHOWN]),
            "evidence": evidence_of_signs(
                dict.fromkeys(sign for item in listeners[:_SHOWN] for sign in item.signs)
            ),
            "data": {"ports": {str(item.port): item.mode or "unguarded" for item in listeners}},
        }
    )


def _step(item: ListenerVerdict) -> str:
    port = f"TCP {item.port}" if item.port else "Every TCP port"
    exposed = "" if item.plain is Known.NO else f" Could be served in plain text: {item.exposed_to}."
    return f"{port}: {item.says}.{exposed}"


def _ports(listeners: Sequence[ListenerVerdict]) -> str:
    numbers = [item.port for item in listeners if item.port]
    if not numbers:
        return "its TCP ports"
    return f"TCP {names(numbers)}" if len(numbers) < _SHOWN else count(len(numbers), "TCP port")


def _from(listeners: Sequence[ListenerVerdict]) -> str:
    """The widest circle of those who could be served."""
    for circle in ("outside", "the cluster", "its namespace"):
        if any(item.exposed_to == circle for item in listeners):
            where = "outside the cluster" if circle == "outside" else f"in {circle}"
            return f"and sources {where} could be served"
    one = verb(len(listeners), "it", "them")
    return f"though every source that policies admit to {one} sends mutual TLS"


def _intended(listeners: Sequence[ListenerVerdict]) -> bool:
    return any(item.strength is EvidenceStrength.INTENDED for item in listeners)
