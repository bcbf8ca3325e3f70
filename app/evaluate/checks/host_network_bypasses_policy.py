"""Does a pod escape pod policy by using its node's network?"""

from collections.abc import Iterator
from dataclasses import dataclass

from app.evaluate.checks.common.doubts import pod_gaps
from app.evaluate.checks.common.evidence import evidence_for, pod_path
from app.evaluate.checks.common.population import boundaries_of, workload_subject
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts
from app.evaluate.checks.common.wording import names
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Evidence
from app.model.reachability import Workload
from app.model.scope import Boundary

_RESIDUAL = (
    "Residual: traffic from a node, and so from hostNetwork pods on it, to the pods of that node is always allowed; no "
    "NetworkPolicy can change that."
)
_NO_NODE = Doubt(
    "it is not known which nodes it runs on", "Scan the cluster itself, where pods name their nodes."
)


@dataclass(frozen=True, slots=True)
class HostNetworkBypassesPolicy:
    """Judges every workload; the object alone decides, enforced or not.

    A hostNetwork workload fails in each boundary that it is inside of or may be, and in each boundary whose sensitive
    pods run on one of its nodes, unless the entity's list approves it. Where its nodes are not known and it is outside
    a boundary that has sensitive workloads, that boundary cannot be judged.
    """

    id: str = "host-network-bypasses-policy"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every workload."""
        verdicts, pods = Verdicts.of(facts, self.id), pod_gaps(facts)
        guarded = _guarded_nodes(facts)
        results = [
            result
            for workload in facts.reachability.workloads
            for result in _results(facts, verdicts, workload, guarded)
        ]
        return verdicts.run(results, complete=not pods, limits=(_RESIDUAL,))


CHECK: Check = HostNetworkBypassesPolicy()


def _results(
    facts: Facts, verdicts: Verdicts, workload: Workload, guarded: dict[Boundary, set[str]]
) -> Iterator[CheckResult]:
    subject, inside = workload_subject(workload), boundaries_of(facts.placements[workload.id])
    details = Details(evidence=(_evidence(facts, workload),))
    if not workload.host_network:
        yield verdicts.passed(subject, f"{workload.id} uses the pod network", boundaries=inside)
        return
    beside = frozenset(item for item, nodes in guarded.items() if nodes & set(workload.nodes))
    concerned, uses = inside | beside, f"{workload.id} uses its node's network"
    unknown = frozenset(guarded) - concerned if not workload.nodes else frozenset()
    if workload.id in facts.scope.approved_host_network:
        says = f"{uses}, which the scope file approves"
        yield verdicts.passed(subject, says, why=(_RESIDUAL,), boundaries=concerned | unknown, base=details)
        return
    if concerned:
        yield _failed(verdicts, workload, details, concerned, beside - inside)
    if unknown:
        yield verdicts.undecided(subject, uses, (_NO_NODE,), boundaries=unknown, base=details)
    if not (concerned or unknown):
        says = f"{uses}, out of scope and on no node that is known to run sensitive pods"
        yield verdicts.passed(subject, says, boundaries=concerned, base=details)


def _guarded_nodes(facts: Facts) -> dict[Boundary, set[str]]:
    """Nodes that run sensitive pods, by boundary; boundaries without sensitive workloads are left out."""
    found: dict[Boundary, set[str]] = {}
    for workload in facts.reachability.workloads:
        for boundary in Boundary:
            if facts.placements[workload.id].sensitive(boundary):
                found.setdefault(boundary, set()).update(workload.nodes)
    return found


def _failed(
    verdicts: Verdicts,
    workload: Workload,
    details: Details,
    boundaries: frozenset[Boundary],
    beside: frozenset[Boundary],
) -> CheckResult:
    where = ""
    if beside:
        where = f" on nodes that run sensitive pods ({names(sorted(beside))})"
    return verdicts.failed(
        workload_subject(workload),
        f"{workload.id} uses its node's network{where}: no policy selects it",
        why=(
            f"{workload.id} sets hostNetwork: true.",
            f"It runs on {names(workload.nodes)}." if workload.nodes else "Its nodes are not known.",
            "Policies do not select such pods, and see their traffic as the node's own.",
        ),
        remedy=(
            "Remove hostNetwork from the pod template, or list the workload under approved_host_network in the scope "
            "file with a reason on record."
        ),
        boundaries=boundaries,
        base=details,
    )


def _evidence(facts: Facts, workload: Workload) -> Evidence:
    ref = workload.pod_refs[0]
    return evidence_for(facts, ref, f"{pod_path(ref)}spec.hostNetwork")
