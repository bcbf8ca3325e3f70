"""Can workloads of one tenant open connections to workloads of another?"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field

from app.evaluate.checks.common.enforcement import unproven_cluster
from app.evaluate.checks.common.flows import Flows, names_of
from app.evaluate.checks.common.population import boundaries_of, cluster_subject, workload_subject
from app.evaluate.checks.common.proof import Proof
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts, declared_only
from app.evaluate.checks.common.witness import evidence_of, first_port, steps
from app.evaluate.checks.common.wording import count, names
from app.evaluate.checks.common.workloads import details_of
from app.model.connections import Connections
from app.model.decision import Reason
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Subject, SubjectKind
from app.model.policy import Direction
from app.model.reachability import SourceGroup, Workload

_NO_TENANT = Doubt(
    "no rule of the scope file names a tenant",
    "Name tenants by `tenant` in the rules of the scope file; if the cluster serves one customer alone, declare the control not "
    "applicable with that reason.",
)
_NAME_IT = "Name its tenant by a rule in the scope file, or mark it shared."
_REMEDY = (
    "Isolate the tenant's namespaces for ingress by a default deny, and allow only its own workloads and shared components; if "
    "the flow is wanted, have it approved and listed under approved_flows."
)


@dataclass(frozen=True, slots=True)
class TenantToTenantPath:
    """Judges each workload of a tenant by who may open a connection to it.

    Sources of another tenant fail, one result for each such tenant, unless approved flows cover all the ports. Shared components
    may reach everybody. A source that no rule gives to a tenant makes the workload insufficient evidence, and so does a pass that
    rests on policies which are unread or not proven to be enforced. Replies are implicit: only who initiates counts.
    """

    id: str = "tenant-to-tenant-path"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every workload of a tenant."""
        judge = _Judge(facts, Verdicts.of(facts, self.id))
        return judge.verdicts.run(
            list(judge.results()), complete=not judge.proof.pods, limits=declared_only(facts)
        )


CHECK: Check = TenantToTenantPath()


@dataclass(frozen=True, slots=True)
class _Side:
    """A source as this check sorts it: its tenant, whether it is shared, and its names in the register."""

    tenant: str
    shared: bool
    names: frozenset[str]


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    proof: Proof = field(init=False)
    flows: Flows = field(init=False)
    sides: Mapping[str, _Side] = field(init=False)
    workloads: Mapping[str, Workload] = field(init=False)

    def __post_init__(self) -> None:
        self.proof, self.flows = Proof(self.facts), Flows.of(self.facts)
        self.workloads = self.facts.workloads
        self.sides = {name: self._side(item) for name, item in self.workloads.items()}

    def _side(self, workload: Workload) -> _Side:
        placement = self.facts.placements[workload.id]
        named = (
            names_of(self.facts, workload.id, workload.namespace) if self.flows.approved else frozenset[str]()
        )
        return _Side(placement.tenant, placement.shared, named)

    def results(self) -> Iterator[CheckResult]:
        """For each workload of a tenant; one for the cluster where no rule names any."""
        tenants = [name for name, side in self.sides.items() if side.tenant]
        if not tenants:
            says = "whether tenants are kept apart cannot be told"
            yield self.verdicts.undecided(cluster_subject(self.facts), says, (_NO_TENANT,))
        for name in tenants:
            yield from self._workload(self.workloads[name])

    def _workload(self, workload: Workload) -> Iterator[CheckResult]:
        own = self.sides[workload.id]
        groups: Mapping[str, Hashable] = self.sides
        crossing: dict[str, list[SourceGroup]] = {}
        nameless: list[SourceGroup] = []
        for found in self.facts.reachability.grouped_sources(workload.id, groups):
            side = self.sides[found.examples[0]]
            if side.shared or own.shared or side.tenant == own.tenant:
                continue
            if side.tenant and self._left(found, side, own):
                crossing.setdefault(side.tenant, []).append(found)
            elif not side.tenant:
                nameless.append(found)
        yield from (self._path(workload, tenant, found) for tenant, found in sorted(crossing.items()))
        if nameless:
            yield self._nameless(workload, nameless)
        elif not crossing:
            yield self._apart(workload)

    def _left(self, found: SourceGroup, side: _Side, own: _Side) -> Connections:
        """Ports that no approved flow covers."""
        return self.flows.between(side.names, own.names, found.allowed)[1]

    def _path(self, workload: Workload, tenant: str, found: list[SourceGroup]) -> CheckResult:
        """One tenant's way to a workload of another, with the decision of its first source."""
        own, first = self.sides[workload.id], found[0]
        source = self.workloads[first.examples[0]]
        ports = self._left(first, self.sides[source.id], own)
        decision = self.facts.reachability.decide(source.id, workload.id, *first_port(ports))
        number = sum(item.count for item in found)
        says = (
            f"{count(number, 'workload')} of tenant {tenant} can reach {workload.id} of tenant {own.tenant}"
        )
        details = Details(
            boundaries=boundaries_of(self.facts.placements[workload.id]),
            strength=details_of(self.facts, workload)["strength"],
            why=(f"{source.id} is one of them, on {ports}.", *steps(decision)),
            evidence=evidence_of(self.facts, decision, workload, source),
            data={"sources": number, "allowed": ports.to_json()},
        )
        subject = Subject(SubjectKind.PATH, f"tenant {tenant} → {workload.id}", workload.namespace)
        halves = (decision.egress, decision.ingress)
        untold = [Doubt(half.note) for half in halves if half.reason is Reason.CANNOT_TELL]
        doubts = (*self.proof.against_open(workload, Direction.INGRESS), *untold)
        if doubts:
            return self.verdicts.undecided(subject, f"{says} in what was read", doubts, base=details)
        return self.verdicts.failed(subject, says, remedy=_REMEDY, base=details)

    def _nameless(self, workload: Workload, found: list[SourceGroup]) -> CheckResult:
        examples = names(sorted(name for item in found for name in item.examples)[:3])
        doubt = Doubt(f"{examples} can reach it, and no rule names the tenant of such workloads", _NAME_IT)
        return self.verdicts.undecided(
            workload_subject(workload),
            f"whether only its own tenant can reach {workload.id} cannot be told",
            (doubt,),
            base=details_of(self.facts, workload),
        )

    def _apart(self, workload: Workload) -> CheckResult:
        """Kept apart: by its own policies, else by those of every source, which all have to be enforced then."""
        unread = (*self.proof.pods.anywhere(), *self.proof.namespaces.anywhere())
        doubts = (*self.proof.against_closed(workload), *unread)
        if not self.facts.reachability.isolating(workload.id, Direction.INGRESS):
            doubts = (*doubts, *unproven_cluster(self.facts))
        return self.verdicts.passed(
            workload_subject(workload),
            f"no workload of another tenant can reach {workload.id} of tenant {self.sides[workload.id].tenant}",
            doubts=doubts,
            base=details_of(self.facts, workload),
        )
