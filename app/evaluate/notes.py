"""Sentences that qualify a connection: what could not be read, and where data planes disagree."""

from functools import lru_cache

from app.evaluate.cluster import Cluster
from app.evaluate.doubts import Doubts
from app.model.connections import Connections
from app.model.policy import Direction

BLOCKS_DIFFER = (
    "data planes disagree: an ipBlock names a pod's address; the API leaves open whether that matches, "
    "Calico matches it and Cilium does not"
)
INIT_PORTS_DIFFER = (
    "data planes disagree: a port name stands on an init container; Calico resolves it and others do not"
)

TO_OWN_NODE_DIFFERS = (
    "data planes disagree: the API always allows traffic from a pod's own node; the documentation says the same of "
    "traffic to it, the API's type does not, and some data planes restrict it"
)


class Notes:
    """Notes of rows; equal notes are one value, so that a large listing stays small."""

    def __init__(self, cluster: Cluster, doubts: Doubts) -> None:
        self._cluster = cluster
        self._doubts = doubts
        self.on_namespace = lru_cache(maxsize=None)(self._on_namespace)
        self.on_policies = lru_cache(maxsize=None)(self._on_policies)

    def on(self, source: int, destination: int, row: int, allowed: Connections) -> tuple[str, ...]:
        """Notes on a connection between two classes."""
        classes = self._cluster.partition.classes
        one, other = classes[source], classes[destination]
        notes = self.on_namespace(one.namespace)
        if other.namespace != one.namespace:
            notes += self.on_namespace(other.namespace)
        if one.host_network or other.host_network:
            notes += self._on_hosts()
        notes += self.on_policies(source, Direction.EGRESS) + self.on_policies(destination, Direction.INGRESS)
        return notes + self.on_reading(source, destination, row, allowed)

    def outside(self, number: int, direction: Direction) -> tuple[str, ...]:
        """Notes on connections of a class with addresses outside the cluster; `direction` as seen from the class."""
        namespace = self._cluster.partition.classes[number].namespace
        return self.on_namespace(namespace) + self.on_policies(number, direction)

    def on_reading(self, source: int, destination: int, row: int, allowed: Connections) -> tuple[str, ...]:
        """Notes on what another data plane would make of it; endpoints by number."""
        notes: tuple[str, ...] = ()
        cluster = self._cluster
        if (
            cluster.rows.reads_ip_blocks(row)
            and cluster.rows_otherwise.allowed(source, destination) != allowed
        ):
            notes += (BLOCKS_DIFFER,)
        if destination < cluster.policies.classes and cluster.partition.classes[destination].init_ports:
            notes += (INIT_PORTS_DIFFER,)
        return notes

    def own_node(self, host: int, guest: int) -> str:
        """Note on a connection that exists because two workloads share a node."""
        node = self._cluster.locality.shared_node(host, guest)
        return f"own node: some pods of both run on node {node}, and traffic from a pod's own node is always allowed"

    def _on_namespace(self, namespace: str) -> tuple[str, ...]:
        why = self._doubts.about_policies(namespace)
        return (f"cannot tell for certain: {why}",) if why else ()

    def _on_hosts(self) -> tuple[str, ...]:
        why = self._doubts.about_hosts()
        return (f"cannot tell for certain: {why}",) if why else ()

    def _on_policies(self, number: int, direction: Direction) -> tuple[str, ...]:
        """Policies that select a class, count, and do something that is not known."""
        doubtful = self._cluster.policies.doubtful
        if not doubtful:
            return ()
        namespace = self._cluster.partition.classes[number].namespace
        asked = self._cluster.policies.counted.of(namespace, number, direction)
        return tuple(
            f"cannot tell for certain: {doubtful[item.ref]}" for item in asked if item.ref in doubtful
        )
