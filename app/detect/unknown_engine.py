"""Any other policy engine: a node agent that may watch NetworkPolicies and can change a node's network.

That shows what an agent could do and not what it does, so the answer is "unknown" and never more.
"""

from app.detect.evidence import Evidence
from app.detect.fields import dig, sequence
from app.detect.provider import Engine, Provider, Verdict, unknown
from app.detect.rbac import grants
from app.detect.workloads import DaemonSet

_KUBE_PROXY = "kube-proxy"  # programs every node, and is known to leave policies alone


def find(evidence: Evidence) -> Engine | None:
    """Recognise what no provider before knew: able to program the node, and with the right to read policies."""
    able = [item for item in evidence.daemon_sets if _programs_the_node(item)]
    granted = [(item, grants(evidence, item)) for item in able]
    for agent, rights in granted:
        if rights.reads_policies:
            reason = f"{agent.ref} could enforce NetworkPolicy, and whether it does is not known"
            return _engine(agent, unknown(reason, rights.reads_policies))
    for agent, rights in granted:
        if rights.doubt:
            reason = f"whether {agent.ref} may read NetworkPolicies cannot be told: {rights.doubt}"
            return _engine(agent, unknown(reason))
    return None


def _engine(agent: DaemonSet, verdict: Verdict) -> Engine:
    return Engine(
        id=PROVIDER.id,
        name=f"{PROVIDER.name} ({agent.ref.namespace}/{agent.ref.name})",
        verdict=verdict,
        primary=False,
        agents=(agent,),
        signs=(agent.sign("metadata.name", agent.ref.name, "a node agent that is not known here"),),
    )


def _programs_the_node(agent: DaemonSet) -> bool:
    return agent.ref.name != _KUBE_PROXY and any(
        dig(container.raw, "securityContext", "privileged") is True
        or "NET_ADMIN" in sequence(dig(container.raw, "securityContext", "capabilities", "add"))
        for container in agent.containers
    )


PROVIDER = Provider("unknown", "Unknown policy engine", find)
