"""Whether one rule matches one connection, and if not, why."""

from collections.abc import Iterator

from app.evaluate.cluster import Cluster, Endpoint
from app.evaluate.resolve import CompiledRule
from app.evaluate.spans import Span, as_connections, resolve
from app.evaluate.views import View
from app.model.decision import Miss
from app.model.policy import NamedPort


class Matcher:
    """Compares rules with connections between endpoints of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def matches(
        self,
        rule: CompiledRule,
        subject: Endpoint,
        other: Endpoint,
        destination: Endpoint,
        wanted: Span,
        view: View,
    ) -> bool:
        """True when it is about this end, its peers hold the other, and its ports the one that is wanted."""
        if not rule.selected.under(view) >> subject.number & 1:
            return False
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

    def miss(
        self, rule: CompiledRule, subject: Endpoint, other: Endpoint, destination: Endpoint, view: View
    ) -> Miss:
        """Why a rule that does not match does not."""
        if not rule.selected.under(view) >> subject.number & 1:
            return Miss(rule.ref, "own end", f"it is narrowed to ends other than {subject.id}")
        if not rule.peers.under(view) >> other.number & 1:
            return Miss(rule.ref, "peer", f"its peers do not match {other.id}")
        names = ", ".join(_unresolved(rule, self.spans(rule, destination)))
        if names:
            return Miss(rule.ref, "port", f"{destination.id} has no port named {names}")
        return Miss(rule.ref, "port", f"it admits {as_connections(self.spans(rule, destination))} only")


def _unresolved(rule: CompiledRule, spans: tuple[Span, ...]) -> Iterator[str]:
    """Names of a rule whose ports are all names that resolve to nothing."""
    if not spans:
        for port in rule.ports or ():
            if isinstance(port, NamedPort):
                yield port.name
