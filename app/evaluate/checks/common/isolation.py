"""Which policies truly isolate: selected in a direction, enforced, and not cancelled by a rule that admits everything."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.model.facts import Facts
from app.model.identity import ObjectRef
from app.model.inventory import Namespace
from app.model.policy import Action, Direction, Facet, LabelSelector, Policy, Rule
from app.model.reachability import Workload
from app.model.selection import meets

OPEN_TO = {
    Direction.INGRESS: ("accepts connections from anywhere", "accept connections from anywhere"),
    Direction.EGRESS: ("may connect to anywhere", "may connect to anywhere"),
}


@dataclass(frozen=True, slots=True)
class Isolation:
    """One workload in one direction.

    Attributes:
        restricting: policies that isolate it and are enforced there.
        cancelled: policies that isolate it in form, and admit every connection by a rule without peers and ports.
        in_vain: policies that select it where nothing enforces them.
    """

    workload: Workload
    restricting: tuple[ObjectRef, ...]
    cancelled: tuple[ObjectRef, ...]
    in_vain: tuple[ObjectRef, ...]

    @property
    def isolated(self) -> bool:
        """True when at least one policy restricts it."""
        return bool(self.restricting)


def isolation_of(facts: Facts, workload: Workload, direction: Direction) -> Isolation:
    """Ask the effective view about one workload."""
    isolating = facts.reachability.isolating(workload.id, direction)
    restricting = tuple(ref for ref in isolating if _restricts(facts, ref, direction))
    return Isolation(
        workload=workload,
        restricting=restricting,
        cancelled=tuple(ref for ref in isolating if ref not in restricting),
        in_vain=facts.reachability.unenforced(workload.id, direction),
    )


def _restricts(facts: Facts, ref: ObjectRef, direction: Direction) -> bool:
    """A setting that isolates every pod (Cilium's `enable-policy: always`) is no policy, and admits nothing."""
    return ref not in facts.policies or any(restricts(item, direction) for item in facts.policies[ref])


def alike(facts: Facts, workload: Workload, direction: Direction) -> tuple[object, ...]:
    """What tells workloads apart in a direction: the policies in force on them.

    Of an object that holds several policies it is not known which of them selects a workload, so it stands for itself.
    """
    refs = facts.reachability.selecting(workload.id, direction)
    several = any(len(facts.policies.get(ref, ())) > 1 for ref in refs)
    return (*refs, workload.id) if several else refs


def restricts(policy: Policy, direction: Direction) -> bool:
    """True when a policy isolates in a direction and does not admit everything again.

    A rule that allows anyone on every port lets every connection through, so a policy that has one is no baseline.
    """
    if direction not in policy.isolates:
        return False
    return not any(
        rule.peers is None and rule.ports is None and admits(rule) for rule in policy.rules(direction)
    )


def admits(rule: Rule) -> bool:
    """True when a rule allows all that it names, whatever else holds."""
    return rule.action is Action.ALLOW and not rule.conditions


def baselines(
    policies: Iterable[Policy], namespace: Namespace, direction: Direction
) -> tuple[ObjectRef, ...]:
    """Policies that select every pod of a namespace, present and future, and restrict it in this direction."""
    return tuple(
        dict.fromkeys(
            policy.ref for policy in policies if covers(policy, namespace) and restricts(policy, direction)
        )
    )


def covers(policy: Policy, namespace: Namespace) -> bool:
    """True when a policy selects whatever pod a namespace has: by nothing, or by the namespace's own labels."""
    wanted = policy.subject.selector
    if policy.subject.namespace not in (None, namespace.name) or not isinstance(wanted, LabelSelector):
        return False
    return all(
        item.facet is Facet.NAMESPACE and meets(item, namespace.labels) for item in wanted.requirements
    )


def default_deny(namespace: str, direction: Direction) -> str:
    """The policy to apply, as YAML."""
    return (
        "apiVersion: networking.k8s.io/v1\n"
        "kind: NetworkPolicy\n"
        "metadata:\n"
        f"  name: default-deny-{direction.value.lower()}\n"
        f"  namespace: {namespace}\n"
        "spec:\n"
        "  podSelector: {}\n"
        "  policyTypes:\n"
        f"    - {direction.value}\n"
    )


def first_allow(direction: Direction) -> str:
    """What to do before a default deny is applied."""
    if direction is Direction.INGRESS:
        return "First add policies for the connections that its pods must accept; then apply"
    return "First add policies for the connections that its pods must open, DNS among them; then apply"
