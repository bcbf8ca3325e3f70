"""What lets a row of connections through at each of its ends, rule by rule, with the ports that each rule admits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.evaluate.cluster import Cluster, Endpoint
from app.evaluate.decide import Decider
from app.evaluate.resolve import CompiledRule
from app.evaluate.spans import as_connections, pieces
from app.evaluate.views import View
from app.model.connections import Connections, PortSet
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
        rules = [rule for policy in policies for rule in policy.rules[direction]]
        additive = all(rule.rule.action is Action.ALLOW for rule in rules)
        found = (
            self._all_that_match(rules, subject, other, destination, allowed)
            if additive
            else self._piece_by_piece(rules, direction, subject, other, destination, allowed)
        )
        node = self._cluster.own_node(other, subject) if direction is Direction.INGRESS else ""
        otherwise = Reason.OWN_NODE if node else Reason.ALLOWED_BY_DEFAULT
        return Witness(
            Reason.ALLOWED_BY_RULE if found else otherwise,
            tuple(dict.fromkeys(policy.ref for policy in policies)),
            tuple(sorted(found.items())),
            f"both have pods on node {node}" if node else "",
        )

    def _views(self, subject: Endpoint, other: Endpoint, destination: Endpoint) -> list[View]:
        source = other if destination is subject else subject
        return self._cluster.views(source, destination)

    def _all_that_match(
        self,
        rules: Iterable[CompiledRule],
        subject: Endpoint,
        other: Endpoint,
        destination: Endpoint,
        allowed: Connections,
    ) -> dict[RuleRef, Connections]:
        """Where rules only allow, each that matches is a witness."""
        views = self._views(subject, other, destination)
        return {
            rule.ref: admitted
            for rule in rules
            if any(_concerns(rule, view, subject, other) for view in views)
            and (admitted := as_connections(self._decider.spans(rule, destination)) & allowed)
        }

    def _piece_by_piece(
        self,
        rules: Sequence[CompiledRule],
        direction: Direction,
        subject: Endpoint,
        other: Endpoint,
        destination: Endpoint,
        allowed: Connections,
    ) -> dict[RuleRef, Connections]:
        """Where rules can deny, those that decide about each interval within which no rule begins or ends."""
        found: dict[RuleRef, Connections] = {}
        spans = [span for rule in rules for span in self._decider.spans(rule, destination)]
        for protocol, first, last in pieces(allowed, spans):
            piece = Connections.of({protocol: PortSet.of([(first, last)])})
            for view in self._views(subject, other, destination):
                wanted = (protocol, first, first)
                for ref in self._decider.allowing(direction, subject, other, wanted, view):
                    found[ref] = found.get(ref, Connections()) | piece
        return found


def _concerns(rule: CompiledRule, view: View, subject: Endpoint, other: Endpoint) -> bool:
    return bool(
        rule.peers.under(view) >> other.number & 1 and rule.selected.under(view) >> subject.number & 1
    )
