"""Which workloads a selector of a policy matches; each distinct peer is worked out once."""

from collections.abc import Mapping
from functools import cached_property

from app.evaluate.checks.common.population import by_namespace
from app.model.facts import Facts
from app.model.inventory import NAME_LABEL, Labels
from app.model.policy import (
    EVERYTHING,
    AddressPeer,
    AllOf,
    AnyOf,
    AnyPeer,
    Direction,
    EveryPeer,
    LabelSelector,
    OtherPeer,
    Peer,
    PodPeer,
    Policy,
    Rule,
    Selector,
    SelectorPeer,
)
from app.model.reachability import Workload
from app.model.scope import selects
from app.model.selection import Who, chooses

Found = tuple[Workload, ...]


class Selection:
    """Workloads by selector. HostNetwork workloads are never matched: they have their node's address."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._homes = {
            name: [(item, self._who(item)) for item in items if not item.host_network]
            for name, items in by_namespace(facts).items()
        }
        self._known: dict[tuple[str, Peer], Found] = {}
        self._chosen: dict[tuple[str | None, Selector], Found] = {}
        self._namespaces: dict[LabelSelector, tuple[str, ...]] = {}

    def selected(self, policy: Policy) -> Found:
        """Workloads that a policy selects, sorted by id within each namespace."""
        return self._choose(policy.subject.namespace, policy.subject.selector)

    def matched(self, namespace: str, peer: Peer) -> Found:
        """Workloads that a peer of a policy in this namespace names by labels; none where it names addresses alone.

        Where one peer asks for labels and addresses together, the labels count: these are the workloads it can mean.
        """
        key = (namespace, peer)
        if key not in self._known:
            self._known[key] = self._work_out(namespace, peer)
        return self._known[key]

    def _work_out(self, namespace: str, peer: Peer) -> Found:  # noqa: PLR0911  one answer for each kind of peer
        match peer:
            case PodPeer():
                return self._by_pod_peer(namespace, peer)
            case SelectorPeer():
                return self._choose(peer.namespace, peer.selector)
            case AddressPeer():
                return ()
            case AnyPeer():
                found = {item.id for part in peer.parts for item in self.matched(namespace, part)}
                return self._only(found)
            case EveryPeer():
                named = [part for part in peer.parts if not isinstance(part, AddressPeer)]
                sets = [{item.id for item in self.matched(namespace, part)} for part in named]
                return self._only(set.intersection(*sets)) if sets else ()
            case OtherPeer(AddressPeer()):
                return self._only(None)
            case OtherPeer():
                inside = {item.id for item in self.matched(namespace, peer.part)}
                return tuple(item for item in self._only(None) if item.id not in inside)

    def _by_pod_peer(self, namespace: str, peer: PodPeer) -> Found:
        if peer.namespace_selector is None:
            return self._choose(namespace, peer.pod_selector)
        places = self.namespaces(peer.namespace_selector)
        return tuple(item for name in places for item in self._choose(name, peer.pod_selector))

    def _choose(self, namespace: str | None, selector: Selector) -> Found:
        key = (namespace, selector)
        if key not in self._chosen:
            places = sorted(self._homes) if namespace is None else [namespace]
            self._chosen[key] = tuple(
                item for name in places for item, who in self._homes.get(name, ()) if chooses(selector, who)
            )
        return self._chosen[key]

    def _only(self, ids: set[str] | None) -> Found:
        every = (item for name in sorted(self._homes) for item, _ in self._homes[name])
        return tuple(item for item in every if ids is None or item.id in ids)

    def namespaces(self, selector: LabelSelector) -> tuple[str, ...]:
        """Namespaces that a namespaceSelector matches, sorted."""
        if selector not in self._namespaces:
            self._namespaces[selector] = tuple(
                sorted(
                    name
                    for name, labels in self._facts.inventory.namespace_labels.items()
                    if selects(selector, labels)
                )
            )
        return self._namespaces[selector]

    def takes_all(self, peer: Peer) -> bool:
        """True when a peer matches every pod of every namespace, and of one that has nothing but its name."""
        match peer:
            case PodPeer():
                return self._takes_all_spaces(peer.namespace_selector) and peer.pod_selector == EVERYTHING
            case SelectorPeer():
                return peer.namespace is None and is_everything(peer.selector)
            case AnyPeer():
                return any(self.takes_all(part) for part in peer.parts)
            case EveryPeer():
                return all(self.takes_all(part) for part in peer.parts)
            case _:
                return False

    def _takes_all_spaces(self, spaces: LabelSelector | None) -> bool:
        if spaces is None:
            return False
        newcomer = {NAME_LABEL: "a-namespace-that-nobody-made-yet"}
        return selects(spaces, newcomer) and len(self.namespaces(spaces)) == len(self._homes)

    def _who(self, workload: Workload) -> Who:
        """A workload's pods are alike to every policy, so its first pod answers for all."""
        pod = self._facts.pods.get(workload.pod_refs[0])
        spaces = self._facts.inventory.namespace_labels
        account = pod.service_account if pod else ""
        return Who(
            labels=pod.labels if pod else workload.labels,
            namespace_labels=spaces.get(workload.namespace, {}),
            account=account,
            account_labels=self._accounts.get((workload.namespace, account), {}),
        )

    @cached_property
    def _accounts(self) -> Mapping[tuple[str, str], Labels]:
        found = self._facts.inventory.accounts
        return {(item.ref.namespace, item.ref.name): item.labels for item in found}


def is_everything(selector: Selector) -> bool:
    """True when a selector holds for every pod by its form alone."""
    match selector:
        case LabelSelector():
            return not selector.requirements
        case AllOf():
            return all(is_everything(part) for part in selector.parts)
        case AnyOf():
            return any(is_everything(part) for part in selector.parts)
        case _:
            return False


def rules_selecting(facts: Facts, workload: Workload, direction: Direction) -> tuple[Rule, ...]:
    """Rules of the objects that select a workload; of an object that holds several policies, those of all of them."""
    refs = facts.reachability.selecting(workload.id, direction)
    policies = (policy for ref in refs for policy in facts.policies.get(ref, ()))
    return tuple(rule for policy in policies for rule in policy.rules(direction))


def in_force(facts: Facts, workload: Workload, direction: Direction) -> tuple[object, ...]:
    """Equal for workloads that are governed by the same rules, so that one of them answers for all.

    Where a rule narrows its own end, or an object holds several policies, a workload stands for itself.
    """
    refs = facts.reachability.selecting(workload.id, direction)
    several = any(len(facts.policies.get(ref, ())) > 1 for ref in refs)
    narrowed = any(rule.own is not None for rule in rules_selecting(facts, workload, direction))
    return (*refs, workload.id) if several or narrowed else refs
