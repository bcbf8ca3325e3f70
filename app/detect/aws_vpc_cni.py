"""Amazon VPC CNI on EKS: its node agent is installed by default and enforces nothing until it is told to.

Source: Amazon EKS documentation, "Limit Pod traffic with Kubernetes network policies" and its considerations.
"""

from collections.abc import Mapping

from app.detect.beside import AWS, beside
from app.detect.evidence import Agent, Evidence
from app.detect.fields import dig
from app.detect.policy_endpoints import left_out, objection
from app.detect.provider import Engine, Provider, Verdict, enforced, not_enforced, unknown
from app.detect.settings import Setting, config_map, environment, switch
from app.model.identity import ObjectRef

CONFIG = "amazon-vpc-cni"
CONTROLLER = "enable-network-policy-controller"

_AGENT = "aws-node"
_ENFORCER = "aws-eks-nodeagent"
_STANDALONE = (
    "this pod has no owner, and the AWS network policy controller covers only pods that a controller owns"
)
_FINISHED = ("Succeeded", "Failed")
_LIMITS = (
    "Amazon VPC CNI enforces policies for one IP family, on a pod's first interface, and for Services only where "
    "the service port equals the container port"
)
_STANDARD = "new pods are open until their policies are programmed (NETWORK_POLICY_ENFORCING_MODE=standard)"
_STRICT = "new pods are closed until their policies are programmed (NETWORK_POLICY_ENFORCING_MODE=strict)"
_UNPROVEN = "that the AWS network policy controller hands policies to agents cannot be seen in files"


def find(evidence: Evidence) -> Engine | None:
    """Recognise DaemonSet `aws-node` by its container."""
    agent = evidence.agent(_AGENT, names=(_AGENT,), apps=(_AGENT,))
    if not agent:
        return None
    verdict = _verdict(evidence, agent)
    return Engine(
        id=PROVIDER.id,
        name=PROVIDER.name,
        version=agent.version,
        verdict=verdict,
        signs=(agent.container.sign("the network agent of Amazon VPC CNI"),),
        agents=agent.daemon_sets,
        exceptions=uncovered(evidence) if verdict.holds else {},
        cautions=_cautions(evidence, agent) if verdict.holds else (),
    )


def controller(evidence: Evidence) -> Setting | None:
    """Whether ConfigMap `amazon-vpc-cni` asks for the network policy controller; None when it does not say."""
    found = config_map(evidence, "kube-system", CONFIG)
    return found.get(CONTROLLER) if found else None


def uncovered(evidence: Evidence) -> Mapping[ObjectRef, str]:
    """Pods without an owner, which the controller never covers, and pods whose policies it left out, with why."""
    bare = {item.ref: _STANDALONE for item in evidence.pods() if _is_standalone(item.parsed())}
    return {**left_out(evidence), **bare}


def _is_standalone(pod: Mapping[str, object]) -> bool:
    return (
        not dig(pod, "metadata", "ownerReferences")
        and dig(pod, "spec", "hostNetwork") is not True
        and dig(pod, "status", "phase") not in _FINISHED
    )


def _verdict(evidence: Evidence, agent: Agent) -> Verdict:
    """The first that holds: no node agent, agent off, agent not readable, agents given nothing, enforced."""
    enforcer = agent.first.container(_ENFORCER)
    if enforcer is None:
        sign = agent.first.sign("spec.template.spec.containers", _AGENT, f"there is no container {_ENFORCER}")
        return not_enforced("Amazon VPC CNI runs without its network policy agent", sign)
    flag = switch(evidence, enforcer, "enable-network-policy")
    if flag is None:
        sign = agent.first.sign(f"{enforcer.path}.args", "", "--enable-network-policy is off by default")
        return not_enforced("the network policy agent of Amazon VPC CNI is not switched on", sign)
    if flag.truth is None:
        return unknown(
            "whether the network policy agent of Amazon VPC CNI is on cannot be read",
            flag.sign("--enable-network-policy"),
        )
    if not flag.truth:
        return not_enforced(
            "the network policy agent of Amazon VPC CNI runs with --enable-network-policy=false",
            flag.sign("the agent enforces nothing"),
        )
    on = flag.sign("the agent enforces what it is given")
    against = objection(evidence, controller(evidence))
    if against:
        return Verdict(against.enforcement, against.reason, (*against.signs, on))
    return enforced("the network policy agent of Amazon VPC CNI is on and enforces NetworkPolicy", on)


def _cautions(evidence: Evidence, agent: Agent) -> tuple[str, ...]:
    mode = environment(evidence, agent.container, "NETWORK_POLICY_ENFORCING_MODE")
    strict = mode is not None and (mode.value or "").lower() == "strict"
    unproven = () if evidence.live else (_UNPROVEN,)
    return (_STRICT if strict else _STANDARD, _LIMITS, *unproven, *beside(evidence, AWS))


PROVIDER = Provider("aws-vpc-cni", "Amazon VPC CNI", find)
