"""Whether the AWS controller really hands policies to agents: it writes a PolicyEndpoint for each policy in use.

Source: Amazon EKS documentation, "Limit Pod traffic with Kubernetes network policies"; `networking.k8s.aws/v1alpha1`.
"""

from collections.abc import Container, Iterable, Mapping

from app.detect.evidence import Evidence
from app.detect.fields import dig, strings, text
from app.detect.provider import Verdict, not_enforced, unknown
from app.detect.selectors import selector
from app.detect.settings import Setting
from app.model.identity import ObjectRef
from app.model.inventory import Labels
from app.model.platform import Sign
from app.model.scope import selects
from app.model.snapshot import SnapshotObject

_POLICY = ("networking.k8s.io", "NetworkPolicy")
_ENDPOINT = ("networking.k8s.aws", "PolicyEndpoint")


def objection(evidence: Evidence, controller: Setting | None) -> Verdict | None:
    """Why agents may have nothing at all to enforce; None when nothing speaks against it.

    Args:
        evidence: the snapshot.
        controller: `enable-network-policy-controller` of ConfigMap `amazon-vpc-cni`, where it is set.
    """
    if evidence.snapshot.of_kind(*_ENDPOINT):
        return None
    if controller is not None and controller.truth is False:
        return not_enforced(
            "the AWS network policy controller is switched off, so agents are given no policy to enforce",
            controller.sign("the controller is off"),
        )
    policies = evidence.snapshot.of_kind(*_POLICY)
    if not evidence.live or not (policies or evidence.doubt(*_POLICY)):
        return None
    doubt = evidence.doubt(*_ENDPOINT) or ("" if policies else evidence.doubt(*_POLICY))
    if doubt:
        return unknown(
            f"whether the AWS network policy controller hands policies to agents cannot be told: {doubt}"
        )
    return not_enforced(
        f"{len(policies)} NetworkPolicy objects exist and no PolicyEndpoint, so agents are given no policy to enforce",
        _sign(policies[0], "no PolicyEndpoint was made of it"),
    )


def left_out(evidence: Evidence) -> Mapping[ObjectRef, str]:
    """Running pods that a policy selects which was not handed to any agent, with why.

    Only where at least one PolicyEndpoint was read and the list is whole: else `objection` speaks for all pods.
    """
    endpoints = evidence.snapshot.of_kind(*_ENDPOINT)
    if not endpoints or evidence.doubt(*_ENDPOINT):
        return {}
    handed = {_policy_of(item) for item in endpoints}
    found: dict[ObjectRef, str] = {}
    for namespace, policies in _by_namespace(evidence.snapshot.of_kind(*_POLICY), handed).items():
        pods = _labels(evidence, namespace)
        for policy in policies:
            why = f"{policy.ref} selects this pod and has no PolicyEndpoint, so no agent was given it"
            found.update({pod: why for pod in _selected(policy, pods) if pod not in found})
    return found


def _by_namespace(
    policies: Iterable[SnapshotObject], handed: Container[tuple[str, str]]
) -> dict[str, list[SnapshotObject]]:
    groups: dict[str, list[SnapshotObject]] = {}
    for item in policies:
        if (item.ref.namespace, item.ref.name) not in handed:
            groups.setdefault(item.ref.namespace, []).append(item)
    return groups


def _policy_of(endpoint: SnapshotObject) -> tuple[str, str]:
    reference = dig(endpoint.parsed(), "spec", "policyRef")
    return text(dig(reference, "namespace")), text(dig(reference, "name"))


def _labels(evidence: Evidence, namespace: str) -> dict[ObjectRef, Labels]:
    """Labels of the running pods that a policy of the namespace can select."""
    pods = ((item.ref, item.parsed()) for item in evidence.pods_of(namespace))
    return {
        ref: strings(dig(pod, "metadata", "labels"))
        for ref, pod in pods
        if dig(pod, "status", "phase") == "Running" and dig(pod, "spec", "hostNetwork") is not True
    }


def _selected(policy: SnapshotObject, pods: Mapping[ObjectRef, Labels]) -> list[ObjectRef]:
    """A selector that is not understood may select any of them."""
    chosen = selector(dig(policy.parsed(), "spec", "podSelector"))
    return [ref for ref, labels in pods.items() if chosen is None or selects(chosen, labels)]


def _sign(policy: SnapshotObject, says: str) -> Sign:
    return Sign(policy.ref, "metadata.name", policy.ref.name, says, policy.digest)
