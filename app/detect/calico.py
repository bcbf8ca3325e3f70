"""Calico, whole, as Canal (its policy on Flannel's network) or as policy engine on another plugin.

Calico has no setting that makes it ignore Kubernetes NetworkPolicy: where `calico-node` is ready, policies hold.
Source: Calico documentation, "Configuring calico/node" and "Installation reference"; the project's install manifests.
"""

from app.detect.evidence import Evidence
from app.detect.provider import Engine, Provider, enforced, unknown
from app.detect.settings import Setting, environment
from app.detect.workloads import Container, DaemonSet
from app.model.platform import Sign

_AGENT = "calico-node"
_NAMES = (_AGENT, "canal", "rke2-canal")
_WINDOWS = "calico-node-windows"
_FLANNEL = "kube-flannel"


def find(evidence: Evidence) -> Engine | None:
    """Recognise `calico-node` by container and by name or label `k8s-app`."""
    agent = evidence.agent(_AGENT, names=_NAMES, apps=(_AGENT, "canal"))
    if not agent:
        return _asked_for(evidence)
    backend = environment(evidence, agent.container, "CALICO_NETWORKING_BACKEND")
    canal = agent.first.container(_FLANNEL) is not None
    name = "Canal" if canal else PROVIDER.name
    return Engine(
        id="canal" if canal else PROVIDER.id,
        name=name,
        version=agent.version,
        primary=canal or not _policy_only(evidence, agent.container),
        verdict=enforced(
            f"{name} enforces NetworkPolicy wherever its agent is ready, and no setting turns that off",
            agent.container.sign(f"the agent of {name}"),
        ),
        signs=_network(agent.first, backend),
        agents=agent.daemon_sets + evidence.named(_WINDOWS),
    )


def _policy_only(evidence: Evidence, container: Container) -> bool:
    """Another plugin gives pods their network: Calico manages no CNI, or watches interfaces that are not its own."""
    manages = environment(evidence, container, "CALICO_MANAGE_CNI")
    interfaces = environment(evidence, container, "FELIX_INTERFACEPREFIX")
    elsewhere = interfaces is not None and interfaces.value and "cali" not in interfaces.value
    return bool(elsewhere) or (manages is not None and manages.truth is False)


def _network(agent: DaemonSet, backend: Setting | None) -> tuple[Sign, ...]:
    signs = (backend.sign("how Calico routes between nodes"),) if backend else ()
    flannel = agent.container(_FLANNEL)
    return (*signs, flannel.sign("Flannel gives pods their network")) if flannel else signs


def _asked_for(evidence: Evidence) -> Engine | None:
    """Files may hold the operator's order for Calico and not Calico itself; in a cluster an order alone is nothing."""
    orders = evidence.snapshot.of_kind("operator.tigera.io", "Installation")
    if evidence.live or not orders:
        return None
    says = "asks the operator for Calico"
    sign = Sign(orders[0].ref, "kind", "Installation", says, orders[0].digest)
    reason = f"{orders[0].ref} {says}, and the agents that it would start are not among what was read"
    return Engine(PROVIDER.id, PROVIDER.name, unknown(reason, sign))


PROVIDER = Provider("calico", "Calico", find)
