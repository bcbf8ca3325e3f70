"""Whether each namespace has a default deny in one direction; the two checks differ in the direction alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.evaluate.checks.common.doubts import Gaps, kind_gaps, merged, pod_gaps, policy_gaps
from app.evaluate.checks.common.enforcement import (
    enforcement_on,
    reason_on,
    strength_of,
    unproven,
    unproven_cluster,
    worst,
)
from app.evaluate.checks.common.evidence import evidence_for, evidence_of_policies
from app.evaluate.checks.common.isolation import (
    OPEN_TO,
    Isolation,
    baselines,
    default_deny,
    first_allow,
    isolation_of,
    vain,
    why_in_vain,
)
from app.evaluate.checks.common.population import (
    boundaries_of_namespace,
    by_namespace,
    namespace_subject,
)
from app.evaluate.checks.common.verdicts import Details, Doubt, Verdicts, declared_only
from app.evaluate.checks.common.wording import count, names, verb
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Evidence
from app.model.identity import GroupKind, ObjectRef
from app.model.inventory import Namespace
from app.model.platform import Enforcement
from app.model.policy import Direction, Policy
from app.model.reachability import Workload


@dataclass(frozen=True, slots=True)
class _Case:
    """One namespace: its baselines, its workloads on the pod network, and what is known about enforcement."""

    namespace: Namespace
    baselines: tuple[ObjectRef, ...]
    workloads: tuple[Isolation, ...]
    enforcement: Enforcement
    reason: str
    details: Details

    @property
    def name(self) -> str:
        """The namespace's name."""
        return self.namespace.name

    @property
    def open(self) -> tuple[Isolation, ...]:
        """Workloads that nothing restricts."""
        return tuple(item for item in self.workloads if not item.isolated)

    @property
    def opened(self) -> tuple[Isolation, ...]:
        """Workloads on which a rule for everyone of a policy that comes first lets everything through."""
        return tuple(item for item in self.workloads if item.cancelled)

    @property
    def in_vain(self) -> tuple[Isolation, ...]:
        """Workloads whose policies are not enforced."""
        return tuple(item for item in self.workloads if item.in_vain and not item.isolated)

    @property
    def unenforced(self) -> bool:
        """True when it is known that nothing enforces policies on some of its pods, present or to come."""
        return self.enforcement is Enforcement.NOT_ENFORCED


@dataclass(frozen=True, slots=True)
class NamespaceDefaultDeny:
    """Fails where pods of a namespace, the ones to come included, are open in a direction.

    A namespace passes when an enforced policy with an empty podSelector restricts it, or when a policy restricts each
    of its workloads (said with the note that there is no baseline). Namespaces without pods and system namespaces are
    judged like any other; pods on the host network, which no policy selects, are left to host-network-bypasses-policy.
    Absence of a policy is proven only if every policy kind was read, or if nothing enforces policies in any case.
    """

    id: str
    direction: Direction

    def run(self, facts: Facts) -> CheckRun:
        """Judge every namespace."""
        judge = _Judge(facts, Verdicts.of(facts, self.id), self.direction)
        homes = by_namespace(facts)
        return judge.verdicts.run(
            (judge.result(item, homes[item.name]) for item in facts.inventory.namespaces),
            complete=not kind_gaps(facts, GroupKind("", "Namespace")),
            limits=declared_only(facts),
        )


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    direction: Direction
    policy_gaps: Gaps = field(init=False)
    pod_gaps: Gaps = field(init=False)
    policies: dict[str, list[Policy]] = field(init=False)
    everywhere: list[Policy] = field(init=False)

    def __post_init__(self) -> None:
        self.policy_gaps = policy_gaps(self.facts)
        self.pod_gaps = pod_gaps(self.facts)
        self.policies, self.everywhere = {}, []
        for policy in self.facts.inventory.policies:
            home = policy.subject.namespace
            (self.everywhere if home is None else self.policies.setdefault(home, [])).append(policy)

    def result(self, namespace: Namespace, workloads: Sequence[Workload]) -> CheckResult:
        case = self._case(namespace, workloads)
        if case.in_vain or (case.baselines and case.unenforced):
            return self._not_enforced(case)
        if case.baselines and not case.opened:
            return self._baseline(case)
        if case.workloads and not case.open:
            return self._each_isolated(case)
        return self._open(case)

    def _case(self, namespace: Namespace, workloads: Sequence[Workload]) -> _Case:
        governed = [item for item in workloads if not item.host_network]
        states = {enforcement_on(self.facts, item): item for item in governed}
        state = worst(states) if states else self.facts.platform.enforcement
        return _Case(
            namespace=namespace,
            baselines=baselines(
                self.facts,
                namespace.name,
                [*self.policies.get(namespace.name, ()), *self.everywhere],
                self.direction,
            ),
            workloads=tuple(isolation_of(self.facts, item, self.direction) for item in governed),
            enforcement=state,
            reason=reason_on(self.facts, states[state]) if states else self.facts.platform.reason,
            details=Details(
                boundaries=boundaries_of_namespace(self.facts, namespace.name, workloads),
                strength=strength_of(state),
            ),
        )

    def _doubts(self, case: _Case) -> tuple[Doubt, ...]:
        unsure = [doubt for item in case.workloads for doubt in unproven(self.facts, item.workload)]
        proof = unsure if case.workloads else unproven_cluster(self.facts)
        return (*merged(case.name, self.policy_gaps, self.pod_gaps), *dict.fromkeys(proof))

    def _baseline(self, case: _Case) -> CheckResult:
        return self.verdicts.passed(
            namespace_subject(case.name),
            f"{case.name} has a default deny for {self._way}: {names(case.baselines)}",
            doubts=self._doubts(case),
            why=(
                f"{names(case.baselines)} {verb(len(case.baselines), 'selects', 'select')} every pod of it for {self._way}, those to come included.",
            ),
            evidence=evidence_of_policies(self.facts, case.baselines),
            base=case.details,
        )

    def _each_isolated(self, case: _Case) -> CheckResult:
        policies = sorted({ref for item in case.workloads for ref in item.restricting})
        return self.verdicts.passed(
            namespace_subject(case.name),
            f"every workload of {case.name} is isolated for {self._way} by a policy of its own; "
            "there is no baseline for future pods",
            doubts=self._doubts(case),
            why=(
                f"No policy of {case.name} has an empty podSelector for {self._way}.",
                f"Each of {count(len(case.workloads), 'workload')} is selected by one of {names(policies)}.",
            ),
            evidence=evidence_of_policies(self.facts, policies),
            data={"workloads": len(case.workloads), "baseline": False},
            base=case.details,
        )

    def _not_enforced(self, case: _Case) -> CheckResult:
        refs = sorted({ref for item in case.in_vain for ref in item.in_vain} or set(case.baselines))
        why = vain(why_in_vain(self.facts, refs), case.reason, "every node")
        return self.verdicts.failed(
            namespace_subject(case.name),
            f"{case.name} has no default deny for {self._way}: {names(refs)} would isolate its pods, but {why.says}: "
            f"{why.reason}",
            why=(
                f"{names(refs)} {verb(len(refs), 'selects', 'select')} pods of {case.name} for {self._way}.",
                f"Not enforced: {why.reason}.",
                *self._open_steps(case.in_vain),
            ),
            evidence=evidence_of_policies(self.facts, refs),
            remedy=why.remedy,
            base=case.details,
        )

    def _open(self, case: _Case) -> CheckResult:
        subject, missing = namespace_subject(case.name), self.policy_gaps.of(case.name)
        if missing and not case.unenforced:
            says = f"no default deny for {self._way} was found in {case.name}"
            return self.verdicts.undecided(subject, says, missing, base=case.details)
        return self.verdicts.failed(
            subject,
            f"{case.name} has no default deny for {self._way}: {self._consequence(case)}",
            why=(
                f"No policy of {case.name} has an empty podSelector and restricts {self._way}.",
                *self._cancelled_steps(case),
                *self._open_steps(case.open),
            ),
            evidence=self._evidence(case),
            remedy=f"{first_allow(self.direction)}\n\n{default_deny(case.name, self.direction)}",
            data={"open": len(case.open), "workloads": len(case.workloads)},
            base=case.details,
        )

    def _consequence(self, case: _Case) -> str:
        one, many = OPEN_TO[self.direction]
        if not case.workloads:
            return f"a pod that starts there {one}"
        return f"{len(case.open)} of {count(len(case.workloads), 'workload')} {one if len(case.open) == 1 else many}"

    def _open_steps(self, workloads: Sequence[Isolation]) -> tuple[str, ...]:
        listed = names(item.workload.id for item in workloads)
        return (f"Open for {self._way}: {listed}.",) if listed else ()

    def _cancelled_steps(self, case: _Case) -> tuple[str, ...]:
        refs = sorted({ref for item in case.workloads for ref in item.cancelled})
        admits = verb(len(refs), "admits", "admit")
        return (f"{names(refs)} {admits} everything by a rule without peers and ports.",) if refs else ()

    def _evidence(self, case: _Case) -> tuple[Evidence, ...]:
        refs = sorted({ref for item in case.workloads for ref in (*item.cancelled, *item.restricting)})
        return (
            evidence_for(self.facts, case.namespace.ref, "metadata.labels"),
            *evidence_of_policies(self.facts, refs),
        )

    @property
    def _way(self) -> str:
        return self.direction.value.lower()
