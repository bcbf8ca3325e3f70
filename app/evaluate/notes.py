"""Sentences that qualify a connection: what could not be read, and where data planes disagree."""

from collections.abc import Iterator
from functools import lru_cache

from app.evaluate.cluster import Cluster
from app.evaluate.doubts import Doubts
from app.evaluate.resolve import CompiledPolicy
from app.model.connections import Connections
from app.model.policy import Action, Direction

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


ORDER_LEFT_OPEN = "cannot tell for certain: policies of equal priority do not agree, and the API leaves open which is asked first"


class Notes:
    """Notes of rows; equal notes are one value, so that a large listing stays small."""

    def __init__(self, cluster: Cluster, doubts: Doubts) -> None:
        self._cluster = cluster
        self._doubts = doubts
        self.on_end = lru_cache(maxsize=None)(self._on_end)
        self._conditions = lru_cache(maxsize=65536)(self._conditions_between)

    def on(self, source: int, destination: int, row: int, allowed: Connections) -> tuple[str, ...]:
        """Notes on a connection between two endpoints, by number."""
        notes = (
            *self.on_end(Direction.EGRESS, source),
            *self.on_leaving(source, destination),
            *self.on_end(Direction.INGRESS, destination),
            *self.on_conditions(source, destination, allowed),
            *self.on_reading(source, destination, row, allowed),
        )
        return tuple(dict.fromkeys(notes)) if notes else notes

    def on_leaving(self, source: int, destination: int) -> tuple[str, ...]:
        """What may deny what a pod sends, beside policies; endpoints by number."""
        classes = self._cluster.partition.classes
        if not self._doubts.egress_kinds or source >= len(classes) or classes[source].host_network:
            return ()
        leaving = destination >= len(classes) or classes[destination].host_network
        why = self._doubts.about_egress(classes[source].namespace, leaving=leaving)
        return (f"cannot tell for certain: {why}",) if why else ()

    def on_conditions(self, source: int, destination: int, allowed: Connections) -> tuple[str, ...]:
        """What a connection depends on beyond ends and ports, where some of it does."""
        cluster = self._cluster
        if not cluster.policies.open_ended:
            return ()
        if cluster.rows_certain.allowed(source, destination) == allowed:
            return ()
        return self._conditions(source, destination)

    def _conditions_between(self, source: int, destination: int) -> tuple[str, ...]:
        found = [
            *self._open_rules(Direction.EGRESS, source, destination),
            *self._open_rules(Direction.INGRESS, destination, source),
        ]
        return tuple(dict.fromkeys(found)) or (ORDER_LEFT_OPEN,)

    def _open_rules(self, direction: Direction, subject: int, other: int) -> Iterator[str]:
        for policy in self._selecting(direction, subject):
            for rule in policy.rules[direction]:
                if rule.guess and rule.peers.anywhere >> other & 1 and rule.selected.anywhere >> subject & 1:
                    yield f"cannot tell for certain: {rule.ref} goes by an address that is not known"
                if rule.rule.conditions and rule.peers.anywhere >> other & 1:
                    what = _WHAT[rule.rule.action]
                    yield f"{what} {'; '.join(rule.rule.conditions)} ({rule.ref})"

    def _selecting(self, direction: Direction, subject: int) -> tuple[CompiledPolicy, ...]:
        classes = self._cluster.partition.classes
        if subject >= len(classes) or not self._cluster.restricted >> subject & 1:
            return ()
        return self._cluster.policies.counted.of(classes[subject].namespace, subject, direction)

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

    def _on_end(self, direction: Direction, number: int) -> tuple[str, ...]:
        """What is not known about one end: lists that were not read, policies that were not understood."""
        classes = self._cluster.partition.classes
        if number >= len(classes):
            return ()
        unread = self._doubts.about_policies(classes[number].namespace)
        doubtful = self._cluster.policies.doubtful
        hosts = self._doubts.about_hosts() if classes[number].host_network else ""
        if direction in classes[number].guarded:
            hosts = self._doubts.about_forwarded()
        found = [why for why in (unread, hosts) if why]
        if doubtful:
            refs = (item.ref for item in self._selecting(direction, number))
            found += [doubtful[ref] for ref in refs if ref in doubtful]
        return tuple(f"cannot tell for certain: {why}" for why in found)


_WHAT = {
    Action.ALLOW: "allowed only with a condition:",
    Action.DENY: "denied with a condition:",
    Action.PASS: "passed on with a condition:",
}
