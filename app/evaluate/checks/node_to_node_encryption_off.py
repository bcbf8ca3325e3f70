"""Where encryption between nodes is claimed as a control, does every node encrypt?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.evaluate.checks.common.doubts import kind_gaps, pod_gaps
from app.evaluate.checks.common.evidence import evidence_of_signs
from app.evaluate.checks.common.population import boundaries_of_all, cluster_subject, node_subject
from app.evaluate.checks.common.transit import strength_of_evidence
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts
from app.model.encryption import Label
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun
from app.model.identity import GroupKind
from app.model.transit import PathVerdict

_CLAIM = "Claim it under encryption.controls in the scope file (node-to-node) if it is a control of yours."
_REPAIR = (
    "Switch encryption on in the network plugin, restart its agents, and see that every node publishes a key; or take the claim "
    "back in the scope file."
)
_PASSING = {
    Label.NODE_TUNNEL_STRICT: "encrypts to other nodes, and fails closed",
    Label.NODE_TUNNEL: "encrypts to other nodes, and fails open",
    Label.PROVIDER_ATTESTED: "is covered by a statement of the provider",
}
_LIMITS = (
    "Encryption between nodes authenticates nodes, not workloads, and does nothing for pods on one node.",
    "Pods on the host network are left out here; plaintext-path judges their paths.",
)


@dataclass(frozen=True, slots=True)
class NodeToNodeEncryptionOff:
    """Judges each node with pods on the pod network, only where the scope file claims encryption between nodes.

    A node passes when a pod on it would be encrypted to a pod like it on another node; whether that fails open or closed is
    said, and is no failure. A statement of the provider answers for nodes that it names, as declared.
    """

    id: str = "node-to-node-encryption-off"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every node."""
        verdicts = Verdicts.of(facts, self.id)
        if not facts.scope.encryption.node_to_node:
            says = "encryption between nodes is not claimed as a control"
            return verdicts.run(
                (verdicts.not_applicable(cluster_subject(facts), says, why=(_CLAIM,)),), limits=_LIMITS
            )
        complete = not kind_gaps(facts, GroupKind("", "Node")) and not pod_gaps(facts)
        return verdicts.run(_results(facts, verdicts), complete=complete, limits=_LIMITS)


CHECK: Check = NodeToNodeEncryptionOff()


def _results(facts: Facts, verdicts: Verdicts) -> Iterator[CheckResult]:
    nodes = facts.encryption.nodes()
    if not nodes:
        says = "whether nodes encrypt between each other cannot be told"
        doubt = Doubt("no pod with a node was read", "Scan the cluster itself.")
        yield verdicts.undecided(cluster_subject(facts), says, (doubt,))
    judged = {name for name, _ in nodes}
    for node in facts.inventory.nodes if nodes else ():
        if node.name not in judged:
            says = f"no pod on the pod network runs on {node.name}, so nothing there would be encrypted"
            yield verdicts.not_applicable(node_subject(node.name), says)
    workloads, unread = _on_nodes(facts), pod_gaps(facts).anywhere()
    for name, found in nodes:
        yield _result(facts, verdicts, name, found, workloads.get(name, ()), unread)


def _result(
    facts: Facts,
    verdicts: Verdicts,
    name: str,
    found: PathVerdict,
    workloads: Sequence[str],
    unread: Sequence[Doubt],
) -> CheckResult:
    details = Details(
        boundaries=boundaries_of_all(facts, workloads),
        strength=strength_of_evidence(found.strength),
        why=(f"{found.says[:1].upper()}{found.says[1:]}.", *(f"{item}." for item in found.weak)),
        evidence=evidence_of_signs(found.signs),
    )
    subject = node_subject(name)
    match found.label:
        case Label.NODE_TUNNEL_STRICT | Label.NODE_TUNNEL | Label.PROVIDER_ATTESTED:
            return verdicts.passed(subject, f"{name} {_PASSING[found.label]}", doubts=unread, base=details)
        case Label.UNKNOWN:
            doubt = Doubt(found.says, "Read the network plugin's settings and what its agents report.")
            says = f"whether {name} encrypts to other nodes cannot be told"
            return verdicts.undecided(subject, says, (doubt,), base=details)
        case _:
            says = f"{name} does not encrypt to other nodes, which is claimed as a control"
            return verdicts.failed(subject, says, remedy=_REPAIR, base=details)


def _on_nodes(facts: Facts) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for workload in facts.reachability.workloads:
        for node in workload.nodes:
            found.setdefault(node, []).append(workload.id)
    return found
