"""What lets a row of connections through at each of its ends, rule by rule, with the ports that each rule admits."""

from dataclasses import dataclass

from app.evaluate.cluster import Cluster, Endpoint
from app.evaluate.decide import Decider
from app.evaluate.resolve import CompiledRule
from app.evaluate.spans import as_connections
from app.evaluate.views import View
from app.model.connections import Connections
from app.model.decision import Reason, RuleRef
from app.model.identity import ObjectRef
from app.model.policy import Action, Direction


@dataclass(frozen=True, slots=True)
class Witness:
    """One end of a row.

    Attributes:
        reason: why this end lets the row's connections through.
        selecting: policies that isolate this end in this direction, or select it in vain; sorted.
        rules: rules that match the other end, sorted, each with those of its ports that are in the row.
        note: one sentence more, where the reason needs it.
    """

    reason: Reason
    selecting: tuple[ObjectRef, ...] = ()
    rules: tuple[tuple[RuleRef, Connections], ...] = ()
    note: str = ""


class Witnesses:
    """Finds the witnesses of rows."""

    def __init__(self, cluster: Cluster, decider: Decider) -> None:
        self._cluster = cluster
        self._decider = decider

    def of(self, source: Endpoint, destination: Endpoint, allowed: Connections) -> tuple[Witness, Witness]:
        """Witnesses of the source's egress and of the destination's ingress."""
        return (
            self._at(Direction.EGRESS, source, destination, destination, allowed),
            self._at(Direction.INGRESS, destination, source, destination, allowed),
        )

    def _at(
        self,
        direction: Direction,
        subject: Endpoint,
        other: Endpoint,
        destination: Endpoint,
        allowed: Connections,
    ) -> Witness:
        standing = self._decider.standing(direction, subject)
        if standing:
            return Witness(standing.reason, standing.selecting, note=standing.note)
        policies = self._decider.selecting(direction, subject)
        source = other if destination is subject else subject
        views = self._cluster.views(source, destination)
        rules = tuple(
            (rule.ref, admitted)
            for policy in policies
            for rule in policy.rules[direction]
            if rule.rule.action is Action.ALLOW
            and any(_concerns(rule, view, subject, other) for view in views)
            and (admitted := as_connections(self._decider.spans(rule, destination)) & allowed)
        )
        selecting = tuple(dict.fromkeys(policy.ref for policy in policies))
        node = self._cluster.own_node(other, subject) if direction is Direction.INGRESS else ""
        note = f"both have pods on node {node}" if node else ""
        otherwise = Reason.OWN_NODE if node else Reason.ALLOWED_BY_DEFAULT
        reason = Reason.ALLOWED_BY_RULE if rules else otherwise
        return Witness(reason, selecting, tuple(sorted(rules, key=lambda item: item[0])), note)


def _concerns(rule: CompiledRule, view: View, subject: Endpoint, other: Endpoint) -> bool:
    return bool(
        rule.peers.under(view) >> other.number & 1 and rule.selected.under(view) >> subject.number & 1
    )
