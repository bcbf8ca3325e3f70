"""May a workload open connections to the internet beyond what is approved?"""

from dataclasses import dataclass, field

from app.evaluate.checks.common.addresses import text, untrusted
from app.evaluate.checks.common.enforcement import reason_on
from app.evaluate.checks.common.evidence import evidence_of_labels, evidence_of_policies
from app.evaluate.checks.common.flows import EXTERNAL, Flows, names_of
from app.evaluate.checks.common.isolation import default_deny, first_allow
from app.evaluate.checks.common.outside import Opened, Outside, total, within
from app.evaluate.checks.common.population import workload_subject
from app.evaluate.checks.common.proof import Proof
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts, declared_only
from app.evaluate.checks.common.wording import names, verb
from app.evaluate.checks.common.workloads import details_of, left_to_host_network
from app.model.connections import Connections
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Evidence
from app.model.policy import Direction
from app.model.reachability import Workload

_NO_REGISTER = Doubt(
    "no register of approved flows was supplied to compare it with",
    "List the approved flows to `external` in the scope file (`approved_flows`).",
)
_LIMIT = "NAT gateways, proxies and firewalls outside the cluster may restrict this further; they are not visible from it."


@dataclass(frozen=True, slots=True)
class EgressToInternetUnrestricted:
    """Judges each workload on the pod network.

    It fails where it may reach every untrusted address of a family, and, with a register of approved flows, where it
    may reach any on ports that no flow to `external` covers. Without a register, reaching some addresses only cannot be
    judged. Pods on the host network do not apply: host-network-bypasses-policy has them.
    """

    id: str = "egress-to-internet-unrestricted"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every workload."""
        judge = _Judge(facts, Verdicts.of(facts, self.id))
        return judge.verdicts.run(
            (judge.result(item) for item in facts.reachability.workloads),
            complete=not judge.proof.pods,
            limits=(*declared_only(facts), _LIMIT),
        )


CHECK: Check = EgressToInternetUnrestricted()
_CONDITIONAL = Doubt(
    "its policies let this through only on conditions, such as a DNS name, that a scan cannot follow",
    "Name addresses instead of names, or have what the conditions let through approved.",
)


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    proof: Proof = field(init=False)
    flows: Flows = field(init=False)
    outside: Outside = field(init=False)

    def __post_init__(self) -> None:
        self.proof, self.flows = Proof(self.facts), Flows.of(self.facts)
        self.outside = Outside(self.facts, untrusted(self.facts.scope), Direction.EGRESS)

    def result(self, workload: Workload) -> CheckResult:
        subject = workload_subject(workload)
        details = details_of(self.facts, workload)
        if workload.host_network:
            return left_to_host_network(self.verdicts, workload, details)
        opened = self.outside.opened(workload)
        if not opened:
            says = f"{workload.id} cannot open a connection to an untrusted address"
            doubts = self.proof.against_closed(workload)
            return self.verdicts.passed(subject, says, doubts=doubts, base=details)
        own = names_of(self.facts, workload.id, workload.namespace)
        used, left = self.flows.between(own, EXTERNAL, total(opened))
        if not left:
            says = f"{workload.id} may reach untrusted addresses only as approved flow {names(used)} has it"
            doubts = self.proof.against_closed(workload)
            return self.verdicts.passed(subject, says, doubts=doubts, base=details)
        return self._open(workload, opened, left, details)

    def _open(
        self, workload: Workload, opened: tuple[Opened, ...], left: Connections, details: Details
    ) -> CheckResult:
        everywhere = [
            (family, ports & left) for family, ports in self.outside.everywhere(workload) if ports & left
        ]
        if everywhere:
            family, ports = everywhere[0]
            says = f"{workload.id} may connect to every untrusted IPv{family} address on {ports}"
        else:
            says = f"{workload.id} may connect to {self._where(opened)} on {left}"
        doubts = self.proof.against_open(workload, Direction.EGRESS, leaving=True)
        if not everywhere and not self.flows.supplied:
            doubts = (*doubts, _NO_REGISTER)
        if not any(self.facts.reachability.certain(workload.id, item.id) & left for item in opened):
            doubts = (*doubts, _CONDITIONAL)
        subject = workload_subject(workload)
        if doubts:
            return self.verdicts.undecided(
                subject, says, doubts, evidence=self._evidence(workload), base=details
            )
        return self.verdicts.failed(
            subject,
            says,
            why=self._steps(workload, opened),
            evidence=self._evidence(workload),
            remedy=self._remedy(workload),
            data={"allowed": left.to_json(), "ranges": [item.id for item in opened]},
            base=details,
        )

    def _where(self, opened: tuple[Opened, ...]) -> str:
        return names(text(item) for item in within(opened, self.outside.wanted))

    def _steps(self, workload: Workload, opened: tuple[Opened, ...]) -> tuple[str, ...]:
        isolating = self.facts.reachability.isolating(workload.id, Direction.EGRESS)
        vain = self.facts.reachability.unenforced(workload.id, Direction.EGRESS)
        cause = f"No policy isolates {workload.id} for egress."
        if vain:
            selects = verb(len(vain), "selects", "select")
            cause = f"{names(vain)} {selects} it, but nothing enforces it: {reason_on(self.facts, workload)}."
        if isolating:
            cause = (
                f"{names(isolating)} {verb(len(isolating), 'isolates', 'isolate')} it, and lets this through."
            )
        return (cause, *(f"Open: {item.id} on {item.allowed}." for item in opened[:3]))

    def _evidence(self, workload: Workload) -> tuple[Evidence, ...]:
        isolating = self.facts.reachability.isolating(workload.id, Direction.EGRESS)
        vain = self.facts.reachability.unenforced(workload.id, Direction.EGRESS)
        if isolating or vain:
            return evidence_of_policies(self.facts, isolating or vain, "spec.egress")
        return (evidence_of_labels(self.facts, workload.pod_refs[0]),)

    def _remedy(self, workload: Workload) -> str:
        if self.facts.reachability.isolating(workload.id, Direction.EGRESS):
            return (
                "Name the addresses that are needed in the egress rules, or send the traffic through an egress proxy; "
                "list what stays under approved_flows in the scope file."
            )
        return f"{first_allow(Direction.EGRESS)}\n\n{default_deny(workload.namespace, Direction.EGRESS)}"
