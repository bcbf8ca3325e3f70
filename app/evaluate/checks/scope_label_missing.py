"""Is every namespace and workload placed by the scope file?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.evaluate.checks.common.doubts import Gaps, kind_gaps, pod_gaps
from app.evaluate.checks.common.evidence import evidence_for, evidence_of_labels
from app.evaluate.checks.common.population import by_namespace, namespace_subject, split, workload_subject
from app.evaluate.checks.common.verdicts import Check, Doubt, Verdicts
from app.evaluate.checks.common.wording import names, verb
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Evidence, Subject
from app.model.identity import GroupKind
from app.model.inventory import Namespace
from app.model.reachability import Workload
from app.model.scope import Boundary, Placement

_DATA = {Boundary.PCI: "PCI DSS zone", Boundary.HIPAA: "ePHI mark", Boundary.SOC2: "SOC 2 mark"}
_OUT = {Boundary.PCI: "zone: out-of-scope", Boundary.HIPAA: "ephi: false", Boundary.SOC2: "soc2: false"}


@dataclass(frozen=True, slots=True)
class ScopeLabelMissing:
    """Judges every namespace and workload, boundary by boundary; the objects and the scope file alone decide.

    Out of scope is a placement like any other: only what no rule speaks about fails, in the boundaries that nothing is
    said about. A namespace is placed too when each of its workloads is, by rules on their labels.
    """

    id: str = "scope-label-missing"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every namespace and every workload."""
        verdicts, homes, pods = Verdicts.of(facts, self.id), by_namespace(facts), pod_gaps(facts)
        complete = not kind_gaps(facts, GroupKind("", "Namespace")) and not pods
        results = [
            *(
                item
                for found in facts.inventory.namespaces
                for item in _namespace(facts, verdicts, found, homes[found.name], pods)
            ),
            *(item for found in facts.reachability.workloads for item in _workload(facts, verdicts, found)),
        ]
        limits = () if facts.scope.given else ("No scope file was given, so nothing is placed.",)
        return verdicts.run(results, complete=complete, limits=limits)


CHECK: Check = ScopeLabelMissing()


def _namespace(
    facts: Facts, verdicts: Verdicts, namespace: Namespace, workloads: Sequence[Workload], pods: Gaps
) -> Iterator[CheckResult]:
    placement = facts.place(namespace.name, {})
    inner = [facts.placements[item.id] for item in workloads]
    answers = split(lambda item: placement.inside(item) is not None or _all_placed(inner, item))
    subject = _Named(namespace_subject(namespace.name), f"namespace {namespace.name}", placement)
    if placed := answers.get(True):
        by_workloads = any(placement.inside(item) is None for item in placed)
        doubts = pods.of(namespace.name) if by_workloads else ()
        yield _placed(verdicts, subject, placed, doubts)
    if missing := answers.get(False):
        yield _missing(verdicts, subject, missing, evidence_for(facts, namespace.ref, "metadata.labels"))


def _all_placed(placements: Sequence[Placement], boundary: Boundary) -> bool:
    return bool(placements) and all(item.inside(boundary) is not None for item in placements)


def _workload(facts: Facts, verdicts: Verdicts, workload: Workload) -> Iterator[CheckResult]:
    placement = facts.placements[workload.id]
    answers = split(lambda item: placement.inside(item) is not None)
    subject = _Named(workload_subject(workload), workload.id, placement)
    if placed := answers.get(True):
        yield _placed(verdicts, subject, placed, ())
    if missing := answers.get(False):
        yield _missing(verdicts, subject, missing, evidence_of_labels(facts, workload.pod_refs[0]))


@dataclass(frozen=True, slots=True)
class _Named:
    subject: Subject
    name: str
    placement: Placement

    @property
    def rules(self) -> str:
        """Rules that match it."""
        found = self.placement.rules
        return f"{verb(len(found), 'rule', 'rules')} {names(found)}" if found else "no rule"


def _placed(
    verdicts: Verdicts, named: _Named, boundaries: frozenset[Boundary], doubts: Sequence[Doubt]
) -> CheckResult:
    return verdicts.passed(
        named.subject,
        f"{named.name} has a {_labels(boundaries)}",
        doubts=doubts,
        why=(f"Matched by {named.rules} of the scope file.",),
        boundaries=boundaries,
    )


def _missing(
    verdicts: Verdicts, named: _Named, boundaries: frozenset[Boundary], evidence: Evidence
) -> CheckResult:
    return verdicts.failed(
        named.subject,
        f"{named.name} has no {_labels(boundaries)}, so it counts as in scope",
        why=(
            f"Matched by {named.rules} of the scope file that says so.",
            "What no rule places is never out of scope.",
        ),
        evidence=(evidence,),
        remedy=(
            "Add a rule that matches it to the scope file and says where it belongs; if it is out, say so: "
            f"{names(_OUT[item] for item in _in_order(boundaries))}."
        ),
        boundaries=boundaries,
    )


def _labels(boundaries: frozenset[Boundary]) -> str:
    return names(_DATA[item] for item in _in_order(boundaries))


def _in_order(boundaries: frozenset[Boundary]) -> list[Boundary]:
    return [item for item in Boundary if item in boundaries]
