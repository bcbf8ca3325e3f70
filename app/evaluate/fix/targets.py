"""Findings → what has to become closed, and in which way it can."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from app.evaluate.checks.common.enforcement import enforcement_on, reason_on
from app.evaluate.checks.common.resolvers import resolvers
from app.evaluate.checks.common.wording import verb
from app.evaluate.fix.wanted import near_end
from app.model.decision import RuleRef
from app.model.facts import Facts
from app.model.finding import ARROW, CheckResult
from app.model.fix import Obstacle
from app.model.flows import FlowRegister
from app.model.identity import ObjectRef
from app.model.platform import Enforcement
from app.model.policy import Action, Direction, Family
from app.model.reachability import EffectiveRule, Workload

Side = tuple[str, Direction]  # a workload id or a namespace, in one direction

_WAYS = {
    "namespace-without-default-deny-ingress": Direction.INGRESS,
    "namespace-without-default-deny-egress": Direction.EGRESS,
    "pod-without-ingress-isolation": Direction.INGRESS,
    "pod-without-egress-isolation": Direction.EGRESS,
    "cross-zone-path-into-cde": Direction.INGRESS,
    "cross-zone-path-out-of-cde": Direction.EGRESS,
    "untrusted-path-to-data-store": Direction.INGRESS,
    "egress-to-internet-unrestricted": Direction.EGRESS,
    "egress-to-cloud-metadata-allowed": Direction.EGRESS,
}
_POLICIES = ("policy-allow-all-ingress", "policy-allow-all-egress", "policy-overly-broad")
_DECLARE = "Narrow or remove {rules}; list what is needed in flows.yaml, and the narrowed policy can be proposed and proven."


@dataclass
class Targets:
    """What findings ask for; filled by `take`.

    Attributes:
        facts: the cluster.
        flows: what is declared to be needed; without it no rule that exists is taken away.
        namespaces: to be isolated as a whole.
        workloads: to be isolated one by one.
        resolving: workloads that have to reach the resolver.
        removed: rules of NetworkPolicies to take away, by policy.
        obstacles: what no NetworkPolicy can close.
    """

    facts: Facts
    flows: FlowRegister
    namespaces: set[Side] = field(default_factory=set)
    workloads: set[Side] = field(default_factory=set)
    resolving: set[str] = field(default_factory=set)
    removed: dict[ObjectRef, set[str]] = field(default_factory=dict)
    obstacles: list[Obstacle] = field(default_factory=list)
    _by_id: Mapping[str, Workload] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_id = self.facts.workloads

    def take(self, finding: CheckResult) -> None:
        """Take in one finding."""
        if finding.check == "external-exposure-undeclared":
            says = "the object itself is the way in: no policy takes it out of the register's sight"
            self._stop(finding, says, finding.remedy)
        elif finding.check == "dns-egress-missing":
            self.resolving.add(finding.subject.id)
        elif finding.check in _POLICIES:
            self._take_policy(finding)
        elif finding.check.startswith("namespace-"):
            self._take_namespace(finding)
        else:
            self._take_workload(finding)

    def governed(self, namespace: str) -> Iterator[Workload]:
        """Workloads of a namespace that policies select."""
        return (
            item
            for item in self.facts.reachability.workloads
            if item.namespace == namespace and not item.host_network
        )

    def _take_policy(self, finding: CheckResult) -> None:
        paths: dict[ObjectRef, set[str]] = {}
        for item in finding.evidence:
            if "[" in item.field:
                paths.setdefault(item.ref, set()).add(item.field)
        self._narrow(finding, paths)

    def _take_namespace(self, finding: CheckResult) -> None:
        way, namespace = _WAYS[finding.check], finding.subject.id
        members = list(self.governed(namespace))
        if self._unenforced(finding, members):
            return
        opened = self._opened_by(members, way)
        if opened and not self._open(finding, opened, way):
            return
        self.namespaces.add((namespace, way))

    def _take_workload(self, finding: CheckResult) -> None:
        way = _WAYS[finding.check]
        workload = self._by_id.get(near_end(finding) if ARROW in finding.subject.id else finding.subject.id)
        if workload is None or self._unenforced(finding, [workload]):
            return
        if finding.data.get("exposures"):
            self._stop(
                finding, "an object leads straight to the store, whatever policies say", finding.remedy
            )
            return
        default = self.facts.reachability.default_of(workload.id, way)
        if default.opened_by:
            self._open(finding, default.opened_by, way)
        elif default.denied:
            self._narrow(finding, self._letting_by(finding, workload, way))
        else:
            self.workloads.add((workload.id, way))

    def _opened_by(self, members: Iterable[Workload], way: Direction) -> tuple[ObjectRef, ...]:
        found = {
            ref for item in members for ref in self.facts.reachability.default_of(item.id, way).opened_by
        }
        return tuple(sorted(found))

    def _open(self, finding: CheckResult, refs: Iterable[ObjectRef], way: Direction) -> bool:
        """Take the rules for everyone out of policies that have them."""
        paths = {
            ref: {
                rule.path
                for policy in self.facts.policies.get(ref, ())
                for rule in policy.rules(way)
                if rule.peers is None and rule.ports is None
            }
            for ref in refs
        }
        return self._narrow(finding, paths)

    def _letting_by(
        self, finding: CheckResult, workload: Workload, way: Direction
    ) -> dict[ObjectRef, set[str]]:
        """Rules on a workload that let through what a finding is about."""
        source, _, destination = finding.subject.id.partition(ARROW)
        far = (destination if way is Direction.EGRESS else source) if destination else ""
        found: dict[ObjectRef, set[str]] = {}
        for rule in self.facts.reachability.rules_on(workload.id, way):
            if rule.action is Action.ALLOW and _names(rule, far):
                found.setdefault(rule.rule.policy, set()).add(rule.rule.path)
        return found

    def _narrow(self, finding: CheckResult, paths: dict[ObjectRef, set[str]]) -> bool:
        """Take rules away if that can be done by writing a NetworkPolicy anew; say what has to change otherwise."""
        rules = sorted(f"{ref}, {path}" for ref, found in paths.items() for path in found)
        named = " and ".join(rules) or "the policies on it"
        foreign = [ref for ref in paths if not self._plain(ref)]
        if foreign or not paths:
            kinds = " and ".join(str(ref) for ref in sorted(foreign)) or "what lets it through"
            self._stop(
                finding, f"{kinds} is asked before NetworkPolicy, or is no NetworkPolicy", f"Change {named}."
            )
            return False
        if not self.flows.given:
            says = f"{named} {verb(len(rules), 'keeps', 'keep')} it open: policies add up, so no new one takes that back"
            self._stop(finding, says, _DECLARE.format(rules=named))
            return False
        if serving := self._serving_names(paths):
            says = f"{named} {verb(len(rules), 'lets', 'let')} every pod ask the resolver {serving}, which all of them need"
            self._stop(finding, says, "Mark it `public` in the scope file, or have the flow approved there.")
            return False
        for ref, found in paths.items():
            self.removed.setdefault(ref, set()).update(found)
        return True

    def _serving_names(self, paths: dict[ObjectRef, set[str]]) -> str:
        """The resolver that some of these rules let others ask; empty when they do not."""
        for item in resolvers(self.facts):
            for rule in self.facts.reachability.rules_on(item.workload.id, Direction.INGRESS):
                asked = rule.rule.path in paths.get(rule.rule.policy, ())
                if asked and any(
                    rule.ports.allows(way, port) for way, found in item.ports.items() for port in found
                ):
                    return item.workload.id
        return ""

    def _plain(self, ref: ObjectRef) -> bool:
        policies = self.facts.policies.get(ref, ())
        return bool(policies) and all(item.family is Family.KUBERNETES for item in policies)

    def _unenforced(self, finding: CheckResult, members: Iterable[Workload]) -> bool:
        for workload in members:
            if enforcement_on(self.facts, workload) is Enforcement.NOT_ENFORCED:
                says = f"nothing enforces policies on {workload.id}: {reason_on(self.facts, workload)}"
                self._stop(
                    finding, says, "Install or switch on a policy engine first; a new policy changes nothing."
                )
                return True
        return False

    def _stop(self, finding: CheckResult, says: str, change: str) -> None:
        self.obstacles.append(Obstacle(finding, says, change))


def _names(rule: EffectiveRule, far: str) -> bool:
    """True when a rule matches a far end; without one, when it matches any address outside."""
    if far in rule.workloads:
        return True
    return bool(rule.externals) and (not far or far.startswith("external:"))


def affected(targets: Targets) -> dict[Side, frozenset[RuleRef]]:
    """Workloads that something becomes closed for, by direction, with the rules that they lose."""
    view = targets.facts.reachability
    found: dict[Side, set[RuleRef]] = {}
    for namespace, way in targets.namespaces:
        for item in targets.governed(namespace):
            if not view.default_of(item.id, way).denied:
                found.setdefault((item.id, way), set())
    for side in targets.workloads:
        found.setdefault(side, set())
    for item in view.workloads if targets.removed else ():
        for way in Direction:
            for ref in view.selecting(item.id, way):
                lost = {
                    RuleRef(ref, way, path) for path in targets.removed.get(ref, ()) if _of_way(path, way)
                }
                if lost:
                    found.setdefault((item.id, way), set()).update(lost)
    return {side: frozenset(rules) for side, rules in found.items()}


def _of_way(path: str, way: Direction) -> bool:
    return path.startswith(f"spec.{way.value.lower()}[")
