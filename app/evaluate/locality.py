"""Who runs beside whom: traffic from a pod's own node reaches it whatever policies say.

Source: Kubernetes API, `NetworkPolicySpec.ingress`: traffic is allowed "if the traffic source is the pod's local node".
A hostNetwork pod sends from its node's address, so it is its node to every pod beside it.
"""

from collections.abc import Sequence
from functools import cached_property

from app.model.reachability import Workload


class Locality:
    """Node neighbours, by workload position. Workloads count as neighbours when any of their pods share a node."""

    def __init__(self, workloads: Sequence[Workload]) -> None:
        self._workloads = workloads

    @cached_property
    def _hosts(self) -> dict[str, list[int]]:
        return self._by_node(host_network=True)

    @cached_property
    def _guests(self) -> dict[str, list[int]]:
        return self._by_node(host_network=False)

    def _by_node(self, *, host_network: bool) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for position, workload in enumerate(self._workloads):
            if workload.host_network is host_network:
                for node in workload.nodes:
                    found.setdefault(node, []).append(position)
        return found

    def hosts_beside(self, position: int) -> list[int]:
        """HostNetwork workloads that share a node with a workload of the pod network, ascending."""
        workload = self._workloads[position]
        if workload.host_network or not self._hosts:
            return []
        return sorted({host for node in workload.nodes for host in self._hosts.get(node, ())})

    def guests_of(self, position: int) -> list[int]:
        """Workloads of the pod network that share a node with a hostNetwork workload, ascending."""
        workload = self._workloads[position]
        if not workload.host_network:
            return []
        return sorted({guest for node in workload.nodes for guest in self._guests.get(node, ())})

    def shared_node(self, host: int, guest: int) -> str:
        """The first node that a hostNetwork workload and another share; empty when there is none."""
        one, other = self._workloads[host], self._workloads[guest]
        if not one.host_network or other.host_network:
            return ""
        return min(set(one.nodes) & set(other.nodes), default="")
