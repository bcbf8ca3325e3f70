"""OVN-Kubernetes, also as the network of OpenShift: policies always hold for pods on it.

Source: OVN-Kubernetes documentation, "Network Policy"; OpenShift documentation, "About network policy".
"""

from app.detect.beside import OVN, beside
from app.detect.evidence import Agent, Evidence
from app.detect.provider import Engine, Provider, enforced

_NAME = "ovnkube-node"
# the container that programs a node's flows was split and renamed over the years
_CONTAINERS = ("ovnkube-controller", "ovnkube-node", "ovn-controller")


def find(evidence: Evidence) -> Engine | None:
    """Recognise DaemonSet `ovnkube-node` by one of its containers."""
    agent = _agent(evidence)
    if not agent:
        return None
    return Engine(
        id=PROVIDER.id,
        name=PROVIDER.name,
        version=agent.version,
        verdict=enforced(
            "OVN-Kubernetes enforces NetworkPolicy wherever its agent is ready, and no setting turns that off",
            agent.container.sign("the agent of OVN-Kubernetes"),
        ),
        agents=agent.daemon_sets,
        cautions=beside(evidence, OVN),
    )


def _agent(evidence: Evidence) -> Agent | None:
    found = (evidence.agent(container, names=(_NAME,)) for container in _CONTAINERS)
    return next((agent for agent in found if agent), None)


PROVIDER = Provider("ovn-kubernetes", "OVN-Kubernetes", find)
