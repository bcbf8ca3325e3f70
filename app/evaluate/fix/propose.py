"""Findings and declared flows → the smallest set of NetworkPolicies that closes the one and keeps the other."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.evaluate.checks.common.dns_caches import DnsCaches, is_cache
from app.evaluate.checks.common.resolvers import (
    DNS,
    DNS_PROTOCOLS,
    RESOLVER_HOME,
    RESOLVER_LABEL,
    Resolver,
    resolvers,
)
from app.evaluate.checks.common.wording import count, verb
from app.evaluate.fix.kept import ends_of
from app.evaluate.fix.names import FreeNames, Picker, text_of
from app.evaluate.fix.rules import Peer, block_peers, network_policy, pod_peer, rules, without_rules
from app.evaluate.fix.targets import Side, Targets, affected
from app.model.connections import Connections, PortSet, Protocol
from app.model.decision import RuleRef
from app.model.facts import Facts
from app.model.finding import CheckResult
from app.model.fix import NO_FLOWS, Plan, Proposed
from app.model.flows import DeclaredFlow, FlowEnd, FlowRegister
from app.model.identity import ObjectRef, WorkloadKey
from app.model.inventory import Labels
from app.model.policy import Action, Direction
from app.model.reachability import Workload

_GROUP = "networking.k8s.io"
Allow = tuple[Peer, Connections]


def propose(facts: Facts, flows: FlowRegister, findings: Sequence[CheckResult]) -> Plan:
    """Propose objects for findings; nothing is claimed about them before the engine has tried them.

    Args:
        facts: the cluster.
        flows: what has to keep working; name resolution is kept in any case.
        findings: failing results of `MENDABLE` checks.
    """
    targets = Targets(facts, flows)
    for finding in findings:
        targets.take(finding)
    return _Writer(facts, flows, targets).plan(tuple(findings))


@dataclass
class _Writer:
    facts: Facts
    flows: FlowRegister
    targets: Targets
    picker: Picker = field(init=False)
    free: FreeNames = field(init=False)
    found: tuple[Resolver, ...] = field(init=False)
    caches: DnsCaches = field(init=False)
    notes: dict[str, None] = field(default_factory=dict)
    together: frozenset[str] = frozenset()
    names: dict[str, list[Allow]] = field(default_factory=dict)
    observed: set[WorkloadKey] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.picker = Picker(self.facts)
        self.free = FreeNames(item.ref for item in self.facts.snapshot.objects)
        self.found = tuple(resolvers(self.facts))
        self.caches = DnsCaches(self.facts, self.found)

    def plan(self, findings: tuple[CheckResult, ...]) -> Plan:
        sides = affected(self.targets)
        self.together = frozenset(self._resolving_alike(sides))
        objects = [*self._amended(), *self._allowing(sides), *self._resolving(), *self._baselines()]
        if objects:
            self._note_what_is_known()
        if self.found == () and any(way is Direction.EGRESS for _, way in sides):
            self._note(
                f"no resolver was read: the rule for names takes {RESOLVER_HOME} and {RESOLVER_LABEL}=kube-dns"
            )
        ordered = sorted(objects, key=lambda item: (item.ref.namespace, _rank(item), item.ref.name))
        return Plan(findings, tuple(ordered), tuple(self.targets.obstacles), tuple(self.notes))

    def _note_what_is_known(self) -> None:
        """What is kept, and on whose word."""
        observed = sum(flow.observed for flow in self.flows.flows)
        if not self.flows.given:
            self._note(NO_FLOWS)
        elif observed:
            self._note(
                f"{count(observed, 'flow')} {verb(observed, 'was', 'were')} observed and not declared: the policies keep "
                "them, which approves none of them; declare in flows.yaml what is needed"
            )
        if observed and observed == len(self.flows.flows):
            self._note("nothing is declared: what did not happen while traffic was recorded is closed")

    def _resolving_alike(self, sides: dict[Side, frozenset[RuleRef]]) -> Iterator[str]:
        """Namespaces whose every pod becomes isolated for egress, so that one policy can keep names for all of them."""
        serving = {item.workload.id for item in self.found}
        for namespace, way in self.targets.namespaces:
            if way is Direction.EGRESS:
                members = {item.id for item in self.targets.governed(namespace)}
                if not members & serving and all((name, way) in sides for name in members):
                    yield namespace

    def _resolving(self) -> Iterator[Proposed]:
        for namespace, allows in sorted(self.names.items()):
            why = f"Lets every pod of {namespace} ask the cluster resolver."
            written = {Direction.EGRESS: rules(Direction.EGRESS, allows)}
            yield self._object(namespace, "allow-dns", {}, written, why)

    def _amended(self) -> Iterator[Proposed]:
        for ref, paths in sorted(self.targets.removed.items()):
            stored = self.facts.snapshot.find(ref)
            if stored is not None:
                why = f"{ref} without {', '.join(sorted(paths))}, which lets more through than is declared."
                yield Proposed(ref, without_rules(stored.parsed(), paths), why, amends=True)

    def _baselines(self) -> Iterator[Proposed]:
        ways: dict[str, list[Direction]] = {}
        for namespace, way in sorted(self.targets.namespaces):
            if not self._isolated_already(namespace, way):
                ways.setdefault(namespace, []).append(way)
        for namespace, directions in ways.items():
            said = " and ".join(way.value.lower() for way in Direction if way in directions)
            suffix = "" if len(directions) > 1 else f"-{directions[0].value.lower()}"
            why = f"Denies {said} of every pod of {namespace}, those to come included, unless a policy allows it."
            yield self._object(namespace, f"default-deny{suffix}", {}, dict.fromkeys(directions, ()), why)

    def _isolated_already(self, namespace: str, way: Direction) -> bool:
        """True when taking rules away is enough: something isolates every pod of the namespace already."""
        members = list(self.targets.governed(namespace))
        return bool(members) and all(self.facts.reachability.isolating(item.id, way) for item in members)

    def _allowing(self, sides: dict[Side, frozenset[RuleRef]]) -> Iterator[Proposed]:
        by_key: dict[WorkloadKey, dict[Direction, list[Allow]]] = {}
        alone: set[WorkloadKey] = set()
        workloads = self.facts.workloads
        resolving = {(name, Direction.EGRESS): frozenset[RuleRef]() for name in self.targets.resolving}
        for (name, way), lost in sorted({**resolving, **sides}.items()):
            workload = workloads[name]
            allows = list(self._needs(workload, way, lost))
            self._note_upstream(workload, way)
            if (name, way) in self.targets.workloads and (
                workload.namespace,
                way,
            ) not in self.targets.namespaces:
                alone.add(workload.key)
                by_key.setdefault(workload.key, {}).setdefault(way, []).extend(allows)
            elif allows:
                by_key.setdefault(workload.key, {}).setdefault(way, []).extend(allows)
        for key, ways in sorted(by_key.items()):
            yield self._for_workload(key, ways, isolates=key in alone)

    def _for_workload(
        self, key: WorkloadKey, ways: dict[Direction, list[Allow]], *, isolates: bool
    ) -> Proposed:
        pick = self.picker.pick(key)
        if pick.others:
            also = ", ".join(str(item) for item in pick.others)
            self._note(f"{text_of(pick.labels) or 'an empty selector'} selects {also} beside {key}")
        written = {way: rules(way, allows) for way, allows in ways.items()}
        kept = "declared or was observed" if key in self.observed else "declared"
        what = "Isolates" if isolates else f"Keeps what is {kept} for"
        suffix = "isolated" if isolates else "declared"
        return self._object(key.namespace, f"{key.name}-{suffix}", pick.labels, written, f"{what} {key}.")

    def _needs(self, workload: Workload, way: Direction, lost: frozenset[RuleRef]) -> Iterator[Allow]:
        """Declared flows at one end that no rule which stays lets through, and name resolution."""
        for flow in self.flows.flows:
            own, far = (
                (flow.destination, flow.source)
                if way is Direction.INGRESS
                else (flow.source, flow.destination)
            )
            if own.means(workload) and not self._covered(workload, way, flow, far, lost):
                yield from ((peer, flow.ports) for peer in self._peers(far, workload, flow))
                if flow.observed:
                    self.observed.add(workload.key)
        if way is Direction.INGRESS:
            yield from self._askers(workload, lost)
        elif workload.namespace in self.together:
            self.names.setdefault(workload.namespace, []).extend(self._names(workload, lost))
        else:
            yield from self._names(workload, lost)

    def _covered(
        self, workload: Workload, way: Direction, flow: DeclaredFlow, far: FlowEnd, lost: frozenset[RuleRef]
    ) -> bool:
        ends = [name for name in ends_of(far, self.facts.reachability) if name != workload.id]
        return (
            bool(ends)
            and not far.outside
            and not any(flow.ports - self._staying(workload, way, name, lost) for name in ends)
        )

    def _staying(self, workload: Workload, way: Direction, far: str, lost: frozenset[RuleRef]) -> Connections:
        """Ports that rules which stay let through."""
        allowed = Connections()
        for rule in self.facts.reachability.rules_on(workload.id, way):
            if (
                rule.rule not in lost
                and rule.action is Action.ALLOW
                and far in rule.workloads
                and not rule.conditions
            ):
                allowed |= rule.ports
        return allowed

    def _peers(self, far: FlowEnd, workload: Workload, flow: DeclaredFlow) -> Iterator[Peer]:
        if far.outside:
            yield from block_peers(far.network)
            return
        home = workload.namespace
        if not far.name:
            yield pod_peer(far.namespace, {}, home)
            return
        meant = [item for item in self.facts.reachability.workloads if far.means(item)]
        if not meant:
            self._note(f"flow {flow.id} names {far.text}, which is not there: no rule is written for it")
        for key in sorted({item.key for item in meant if not item.host_network}):
            yield pod_peer(key.namespace, self._labels(key), home)
        if any(item.host_network for item in meant):
            self._note(
                f"flow {flow.id} names {far.text}, which has its node's address: declare the nodes' addresses instead"
            )

    def _labels(self, key: WorkloadKey) -> Labels:
        pick = self.picker.pick(key)
        if pick.others:
            also = ", ".join(str(item) for item in pick.others)
            self._note(f"a rule for {key} also admits {also}: no label tells them apart")
        return pick.labels

    def _names(self, workload: Workload, lost: frozenset[RuleRef]) -> Iterator[Allow]:
        if any(item.workload.id == workload.id for item in self.found):
            return
        if not self.found:
            peer = pod_peer(RESOLVER_HOME, {RESOLVER_LABEL: "kube-dns"}, workload.namespace)
            yield peer, _on(dict.fromkeys(DNS_PROTOCOLS, (DNS,)))
        for item in self.found:
            wanted = _on(item.ports)
            if wanted - self._staying(workload, Direction.EGRESS, item.workload.id, lost):
                yield from ((peer, wanted) for peer in self._resolver_peers(item, workload.namespace))

    def _resolver_peers(self, resolver: Resolver, home: str) -> Iterator[Peer]:
        """The pods of a resolver; of a cache on the nodes, which no selector matches, its addresses."""
        if not resolver.workload.host_network:
            labels = {RESOLVER_LABEL: resolver.workload.labels[RESOLVER_LABEL]}
            yield pod_peer(RESOLVER_HOME, labels, home)
        if is_cache(resolver):
            for address in self.caches.addresses:
                yield from block_peers(f"{address}/{128 if ':' in address else 32}")

    def _askers(self, workload: Workload, lost: frozenset[RuleRef]) -> Iterator[Allow]:
        """Every pod, where the workload is the cluster resolver: without its answers nothing works."""
        for item in self.found:
            if item.workload.id == workload.id and not self._asked_by_all(workload, _on(item.ports), lost):
                self._note(
                    f"every pod is let to {workload.id}, the cluster resolver: mark it `public` in the scope file, or the "
                    "rule is a finding of its own"
                )
                yield {"namespaceSelector": {}}, _on(item.ports)

    def _note_upstream(self, workload: Workload, way: Direction) -> None:
        if way is Direction.EGRESS and any(item.workload.id == workload.id for item in self.found):
            self._note(
                f"{workload.id} is the cluster resolver: its own way to the API server and to resolvers outside is closed "
                "unless it is declared"
            )

    def _asked_by_all(self, workload: Workload, wanted: Connections, lost: frozenset[RuleRef]) -> bool:
        default = self.facts.reachability.default_of(workload.id, Direction.INGRESS)
        others = (item.id for item in self.facts.reachability.workloads if item.id != workload.id)
        return default.denied and not any(
            wanted - self._staying(workload, Direction.INGRESS, name, lost) for name in others
        )

    def _object(
        self,
        namespace: str,
        name: str,
        labels: Labels,
        by_direction: Mapping[Direction, Sequence[Mapping[str, Any]]],
        why: str,
    ) -> Proposed:
        taken = self.free.take(namespace, name)
        body = network_policy(namespace, taken, labels, by_direction)
        return Proposed(ObjectRef(_GROUP, "NetworkPolicy", namespace, taken), body, why)

    def _note(self, text: str) -> None:
        self.notes.setdefault(text)


def _on(ports: Mapping[Protocol, Collection[int]]) -> Connections:
    return Connections.of(
        {protocol: PortSet.of((number, number) for number in numbers) for protocol, numbers in ports.items()}
    )


def _rank(item: Proposed) -> int:
    """What allows stands before what takes away and what denies."""
    if item.amends:
        return 1
    return 2 if item.ref.name.startswith("default-deny") else 0
