"""EKS Auto Mode: the network agent is part of the node image; a ConfigMap decides whether policies reach it.

Source: Amazon EKS documentation, "Use Network Policies with EKS Auto Mode" and "Create a Node Class".
"""

from app.detect.aws_vpc_cni import CONFIG, CONTROLLER, controller, uncovered
from app.detect.evidence import Evidence
from app.detect.fields import dig
from app.detect.nodes import COMPUTE_TYPE, Node
from app.detect.policy_endpoints import objection
from app.detect.provider import (
    Engine,
    Provider,
    Verdict,
    degraded,
    enforced,
    not_enforced,
    unknown,
)
from app.model.platform import Enforcement, NodeEnforcement


def find(evidence: Evidence) -> Engine | None:
    """Recognise nodes by the label that Auto Mode gives them."""
    nodes = [node for node in evidence.nodes if node.labels.get(COMPUTE_TYPE) == "auto"]
    if not nodes:
        return None
    verdict = _verdict(evidence)
    return Engine(
        id=PROVIDER.id,
        name=PROVIDER.name,
        verdict=verdict,
        signs=(nodes[0].label_sign(COMPUTE_TYPE, "the node belongs to EKS Auto Mode"),),
        on_nodes=tuple(_on_node(node, verdict) for node in nodes),
        exceptions=uncovered(evidence) if verdict.holds else {},
        cautions=_node_classes(evidence),
    )


def _verdict(evidence: Evidence) -> Verdict:
    setting = controller(evidence)
    if setting is None:
        doubt = evidence.doubt("", "ConfigMap", "kube-system", CONFIG)
        if doubt or not evidence.live:
            reason = doubt or f"ConfigMap kube-system/{CONFIG} is not among what was read"
            return unknown(f"whether EKS Auto Mode enforces policies cannot be told: {reason}")
        return not_enforced(
            f"EKS Auto Mode enforces policies only when ConfigMap kube-system/{CONFIG} sets {CONTROLLER}"
        )
    if not setting.truth:
        answer = not_enforced if setting.truth is False else unknown
        return answer(
            f"{CONTROLLER} is not true, so EKS Auto Mode enforces no policy", setting.sign(CONTROLLER)
        )
    on = setting.sign("the controller hands policies to the nodes")
    against = objection(evidence, setting)
    if against:
        return Verdict(against.enforcement, against.reason, (*against.signs, on))
    return enforced("EKS Auto Mode has its network policy controller on", on)


def _on_node(node: Node, verdict: Verdict) -> NodeEnforcement:
    here = verdict
    if verdict.enforcement is Enforcement.ENFORCED and not node.ready:
        here = degraded("the node is not ready", node.ready_sign("its network agent is not seen to run"))
    return NodeEnforcement(node.name, here.enforcement, here.reason, here.signs)


def _node_classes(evidence: Evidence) -> tuple[str, ...]:
    return tuple(
        f"{item.ref} sets networkPolicy=DefaultDeny: its nodes deny what no policy allows"
        for item in evidence.snapshot.of_kind("eks.amazonaws.com", "NodeClass")
        if dig(item.parsed(), "spec", "networkPolicy") == "DefaultDeny"
    )


PROVIDER = Provider("eks-auto-mode", "Amazon EKS Auto Mode networking", find)
