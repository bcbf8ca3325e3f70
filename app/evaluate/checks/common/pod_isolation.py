"""Whether each workload is isolated in one direction; the two checks differ in the direction alone."""

from dataclasses import dataclass

from app.evaluate.checks.common.doubts import merged, pod_gaps, policy_gaps
from app.evaluate.checks.common.enforcement import enforcement_on, reason_on, unproven
from app.evaluate.checks.common.evidence import evidence_of_labels, evidence_of_policies
from app.evaluate.checks.common.isolation import (
    OPEN_TO,
    Isolation,
    default_deny,
    first_allow,
    isolation_of,
    vain,
)
from app.evaluate.checks.common.population import workload_subject
from app.evaluate.checks.common.verdicts import Details, Doubt, Verdicts, declared_only
from app.evaluate.checks.common.wording import names, verb
from app.evaluate.checks.common.workloads import details_of, left_to_host_network
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun
from app.model.platform import Enforcement
from app.model.policy import Direction


@dataclass(frozen=True, slots=True)
class PodIsolation:
    """Fails for each workload that no enforced policy restricts in a direction.

    Real pods count where there are any, templates where there are none. A policy whose rule admits everything isolates
    in form only and does not count. That a pod is open is proven only if every policy kind was read, or if nothing
    enforces policies there in any case. Pods on the host network do not apply: no policy can select them.
    """

    id: str
    direction: Direction

    def run(self, facts: Facts) -> CheckRun:
        """Judge every workload."""
        verdicts = Verdicts.of(facts, self.id)
        policies, pods = policy_gaps(facts), pod_gaps(facts)
        return verdicts.run(
            (
                self._result(
                    facts,
                    verdicts,
                    isolation_of(facts, item, self.direction),
                    merged(item.namespace, policies),
                    merged(item.namespace, policies, pods),
                )
                for item in facts.reachability.workloads
            ),
            complete=not pods,
            limits=declared_only(facts),
        )

    def _result(
        self,
        facts: Facts,
        verdicts: Verdicts,
        found: Isolation,
        unread_policies: tuple[Doubt, ...],
        unread: tuple[Doubt, ...],
    ) -> CheckResult:
        workload = found.workload
        state = enforcement_on(facts, workload)
        details = details_of(facts, workload)
        if workload.host_network:
            return left_to_host_network(verdicts, workload, details)
        if found.isolated:
            return self._isolated(facts, verdicts, found, unread, details)
        if found.in_vain and not found.cancelled:
            return self._not_enforced(facts, verdicts, found, details)
        if unread_policies and state is not Enforcement.NOT_ENFORCED:
            says = f"no policy was found that isolates {workload.id} for {self._way}"
            return verdicts.undecided(workload_subject(workload), says, unread_policies, base=details)
        return self._open(facts, verdicts, found, details)

    def _isolated(
        self,
        facts: Facts,
        verdicts: Verdicts,
        found: Isolation,
        unread: tuple[Doubt, ...],
        details: Details,
    ) -> CheckResult:
        return verdicts.passed(
            workload_subject(found.workload),
            f"{found.workload.id} is isolated for {self._way} by {names(found.restricting)}",
            doubts=(*unread, *unproven(facts, found.workload)),
            evidence=evidence_of_policies(facts, found.restricting),
            base=details,
        )

    def _not_enforced(
        self, facts: Facts, verdicts: Verdicts, found: Isolation, details: Details
    ) -> CheckResult:
        why = vain(found.why_in_vain, reason_on(facts, found.workload), "its nodes")
        selects = verb(len(found.in_vain), "selects", "select")
        return verdicts.failed(
            workload_subject(found.workload),
            f"{found.workload.id} {OPEN_TO[self.direction][0]}: {names(found.in_vain)} {selects} it, but {why.says}: "
            f"{why.reason}",
            why=(f"{names(found.in_vain)} {selects} it for {self._way}.", f"Not enforced: {why.reason}."),
            evidence=evidence_of_policies(facts, found.in_vain),
            remedy=why.remedy,
            base=details,
        )

    def _open(self, facts: Facts, verdicts: Verdicts, found: Isolation, details: Details) -> CheckResult:
        workload = found.workload
        return verdicts.failed(
            workload_subject(workload),
            f"{workload.id} {OPEN_TO[self.direction][0]}: {self._cause(found)}",
            why=self._steps(found),
            evidence=(
                evidence_of_labels(facts, workload.pod_refs[0]),
                *evidence_of_policies(facts, found.cancelled),
            ),
            remedy=(
                f"Select it by a policy, or isolate its whole namespace. {first_allow(self.direction)}\n\n"
                f"{default_deny(workload.namespace, self.direction)}"
            ),
            base=details,
        )

    def _cause(self, found: Isolation) -> str:
        if found.cancelled:
            return (
                f"the only policy that selects it for {self._way} admits everything: {names(found.cancelled)}"
            )
        return f"no policy isolates it for {self._way}"

    def _steps(self, found: Isolation) -> tuple[str, ...]:
        labels = names(f"{key}={value}" for key, value in sorted(found.workload.labels.items()))
        pods = f"Its pods have {f'the labels {labels}' if labels else 'no label'}."
        if found.cancelled:
            has = verb(len(found.cancelled), "has", "have")
            return (
                pods,
                f"{names(found.cancelled)} {has} a rule without peers and ports, which lets everything through.",
            )
        return (pods, f"No podSelector of {found.workload.namespace} selects them for {self._way}.")

    @property
    def _way(self) -> str:
        return self.direction.value.lower()
