"""Paths between the sensitive part of a boundary and what is outside of it; the two checks differ in the direction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.evaluate.checks.common.addresses import overlap, untrusted
from app.evaluate.checks.common.enforcement import unproven
from app.evaluate.checks.common.flows import EXTERNAL, Flows
from app.evaluate.checks.common.outside import join
from app.evaluate.checks.common.population import split, workload_subject
from app.evaluate.checks.common.proof import Proof
from app.evaluate.checks.common.verdicts import Details, Doubt, Verdicts, declared_only
from app.evaluate.checks.common.witness import evidence_of, first_port, steps
from app.evaluate.checks.common.wording import count, names, verb
from app.model.connections import Connections
from app.model.decision import Decision, Reason
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Strength, Subject, SubjectKind
from app.model.platform import Enforcement
from app.model.policy import AddressRange, Direction
from app.model.reachability import Workload
from app.model.scope import Boundary, Placement

LISTED = 200  # paths of one workload that get a result each; the rest share one
_PLACE = "Place it by a rule in the scope file."
_LIMITS = (
    "Private and special addresses outside the cluster count as untrusted only if the scope file names them.",
    "Traffic from a pod's own node always reaches it; hostNetwork pods there are host-network-bypasses-policy's matter.",
)


@dataclass(frozen=True, slots=True)
class _End:
    """The far end of a path: who, on which ports no approved flow covers, and in which boundaries it counts how."""

    id: str
    allowed: Connections
    outside: frozenset[Boundary]
    unplaced: frozenset[Boundary]
    flows: tuple[str, ...] = ()
    host_network: bool = False


@dataclass(frozen=True, slots=True)
class CrossZone:
    """Judges each workload in the sensitive part of a boundary, and each that may be in it because no rule says.

    The sensitive part is the CDE for PCI DSS, workloads with ePHI for HIPAA, confidential ones for SOC 2. The far end
    may be anything inside the boundary (for PCI DSS also connected-to and security-impacting systems) and any shared
    component. A far end outside the boundary, and an untrusted address unless a `public` workload receives from it, is
    a failure: one per pair, with the rule pair that opens it, unless approved flows cover all its ports. A far end that
    no rule places makes the workload insufficient evidence, and so does a pass that rests on policies which are
    unread or not proven to be enforced, at either end. Replies are implicit: only who initiates counts.
    """

    id: str
    inward: bool

    def run(self, facts: Facts) -> CheckRun:
        """Judge every sensitive workload."""
        judge = _Judge(facts, Verdicts.of(facts, self.id), self.inward)
        results = [result for item in facts.reachability.workloads for result in judge.results(item)]
        return judge.verdicts.run(
            results, complete=not judge.proof.pods, limits=(*declared_only(facts), *_LIMITS, *judge.cut)
        )


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    inward: bool
    cut: list[str] = field(init=False, default_factory=list)
    proof: Proof = field(init=False)
    flows: Flows = field(init=False)
    weak: dict[str, tuple[Doubt, ...]] = field(init=False)
    workloads: dict[str, Workload] = field(init=False)
    atoms: dict[str, AddressRange] = field(init=False)

    def __post_init__(self) -> None:
        self.proof, self.flows = Proof(self.facts), Flows(self.facts)
        self.workloads = {item.id: item for item in self.facts.reachability.workloads}
        self.weak = {item.id: found for item in self.workloads.values() if (found := self._weakness(item))}
        ranges = untrusted(self.facts.scope)
        self.atoms = {
            item.id: item.range
            for item in self.facts.reachability.externals
            if any(overlap(item.range, other) for other in ranges)
        }

    def results(self, workload: Workload) -> Iterator[CheckResult]:
        placement = self.facts.placements[workload.id]
        answers = split(lambda item: _sensitive(placement, item))
        sensitive, unknown = answers.get(True), answers.get(None)
        if sensitive:
            yield from self._sensitive(workload, sensitive)
        if unknown:
            says = f"whether {workload.id} is sensitive cannot be told"
            doubt = Doubt(f"no rule places it ({names(sorted(unknown))})", _PLACE)
            yield self.verdicts.undecided(workload_subject(workload), says, (doubt,), boundaries=unknown)

    def _sensitive(self, workload: Workload, boundaries: frozenset[Boundary]) -> Iterator[CheckResult]:
        ends = [item for item in self._ends(workload, boundaries) if not self._residual(workload, item)]
        crossing = [item for item in ends if item.outside and item.allowed]
        results = list(self._paths(workload, crossing))
        failed = {item for result in results for item in result.boundaries}
        yield from results
        left = boundaries - failed
        unplaced = [item for item in ends if item.unplaced & left]
        open_questions = frozenset(left & {boundary for item in unplaced for boundary in item.unplaced})
        if open_questions:
            yield self._unplaced(workload, unplaced, open_questions)
        if left - open_questions:
            yield self._clean(workload, left - open_questions, ends)

    def _ends(self, workload: Workload, boundaries: frozenset[Boundary]) -> Iterator[_End]:
        """Far ends that are outside a boundary or not placed; the others are allowed to be there."""
        ask = self.facts.reachability.sources if self.inward else self.facts.reachability.destinations
        own = self.flows.names_of(workload.id, workload.namespace)
        external: list[tuple[AddressRange, Connections]] = []
        for name, allowed in ask(workload.id):
            other = self.workloads.get(name)
            if other is None:
                if name in self.atoms:
                    external.append((self.atoms[name], allowed))
                continue
            end = self._workload_end(other, allowed, own, boundaries)
            if end.outside or end.unplaced:
                yield end
        if self.inward and self.facts.placements[workload.id].public:
            return
        for item in join(external):
            used, left = self._approved(own, EXTERNAL, item.allowed)
            yield _End(item.id, left, boundaries, frozenset(), used)

    def _workload_end(
        self, other: Workload, allowed: Connections, own: frozenset[str], boundaries: frozenset[Boundary]
    ) -> _End:
        placement = self.facts.placements[other.id]
        if placement.shared:
            return _End(other.id, allowed, frozenset(), frozenset())
        outside = frozenset(item for item in boundaries if placement.inside(item) is False)
        unplaced = frozenset(item for item in boundaries if placement.inside(item) is None)
        used: tuple[str, ...] = ()
        if outside or unplaced:
            used, allowed = self._approved(own, self.flows.names_of(other.id, other.namespace), allowed)
        return _End(
            other.id, allowed, outside, unplaced if allowed else frozenset(), used, other.host_network
        )

    def _approved(
        self, own: frozenset[str], other: frozenset[str], allowed: Connections
    ) -> tuple[tuple[str, ...], Connections]:
        return self.flows.between(*((other, own) if self.inward else (own, other)), allowed)

    def _residual(self, workload: Workload, end: _End) -> bool:
        """A path that exists only because both share a node."""
        if not (self.inward and end.host_network and end.allowed):
            return False
        return self._decide(workload, end).ingress.reason is Reason.OWN_NODE

    def _decide(self, workload: Workload, end: _End) -> Decision:
        source, destination = (end.id, workload.id) if self.inward else (workload.id, end.id)
        return self.facts.reachability.decide(source, destination, *first_port(end.allowed))

    def _paths(self, workload: Workload, crossing: Sequence[_End]) -> Iterator[CheckResult]:
        for end in crossing[:LISTED]:
            yield self._path(workload, end, end.id, f"{end.id}")
        rest = crossing[LISTED:]
        if rest:
            self.cut.append(
                f"{workload.id} has {len(crossing)} such paths; {LISTED} are listed one by one, the others as one."
            )
            what = "other sources" if self.inward else "other destinations"
            yield self._path(workload, rest[0], what, f"{len(rest)} {what}, {rest[0].id} first,")

    def _path(self, workload: Workload, end: _End, name: str, called: str) -> CheckResult:
        decision = self._decide(workload, end)
        subject = self._subject(workload, name)
        details = Details(
            strength=self._strength(),
            boundaries=end.outside,
            evidence=evidence_of(self.facts, decision),
            data={"allowed": end.allowed.to_json()},
        )
        says = f"{called} can reach {workload.id} on {end.allowed}"
        if not self.inward:
            says = f"{workload.id} can reach {called.removesuffix(',')} on {end.allowed}"
        doubts = self._doubts_of_path(workload, end, decision)
        if doubts:
            return self.verdicts.undecided(
                subject, f"{says} in what was read", doubts, why=steps(decision), base=details
            )
        return self.verdicts.failed(
            subject,
            says,
            why=(*self._sides(workload, end), *steps(decision)),
            remedy=self._remedy(workload, decision),
            base=details,
        )

    def _doubts_of_path(self, workload: Workload, end: _End, decision: Decision) -> tuple[Doubt, ...]:
        halves = (decision.egress, decision.ingress)
        untold = [Doubt(half.note) for half in halves if half.reason is Reason.CANNOT_TELL]
        way, back = (
            (Direction.INGRESS, Direction.EGRESS) if self.inward else (Direction.EGRESS, Direction.INGRESS)
        )
        other = self.workloads.get(end.id)
        far = self.proof.against_open(other, back) if other else ()
        return tuple(dict.fromkeys((*self.proof.against_open(workload, way), *far, *untold)))

    def _sides(self, workload: Workload, end: _End) -> tuple[str, ...]:
        sides = names(sorted(end.outside))
        approved = f" Approved flows {names(end.flows)} cover other ports." if end.flows else ""
        return (f"{workload.id} is sensitive and {end.id} is outside the boundary ({sides}).{approved}",)

    def _remedy(self, workload: Workload, decision: Decision) -> str:
        near = decision.ingress if self.inward else decision.egress
        if near.reason is Reason.ALLOWED_BY_RULE:
            fix = f"Narrow or remove {names(near.rules)}"
        elif near.reason is Reason.NOT_ENFORCED:
            fix = f"Make {names(near.selecting)} effective: {near.note}"
        else:
            way = "ingress" if self.inward else "egress"
            fix = f"Isolate {workload.namespace} for {way} by a default deny and allow only what is needed"
        return f"{fix}; if the flow is needed, have it approved and listed under approved_flows in the scope file."

    def _unplaced(
        self, workload: Workload, ends: Sequence[_End], boundaries: frozenset[Boundary]
    ) -> CheckResult:
        listed = names(item.id for item in ends)
        what = f"{listed} can reach it" if self.inward else f"it can reach {listed}"
        doubt = Doubt(
            f"{what}, and no rule places {verb(len(ends), 'that workload', 'those workloads')}", _PLACE
        )
        says = f"whether {workload.id} has a path across its boundary cannot be told"
        return self.verdicts.undecided(
            workload_subject(workload), says, (doubt,), boundaries=boundaries, strength=self._strength()
        )

    def _clean(
        self, workload: Workload, boundaries: frozenset[Boundary], ends: Sequence[_End]
    ) -> CheckResult:
        flows = sorted({flow for item in ends for flow in item.flows})
        beyond = f" beyond {count(len(flows), 'approved flow')} {names(flows)}" if flows else ""
        far = (
            "nothing outside its boundary can reach"
            if self.inward
            else "nothing outside its boundary is reachable from"
        )
        return self.verdicts.passed(
            workload_subject(workload),
            f"{far} {workload.id}{beyond}",
            doubts=self._doubts_of_pass(workload, boundaries),
            boundaries=boundaries,
            strength=self._strength(),
            data={"approved_flows": flows},
        )

    def _doubts_of_pass(self, workload: Workload, boundaries: frozenset[Boundary]) -> tuple[Doubt, ...]:
        own = (
            *self.proof.against_closed(workload),
            *self.proof.pods.anywhere(),
            *self.proof.namespaces.anywhere(),
        )
        weak = [found for name, found in self.weak.items() if self._stands_alone(workload, name, boundaries)]
        return tuple(dict.fromkeys((*own, *(doubt for found in weak for doubt in found))))

    def _weakness(self, workload: Workload) -> tuple[Doubt, ...]:
        """Why nothing may rest on the policies of this workload alone."""
        return (*unproven(self.facts, workload), *self.proof.policies.of(workload.namespace))

    def _stands_alone(self, workload: Workload, name: str, boundaries: frozenset[Boundary]) -> bool:
        """True when only the policies of that far end stand between it and the workload."""
        placement = self.facts.placements[name]
        crossing = any(placement.inside(item) is not True for item in boundaries)
        if name == workload.id or placement.shared or not crossing:
            return False
        way = Direction.INGRESS if self.inward else Direction.EGRESS
        if not self.facts.reachability.isolating(workload.id, way):
            return True
        rules = self.facts.reachability.rules_on(workload.id, way)
        return any(rule.any_peer or name in rule.workloads for rule in rules)

    def _strength(self) -> Strength:
        known = self.facts.platform.enforcement is not Enforcement.UNKNOWN
        return Strength.EFFECTIVE if known else Strength.DECLARED

    def _subject(self, workload: Workload, name: str) -> Subject:
        ends = (name, workload.id) if self.inward else (workload.id, name)
        return Subject(SubjectKind.PATH, " → ".join(ends), workload.namespace)


def _sensitive(placement: Placement, boundary: Boundary) -> bool | None:
    """What is outside a boundary is not in its sensitive part, even if nothing says so."""
    answer = placement.sensitive(boundary)
    return False if answer is None and placement.inside(boundary) is False else answer
