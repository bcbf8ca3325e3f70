"""Port names in egress rules, as Cilium resolves them: over the pods of the cluster, and not on the pod that is connected to.

Up to 1.19 a name stands for the one number that all pods together declare for it, towards every peer of the rule: addresses outside
and pods without the name as well; where pods declare several numbers, the rule is skipped. Later releases look at the pods
that the rule selects alone. So a name is certain where the destination declares it and all pods agree; any other number that some pod
declares for it is a condition. On ingress a name is that of the pod, as everywhere. Source: Cilium `pkg/types/portmap.go` and
`pkg/endpoint` (GetNamedPort), pull requests 12567, 44429 and 45601.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from app.evaluate.cilium import CLUSTER_POLICY
from app.model.connections import PortSet, Protocol
from app.model.inventory import Pod
from app.model.policy import Family, NamedPort, Policy, PortRange, Rule

_READ = (Family.KUBERNETES, Family.CILIUM)

Numbers = Mapping[tuple[Protocol, str], frozenset[int]]


def as_cilium_resolves(
    policies: tuple[Policy, ...], pods: Iterable[Pod], *, cluster_policies: bool = False
) -> tuple[Policy, ...]:
    """Policies with what Cilium makes of port names in their egress rules; the same ones where there are none.

    `cluster_policies`: whether it reads ClusterNetworkPolicy too.
    """
    if not any(_named(rule) for policy in policies for rule in policy.egress):
        return policies

    def is_read(policy: Policy) -> bool:
        return policy.family in _READ or (cluster_policies and policy.ref.group_kind == CLUSTER_POLICY)

    numbers = _numbers(pods)
    return tuple(
        replace(policy, egress=tuple(part for rule in policy.egress for part in _parts(rule, numbers)))
        if is_read(policy) and any(_named(rule) for rule in policy.egress)
        else policy
        for policy in policies
    )


def _numbers(pods: Iterable[Pod]) -> Numbers:
    """What the pods on the pod network declare for each name; Cilium knows no others by their ports."""
    found: dict[tuple[Protocol, str], set[int]] = {}
    for pod in pods:
        for port in pod.ports:
            if port.name and not port.init and not pod.host_network:
                found.setdefault((port.protocol, port.name), set()).add(port.container_port)
    return {key: frozenset(values) for key, values in found.items()}


def _named(rule: Rule) -> tuple[NamedPort, ...]:
    return tuple(port for port in rule.ports or () if isinstance(port, NamedPort))


def _parts(rule: Rule, numbers: Numbers) -> Iterator[Rule]:
    """What is certain of a rule, and what each name may stand for beside it."""
    named = _named(rule)
    agreed = {port for port in named if len(numbers.get((port.protocol, port.name), ())) == 1}
    yield (
        replace(rule, ports=tuple(port for port in rule.ports or () if port not in named or port in agreed))
        if named
        else rule
    )
    for port in dict.fromkeys(named):
        known = numbers.get((port.protocol, port.name))
        if known:
            condition = f"only as far as Cilium resolves port name {port.name} over the pods of the cluster"
            ports = (PortRange(port.protocol, PortSet.of((number, number) for number in sorted(known))),)
            yield replace(rule, ports=ports, conditions=(*rule.conditions, condition))
