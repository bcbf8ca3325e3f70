"""kube-network-policies of Kubernetes SIG Network: a policy engine that any plugin may have beside it.

Source: the project's install manifests and the flags of its `netpol` program.
"""

from app.detect.evidence import Evidence
from app.detect.provider import Engine, Provider, enforced
from app.detect.settings import switch
from app.detect.workloads import Container

CONTAINER = "kube-network-policies"


def find(evidence: Evidence) -> Engine | None:
    """Recognise the DaemonSet by its container and its own name."""
    agent = evidence.agent(CONTAINER, names=(CONTAINER,), apps=(CONTAINER,))
    if not agent:
        return None
    return Engine(
        id=PROVIDER.id,
        name=PROVIDER.name,
        version=agent.version,
        primary=False,
        verdict=enforced(
            "kube-network-policies enforces NetworkPolicy wherever its agent is ready",
            agent.container.sign("the agent of kube-network-policies"),
        ),
        agents=agent.daemon_sets,
        cautions=fails_open(evidence, agent.container),
    )


def fails_open(evidence: Evidence, container: Container) -> tuple[str, ...]:
    """A caution unless `--fail-open=false`: by default packets pass when the agent cannot answer in time."""
    setting = switch(evidence, container, "fail-open")
    if setting is not None and setting.truth is False:
        return ()
    return (
        "kube-network-policies lets packets pass while its agent cannot answer (--fail-open is not false)",
    )


PROVIDER = Provider("kube-network-policies", "kube-network-policies", find)
