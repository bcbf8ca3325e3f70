"""Flannel: a network without policies, unless its chart adds a container that enforces them.

Source: Flannel documentation; Helm chart value `netpol.enabled` (chart 0.25.5 and later).
"""

from app.detect.evidence import Evidence
from app.detect.kube_network_policies import CONTAINER, fails_open
from app.detect.provider import Engine, Provider, enforced, not_enforced

_AGENT = "kube-flannel"


def find(evidence: Evidence) -> Engine | None:
    """Recognise DaemonSets with container `kube-flannel`; Canal's was claimed by Calico before."""
    agent = evidence.agent(_AGENT)
    if not agent:
        return None
    sign = agent.container.sign("the network agent of Flannel")
    engine = agent.first.container(CONTAINER)
    if engine:
        verdict = enforced(
            "Flannel runs with the container kube-network-policies, which enforces NetworkPolicy",
            engine.sign("the policy engine that Flannel's chart adds"),
            sign,
        )
    else:
        verdict = not_enforced(
            "Flannel gives pods a network and has no policy engine, so policies have no effect", sign
        )
    return Engine(
        id=PROVIDER.id,
        name=PROVIDER.name,
        version=agent.version,
        verdict=verdict,
        agents=agent.daemon_sets,
        cautions=fails_open(evidence, engine) if engine else (),
    )


PROVIDER = Provider("flannel", "Flannel", find)
