"""Azure CNI by itself: it gives pods a network and accepts policies without effect.

Source: Microsoft documentation, "Secure traffic between pods by using network policies in AKS": an AKS cluster
enforces policies only with Azure Network Policy Manager, Calico or Cilium.
"""

from app.detect.evidence import Evidence
from app.detect.provider import Engine, Provider, not_enforced


def find(evidence: Evidence) -> Engine | None:
    """Recognise DaemonSet `azure-cns`, which hands out addresses."""
    agent = evidence.agent("cns-container", names=("azure-cns",))
    if not agent:
        return None
    return Engine(
        id=PROVIDER.id,
        name=PROVIDER.name,
        version=agent.version,
        verdict=not_enforced(
            "Azure CNI gives pods a network and has no policy engine, so policies have no effect",
            agent.container.sign("the address service of Azure CNI"),
        ),
        agents=agent.daemon_sets,
    )


PROVIDER = Provider("azure-cni", "Azure CNI", find)
