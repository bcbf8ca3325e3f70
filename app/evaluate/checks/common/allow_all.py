"""Policies that admit or permit anywhere; the two checks differ in the direction and in what counts as everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.evaluate.checks.common.anywhere import (
    Opening,
    Union,
    Universe,
    openings,
    still_open,
    unions,
)
from app.evaluate.checks.common.doubts import Gaps, merged, pod_gaps, policy_gaps
from app.evaluate.checks.common.enforcement import strength_of, unproven_cluster
from app.evaluate.checks.common.evidence import evidence_for
from app.evaluate.checks.common.population import boundaries_of_all, policy_subject
from app.evaluate.checks.common.selection import Selection
from app.evaluate.checks.common.verdicts import Details, Verdicts, declared_only, worst_of_each
from app.evaluate.checks.common.wording import count, names
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun
from app.model.identity import ObjectRef
from app.model.policy import Direction, Family, Policy
from app.model.reachability import Workload


@dataclass(frozen=True, slots=True)
class AllowAll:
    """Judges each policy that isolates in a direction.

    A policy fails when one of its rules is open to anywhere, or when its rules and those of the other policies on the
    same workload together are: policies only add up, so the union counts. A policy that selects no workload now does
    not apply; one that passes as read is insufficient evidence where policies or pods were not read or nothing is
    proven to enforce it.
    """

    id: str
    direction: Direction
    universe: Universe
    spares_public: bool

    def run(self, facts: Facts) -> CheckRun:
        """Judge every policy of this direction."""
        judge = _Judge(facts, Verdicts.of(facts, self.id), self)
        policies = [item for item in facts.inventory.policies if self.direction in item.directions]
        return judge.verdicts.run(
            worst_of_each(judge.result(policy) for policy in policies),
            complete=not judge.policies,
            limits=declared_only(facts),
        )


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    check: AllowAll
    policies: Gaps = field(init=False)
    pods: Gaps = field(init=False)
    selection: Selection = field(init=False)
    unions: dict[ObjectRef, Union] = field(init=False)

    def __post_init__(self) -> None:
        self.policies, self.pods = policy_gaps(self.facts), pod_gaps(self.facts)
        self.selection = Selection(self.facts)
        judged = [item for item in self.facts.reachability.workloads if not self._spared(item)]
        self.unions = unions(self.facts, judged, self.check.direction, self.check.universe)

    def result(self, policy: Policy) -> CheckResult:
        selected = self.selection.selected(policy)
        judged = [item for item in selected if not self._spared(item)]
        found = list(openings(policy.rules(self.check.direction), self.check.universe, self.selection))
        details = Details(
            boundaries=boundaries_of_all(self.facts, (item.id for item in selected)),
            strength=strength_of(self.facts.platform.enforcement),
        )
        if policy.ref in self.facts.reachability.idle:
            says = f"{policy.ref} {self.facts.reachability.idle[policy.ref]}"
            return self.verdicts.not_applicable(policy_subject(policy.ref), says, base=details)
        reached = [item for item in judged if found and still_open(self.facts, item, self.check.direction)]
        if reached:
            return self._open(policy, found, reached, details)
        if policy.ref in self.unions:
            return self._open_together(policy, details)
        return self._closed(policy, selected, bool(found), judged, details)

    def _open(
        self, policy: Policy, found: Sequence[Opening], judged: Sequence[Workload], details: Details
    ) -> CheckResult:
        return self.verdicts.failed(
            policy_subject(policy.ref),
            f"{policy.ref} {self._lets} {count(len(judged), 'workload')}: {found[0].path} {found[0].says}",
            why=(
                *(f"{item.path} {item.says}." for item in found),
                f"It selects {names(item.id for item in judged)}.",
                self._stays(policy),
            ),
            evidence=tuple(evidence_for(self.facts, policy.ref, item.path) for item in found),
            remedy=self._remedy,
            data={"workloads": len(judged), "rules": [item.path for item in found]},
            base=details,
        )

    def _open_together(self, policy: Policy, details: Details) -> CheckResult:
        union = self.unions[policy.ref]
        rules = [rule.rule for rule in union.rules]
        return self.verdicts.failed(
            policy_subject(policy.ref),
            f"{policy.ref} is part of a union of rules that leaves out no address: {union.workload.id} is open to {union}",
            why=(
                *(f"{rule} is in force on {union.workload.id}." for rule in rules),
                f"Together they name {union}.",
            ),
            evidence=tuple(evidence_for(self.facts, rule.policy, rule.path) for rule in rules),
            remedy=self._remedy,
            data={"ports": union.ports.to_json()},
            base=details,
        )

    def _closed(
        self,
        policy: Policy,
        selected: Sequence[Workload],
        opening: bool,
        judged: Sequence[Workload],
        details: Details,
    ) -> CheckResult:
        subject, unread = policy_subject(policy.ref), merged(policy.namespace, self.policies, self.pods)
        if not selected:
            says = f"{policy.ref} selects no workload now"
            if unread:
                return self.verdicts.undecided(subject, says, unread, base=details)
            return self.verdicts.not_applicable(subject, says, base=details)
        says = f"no rule of {policy.ref} is open to anywhere"
        if opening:
            says = f"{policy.ref} selects only workloads that are declared public"
        if opening and judged:
            says = f"what {policy.ref} opens to anywhere is denied by policies that are asked before it"
        return self.verdicts.passed(
            subject,
            says,
            doubts=(*unread, *unproven_cluster(self.facts)),
            evidence=(evidence_for(self.facts, policy.ref, f"spec.{self._way}"),),
            base=details,
        )

    @staticmethod
    def _stays(policy: Policy) -> str:
        if policy.family is Family.KUBERNETES:
            return "Policies add up, so no other policy takes this back."
        return "No policy that is asked before it takes this back."

    def _spared(self, workload: Workload) -> bool:
        return self.check.spares_public and self.facts.placements[workload.id].public

    @property
    def _way(self) -> str:
        return self.check.direction.value.lower()

    @property
    def _lets(self) -> str:
        return "admits anyone to" if self.check.direction is Direction.INGRESS else "permits anywhere to"

    @property
    def _remedy(self) -> str:
        if self.check.direction is Direction.INGRESS:
            return "Name the peers that need access, or mark the workload `public` in the scope file if it is meant to be."
        return "Name the destinations that are needed, and exclude the rest."
