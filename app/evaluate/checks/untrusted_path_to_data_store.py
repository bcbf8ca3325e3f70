"""Can an untrusted network reach a workload that stores sensitive data?"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from app.evaluate.checks.common.addresses import untrusted
from app.evaluate.checks.common.evidence import evidence_for
from app.evaluate.checks.common.exposures import exposure_gaps, lost_ways, severity_of, told
from app.evaluate.checks.common.outside import Opened, Outside
from app.evaluate.checks.common.population import cluster_subject, workload_subject
from app.evaluate.checks.common.proof import Proof
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts, declared_only
from app.evaluate.checks.common.witness import evidence_of, first_port, steps
from app.evaluate.checks.common.wording import names, verb
from app.evaluate.checks.common.workloads import details_of
from app.model.edge import Exposure
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Severity
from app.model.policy import Direction
from app.model.reachability import Workload

_NO_STORE = Doubt(
    "no rule of the scope file marks a data store",
    "Mark the workloads that store sensitive data by `data_store: true` in the scope file; if none of them runs in this "
    "cluster, declare the control not applicable with that reason.",
)
_UNPLACED = Doubt(
    "no rule of the scope file places it, so it may be one", "Place it by a rule in the scope file."
)
_LIMIT = (
    "The cloud perimeter (load balancers, firewalls, routes) is not visible from the cluster: a pass says that the "
    "cluster opens no way, not that none exists."
)


@dataclass(frozen=True, slots=True)
class UntrustedPathToDataStore:
    """Judges each workload that the scope file marks as a data store, and each that it does not place at all.

    A store fails when an exposure object leads to it, an Ingress or route included: what relays the request is no
    component between; unless enforced policies are shown to keep every such way from it. It fails at `high` when no object leads to it, but its effective policies admit untrusted
    addresses. Neither an approved flow nor an approved exposure justifies it. Unplaced workloads, and a scope file
    without any data store, are insufficient evidence.
    """

    id: str = "untrusted-path-to-data-store"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every data store."""
        judge = _Judge(facts, Verdicts.of(facts, self.id))
        results = list(judge.results())
        complete = not judge.proof.pods and not exposure_gaps(facts)
        return judge.verdicts.run(results, complete=complete, limits=(*declared_only(facts), _LIMIT))


CHECK: Check = UntrustedPathToDataStore()


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    proof: Proof = field(init=False)
    outside: Outside = field(init=False)
    ways: dict[str, list[Exposure]] = field(init=False)
    lost: tuple[Doubt, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.proof = Proof(self.facts)
        self.outside = Outside(self.facts, untrusted(self.facts.scope), Direction.INGRESS)
        self.lost = lost_ways(self.facts)
        self.ways = {}
        for exposure in self.facts.edges.exposures:
            for name in exposure.reached:
                self.ways.setdefault(name, []).append(exposure)

    def results(self) -> Iterator[CheckResult]:
        stores = [
            item for item in self.facts.reachability.workloads if self.facts.placements[item.id].data_store
        ]
        for workload in stores:
            yield self._store(workload)
        if not stores:
            says = "whether a data store is reachable from untrusted networks cannot be told"
            yield self.verdicts.undecided(cluster_subject(self.facts), says, (_NO_STORE,))
        for workload in self.facts.reachability.workloads:
            if not self.facts.placements[workload.id].rules:
                says = f"whether {workload.id} is a data store cannot be told"
                yield self.verdicts.undecided(workload_subject(workload), says, (_UNPLACED,))

    def _store(self, workload: Workload) -> CheckResult:
        details = details_of(self.facts, workload)
        ways, opened = self.ways.get(workload.id, []), self.outside.opened(workload)
        if ways:
            return self._exposed(workload, ways, details)
        if opened:
            return self._admitting(workload, opened, details)
        return self.verdicts.passed(
            workload_subject(workload),
            f"no object leads from outside to data store {workload.id}, and its policies admit no untrusted address",
            doubts=(
                *self.proof.against_closed(workload),
                *exposure_gaps(self.facts).anywhere(),
                *self.lost,
            ),
            base=details,
        )

    def _exposed(self, workload: Workload, ways: list[Exposure], details: Details) -> CheckResult:
        leads = verb(len(ways), "leads", "lead")
        return self.verdicts.failed(
            workload_subject(workload),
            f"{names(item.id for item in ways)} {leads} from outside straight to data store {workload.id}",
            why=tuple(_steps(ways, workload)),
            evidence=tuple(evidence_for(self.facts, item.ref, item.field) for item in ways),
            remedy="Put a component in scope between them that handles each request, and expose that one instead.",
            severity=severity_of(ways, self.verdicts.meta.severity),
            data={"exposures": [item.id for item in ways]},
            base=details,
        )

    def _admitting(self, workload: Workload, opened: tuple[Opened, ...], details: Details) -> CheckResult:
        subject, first = workload_subject(workload), opened[0]
        says = f"data store {workload.id} accepts untrusted addresses on {first.allowed}: {first.id}"
        doubts = self.proof.against_open(workload, Direction.INGRESS)
        if doubts:
            return self.verdicts.undecided(subject, f"{says} in what was read", doubts, base=details)
        source = next(
            item.id for item in self.facts.reachability.externals if item.range.first == first.range.first
        )
        decision = self.facts.reachability.decide(source, workload.id, *first_port(first.allowed))
        return self.verdicts.failed(
            subject,
            says,
            why=(*steps(decision), "No object of this cluster leads there from outside; routing may."),
            evidence=evidence_of(self.facts, decision, workload),
            remedy="Admit only the workloads that need the store, by podSelector, and no address outside the cluster.",
            severity=Severity.HIGH,
            data={"sources": [item.id for item in opened]},
            base=details,
        )


def _steps(ways: list[Exposure], workload: Workload) -> Iterator[str]:
    for item in ways:
        yield f"{item.id} {item.says}, to {workload.id}."
        for target in item.targets:
            if target.workload == workload.id:
                yield told(target)
