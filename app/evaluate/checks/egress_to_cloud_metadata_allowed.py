"""May a workload reach the cloud's instance metadata service?"""

from dataclasses import dataclass, field

from app.evaluate.checks.common.addresses import METADATA, range_of
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

_CLOUDS = {  # by the scheme of `Node.spec.providerID`
    "alicloud": "Alibaba Cloud",
    "aws": "AWS",
    "azure": "Azure",
    "digitalocean": "DigitalOcean",
    "gce": "Google Cloud",
    "hcloud": "Hetzner Cloud",
    "ibm": "IBM Cloud",
    "linode": "Linode",
    "openstack": "OpenStack",
}
_DISTRIBUTIONS = {"AKS": "Azure", "EKS": "AWS", "GKE": "Google Cloud"}

_NO_CLOUD = Doubt(
    "no node says which cloud it runs on, so there may be no metadata service to reach",
    "Scan the cluster itself, where nodes carry spec.providerID.",
)
_LIMIT = (
    "Some network plugins and node settings block this address outside of policy; only a probe would show it."
)


@dataclass(frozen=True, slots=True)
class EgressToCloudMetadataAllowed:
    """Judges each workload on the pod network by TCP 80 to 169.254.169.254 and, for AWS, fd00:ec2::254.

    It fails where effective egress reaches the address and the nodes say which cloud they run on; on an unknown cloud
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

    def __post_init__(self) -> None:
        self.proof, self.clouds = Proof(self.facts), _clouds(self.facts)
        addresses = METADATA if "AWS" in self.clouds or not self.clouds else METADATA[:1]
        self.outside = Outside(self.facts, [range_of(item) for item in addresses], Direction.EGRESS)

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
        address = METADATA[0] if opened.range.version == 4 else METADATA[1]  # noqa: PLR2004  IP version
        says = f"{workload.id} may reach the instance metadata service at {address} on TCP {PORT}"
        doubts = self.proof.against_open(workload, Direction.EGRESS)
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


def _clouds(facts: Facts) -> tuple[str, ...]:
    schemes = {node.provider_id.partition("://")[0] for node in facts.inventory.nodes}
    found = {_CLOUDS[scheme] for scheme in schemes if scheme in _CLOUDS}
    found |= {
        cloud for name, cloud in _DISTRIBUTIONS.items() if name in facts.platform.distribution.split(", ")
    }
    return tuple(sorted(found))
