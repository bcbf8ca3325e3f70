"""Does every allowed flow have an approved business justification on file?"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.evaluate.checks.common.enforcement import unproven_cluster
from app.evaluate.checks.common.population import cluster_subject
from app.evaluate.checks.common.proof import Proof
from app.evaluate.checks.common.surveyed import OUTSIDE, ROWS, Flow, Survey
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts, declared_only
from app.evaluate.checks.common.wording import names
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Strength, Subject, SubjectKind
from app.model.platform import Enforcement
from app.model.policy import Direction

_NO_REGISTER = Doubt(
    "no register of approved flows was supplied",
    "List the approved ones in the scope file (`approved_flows`), each with its justification; an empty list says that none "
    "is approved.",
)
_LIMITS = (
    "Flows are told by namespace; a row of the register may name a scope rule, which is narrower.",
    (
        "Workloads on their node's network are no sources here, because no policy selects them; see "
        "host-network-bypasses-policy."
    ),
)
_CUT = f"More than {ROWS} connections are allowed; the rest was not held against the register."


@dataclass(frozen=True, slots=True)
class FlowNotInApprovedRegister:
    """Judges each pair of namespaces, and each namespace with the outside, between which a connection is allowed.

    A flow passes when entries with a reason, owner, approver, date and a review that is not overdue cover every allowed port between
    every two workloads. Both ends decide in which boundaries it counts. Replies are implicit.
    """

    id: str = "flow-not-in-approved-register"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every flow."""
        judge = _Judge(facts, Verdicts.of(facts, self.id))
        if facts.scope.approved_flows is None:
            says = "whether allowed flows are approved cannot be told"
            return judge.verdicts.run(
                [judge.verdicts.undecided(cluster_subject(facts), says, (_NO_REGISTER,))]
            )
        survey = Survey(facts)
        results = [judge.result(flow) for flow in survey.flows()]
        if not results and survey.whole and not judge.proof.pods:
            says = "no connection is allowed between workloads, nor with the outside"
            results = [judge.verdicts.not_applicable(cluster_subject(facts), says)]
        complete = survey.whole and not judge.proof.pods
        limits = (*declared_only(facts), *_LIMITS, *(() if survey.whole else (_CUT,)))
        return judge.verdicts.run(results, complete=complete, limits=limits)


CHECK: Check = FlowNotInApprovedRegister()


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    proof: Proof = field(init=False)

    def __post_init__(self) -> None:
        self.proof = Proof(self.facts)

    def result(self, flow: Flow) -> CheckResult:
        known = self.facts.platform.enforcement is not Enforcement.UNKNOWN
        namespace = flow.destination if flow.destination != OUTSIDE else flow.source
        subject = Subject(SubjectKind.PATH, flow.id, namespace)
        details = Details(
            strength=Strength.EFFECTIVE if known else Strength.DECLARED,
            boundaries=frozenset(flow.boundaries),
            data={
                "source": flow.source,
                "destination": flow.destination,
                "unapproved": flow.left.to_json(),
                "approved_flows": sorted(flow.flows),
            },
        )
        if not flow.left:
            says = f"approved flows {names(sorted(flow.flows))} cover all that is allowed from {flow.id}"
            return self.verdicts.passed(subject, says, doubts=self._doubts(flow), base=details)
        says = f"{flow.id} is allowed on {flow.left}, which no approved flow covers"
        if doubts := tuple(dict.fromkeys(self._open(flow))):
            return self.verdicts.undecided(subject, f"{says} in what was read", doubts, base=details)
        return self.verdicts.failed(subject, says, why=tuple(_steps(flow)), remedy=_REMEDY, base=details)

    def _doubts(self, flow: Flow) -> tuple[Doubt, ...]:
        """A pass rests on everything else being denied."""
        spaces = [name for name in (flow.source, flow.destination) if name != OUTSIDE]
        unread = [doubt for name in spaces for doubt in self.proof.policies.of(name)]
        return tuple(dict.fromkeys((*unread, *unproven_cluster(self.facts))))

    def _open(self, flow: Flow) -> Iterable[Doubt]:
        """Why the example is not proven to be open, at either end."""
        ends = self.facts.workloads
        to = ends.get(flow.example[1])
        leaving = to is None or to.host_network
        for name, way in zip(flow.example, (Direction.EGRESS, Direction.INGRESS), strict=True):
            if name in ends:
                yield from self.proof.against_open(ends[name], way, leaving=leaving)


_REMEDY = (
    "Deny what is not needed; have the rest approved by somebody other than its owner, and enter it under "
    "approved_flows in the scope file with its business justification."
)


def _steps(flow: Flow) -> Iterable[str]:
    yield f"Allowed from {flow.id}: {flow.allowed}."
    if flow.flows:
        yield f"Approved flows {names(sorted(flow.flows))} cover part of it."
    yield f"{flow.example[0]} to {flow.example[1]} is one of the pairs that nothing covers."
