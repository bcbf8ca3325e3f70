"""Does a policy select pods, and do its peers match any, night after night?"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from app.evaluate.checks.common.doubts import Gaps, kind_gaps, merged, pod_gaps, policy_gaps
from app.evaluate.checks.common.evidence import evidence_for
from app.evaluate.checks.common.population import (
    boundaries_of_all,
    boundaries_of_namespace,
    by_namespace,
    policy_subject,
)
from app.evaluate.checks.common.selection import Selection, is_everything
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts, worst_of_each
from app.evaluate.checks.common.wording import count
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun
from app.model.identity import GroupKind
from app.model.peers import leaves
from app.model.policy import EVERYTHING, AddressPeer, Family, PodPeer, Policy, SelectorPeer
from app.model.reachability import Workload
from app.model.scope import Boundary

STREAK = "consecutive_scans"  # in `CheckResult.data`: scans in a row, this one included, in which the condition held


@dataclass(frozen=True, slots=True)
class _Empty:
    """A selector that matches no pod: where it stands, and the selector as text."""

    path: str
    says: str


@dataclass(frozen=True, slots=True)
class PolicySelectsNothing:
    """Judges each policy by its selectors alone, enforced or not.

    A policy fails when its podSelector or one of its peers matches no pod in as many consecutive scans as the
    thresholds of the scope file say; before that it passes with a note, because scaled-to-zero workloads and jobs
    between runs are legitimate. An empty podSelector is a baseline for pods to come and never counts. Where pods or
    namespaces were not read, emptiness is not shown, and the streak neither grows nor ends.
    """

    id: str = "policy-selects-nothing"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every policy."""
        judge = _Judge(facts, Verdicts.of(facts, self.id))
        return judge.verdicts.run(
            worst_of_each(judge.result(policy) for policy in facts.inventory.policies),
            complete=not policy_gaps(facts),
            limits=(
                "Pods that have finished are no endpoints, and pods on the host network are never selected.",
            ),
        )


CHECK: Check = PolicySelectsNothing()
# where a policy says whom it selects
_SELECTORS = {Family.KUBERNETES: "spec.podSelector", Family.CILIUM: "spec.endpointSelector"}


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    selection: Selection = field(init=False)
    pods: Gaps = field(init=False)
    namespaces: Gaps = field(init=False)
    homes: dict[str, list[Workload]] = field(init=False)

    def __post_init__(self) -> None:
        self.selection, self.homes = Selection(self.facts), by_namespace(self.facts)
        self.pods = pod_gaps(self.facts)
        self.namespaces = kind_gaps(self.facts, GroupKind("", "Namespace"))

    def result(self, policy: Policy) -> CheckResult:
        subject = policy_subject(policy.ref)
        before = self.facts.context.streaks.get(f"{self.verdicts.meta.id}/{subject.id}", 0)
        empty = list(self._empty(policy))
        details = Details(
            boundaries=self._boundaries(policy),
            evidence=tuple(evidence_for(self.facts, policy.ref, item.path) for item in empty),
        )
        if not empty:
            says = f"every selector of {policy.ref} matches pods or stands for pods to come"
            return self.verdicts.passed(subject, says, base=details)
        says = f"{policy.ref} matches nothing: {empty[0].path} ({empty[0].says})"
        doubts = self._doubts(policy)
        if doubts:
            return self.verdicts.undecided(subject, says, doubts, data={STREAK: before}, base=details)
        return self._counted(policy, says, before + 1, empty, details)

    def _boundaries(self, policy: Policy) -> frozenset[Boundary]:
        if not policy.namespace:
            return boundaries_of_all(self.facts, (item.id for item in self.selection.selected(policy)))
        return boundaries_of_namespace(self.facts, policy.namespace, self.homes.get(policy.namespace, ()))

    def _counted(
        self, policy: Policy, says: str, nights: int, empty: list[_Empty], details: Details
    ) -> CheckResult:
        subject, limit = policy_subject(policy.ref), self.facts.scope.thresholds.empty_selector_nights
        why = (
            *(f"{item.path} ({item.says}) matches no pod." for item in empty),
            f"That holds for {count(nights, 'consecutive scan')}; the threshold is {limit}.",
        )
        data = {STREAK: nights}
        if nights < limit:
            noted = f"{says}, for {count(nights, 'scan')} of {limit} so far"
            return self.verdicts.passed(subject, noted, why=why, data=data, base=details)
        return self.verdicts.failed(
            subject,
            f"{says}, for {count(nights, 'scan')} in a row",
            why=why,
            data=data,
            remedy="Correct the selector to the labels that pods have, or delete what is no longer needed.",
            base=details,
        )

    def _empty(self, policy: Policy) -> Iterator[_Empty]:
        chosen = policy.subject
        if not is_everything(chosen.selector) and not chosen.nodes and not self.selection.selected(policy):
            yield _Empty(_SELECTORS.get(policy.family, "spec"), str(chosen.selector))
        for rule in (*policy.ingress, *policy.egress):
            for leaf in leaves(rule.peers):
                if not isinstance(leaf, AddressPeer) and self._matches_nothing(policy, leaf):
                    yield _Empty(rule.path, _peer_text(leaf))

    def _matches_nothing(self, policy: Policy, peer: PodPeer | SelectorPeer) -> bool:
        if isinstance(peer, SelectorPeer):
            return not is_everything(peer.selector) and not self.selection.matched(policy.namespace, peer)
        if peer.pod_selector == EVERYTHING and peer.namespace_selector in (None, EVERYTHING):
            return False
        return not self.selection.matched(policy.namespace, peer)

    def _doubts(self, policy: Policy) -> tuple[Doubt, ...]:
        """Peers may be anywhere, so pods and labels of every namespace count."""
        peers = any(rule.peers for rule in (*policy.ingress, *policy.egress))
        if peers:
            return (*self.pods.anywhere(), *self.namespaces.anywhere())
        return merged(policy.namespace, self.pods)


def _peer_text(peer: PodPeer | SelectorPeer) -> str:
    if isinstance(peer, SelectorPeer):
        return f"{f'namespace {peer.namespace}, ' if peer.namespace else ''}pods {peer.selector}"
    spaces = "" if peer.namespace_selector is None else f"namespaces {peer.namespace_selector}, "
    return f"{spaces}pods {peer.pod_selector}"
