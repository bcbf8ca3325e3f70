"""Is a rule wider than the entity's own standard allows?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from app.evaluate.checks.common.addresses import VERSIONS, named_by, wider_than
from app.evaluate.checks.common.anywhere import opens
from app.evaluate.checks.common.doubts import Gaps, kind_gaps, pod_gaps, policy_gaps
from app.evaluate.checks.common.evidence import evidence_for
from app.evaluate.checks.common.flows import EXTERNAL, Flows, names_of
from app.evaluate.checks.common.population import boundaries_of_all, policy_subject
from app.evaluate.checks.common.selection import Selection
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts, worst_of_each
from app.evaluate.checks.common.wording import names
from app.model.connections import Connections, PortSet, Protocol
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Severity
from app.model.identity import GroupKind
from app.model.peers import leaves
from app.model.policy import (
    AddressPeer,
    Direction,
    Peer,
    PodPeer,
    Policy,
    PortRange,
    Rule,
    SelectorPeer,
)
from app.model.reachability import Workload
from app.model.scope import Boundary, Thresholds

_NO_REGISTER = Doubt(
    "no register of approved flows was supplied to compare it with",
    "List the approved flows in the scope file (`approved_flows`); an empty list says that nothing is approved.",
)


@dataclass(frozen=True, slots=True)
class _Broad:
    """A rule above a threshold, what is wide about it, and the approved flow that is as wide, if any."""

    rule: Rule
    direction: Direction
    reasons: tuple[str, ...]
    flow: str


@dataclass(frozen=True, slots=True)
class PolicyOverlyBroad:
    """Judges each policy by what its rules say, enforced or not.

    A rule is broad when it names no ports, a range of ports or an address block above the thresholds of the scope
    file, or out-of-scope workloads as peers of sensitive ones; workloads that are declared public may admit every
    address. It passes all the same when one approved flow covers all of it: every selected workload, every peer, every
    port. Without a register a broad rule cannot be judged: it is reported as information. The thresholds and their
    owner stand in each result.
    """

    id: str = "policy-overly-broad"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every policy."""
        judge = _Judge(facts, Verdicts.of(facts, self.id))
        results = list(worst_of_each(judge.result(policy) for policy in facts.inventory.policies))
        return judge.verdicts.run(
            results, complete=not judge.policies, limits=(_standard(facts.scope.thresholds),)
        )


CHECK: Check = PolicyOverlyBroad()


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    flows: Flows = field(init=False)
    selection: Selection = field(init=False)
    policies: Gaps = field(init=False)
    peers: tuple[Doubt, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.flows, self.selection = Flows.of(self.facts), Selection(self.facts)
        self.policies = policy_gaps(self.facts)
        namespaces = kind_gaps(self.facts, GroupKind("", "Namespace"))
        self.peers = (*pod_gaps(self.facts).anywhere(), *namespaces.anywhere())

    def result(self, policy: Policy) -> CheckResult:
        selected = self.selection.selected(policy)
        broad = list(self._broad(policy, selected))
        unapproved = [item for item in broad if not item.flow]
        details = Details(
            boundaries=boundaries_of_all(self.facts, (item.id for item in selected)),
            evidence=tuple(evidence_for(self.facts, policy.ref, item.rule.path) for item in broad),
            why=(*(_step(item) for item in broad), _standard(self.facts.scope.thresholds)),
            data={"rules": [item.rule.path for item in unapproved]},
        )
        subject = policy_subject(policy.ref)
        if not unapproved:
            approved = names(item.flow for item in broad)
            says = (
                f"{policy.ref} is as wide as approved flow {approved}"
                if broad
                else f"no rule of {policy.ref} is broad"
            )
            return self.verdicts.passed(subject, says, doubts=self._unread(policy), base=details)
        says = f"{policy.ref} is broad: {unapproved[0].rule.path} {unapproved[0].reasons[0]}"
        if not self.flows.supplied:
            return self.verdicts.undecided(
                subject, says, (_NO_REGISTER,), severity=Severity.INFO, base=details
            )
        remedy = (
            "Narrow the rule to the ports and peers that are needed, or have a flow that is as wide approved."
        )
        return self.verdicts.failed(subject, says, remedy=remedy, base=details)

    def _unread(self, policy: Policy) -> tuple[Doubt, ...]:
        """Whom a rule names, and so what approves it, rests on every pod and every namespace's labels."""
        return (*self.policies.of(policy.namespace), *self.peers)

    def _broad(self, policy: Policy, selected: tuple[Workload, ...]) -> Iterator[_Broad]:
        for direction in sorted(policy.directions):
            for rule in (item for item in policy.rules(direction) if opens(item) and item.peers != ()):
                meant = direction is Direction.INGRESS and self._all_public(selected)
                reasons = (
                    *_wide_ports(rule, self.facts.scope.thresholds),
                    *(() if meant else _wide_blocks(rule, self.facts.scope.thresholds)),
                    *self._foreign_zone(policy, rule, selected),
                )
                if reasons:
                    flow = self._approved(policy, rule, direction, selected)
                    yield _Broad(rule, direction, reasons, flow)

    def _foreign_zone(self, policy: Policy, rule: Rule, selected: tuple[Workload, ...]) -> Iterator[str]:
        """Peers by namespaceSelector that are outside a boundary whose sensitive part the policy selects."""
        for boundary in Boundary:
            if not any(self.facts.placements[item.id].sensitive(boundary) for item in selected):
                continue
            outside = [
                item.id
                for peer in rule.peers or ()
                if _reaches_beyond(policy, peer)
                for item in self.selection.matched(policy.namespace, peer)
                if self._outside(item, boundary)
            ]
            if outside:
                yield f"names peers outside the {boundary.value} boundary of sensitive workloads: {names(outside)}"

    def _all_public(self, selected: tuple[Workload, ...]) -> bool:
        return bool(selected) and all(self.facts.placements[item.id].public for item in selected)

    def _outside(self, workload: Workload, boundary: Boundary) -> bool:
        placement = self.facts.placements[workload.id]
        return placement.inside(boundary) is False and not placement.shared

    def _approved(
        self, policy: Policy, rule: Rule, direction: Direction, selected: tuple[Workload, ...]
    ) -> str:
        ports = _numbers(rule)
        if ports is None or not selected:
            return ""
        own = [names_of(self.facts, item.id, item.namespace) for item in selected]
        others = list(self._peer_names(policy, rule))
        ends = (others, own) if direction is Direction.INGRESS else (own, others)
        return self.flows.covers(*ends, ports)

    def _peer_names(self, policy: Policy, rule: Rule) -> Iterator[frozenset[str]]:
        if rule.peers is None or any(isinstance(leaf, AddressPeer) for leaf in leaves(rule.peers)):
            yield EXTERNAL
        for workload in self._peers(policy, rule):
            yield names_of(self.facts, workload.id, workload.namespace)

    def _peers(self, policy: Policy, rule: Rule) -> Iterable[Workload]:
        if rule.peers is None:
            return self.facts.reachability.workloads
        return (item for peer in rule.peers for item in self.selection.matched(policy.namespace, peer))


def _reaches_beyond(policy: Policy, peer: Peer) -> bool:
    """True for a peer that names pods outside the policy's own namespace by its form."""
    match peer:
        case PodPeer():
            return peer.namespace_selector is not None
        case SelectorPeer():
            return peer.namespace is None or peer.namespace != policy.namespace
        case _:
            return any(_reaches_beyond(policy, leaf) for leaf in leaves((peer,)) if leaf is not peer)


def _wide_ports(rule: Rule, thresholds: Thresholds) -> Iterator[str]:
    if rule.ports is None:
        yield "names no port, so every port of every protocol is open"
    for port in rule.ports or ():
        if isinstance(port, PortRange) and len(port.ports) > thresholds.widest_port_range:
            yield f"opens {port.protocol} {port.ports}, {len(port.ports)} ports"


def _wide_blocks(rule: Rule, thresholds: Thresholds) -> Iterator[str]:
    prefixes = {4: thresholds.shortest_prefix_v4, 6: thresholds.shortest_prefix_v6}
    if rule.peers is None:
        yield "names no peer, so every address is included"
    for peer in rule.peers or ():
        ranges = named_by(peer)
        if any(wider_than(ranges, version, prefixes[version]) for version in VERSIONS):
            texts = " and ".join(leaf.text for leaf in leaves((peer,)) if isinstance(leaf, AddressPeer))
            yield f"names {texts}, more addresses than the standard allows"


def _numbers(rule: Rule) -> Connections | None:
    """Ports of a rule as numbers; None where a name stands for them, which is never broad by its ports alone."""
    if rule.ports is None:
        return Connections.all()
    ranges = [port for port in rule.ports if isinstance(port, PortRange)]
    if len(ranges) < len(rule.ports):
        return None
    return Connections.of(
        {
            protocol: PortSet.of(
                i for port in ranges if port.protocol is protocol for i in port.ports.intervals
            )
            for protocol in Protocol
        }
    )


def _step(broad: _Broad) -> str:
    approved = f"; approved flow {broad.flow} is as wide" if broad.flow else ""
    return f"{broad.rule.path} {names(broad.reasons)}{approved}."


def _standard(thresholds: Thresholds) -> str:
    owner = thresholds.owner or "nobody: these are the product's defaults"
    document = f", {thresholds.document}" if thresholds.document else ""
    return (
        f"Thresholds: {thresholds.widest_port_range} ports in a rule, IPv4 /{thresholds.shortest_prefix_v4}, "
        f"IPv6 /{thresholds.shortest_prefix_v6}; set by {owner}{document}."
    )
