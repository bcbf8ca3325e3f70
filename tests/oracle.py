"""A slow, obvious reading of NetworkPolicy: one question about two pods at a time, straight from the API documents.

It shares no code and no method with the engine: no classes, no sets, no port intervals. It walks the objects for each
question. Addresses outside the cluster are written as text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from app.model.connections import Protocol
from app.model.identity import ObjectRef
from app.model.inventory import Inventory, Labels, Pod
from app.model.policy import (
    AddressPeer,
    Direction,
    LabelSelector,
    NamedPort,
    Operator,
    Peer,
    Policy,
    PolicyPort,
    Rule,
)

End = Pod | str
Families = tuple[int, ...]


@dataclass(frozen=True)
class Oracle:
    """Answers for single pods. `unenforced` are pods that no policy restricts."""

    inventory: Inventory
    blocks_match_pods: bool = True
    init_container_ports: bool = False
    unenforced: frozenset[ObjectRef] = frozenset()

    def allows(self, source: End, destination: End, protocol: Protocol, port: int) -> bool:
        """May `source` open this connection, over any address family that both ends have?"""
        if isinstance(source, str) and isinstance(destination, str):
            return False
        return any(
            self._lets_out(source, destination, protocol, port, families)
            and self._lets_in(source, destination, protocol, port, families)
            for families in self._common(source, destination)
        )

    def _common(self, source: End, destination: End) -> list[tuple[int, ...]]:
        """Families to ask about one by one; ends that share none are judged on all addresses at once."""
        common = [
            (family,) for family in (4, 6) if self._has(source, family) and self._has(destination, family)
        ]
        return common or [(4, 6)]

    def _has(self, end: End, family: int) -> bool:
        """Addresses that are not known could be of either family."""
        known = () if isinstance(end, str) else self._addresses(end)
        return not known or any(ip_address(ip).version == family for ip in known)

    def _lets_out(
        self, source: End, destination: End, protocol: Protocol, port: int, families: Families
    ) -> bool:
        if isinstance(source, str) or not self._isolated(source, Direction.EGRESS):
            return True
        return any(
            self._rule_matches(policy, rule, destination, destination, protocol, port, families)
            for policy in self._policies(source, Direction.EGRESS)
            for rule in policy.egress
        )

    def _lets_in(
        self, source: End, destination: End, protocol: Protocol, port: int, families: Families
    ) -> bool:
        if isinstance(destination, str) or not self._isolated(destination, Direction.INGRESS):
            return True
        if (
            isinstance(source, Pod)
            and source.host_network
            and source.node
            and source.node == destination.node
        ):
            return True
        return any(
            self._rule_matches(policy, rule, source, destination, protocol, port, families)
            for policy in self._policies(destination, Direction.INGRESS)
            for rule in policy.ingress
        )

    def _isolated(self, pod: Pod, direction: Direction) -> bool:
        return any(self._policies(pod, direction))

    def _policies(self, pod: Pod, direction: Direction) -> Iterator[Policy]:
        if pod.host_network or pod.ref in self.unenforced:
            return
        for policy in self.inventory.policies:
            if (
                policy.namespace == pod.namespace
                and direction in policy.directions
                and selects(policy.subject.selector, pod.labels)
            ):
                yield policy

    def _rule_matches(
        self,
        policy: Policy,
        rule: Rule,
        peer: End,
        destination: End,
        protocol: Protocol,
        port: int,
        families: Families,
    ) -> bool:
        from_or_to = rule.peers is None or any(
            self._peer_matches(policy, item, peer, families) for item in rule.peers
        )
        ports = rule.ports is None or any(
            self._port_matches(item, destination, protocol, port) for item in rule.ports
        )
        return from_or_to and ports

    def _peer_matches(self, policy: Policy, peer: Peer, end: End, families: Families) -> bool:
        if isinstance(peer, AddressPeer):
            return any(
                item.first <= int(ip_address(ip)) <= item.last and item.version == ip_address(ip).version
                for ip in self._addresses(end)
                if isinstance(end, str) or ip_address(ip).version in families
                for item in peer.ranges
            )
        if isinstance(end, str) or end.host_network:
            return False
        if peer.namespace_selector is None:
            in_namespace = end.namespace == policy.namespace
        else:
            in_namespace = selects(peer.namespace_selector, self._namespace_labels(end.namespace))
        return in_namespace and selects(peer.pod_selector, end.labels)

    def _addresses(self, end: End) -> tuple[str, ...]:
        if isinstance(end, str):
            return (end,)
        if not self.blocks_match_pods:
            return ()
        if end.host_network and not end.ips:
            return next((node.addresses for node in self.inventory.nodes if node.name == end.node), ())
        return end.ips

    def _namespace_labels(self, name: str) -> Labels:
        return next(item.labels for item in self.inventory.namespaces if item.name == name)

    def _port_matches(self, wanted: PolicyPort, destination: End, protocol: Protocol, port: int) -> bool:
        if wanted.protocol is not protocol:
            return False
        if not isinstance(wanted, NamedPort):
            return any(first <= port <= last for first, last in wanted.ports.intervals)
        return isinstance(destination, Pod) and any(
            item.name == wanted.name and item.protocol is protocol and item.container_port == port
            for item in destination.ports
            if self.init_container_ports or not item.init
        )


def selects(selector: LabelSelector, labels: Labels) -> bool:
    """Every requirement must hold; NotIn and DoesNotExist hold for a missing key."""
    for item in selector.requirements:
        has = item.key in labels
        among = has and labels[item.key] in item.values
        if not {
            Operator.IN: among,
            Operator.NOT_IN: not among,
            Operator.EXISTS: has,
            Operator.DOES_NOT_EXIST: not has,
        }[item.operator]:
            return False
    return True
