"""Rules in effect on a workload, resolved to whom and what they admit there."""

from app.evaluate.addresses import merged
from app.evaluate.bits import members, union
from app.evaluate.cluster import Cluster, Endpoint
from app.evaluate.resolve import CompiledRule
from app.evaluate.spans import as_connections, resolve
from app.model.connections import Connections
from app.model.policy import Direction
from app.model.reachability import EffectiveRule


def effective_rule(cluster: Cluster, subject: Endpoint, rule: CompiledRule) -> EffectiveRule:
    """Resolve one rule of a policy that selects a workload."""
    matched = union(rule.peers.under(point.view) for point in cluster.viewpoints)
    first_atom = cluster.policies.classes
    positions = sorted(
        position
        for number in members(matched & cluster.policies.any_pod)
        for position in cluster.members[number]
    )
    return EffectiveRule(
        rule=rule.ref,
        workloads=tuple(cluster.workloads[position].id for position in positions),
        externals=merged(cluster.space.atoms[number] for number in members(matched >> first_atom)),
        ports=_ports(cluster, subject, rule, matched),
        any_peer=rule.rule.peers is None,
        any_port=rule.ports is None,
        action=rule.rule.action,
        conditions=rule.rule.conditions,
    )


def _ports(cluster: Cluster, subject: Endpoint, rule: CompiledRule, matched: int) -> Connections:
    """Resolved ports; a port name of an egress rule means whatever it means on each destination."""
    if rule.ref.direction is Direction.INGRESS:
        destinations = {cluster.partition.classes[subject.number].ports}
    else:
        numbers = members(matched & cluster.policies.any_pod)
        destinations = {(), *(cluster.partition.classes[number].ports for number in numbers)}
    return as_connections(span for named in destinations for span in resolve(rule.ports, named))
