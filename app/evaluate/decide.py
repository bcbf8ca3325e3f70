"""One connection, with its witnesses.

The procedure, for each end (the source's egress, the destination's ingress):

1. An address outside the cluster is governed by no policy.
2. A hostNetwork pod is selected by no policy.
3. An end that no policy selects in this direction lets everything through.
4. An end where policies are not enforced lets everything through, and so does one that only policies select which no data
   plane here obeys.
5. The policies that select it are asked stage by stage (see `trail`): a rule allows, denies or passes on, or a default does.
6. Traffic from the pod's own node reaches it in any case.

An answer that something unread or not understood could change is none (see `doubts`), nor is one that depends on an order
which the API leaves open. What a rule asks for beyond ends and ports is said beside the answer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache, lru_cache

from app.evaluate.cluster import Cluster, Endpoint
from app.evaluate.doubts import Doubts
from app.evaluate.match import Matcher
from app.evaluate.notes import TO_OWN_NODE_DIFFERS, Notes
from app.evaluate.outcome import conditions, guess_note, reason, rules, split_note
from app.evaluate.removal import Ends, with_removal
from app.evaluate.resolve import CompiledPolicy, CompiledRule
from app.evaluate.spans import Span
from app.evaluate.trail import Asked, asked_of, matching, settled, walk
from app.evaluate.views import View
from app.model.connections import Protocol
from app.model.decision import Decision, HalfDecision, Miss, Reason, RuleRef
from app.model.identity import ObjectRef
from app.model.inventory import NAME_LABEL
from app.model.peers import namespace_requirements
from app.model.policy import Action, Direction
from app.model.reachability import Default

# Ends that nothing on the pod network restricts.
_UNTOUCHED = (Reason.OUTSIDE, Reason.NOT_ENFORCED, Reason.HOST_NETWORK)
_HOST_NETWORK_NOTE = "it uses its node's network, and policies do not select such pods"


class Decider:
    """Decides connections between endpoints of one cluster."""

    def __init__(self, cluster: Cluster, doubts: Doubts, notes: Notes) -> None:
        self._cluster = cluster
        self._matcher = Matcher(cluster)
        self.spans = self._matcher.spans
        self._doubts = doubts
        self._notes = notes
        self.asked = lru_cache(maxsize=4096)(self._asked)
        self.default = cache(self._default)  # small, and several checks ask for every workload

    def decide(self, source: Endpoint, destination: Endpoint, protocol: Protocol, port: int) -> Decision:
        """Decide one connection; over two address families, the one that lets it through counts, then one that may."""
        views = self._cluster.views(source, destination)
        decisions = [self._in_view(source, destination, protocol, port, view) for view in views]
        at = max(range(len(views)), key=lambda number: _weight(decisions[number]))
        wanted = (protocol, port, port)
        asked = [self._ends(source, destination, wanted, view) for view in views]
        return with_removal(decisions[at], asked, asked[at])

    def _ends(self, source: Endpoint, destination: Endpoint, wanted: Span, view: View) -> Ends:
        """What both ends are asked; nothing where no removal would stop it, as what comes from the pod's own node."""
        egress, ingress = (
            self.standing(Direction.EGRESS, source),
            self.standing(Direction.INGRESS, destination),
        )
        local = self._cluster.own_node(source, destination)
        return {
            Direction.EGRESS: None
            if egress
            else self._concerning(Direction.EGRESS, source, destination, wanted, view),
            Direction.INGRESS: None
            if ingress or local
            else self._concerning(Direction.INGRESS, destination, source, wanted, view),
        }

    def _in_view(
        self, source: Endpoint, destination: Endpoint, protocol: Protocol, port: int, view: View
    ) -> Decision:
        wanted = (protocol, port, port)
        egress = self._half(Direction.EGRESS, source, destination, wanted, view)
        ingress = self._half(Direction.INGRESS, destination, source, wanted, view)
        return self._forwarded(
            Decision(
                source=source.id,
                destination=destination.id,
                protocol=protocol,
                port=port,
                egress=self._doubted(egress, source, destination),
                ingress=self._doubted(ingress, destination, source),
                profile_notes=self._profile_notes(source, destination),
                unproven=tuple(self._unproven((egress, source), (ingress, destination))),
            ),
            source,
            destination,
        )

    def _unproven(self, *ends: tuple[HalfDecision, Endpoint]) -> Iterator[str]:
        """Why policies may not hold at an end that denies."""
        for half, end in ends:
            if half.reason.denies and end.position is not None:
                why = self._cluster.unproven(end.position)
                if why:
                    yield f"{end.id} has pods on {why}"

    def _forwarded(self, decision: Decision, source: Endpoint, destination: Endpoint) -> Decision:
        """What both ends let through may still be denied by what guards the node of one of them."""
        why = self._doubts.about_forwarded() if decision.allowed else ""
        if not why or Reason.OWN_NODE is decision.ingress.reason:
            return decision
        if self._guarded(destination, Direction.INGRESS):
            return replace(decision, ingress=_untold(decision.ingress, why))
        if self._guarded(source, Direction.EGRESS):
            return replace(decision, egress=_untold(decision.egress, why))
        return decision

    def _guarded(self, end: Endpoint, direction: Direction) -> bool:
        pod = self._cluster.pod_class(end)
        return pod is not None and direction in pod.guarded

    def standing(self, direction: Direction, subject: Endpoint) -> HalfDecision | None:
        """The decision about an end that lets everything through; None for one that policies restrict."""
        cluster = self._cluster
        pod = cluster.pod_class(subject)
        if pod is None:
            return HalfDecision(direction, subject.id, Reason.OUTSIDE)
        if pod.host_network:
            return HalfDecision(direction, subject.id, Reason.HOST_NETWORK, note=_HOST_NETWORK_NOTE)
        selecting = tuple(dict.fromkeys(policy.ref for policy in self.selecting(direction, subject)))
        idle = self.idle(direction, subject)
        if not selecting and not idle:
            return HalfDecision(direction, subject.id, Reason.NOT_SELECTED)
        if not selecting:
            vain, said = tuple(dict.fromkeys(policy.ref for policy in idle)), self._why_idle(idle)
            return HalfDecision(
                direction, subject.id, Reason.NOT_ENFORCED, vain, note="; ".join(said), idle=said
            )
        if not cluster.restricted >> subject.number & 1:
            why = cluster.partition.unenforced.get(subject.id, "")
            return HalfDecision(direction, subject.id, Reason.NOT_ENFORCED, selecting, note=why)
        return None

    def selecting(self, direction: Direction, subject: Endpoint) -> tuple[CompiledPolicy, ...]:
        """Policies that count and select a workload in a direction, in order of identity."""
        pod = self._cluster.partition.classes[subject.number]
        return self._cluster.policies.counted.of(pod.namespace, subject.number, direction)

    def idle(self, direction: Direction, subject: Endpoint) -> tuple[CompiledPolicy, ...]:
        """Policies that select a workload in a direction and that no data plane here obeys, in order of identity."""
        pod = self._cluster.partition.classes[subject.number]
        return self._cluster.policies.idle.of(pod.namespace, subject.number, direction)

    def _why_idle(self, idle: tuple[CompiledPolicy, ...]) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(f"{item.ref} {self._cluster.policies.why_idle[item.ref]}" for item in idle)
        )

    def _asked(self, direction: Direction, number: int) -> Asked:
        """What a class is asked in a direction, whatever the connection."""
        pod = self._cluster.partition.classes[number]
        policies = self._cluster.policies.counted.of(pod.namespace, number, direction)
        return asked_of(self._cluster.policies.programs[direction], direction, policies)

    def _half(
        self, direction: Direction, subject: Endpoint, other: Endpoint, wanted: Span, view: View
    ) -> HalfDecision:
        standing = self.standing(direction, subject)
        if standing:
            return standing
        destination = subject if direction is Direction.INGRESS else other
        asked = self._concerning(direction, subject, other, wanted, view)
        walked = settled(asked)
        node = self._cluster.own_node(other, subject) if direction is Direction.INGRESS else ""
        half = HalfDecision(
            direction,
            subject.id,
            reason(walked),
            selecting=tuple(dict.fromkeys(policy.ref for policy in self.selecting(direction, subject))),
            rules=rules(walked),
            note=split_note(walked) or guess_note(walked, self._unaddressed(subject, other)),
            trail=tuple(walked.steps),
            conditions=conditions(walked),
            idle=self._why_idle(self.idle(direction, subject)),
        )
        if node and not half.reason.allows:
            note = f"both have pods on node {node}"
            return replace(half, reason=Reason.OWN_NODE, rules=(), note=note)
        if not half.reason.denies:
            return half
        return replace(half, misses=tuple(self._misses(half, subject, other, destination, wanted, view)))

    def _unaddressed(self, *ends: Endpoint) -> tuple[str, ...]:
        return tuple(item.id for item in ends if (pod := self._cluster.pod_class(item)) and pod.unaddressed)

    def _default(self, direction: Direction, subject: Endpoint) -> Default:
        """What becomes of a connection that no rule speaks of; a rule for everyone and every port speaks of none."""
        if self.standing(direction, subject):
            return Default(denied=False)
        asked = self.asked(direction, subject.number)
        walked = walk(matching(asked, lambda rule: self._for_everyone(rule, subject)))
        if walked.allowed:
            return Default(denied=False, opened_by=_policies(walked.deciding(Action.ALLOW)))
        return Default(denied=True, by=_policies(walked.deciding(Action.DENY)))

    def _for_everyone(self, rule: CompiledRule, subject: Endpoint) -> bool:
        views = [point.view for point in self._cluster.viewpoints]
        anyone = self._cluster.policies.anyone
        return (
            rule.ports is None
            and rule.sure
            and all(rule.peers.under(view) == anyone for view in views)
            and all(rule.selected.under(view) >> subject.number & 1 for view in views)
        )

    def _concerning(
        self, direction: Direction, subject: Endpoint, other: Endpoint, wanted: Span, view: View
    ) -> Asked:
        """What an end is asked, with the rules alone that match one connection."""
        destination = subject if direction is Direction.INGRESS else other

        def matches(rule: CompiledRule) -> bool:
            return self._matcher.matches(rule, subject, other, destination, wanted, view)

        return matching(self.asked(direction, subject.number), matches)

    def allowing(
        self, direction: Direction, subject: Endpoint, other: Endpoint, wanted: Span, view: View
    ) -> tuple[RuleRef, ...]:
        """Rules that let one connection through at an end that policies select, in one view."""
        walked = walk(self._concerning(direction, subject, other, wanted, view))
        return rules(walked) if walked.allowed else ()

    def _misses(
        self,
        half: HalfDecision,
        subject: Endpoint,
        other: Endpoint,
        destination: Endpoint,
        wanted: Span,
        view: View,
    ) -> Iterator[Miss]:
        """Rules that were asked, would not have denied it, and did not match."""
        asked = {ref for step in half.trail for ref in step.selecting}
        for policy in self.selecting(half.direction, subject):
            if policy.ref not in asked:
                continue
            for rule in policy.rules[half.direction]:
                if rule.rule.action is Action.DENY or rule.guess:
                    continue
                if not self._matcher.matches(rule, subject, other, destination, wanted, view):
                    yield self._matcher.miss(rule, subject, other, destination, view)

    def _doubted(self, half: HalfDecision, subject: Endpoint, other: Endpoint) -> HalfDecision:
        pod = self._cluster.pod_class(subject)
        if pod is None or half.reason is Reason.CANNOT_TELL:
            return half
        template = subject.id in self._cluster.partition.templates
        # An end that only idle policies select is as open to one that was not read as an end that none selects.
        reason = Reason.NOT_SELECTED if half.reason is Reason.NOT_ENFORCED and half.idle else half.reason
        why = self._doubts.about_end(reason, pod.namespace, from_template=template)
        why = why or self._unclear(half) or self._label_doubt(half, subject, other)
        why = why or self._beside(half, pod.namespace, other)
        return replace(half, reason=Reason.CANNOT_TELL, note=why) if why else half

    def _beside(self, half: HalfDecision, namespace: str, other: Endpoint) -> str:
        """What may deny beside the policies that were asked; what they deny stays denied."""
        if half.direction is Direction.INGRESS or not half.reason.allows or half.reason in _UNTOUCHED:
            return ""
        peer = self._cluster.pod_class(other)
        return self._doubts.about_egress(namespace, leaving=peer is None or peer.host_network)

    def _unclear(self, half: HalfDecision) -> str:
        """Doubt about a policy of a stage that was asked: policies of later stages do not matter."""
        asked = (ref for step in half.trail for ref in step.selecting)
        doubtful = self._cluster.policies.doubtful
        return "; ".join(dict.fromkeys(doubtful[ref] for ref in asked if ref in doubtful))

    def _label_doubt(self, half: HalfDecision, subject: Endpoint, other: Endpoint) -> str:
        """Doubt about the labels of the other end's namespace, where a rule of this end selects by them."""
        peer = self._cluster.pod_class(other)
        if peer is None or not half.trail:
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


def _weight(decision: Decision) -> tuple[bool, bool]:
    """What counts among families: a denial over one is nothing against another over which it may be let through."""
    reasons = (decision.egress.reason, decision.ingress.reason)
    return (decision.allowed, all(item.allows or item is Reason.CANNOT_TELL for item in reasons))


def _untold(half: HalfDecision, why: str) -> HalfDecision:
    return replace(half, reason=Reason.CANNOT_TELL, note=why)


def _policies(found: Iterable[RuleRef | ObjectRef]) -> tuple[ObjectRef, ...]:
    return tuple(sorted({item.policy if isinstance(item, RuleRef) else item for item in found}))


def _selects_namespaces(rule: CompiledRule) -> bool:
    """True when a rule depends on namespace labels other than the name, which is always known."""
    return any(item.key != NAME_LABEL for item in namespace_requirements(rule.rule))
