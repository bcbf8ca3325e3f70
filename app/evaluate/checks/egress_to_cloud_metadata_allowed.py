"""May a workload reach the cloud's instance metadata service?"""

from dataclasses import dataclass, field

from app.evaluate.checks.common.addresses import overlap, range_of
from app.evaluate.checks.common.clouds import clouds_of, metadata_of
from app.evaluate.checks.common.outside import Opened, Outside
from app.evaluate.checks.common.population import workload_subject
from app.evaluate.checks.common.proof import Proof
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts, declared_only
from app.evaluate.checks.common.witness import evidence_of, steps
from app.evaluate.checks.common.wording import names
from app.evaluate.checks.common.workloads import details_of, left_to_host_network
from app.model.connections import Protocol
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun
from app.model.policy import Direction
from app.model.reachability import Workload

PORT = 80  # plain HTTP on every cloud that has the service

_NO_CLOUD = Doubt(
    "no node says which cloud it runs on, so there may be no metadata service to reach",
    "Scan the cluster itself, where nodes carry spec.providerID.",
)
_LIMIT = (
    "Some network plugins and node settings block this address outside of policy; only a probe would show it."
)


@dataclass(frozen=True, slots=True)
class EgressToCloudMetadataAllowed:
    """Judges each workload on the pod network by TCP 80 to the metadata addresses of the cloud that the nodes run on.

    It fails where effective egress reaches one of them and the nodes say which cloud they run on; on an unknown cloud
    the same is insufficient evidence. Pods on the host network do not apply: host-network-bypasses-policy has them.
    """

    id: str = "egress-to-cloud-metadata-allowed"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every workload."""
        judge = _Judge(facts, Verdicts.of(facts, self.id))
        return judge.verdicts.run(
            (judge.result(item) for item in facts.reachability.workloads),
            complete=not judge.proof.pods,
            limits=(*declared_only(facts), _LIMIT),
        )


CHECK: Check = EgressToCloudMetadataAllowed()


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    proof: Proof = field(init=False)
    outside: Outside = field(init=False)
    clouds: tuple[str, ...] = field(init=False)
    addresses: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.proof, self.clouds = Proof(self.facts), clouds_of(self.facts)
        self.addresses = metadata_of(self.clouds)
        self.outside = Outside(self.facts, [range_of(item) for item in self.addresses], Direction.EGRESS)

    def result(self, workload: Workload) -> CheckResult:
        subject = workload_subject(workload)
        details = details_of(self.facts, workload)
        if workload.host_network:
            return left_to_host_network(self.verdicts, workload, details)
        opened = [item for item in self.outside.opened(workload) if item.allowed.allows(Protocol.TCP, PORT)]
        if opened:
            return self._open(workload, opened[0], details)
        says = f"{workload.id} cannot reach the instance metadata address"
        return self.verdicts.passed(subject, says, doubts=self.proof.against_closed(workload), base=details)

    def _open(self, workload: Workload, opened: Opened, details: Details) -> CheckResult:
        address = next(item for item in self.addresses if overlap(range_of(item), opened.range))
        says = f"{workload.id} may reach the instance metadata service at {address} on TCP {PORT}"
        doubts = self.proof.against_open(workload, Direction.EGRESS, leaving=True)
        doubts = doubts if self.clouds else (*doubts, _NO_CLOUD)
        if doubts:
            return self.verdicts.undecided(workload_subject(workload), says, doubts, base=details)
        destination = next(
            item.id
            for item in self.facts.reachability.externals
            if item.range.version == opened.range.version and item.range.first == opened.range.first
        )
        decision = self.facts.reachability.decide(workload.id, destination, Protocol.TCP, PORT)
        return self.verdicts.failed(
            workload_subject(workload),
            says,
            why=(f"The nodes run on {names(self.clouds)}.", *steps(decision)),
            evidence=evidence_of(self.facts, decision, workload),
            remedy=(
                f"Except {address} in every egress rule with an ipBlock, isolate for egress what nothing isolates, and "
                "require session tokens with a hop limit of 1 where the cloud offers them."
            ),
            base=details,
        )
