"""kindnet, the network of kind clusters and a plugin of its own; it learnt to enforce policies in July 2024.

Which build runs is told from its rights: a build that enforces may list and watch NetworkPolicies, one from before
may not. The stand-alone kindnet also has a flag, `--network-policy`, which is on by default.
Source: kind release notes 0.24; flags of the stand-alone kindnet.
"""

from app.detect.evidence import Agent, Evidence
from app.detect.provider import Engine, Provider, Verdict, enforced, not_enforced, unknown
from app.detect.rbac import grants
from app.detect.settings import switch

_AGENT = "kindnet-cni"


def find(evidence: Evidence) -> Engine | None:
    """Recognise DaemonSet `kindnet` by its container `kindnet-cni`."""
    agent = evidence.agent(_AGENT, names=("kindnet",), apps=("kindnet",))
    if not agent:
        return None
    networks = switch(evidence, agent.container, "disable-cni")
    return Engine(
        id=PROVIDER.id,
        name=PROVIDER.name,
        version=agent.version,
        primary=networks is None or networks.truth is not True,
        verdict=_verdict(evidence, agent),
        signs=(agent.container.sign("the agent of kindnet"),),
        agents=agent.daemon_sets,
    )


def _verdict(evidence: Evidence, agent: Agent) -> Verdict:
    flag = switch(evidence, agent.container, "network-policy")
    if flag and flag.truth is False:
        return not_enforced(
            "kindnet runs with --network-policy=false and enforces no policy", flag.sign("policies are off")
        )
    granted = grants(evidence, agent.first)
    if granted.reads_policies:
        return enforced(
            "kindnet may watch NetworkPolicies, which only builds that enforce them are given",
            granted.reads_policies,
        )
    if granted.doubt or not granted.roles:
        doubt = granted.doubt or "the ClusterRole of its service account is not among what was read"
        return unknown(f"whether this build of kindnet enforces policies cannot be told: {doubt}")
    role = granted.roles[0]
    sign = agent.first.sign(
        "spec.template.spec.serviceAccountName",
        agent.first.service_account,
        f"{role.ref} does not let it watch NetworkPolicies",
    )
    return not_enforced("this build of kindnet is from before it enforced policies (kind 0.24)", sign)


PROVIDER = Provider("kindnet", "kindnet", find)
