"""Is the enforcement engine healthy on every node, and does every mesh refuse plain text by its settings?"""

from dataclasses import dataclass

from app.evaluate.checks.common.doubts import kind_gaps, pod_gaps
from app.evaluate.checks.common.evidence import evidence_of_signs
from app.evaluate.checks.common.migration import Migration
from app.evaluate.checks.common.population import boundaries_of_all, cluster_subject, node_subject
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts
from app.evaluate.checks.common.wording import names
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Strength
from app.model.identity import GroupKind
from app.model.platform import Enforcement, Sign

_LIMITS = (
    "Of a mesh, settings are judged that hold for a workload which was seen in it; ports that its proxy does not see have none.",
)
_ADVICE = "Add the Node objects and the network plugin's pods to what is read, or scan the cluster itself."


@dataclass(frozen=True, slots=True)
class PolicyEnforcementDegraded:
    """Judges each node: those that the API lists, and those that pods say they run on.

    A node fails where the engine is missing, failing or does not enforce. Without any node there is one result for the
    cluster: degraded fails, everything else is insufficient evidence. A node counts in the boundaries of the workloads
    that run on it, an empty one in all, because anything may be scheduled there. A mesh fails at each level that holds a
    setting which lets plain text in: itself, a namespace, a workload with its ports.
    """

    id: str = "policy-enforcement-degraded"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every node."""
        verdicts = Verdicts.of(facts, self.id)
        tenants = _tenants(facts)
        listed = {item.name for item in facts.inventory.nodes} | {item.node for item in facts.platform.nodes}
        names_of_nodes = sorted(listed | set(tenants))
        results = [_node(facts, verdicts, name, tenants.get(name, [])) for name in names_of_nodes]
        meshes = list(Migration(facts, verdicts).results())
        return verdicts.run(
            [*(results or [_cluster(facts, verdicts)]), *meshes],
            complete=not kind_gaps(facts, GroupKind("", "Node")) and not (meshes and pod_gaps(facts)),
            limits=_LIMITS if meshes else (),
        )


CHECK: Check = PolicyEnforcementDegraded()


def _tenants(facts: Facts) -> dict[str, list[str]]:
    """Ids of the workloads on each node."""
    found: dict[str, list[str]] = {}
    for workload in facts.reachability.workloads:
        for node in workload.nodes:
            found.setdefault(node, []).append(workload.id)
    return found


def _node(facts: Facts, verdicts: Verdicts, name: str, workloads: list[str]) -> CheckResult:
    entry = next((item for item in facts.platform.nodes if item.node == name), None)
    details = _details(entry.signs if entry else (), workloads)
    details["boundaries"] = boundaries_of_all(facts, workloads)
    subject, state, why = node_subject(name), facts.platform.on_node(name), facts.platform.why(name)
    match state:
        case Enforcement.ENFORCED:
            return verdicts.passed(subject, f"policies are enforced on {name}: {why}", base=details)
        case Enforcement.UNKNOWN:
            details["strength"] = Strength.DECLARED
            says = f"whether policies are enforced on {name} cannot be told"
            return verdicts.undecided(subject, says, (Doubt(why, _ADVICE),), base=details)
        case Enforcement.DEGRADED | Enforcement.NOT_ENFORCED:
            how = "not reliably enforced" if state is Enforcement.DEGRADED else "not enforced"
            return verdicts.failed(
                subject,
                f"policies are {how} on {name}: {why}",
                remedy=f"Repair the agent on {name}, or cordon the node until it is healthy: kubectl cordon {name}",
                base=details,
            )


def _cluster(facts: Facts, verdicts: Verdicts) -> CheckResult:
    subject, reason = cluster_subject(facts), facts.platform.reason
    details = _details([sign for plugin in facts.platform.plugins for sign in plugin.signs], [])
    if facts.platform.enforcement in (Enforcement.DEGRADED, Enforcement.NOT_ENFORCED):
        return verdicts.failed(
            subject,
            f"policies are not enforced everywhere: {reason}",
            remedy="Repair the network plugin's agent, and scan again.",
            base=details,
        )
    details["strength"] = Strength.DECLARED
    doubt = Doubt(f"no node was read; {reason}", _ADVICE)
    return verdicts.undecided(
        subject, "the state of enforcement on each node cannot be told", (doubt,), base=details
    )


def _details(signs: tuple[Sign, ...] | list[Sign], workloads: list[str]) -> Details:
    runs = f"It runs {names(workloads)}." if workloads else "No pod is known to run there."
    return Details(
        strength=Strength.OBSERVED,
        why=(*(f"{sign.ref} says in {sign.field}: {sign.says}." for sign in signs), runs),
        evidence=evidence_of_signs(signs),
    )
