"""How far the policies on a workload are proven to be enforced."""

from collections.abc import Callable, Iterable

from app.evaluate.checks.common.verdicts import Doubt
from app.model.facts import Facts
from app.model.finding import Strength
from app.model.platform import Enforcement
from app.model.policy import Direction
from app.model.reachability import Workload

_WORST_FIRST = (
    Enforcement.NOT_ENFORCED,
    Enforcement.DEGRADED,
    Enforcement.UNKNOWN,
    Enforcement.ENFORCED,
)
_ADVICE = {
    Enforcement.UNKNOWN: (
        "Scan the cluster itself, or add the network plugin's DaemonSet, its ConfigMap and the Node objects to what "
        "is read."
    ),
    Enforcement.DEGRADED: "Repair the network plugin's agent there; see policy-enforcement-degraded.",
    Enforcement.NOT_ENFORCED: "Install or switch on a policy engine; see cni-does-not-enforce-policies.",
}


def enforcement_on(facts: Facts, workload: Workload) -> Enforcement:
    """The worst state on any node that the workload's pods run on; the cluster's where no node is known."""
    exceptions = facts.platform.pod_exceptions
    if exceptions and any(ref in exceptions for ref in workload.pod_refs):
        return Enforcement.NOT_ENFORCED
    found = {facts.platform.on_node(node) for node in workload.nodes} or {facts.platform.enforcement}
    return worst(found)


def reason_on(facts: Facts, workload: Workload) -> str:
    """Why, in one sentence."""
    for ref in workload.pod_refs:
        if ref in facts.platform.pod_exceptions:
            return facts.platform.pod_exceptions[ref]
    state = enforcement_on(facts, workload)
    node = next((name for name in workload.nodes if facts.platform.on_node(name) is state), "")
    return facts.platform.why(node)


def worst(states: Iterable[Enforcement]) -> Enforcement:
    """The one that proves least."""
    return min(states, key=_WORST_FIRST.index)


def strength_of(state: Enforcement) -> Strength:
    """A fact is effective where it is known what the data plane does with policies."""
    return Strength.DECLARED if state is Enforcement.UNKNOWN else Strength.EFFECTIVE


def unproven(facts: Facts, workload: Workload) -> tuple[Doubt, ...]:
    """What stands against a pass that rests on policies of this workload; empty where they are enforced and understood."""
    found = _doubts(enforcement_on(facts, workload), lambda: reason_on(facts, workload))
    return (*found, *not_understood(facts, workload, *Direction))


def not_understood(facts: Facts, workload: Workload, *directions: Direction) -> tuple[Doubt, ...]:
    """Policies in force on a workload of which it is not known what they do."""
    doubtful = facts.reachability.doubtful
    if not doubtful:
        return ()
    refs = sorted({ref for way in directions for ref in facts.reachability.selecting(workload.id, way)})
    return tuple(Doubt(doubtful[ref], "Judge by hand what it does.") for ref in refs if ref in doubtful)


def unproven_cluster(facts: Facts) -> tuple[Doubt, ...]:
    """The same for the cluster as a whole."""
    return _doubts(facts.platform.enforcement, lambda: facts.platform.reason)


def _doubts(state: Enforcement, reason: Callable[[], str]) -> tuple[Doubt, ...]:
    match state:
        case Enforcement.ENFORCED:
            return ()
        case Enforcement.UNKNOWN:
            says = "it is not proven that anything enforces policies there"
        case Enforcement.DEGRADED:
            says = "enforcement is degraded there"
        case Enforcement.NOT_ENFORCED:
            says = "nothing enforces policies there"
    return (Doubt(f"{says}: {reason()}", _ADVICE[state]),)
