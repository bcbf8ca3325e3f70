"""Sentences that qualify a connection: what could not be read, and where data planes disagree."""

from functools import lru_cache

from app.evaluate.cluster import Cluster
from app.evaluate.doubts import Doubts
from app.model.connections import Connections

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

    def on(self, source: int, destination: int, row: int, allowed: Connections) -> tuple[str, ...]:
        """Notes on a connection between two classes."""
        classes = self._cluster.partition.classes
        one, other = classes[source], classes[destination]
        notes = self.on_namespace(one.namespace)
        if other.namespace != one.namespace:
            notes += self.on_namespace(other.namespace)
        return notes + self.on_reading(source, destination, row, allowed)

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
