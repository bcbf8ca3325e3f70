"""One connection, with its witnesses.

The procedure, for each end (the source's egress, the destination's ingress):

1. An address outside the cluster is governed by no policy.
2. A hostNetwork pod is selected by no policy.
3. An end that no policy isolates in this direction lets everything through.
4. An end where policies are not enforced lets everything through.
5. A rule that matches the other end and the port lets the connection through: every policy only adds.
6. Traffic from the pod's own node reaches it in any case.
7. Otherwise the end is isolated and nothing lets the connection through.

An answer that something unread could change is none (see `doubts`).
"""

from collections.abc import Iterator
from dataclasses import replace

from app.evaluate.cluster import Cluster, Endpoint
from app.evaluate.compile import CompiledPolicy, CompiledRule
from app.evaluate.doubts import Doubts
from app.evaluate.notes import TO_OWN_NODE_DIFFERS, Notes
from app.evaluate.spans import Span, as_connections, resolve
from app.evaluate.views import View
from app.model.connections import Protocol
from app.model.decision import Decision, HalfDecision, Miss, Reason
from app.model.inventory import NAME_LABEL
from app.model.policy import Direction, NamedPort, PodPeer

_HOST_NETWORK_NOTE = "it uses its node's network, and policies do not select such pods"


class Decider:
    """Decides connections between endpoints of one cluster."""

    def __init__(self, cluster: Cluster, doubts: Doubts, notes: Notes) -> None:
        self._cluster = cluster
        self._doubts = doubts
        self._notes = notes

    def decide(self, source: Endpoint, destination: Endpoint, protocol: Protocol, port: int) -> Decision:
        """Decide one connection; over two address families, the one that lets it through counts."""
        views = self._cluster.views(source, destination)
        decisions = [self._in_view(source, destination, protocol, port, view) for view in views]
        return next((item for item in decisions if item.allowed), decisions[0])

    def _in_view(
        self, source: Endpoint, destination: Endpoint, protocol: Protocol, port: int, view: View
    ) -> Decision:
        wanted = (protocol, port, port)
        egress = self._half(Direction.EGRESS, source, destination, wanted, view)
        ingress = self._half(Direction.INGRESS, destination, source, wanted, view)
        return Decision(
            source=source.id,
            destination=destination.id,
            protocol=protocol,
            port=port,
            egress=self._doubted(egress, source, destination),
            ingress=self._doubted(ingress, destination, source),
            profile_notes=self._profile_notes(source, destination),
        )

    def standing(self, direction: Direction, subject: Endpoint) -> HalfDecision | None:
        """The decision about an end that lets everything through; None for one that policies restrict."""
        cluster = self._cluster
        pod = cluster.pod_class(subject)
        if pod is None:
            return HalfDecision(direction, subject.id, Reason.OUTSIDE)
        if pod.host_network:
            return HalfDecision(direction, subject.id, Reason.HOST_NETWORK, note=_HOST_NETWORK_NOTE)
        selecting = tuple(policy.ref for policy in self.selecting(direction, subject))
        if not selecting:
            return HalfDecision(direction, subject.id, Reason.NOT_SELECTED)
        if not cluster.restricted >> subject.number & 1:
            why = cluster.partition.unenforced.get(subject.id, "")
            return HalfDecision(direction, subject.id, Reason.NOT_ENFORCED, selecting, note=why)
        return None

    def selecting(self, direction: Direction, subject: Endpoint) -> tuple[CompiledPolicy, ...]:
        """Policies that select a workload in a direction, in order of identity."""
        pod = self._cluster.partition.classes[subject.number]
        return self._cluster.policies.selecting(pod.namespace, subject.number, direction)

    def _half(
        self, direction: Direction, subject: Endpoint, other: Endpoint, wanted: Span, view: View
    ) -> HalfDecision:
        standing = self.standing(direction, subject)
        if standing:
            return standing
        policies = self.selecting(direction, subject)
        selecting = tuple(policy.ref for policy in policies)
        rules = [rule for policy in policies for rule in policy.rules[direction]]
        destination = subject if direction is Direction.INGRESS else other
        allowing = tuple(
            sorted(rule.ref for rule in rules if self._matches(rule, other, destination, wanted, view))
        )
        if allowing:
            return HalfDecision(direction, subject.id, Reason.ALLOWED_BY_RULE, selecting, allowing)
        if direction is Direction.INGRESS and (node := self._cluster.own_node(other, subject)):
            note = f"both have pods on node {node}"
            return HalfDecision(direction, subject.id, Reason.OWN_NODE, selecting, note=note)
        misses = tuple(self._miss(rule, other, destination, view) for rule in rules)
        return HalfDecision(direction, subject.id, Reason.NO_RULE_MATCHES, selecting, misses=misses)

    def _matches(
        self, rule: CompiledRule, other: Endpoint, destination: Endpoint, wanted: Span, view: View
    ) -> bool:
        if not rule.peers.under(view) >> other.number & 1:
            return False
        protocol, port, _ = wanted
        return any(
            name is protocol and first <= port <= last for name, first, last in self.spans(rule, destination)
        )

    def spans(self, rule: CompiledRule, destination: Endpoint) -> tuple[Span, ...]:
        """Ports of a rule on one destination."""
        pod = self._cluster.pod_class(destination)
        return resolve(rule.ports, pod.ports if pod else ())

    def _miss(self, rule: CompiledRule, other: Endpoint, destination: Endpoint, view: View) -> Miss:
        if not rule.peers.under(view) >> other.number & 1:
            return Miss(rule.ref, "peer", f"its peers do not match {other.id}")
        names = ", ".join(_unresolved(rule, self.spans(rule, destination)))
        if names:
            return Miss(rule.ref, "port", f"{destination.id} has no port named {names}")
        return Miss(rule.ref, "port", f"it admits {as_connections(self.spans(rule, destination))} only")

    def _doubted(self, half: HalfDecision, subject: Endpoint, other: Endpoint) -> HalfDecision:
        pod = self._cluster.pod_class(subject)
        if pod is None:
            return half
        template = subject.id in self._cluster.partition.templates
        why = self._doubts.about_end(half.reason, pod.namespace, from_template=template)
        why = why or self._label_doubt(half, subject, other)
        return replace(half, reason=Reason.CANNOT_TELL, note=why) if why else half

    def _label_doubt(self, half: HalfDecision, subject: Endpoint, other: Endpoint) -> str:
        """Doubt about the labels of the other end's namespace, where a rule of this end selects by them."""
        peer = self._cluster.pod_class(other)
        if peer is None or half.reason not in (Reason.ALLOWED_BY_RULE, Reason.NO_RULE_MATCHES):
            return ""
        why = self._doubts.about_labels(peer.namespace)
        policies = self.selecting(half.direction, subject) if why else ()
        rules = [rule for policy in policies for rule in policy.rules[half.direction]]
        return why if any(_selects_namespaces(rule) for rule in rules) else ""

    def _profile_notes(self, source: Endpoint, destination: Endpoint) -> tuple[str, ...]:
        cluster = self._cluster
        allowed = cluster.rows.allowed(source.number, destination.number)
        row = cluster.rows.number_of(destination.number)
        notes = self._notes.on_reading(source.number, destination.number, row, allowed)
        if source.position is None or destination.position is None:
            return notes
        if cluster.locality.shared_node(destination.position, source.position):
            notes += (TO_OWN_NODE_DIFFERS,)
        return notes


def _unresolved(rule: CompiledRule, spans: tuple[Span, ...]) -> Iterator[str]:
    """Names of a rule whose ports are all names that resolve to nothing."""
    if not spans:
        for port in rule.ports or ():
            if isinstance(port, NamedPort):
                yield port.name


def _selects_namespaces(rule: CompiledRule) -> bool:
    """True when a rule depends on namespace labels other than the name, which is always known."""
    return any(
        isinstance(peer, PodPeer)
        and peer.namespace_selector is not None
        and any(item.key != NAME_LABEL for item in peer.namespace_selector.requirements)
        for peer in rule.rule.peers or ()
    )
