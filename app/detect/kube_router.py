"""kube-router: its firewall enforces policies unless `--run-firewall=false`.

Source: kube-router documentation, "User Guide", command line options.
"""

from app.detect.evidence import Agent, Evidence
from app.detect.provider import Engine, Provider, Verdict, enforced, not_enforced, unknown
from app.detect.settings import switch

_AGENT = "kube-router"


def find(evidence: Evidence) -> Engine | None:
    """Recognise the DaemonSet by its container and its name or label `k8s-app`."""
    agent = evidence.agent(_AGENT, names=(_AGENT,), apps=(_AGENT,))
    if not agent:
        return None
    router = switch(evidence, agent.container, "run-router")
    return Engine(
        id=PROVIDER.id,
        name=PROVIDER.name,
        version=agent.version,
        primary=router is None or router.truth is not False,
        verdict=_verdict(evidence, agent),
        signs=(agent.container.sign("the agent of kube-router"),),
        agents=agent.daemon_sets,
    )


def _verdict(evidence: Evidence, agent: Agent) -> Verdict:
    firewall = switch(evidence, agent.container, "run-firewall")
    if firewall is None:
        sign = agent.first.sign(
            f"{agent.container.path}.args", "", "--run-firewall is not given and is on by default"
        )
        return enforced("kube-router runs its firewall, which enforces NetworkPolicy, by default", sign)
    if firewall.truth is None:
        return unknown(
            "whether kube-router runs its firewall cannot be read", firewall.sign("--run-firewall")
        )
    if firewall.truth:
        return enforced(
            "kube-router runs its firewall, which enforces NetworkPolicy", firewall.sign("the firewall runs")
        )
    return not_enforced(
        "kube-router runs without its firewall (--run-firewall=false) and enforces no policy",
        firewall.sign("the firewall is off"),
    )


PROVIDER = Provider("kube-router", "kube-router", find)
