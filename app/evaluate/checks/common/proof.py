"""What stands against saying that a workload is open, or that it is closed."""

from dataclasses import dataclass, field

from app.evaluate.checks.common.doubts import (
    Gaps,
    foreign_policy_gaps,
    kind_gaps,
    merged,
    outward_gaps,
    pod_gaps,
    policy_gaps,
)
from app.evaluate.checks.common.enforcement import enforcement_on, not_understood, unproven
from app.evaluate.checks.common.verdicts import Doubt
from app.model.facts import Facts
from app.model.identity import GroupKind
from app.model.platform import Enforcement
from app.model.policy import Direction
from app.model.reachability import Workload


@dataclass
class Proof:
    """Gaps and enforcement of one snapshot, asked workload by workload."""

    facts: Facts
    policies: Gaps = field(init=False)
    foreign: Gaps = field(init=False)
    pods: Gaps = field(init=False)
    namespaces: Gaps = field(init=False)
    outward: Gaps = field(init=False)

    def __post_init__(self) -> None:
        self.policies, self.foreign = policy_gaps(self.facts), foreign_policy_gaps(self.facts)
        self.pods, self.outward = pod_gaps(self.facts), outward_gaps(self.facts)
        self.namespaces = kind_gaps(self.facts, GroupKind("", "Namespace"))

    def against_open(
        self, workload: Workload, direction: Direction, *, leaving: bool = False
    ) -> tuple[Doubt, ...]:
        """Why an opening is not proven; `leaving` the pod network or not.

        A policy that was not read could isolate what nothing isolates. What a rule allows stays allowed, except where a
        policy kind that can deny was not evaluated. Where nothing enforces policies, an opening is certain.
        """
        if enforcement_on(self.facts, workload) is Enforcement.NOT_ENFORCED:
            return ()
        isolated = workload.host_network or self.facts.reachability.isolating(workload.id, direction)
        unread = (self.foreign if isolated else self.policies).of(workload.namespace)
        if leaving and direction is Direction.EGRESS and not workload.host_network:
            unread = (*unread, *self.outward.of(workload.namespace))
        return (*unread, *not_understood(self.facts, workload, direction))

    def against_closed(self, workload: Workload) -> tuple[Doubt, ...]:
        """Why it is not proven that policies keep others out, or a workload in."""
        unread = merged(workload.namespace, self.policies, self.pods)
        return (*unread, *unproven(self.facts, workload))
