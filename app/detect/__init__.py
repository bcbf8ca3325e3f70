"""Which network plugin runs and what it enforces, told from stored objects alone.

One file per plugin and one line in `PROVIDERS`. Read `provider` for what a plugin answers, `combine` for how answers
become one, and docs/detection.md for what each is told from. `protection` looks for what encrypts: `meshes`, `links`.
"""

from app.detect import (
    antrea,
    aws_vpc_cni,
    azure_cni,
    azure_npm,
    calico,
    cilium,
    eks_auto_mode,
    flannel,
    gke,
    k3s,
    kindnet,
    kube_network_policies,
    kube_router,
    ovn_kubernetes,
    unknown_engine,
    weave_net,
)
from app.detect.agreement import agreed
from app.detect.combine import combine
from app.detect.evidence import Evidence
from app.detect.protection import protection
from app.detect.provider import Engine, Provider
from app.model.platform import Platform
from app.model.snapshot import Snapshot

__all__ = ["PROVIDERS", "Provider", "detect", "protection"]

# Order of precedence: of several that could give pods their network, the first does.
PROVIDERS: tuple[Provider, ...] = (
    cilium.PROVIDER,
    calico.PROVIDER,
    ovn_kubernetes.PROVIDER,
    antrea.PROVIDER,
    weave_net.PROVIDER,
    kube_router.PROVIDER,
    aws_vpc_cni.PROVIDER,
    eks_auto_mode.PROVIDER,
    kindnet.PROVIDER,
    flannel.PROVIDER,
    azure_cni.PROVIDER,
    azure_npm.PROVIDER,
    k3s.PROVIDER,
    gke.PROVIDER,
    kube_network_policies.PROVIDER,
    unknown_engine.PROVIDER,
)


def detect(snapshot: Snapshot) -> Platform:
    """Tell the platform of a snapshot. Each agent is claimed by the first provider that knows it."""
    evidence = remaining = Evidence.of(snapshot)
    engines: list[Engine] = []
    for provider in PROVIDERS:
        engine = provider.find(remaining)
        if engine is not None:
            engines.append(agreed(provider, remaining, engine))
            remaining = remaining.without([agent.ref for agent in engine.agents])
    return combine(evidence, engines)
