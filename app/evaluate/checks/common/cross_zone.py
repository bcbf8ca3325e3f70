"""Paths between the sensitive part of a boundary and what is outside of it; the two checks differ in the direction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.evaluate.checks.common.enforcement import unproven
from app.evaluate.checks.common.far_ends import FarEnd, FarEnds
from app.evaluate.checks.common.population import EVERY_BOUNDARY, split, workload_subject
from app.evaluate.checks.common.proof import Proof
from app.evaluate.checks.common.verdicts import Details, Doubt, Verdicts, declared_only
from app.evaluate.checks.common.witness import evidence_of, steps
from app.evaluate.checks.common.wording import count, names, verb
from app.model.decision import Decision, Reason
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Strength, Subject, SubjectKind
from app.model.platform import Enforcement
from app.model.policy import Direction
from app.model.reachability import Workload
from app.model.scope import Boundary, Placement

LISTED = 25  # paths of one workload that get a result each; the rest share one
_PLACE = "Place it by a rule in the scope file."
_BOUNDARY_NAMES = {Boundary.PCI: "PCI DSS", Boundary.HIPAA: "HIPAA", Boundary.SOC2: "SOC 2"}
_LIMITS = (
    "Private and special addresses outside the cluster count as untrusted only if the scope file names them.",
    "Traffic from a pod's own node always reaches it; hostNetwork pods there are host-network-bypasses-policy's matter.",
)


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
    ends: FarEnds = field(init=False)
    weak: dict[str, tuple[Doubt, ...]] = field(init=False)

    def __post_init__(self) -> None:
        self.proof, self.ends = Proof(self.facts), FarEnds(self.facts, self.inward)
        self.weak = {
            item.id: found for item in self.facts.reachability.workloads if (found := self._weakness(item))
        }

    def results(self, workload: Workload) -> Iterator[CheckResult]:
        placement = self.facts.placements[workload.id]
        answers = split(lambda item: _sensitive(placement, item))
        sensitive, unknown = answers.get(True), answers.get(None)
        if sensitive:
            yield from self._judged(workload, sensitive)
        if unknown:
            says = f"whether {workload.id} is sensitive cannot be told"
            doubt = Doubt(f"no rule places it ({names(sorted(unknown))})", _PLACE)
            yield self.verdicts.undecided(workload_subject(workload), says, (doubt,), boundaries=unknown)

    def _judged(self, workload: Workload, boundaries: frozenset[Boundary]) -> Iterator[CheckResult]:
        ends = list(self.ends.of(workload, boundaries))
        crossing = [item for item in ends if item.outside and item.allowed]
        yield from self._paths(workload, crossing)
        left = boundaries.difference(*(item.outside for item in crossing))
        unplaced = [item for item in ends if item.unplaced & left]
        untold = left.intersection(boundary for item in unplaced for boundary in item.unplaced)
        if untold:
            yield self._unplaced(workload, unplaced, untold)
        if left - untold:
            yield self._clean(workload, left - untold, ends)

    def _paths(self, workload: Workload, crossing: Sequence[FarEnd]) -> Iterator[CheckResult]:
        for end in crossing[:LISTED]:
            yield self._path(workload, end, end.id, end.id, end.outside)
        rest = crossing[LISTED:]
        if not rest:
            return
        what = "other sources" if self.inward else "other destinations"
        self.cut.append(
            f"Of {len(crossing)} such paths of {workload.id} the last {len(rest)} share one result."
        )
        boundaries = EVERY_BOUNDARY.intersection(item for end in rest for item in end.outside)
        yield self._path(workload, rest[0], what, f"{rest[0].id}, one of {len(rest)} {what},", boundaries)

    def _path(
        self, workload: Workload, end: FarEnd, name: str, called: str, boundaries: frozenset[Boundary]
    ) -> CheckResult:
        decision = self.ends.decide(workload, end)
        other = self.ends.workloads.get(end.id)
        subject = Subject(SubjectKind.PATH, self._arrow(workload.id, name), workload.namespace)
        details = Details(
            strength=self._strength(),
            boundaries=boundaries,
            evidence=evidence_of(self.facts, decision, workload, *((other,) if other else ())),
            data={"allowed": end.allowed.to_json()},
        )
        says = f"{workload.id} can reach {called.removesuffix(',')} on {end.allowed}"
        if self.inward:
            says = f"{called} can reach {workload.id} on {end.allowed}"
        why = (self._sides(workload, end), *steps(decision))
        doubts = self._doubts_of_path(workload, other, decision)
        if doubts:
            return self.verdicts.undecided(subject, f"{says} in what was read", doubts, why=why, base=details)
        remedy = self._remedy(workload, decision)
        return self.verdicts.failed(subject, says, why=why, remedy=remedy, base=details)

    def _doubts_of_path(
        self, workload: Workload, other: Workload | None, decision: Decision
    ) -> tuple[Doubt, ...]:
        untold = [
            Doubt(half.note)
            for half in (decision.egress, decision.ingress)
            if half.reason is Reason.CANNOT_TELL
        ]
        near = self.proof.against_open(workload, self._way)
        far = self.proof.against_open(other, self._way_back) if other else ()
        return tuple(dict.fromkeys((*near, *far, *untold)))

    def _sides(self, workload: Workload, end: FarEnd) -> str:
        sides = names(_BOUNDARY_NAMES[item] for item in sorted(end.outside))
        approved = f" Approved flows {names(end.flows)} cover other ports." if end.flows else ""
        return f"{workload.id} is sensitive and {end.id} is outside the boundary of {sides}.{approved}"

    def _remedy(self, workload: Workload, decision: Decision) -> str:
        near = decision.ingress if self.inward else decision.egress
        if near.reason is Reason.ALLOWED_BY_DEFAULT:
            fix = f"Deny it by a rule, or isolate {workload.namespace} by a default deny and allow only what is needed"
        elif near.reason is Reason.ALLOWED_BY_RULE:
            fix = f"Narrow or remove {names(near.rules)}"
        elif near.reason is Reason.NOT_ENFORCED:
            fix = f"Make {names(near.selecting)} effective: {near.note}"
        else:
            way = self._way.value.lower()
            fix = f"Isolate {workload.namespace} for {way} by a default deny and allow only what is needed"
        return f"{fix}; if the flow is needed, have it approved and listed under approved_flows in the scope file."

    def _unplaced(
        self, workload: Workload, ends: Sequence[FarEnd], boundaries: frozenset[Boundary]
    ) -> CheckResult:
        listed = names(item.id for item in ends)
        what = f"{listed} can reach it" if self.inward else f"it can reach {listed}"
        whom = verb(len(ends), "that workload", "those workloads")
        return self.verdicts.undecided(
            workload_subject(workload),
            f"whether {workload.id} has a path across its boundary cannot be told",
            (Doubt(f"{what}, and no rule places {whom}", _PLACE),),
            boundaries=boundaries,
            strength=self._strength(),
        )

    def _clean(
        self, workload: Workload, boundaries: frozenset[Boundary], ends: Sequence[FarEnd]
    ) -> CheckResult:
        flows = sorted({flow for item in ends for flow in item.flows})
        beyond = f" beyond {count(len(flows), 'approved flow')} {names(flows)}" if flows else ""
        reach = "can reach" if self.inward else "is reachable from"
        return self.verdicts.passed(
            workload_subject(workload),
            f"nothing outside its boundary {reach} {workload.id}{beyond}",
            doubts=self._doubts_of_pass(workload, boundaries),
            boundaries=boundaries,
            strength=self._strength(),
            data={"approved_flows": flows},
        )

    def _doubts_of_pass(self, workload: Workload, boundaries: frozenset[Boundary]) -> tuple[Doubt, ...]:
        """Its own policies count first; far ends whose policies cannot be relied on matter where its own let them by."""
        own = (
            *self.proof.against_closed(workload),
            *self.proof.pods.anywhere(),
            *self.proof.namespaces.anywhere(),
        )
        if own or not self.weak:
            return tuple(dict.fromkeys(own))
        passing = self._let_by(workload)
        found = [
            doubt
            for name, doubts in self.weak.items()
            if name != workload.id
            and self._crosses(name, boundaries)
            and (passing is None or name in passing)
            for doubt in doubts
        ]
        return tuple(dict.fromkeys(found))

    def _weakness(self, workload: Workload) -> tuple[Doubt, ...]:
        """Why nothing may rest on the policies of this workload alone."""
        return (*unproven(self.facts, workload), *self.proof.policies.of(workload.namespace))

    def _let_by(self, workload: Workload) -> frozenset[str] | None:
        """Workloads that this one's own policies let by; None for all."""
        if not self.facts.reachability.default_of(workload.id, self._way).denied:
            return None
        rules = self.facts.reachability.rules_on(workload.id, self._way)
        if any(rule.any_peer for rule in rules):
            return None
        return frozenset(name for rule in rules for name in rule.workloads)

    def _crosses(self, name: str, boundaries: frozenset[Boundary]) -> bool:
        side = self.ends.sides[name]
        return bool((side.outside | side.unplaced) & boundaries)

    def _strength(self) -> Strength:
        known = self.facts.platform.enforcement is not Enforcement.UNKNOWN
        return Strength.EFFECTIVE if known else Strength.DECLARED

    def _arrow(self, near: str, far: str) -> str:
        return f"{far} → {near}" if self.inward else f"{near} → {far}"

    @property
    def _way(self) -> Direction:
        return Direction.INGRESS if self.inward else Direction.EGRESS

    @property
    def _way_back(self) -> Direction:
        return Direction.EGRESS if self.inward else Direction.INGRESS


def _sensitive(placement: Placement, boundary: Boundary) -> bool | None:
    """What is outside a boundary is not in its sensitive part, even if nothing says so."""
    answer = placement.sensitive(boundary)
    return False if answer is None and placement.inside(boundary) is False else answer
