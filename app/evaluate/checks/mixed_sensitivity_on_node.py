"""Do in-scope and out-of-scope pods share a node?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.evaluate.checks.common.doubts import pod_gaps
from app.evaluate.checks.common.population import node_subject, split
from app.evaluate.checks.common.verdicts import Check, Doubt, Verdicts
from app.evaluate.checks.common.wording import names
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun
from app.model.reachability import Workload
from app.model.scope import Boundary

_ADVICE = "Place the workload by a rule in the scope file."
_LIMIT = "A shared node is a shared kernel, not a network path by itself."


@dataclass(frozen=True, slots=True)
class MixedSensitivityOnNode:
    """Judges each node that pods say they run on, boundary by boundary; a fact of the objects, enforced or not.

    A node is mixed where a workload inside the boundary runs beside one outside of it. Shared components (DNS, agents)
    do not make a node mixed. Declared isolation between zones (dedicated pools, a sandboxed runtime) lets a mixed node
    pass, with the declaration named. A node on which an unplaced workload could decide is insufficient evidence.
    """

    id: str = "mixed-sensitivity-on-node"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every node that runs a pod."""
        verdicts, pods = Verdicts.of(facts, self.id), pod_gaps(facts)
        tenants: dict[str, list[Workload]] = {}
        for workload in facts.reachability.workloads:
            for node in workload.nodes:
                tenants.setdefault(node, []).append(workload)
        doubts = pods.anywhere()
        results = [
            item for name in tenants for item in _results(facts, verdicts, name, tenants[name], doubts)
        ]
        return verdicts.run(results, complete=not pods, limits=(_LIMIT,))


CHECK: Check = MixedSensitivityOnNode()


def _results(
    facts: Facts, verdicts: Verdicts, node: str, workloads: Sequence[Workload], unread: tuple[Doubt, ...]
) -> Iterator[CheckResult]:
    """One result for each answer that some boundary has."""
    found = {item: _Mix.of(facts, workloads, item) for item in Boundary}
    for answer, boundaries in split(lambda item: found[item].mixed).items():
        mix = found[min(boundaries)]
        yield _result(facts, verdicts, node, answer, boundaries, mix, unread)


def _result(
    facts: Facts,
    verdicts: Verdicts,
    node: str,
    answer: bool | None,
    boundaries: frozenset[Boundary],
    mix: "_Mix",
    unread: tuple[Doubt, ...],
) -> CheckResult:
    subject, labels = node_subject(node), names(sorted(boundaries))
    why = mix.steps()
    if answer is None:
        doubt = Doubt(f"no rule places {names(mix.unknown)}", _ADVICE)
        says = f"whether {node} mixes workloads in and out of scope ({labels}) cannot be told"
        return verdicts.undecided(subject, says, (doubt,), why=why, boundaries=boundaries)
    if answer and facts.scope.node_isolation:
        says = f"{node} runs workloads in and out of scope ({labels}), kept apart by: {facts.scope.node_isolation}"
        return verdicts.passed(subject, says, why=why, boundaries=boundaries)
    if answer:
        return verdicts.failed(
            subject,
            f"{node} runs workloads in and out of scope ({labels}) on one kernel: "
            f"{mix.inside[0]} beside {mix.outside[0]}",
            why=why,
            boundaries=boundaries,
            remedy=(
                "Schedule them on separate node pools by taints and node affinity, or declare under node_isolation in "
                "the scope file what keeps them apart."
            ),
        )
    says = f"{node} does not mix workloads in and out of scope ({labels})"
    return verdicts.passed(subject, says, doubts=unread, why=why, boundaries=boundaries)


@dataclass(frozen=True, slots=True)
class _Mix:
    """Workloads of one node by their side of one boundary; shared components are on neither."""

    inside: tuple[str, ...]
    outside: tuple[str, ...]
    unknown: tuple[str, ...]

    @classmethod
    def of(cls, facts: Facts, workloads: Sequence[Workload], boundary: Boundary) -> "_Mix":
        sides: dict[bool | None, list[str]] = {True: [], False: [], None: []}
        for workload in workloads:
            placement = facts.placements[workload.id]
            if not placement.shared:
                sides[placement.inside(boundary)].append(workload.id)
        return cls(tuple(sides[True]), tuple(sides[False]), tuple(sides[None]))

    @property
    def mixed(self) -> bool | None:
        """True when both sides are there; None when an unplaced workload could make it so."""
        if self.inside and self.outside:
            return True
        others = len(self.unknown) > 1 or self.inside or self.outside
        return None if self.unknown and others else False

    def steps(self) -> tuple[str, ...]:
        """Who stands where."""
        sides = (("In scope", self.inside), ("Out of scope", self.outside), ("Not placed", self.unknown))
        return tuple(f"{label}: {names(found)}." for label, found in sides if found)
