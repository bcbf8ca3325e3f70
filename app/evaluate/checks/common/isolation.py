"""Which policies truly isolate: selected in a direction, enforced, and not cancelled by a rule that admits everything."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.model.facts import Facts
from app.model.identity import ObjectRef
from app.model.inventory import Labels
from app.model.policy import (
    Action,
    AllOf,
    AnyOf,
    Direction,
    Facet,
    Family,
    LabelSelector,
    Not,
    Policy,
    Rule,
    Selector,
)
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
        restricting: policies by which a connection that no rule speaks of is denied: they isolate, or deny everyone.
        cancelled: policies that let everything through by a rule for everyone, so that others isolate in vain.
        in_vain: policies that select it where nothing enforces them.
        why_in_vain: why that is so, where it lies with the policies and not with the place; one clause each.
    """

    workload: Workload
    restricting: tuple[ObjectRef, ...]
    cancelled: tuple[ObjectRef, ...]
    in_vain: tuple[ObjectRef, ...]
    why_in_vain: tuple[str, ...] = ()

    @property
    def isolated(self) -> bool:
        """True when at least one policy restricts it."""
        return bool(self.restricting)


def isolation_of(facts: Facts, workload: Workload, direction: Direction) -> Isolation:
    """Ask the effective view about one workload."""
    default = facts.reachability.default_of(workload.id, direction)
    in_vain = facts.reachability.unenforced(workload.id, direction)
    return Isolation(
        workload=workload,
        restricting=default.by,
        cancelled=default.opened_by,
        in_vain=in_vain,
        why_in_vain=why_in_vain(facts, in_vain),
    )


def why_in_vain(facts: Facts, refs: Iterable[ObjectRef]) -> tuple[str, ...]:
    """Why some of these policies count nowhere: staged ones, and kinds that no data plane here obeys."""
    idle = facts.reachability.idle
    return tuple(f"{ref} {idle[ref]}" for ref in refs if ref in idle)


_NOT_THERE = "Install or switch on a policy engine on {where}; see cni-does-not-enforce-policies."
_NOT_THAT = "Write it as a kind that the network plugin obeys, or enforce what is staged; see policy-enforcement-degraded."


@dataclass(frozen=True, slots=True)
class Vain:
    """Why policies select in vain: as the end of a sentence after "but", as a clause, and what to do."""

    says: str
    reason: str
    remedy: str


def vain(why: Sequence[str], reason: str, where: str) -> Vain:
    """It lies with the policies where `why` says so, else with the place, for `reason`."""
    if why:
        return Vain("no data plane here enforces that", "; ".join(why), _NOT_THAT)
    return Vain("nothing enforces policies there", reason, _NOT_THERE.format(where=where))


def restricts(policy: Policy, direction: Direction) -> bool:
    """True when a policy denies what no rule of it speaks of, and does not admit everything again before.

    It isolates in the direction, or has a rule that denies everyone. A rule with neither peers nor ports lets every
    connection through, so a policy in which one comes first is no baseline.
    """
    if direction not in policy.isolates:
        return False
    first = next((rule for rule in policy.rules(direction) if _for_everyone(rule)), None)
    if first is None or first.action is Action.PASS:
        return direction in policy.isolates
    return first.action is Action.DENY


def _for_everyone(rule: Rule) -> bool:
    return rule.peers is None and rule.ports is None and rule.own is None and not rule.conditions


def baselines(
    facts: Facts, namespace: str, policies: Iterable[Policy], direction: Direction
) -> tuple[ObjectRef, ...]:
    """Policies that count, select every pod of a namespace, present and future, and restrict it in this direction."""
    labels = facts.inventory.namespace_labels.get(namespace, {})
    return tuple(
        policy.ref
        for policy in policies
        if policy.subject.namespace in (None, namespace)
        and restricts(policy, direction)
        and _restricting_tier(facts, policy)
        and policy.ref not in facts.reachability.idle
        and takes_whole_namespace(policy.subject.selector, labels)
    )


def _restricting_tier(facts: Facts, policy: Policy) -> bool:
    """False in a tier whose default passes on what its policies do not mention."""
    passing = {tier.name for tier in facts.inventory.tiers if tier.default is Action.PASS}
    return policy.tier not in passing or policy.family is not Family.CALICO


def takes_whole_namespace(selector: Selector, labels: Labels) -> bool:
    """True when a selector holds for every pod of a namespace with these labels, whatever labels the pod has."""
    match selector:
        case LabelSelector():
            return all(
                item.facet is Facet.NAMESPACE and meets(item, labels) for item in selector.requirements
            )
        case AllOf():
            return all(takes_whole_namespace(part, labels) for part in selector.parts)
        case AnyOf():
            return any(takes_whole_namespace(part, labels) for part in selector.parts)
        case Not():
            return False


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
