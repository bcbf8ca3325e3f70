"""Do policies let in a protocol that counts as insecure?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from app.evaluate.checks.common.evidence import evidence_for, evidence_of_rule, pod_path
from app.evaluate.checks.common.flows import names_of
from app.evaluate.checks.common.insecure import Insecure
from app.evaluate.checks.common.population import workload_subject
from app.evaluate.checks.common.proof import Proof
from app.evaluate.checks.common.verdicts import Check, Doubt, Verdicts, declared_only
from app.evaluate.checks.common.wording import names
from app.evaluate.checks.common.workloads import details_of, left_to_host_network
from app.model.connections import Connections, PortSet
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Evidence
from app.model.policy import Action, Direction
from app.model.reachability import EffectiveRule, Workload

_LIMITS = (
    "By port: the number is only a hint of the protocol, no handshake was observed.",
    "A container port that is not declared may still be served.",
)
_UNSEEN = Doubt(
    "nothing shows whether it listens there",
    "Close what is not needed by a default deny; or declare the container ports, so that what is served can be seen.",
)


@dataclass(frozen=True, slots=True)
class InsecureProtocolAllowed:
    """Judges each workload by the ports on the list that anyone may open to it.

    It fails when it declares such a port, or a rule in effect on it names one, and no approved entry of the register
    says what makes it safe. When such a port is open only because nothing is closed, what listens there is not known. It
    passes when no such port is open, or an entry covers each.
    """

    id: str = "insecure-protocol-allowed"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every workload."""
        judge = _Judge(facts, Verdicts.of(facts, self.id))
        results = [judge.result(item) for item in facts.reachability.workloads]
        return judge.verdicts.run(
            results, complete=not judge.proof.pods, limits=(*declared_only(facts), *_LIMITS)
        )


CHECK: Check = InsecureProtocolAllowed()


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    proof: Proof = field(init=False)
    insecure: Insecure = field(init=False)

    def __post_init__(self) -> None:
        self.proof, self.insecure = Proof(self.facts), Insecure.of(self.facts)

    def result(self, workload: Workload) -> CheckResult:
        details = details_of(self.facts, workload)
        if workload.host_network:
            return left_to_host_network(self.verdicts, workload, details)
        subject, listed = workload_subject(workload), self.insecure.ports
        opened = self._opened(workload, listed)
        own = names_of(self.facts, workload.id, workload.namespace)
        used, left = self.insecure.mitigation(own, opened)
        if not left:
            by = f" beyond those that {names(used)} {_make(used)} safe" if used else ""
            says = f"no port that counts as insecure is open to {workload.id}{by}"
            return self.verdicts.passed(
                subject, says, doubts=self.proof.against_closed(workload), base=details
            )
        served, named = self._served(workload) & left, list(self._named(workload, left))
        if not served and not named:
            says = f"{workload.id} is open on {left}, which counts as insecure"
            return self.verdicts.undecided(subject, says, (_UNSEEN,), base=details)
        shown = served | _union(ports for _, ports in named)
        says = f"{workload.id} is open on {shown} ({names(self.insecure.called(shown))}), with no mitigation on file"
        details["data"] = {"ports": shown.to_json(), "services": list(self.insecure.called(shown))}
        if doubts := self.proof.against_open(workload, Direction.INGRESS):
            return self.verdicts.undecided(subject, says, doubts, base=details)
        return self.verdicts.failed(
            subject,
            says,
            why=tuple(_steps(workload, served, named)),
            evidence=tuple(self._evidence(workload, served, named)),
            remedy=(
                "Use a protected protocol, or close the port; if it is needed, enter what makes it safe under "
                "insecure_services in the registers file, approved by somebody other than its owner."
            ),
            base=details,
        )

    def _opened(self, workload: Workload, listed: Connections) -> Connections:
        """Ports on the list that anyone may open; its own policies tell quickly that there is none."""
        reach = self.facts.reachability
        if reach.default_of(workload.id, Direction.INGRESS).denied:
            rules = reach.rules_on(workload.id, Direction.INGRESS)
            listed &= _union(rule.ports for rule in rules if rule.action is not Action.DENY)
        found = Connections()
        if listed:
            for _, allowed in reach.sources(workload.id):
                found |= allowed & listed
                if found == listed:
                    break
        return found

    def _served(self, workload: Workload) -> Connections:
        """Container ports that its pods declare."""
        pods = (self.facts.pods[ref] for ref in workload.pod_refs if ref in self.facts.pods)
        return _union(
            Connections.of({port.protocol: PortSet.of([(port.container_port, port.container_port)])})
            for pod in pods
            for port in pod.ports
            if not port.init
        )

    def _named(self, workload: Workload, left: Connections) -> Iterator[tuple[EffectiveRule, Connections]]:
        """Rules that let in a port on the list by its number, with those ports; a wide range names none."""
        widest = self.facts.scope.thresholds.widest_port_range
        for rule in self.facts.reachability.rules_on(workload.id, Direction.INGRESS):
            ports = _narrow(rule.ports, widest) & left
            if rule.action is not Action.DENY and not rule.any_port and ports:
                yield rule, ports

    def _evidence(
        self, workload: Workload, served: Connections, named: Iterable[tuple[EffectiveRule, Connections]]
    ) -> Iterator[Evidence]:
        yield from (evidence_of_rule(self.facts, rule.rule) for rule, _ in named)
        if served:
            ref = workload.pod_refs[0]
            yield evidence_for(self.facts, ref, f"{pod_path(ref)}spec.containers")


def _narrow(ports: Connections, widest: int) -> Connections:
    return Connections.of(
        {
            protocol: PortSet.of((first, last) for first, last in found.intervals if last - first < widest)
            for protocol, found in ports.ports
        }
    )


def _steps(
    workload: Workload, served: Connections, named: Iterable[tuple[EffectiveRule, Connections]]
) -> Iterator[str]:
    if served:
        yield f"{workload.id} declares {served}."
    for rule, ports in named:
        yield f"{rule.rule} lets in {ports}."
    yield "No approved entry of insecure_services says what makes it safe there."


def _make(used: tuple[str, ...]) -> str:
    return "makes" if len(used) == 1 else "make"


def _union(sets: Iterable[Connections]) -> Connections:
    found = Connections()
    for item in sets:
        found |= item
    return found
