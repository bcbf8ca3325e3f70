"""Is every namespace and workload placed by the scope file?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.evaluate.checks.common.doubts import kind_gaps, pod_gaps
from app.evaluate.checks.common.evidence import evidence_for, evidence_of_labels
from app.evaluate.checks.common.population import by_namespace, namespace_subject, split, workload_subject
from app.evaluate.checks.common.verdicts import Check, Verdicts
from app.evaluate.checks.common.wording import names
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Evidence, Subject
from app.model.identity import GroupKind
from app.model.inventory import Namespace
from app.model.reachability import Workload
from app.model.scope import Boundary, Placement

_DATA = {Boundary.PCI: "PCI DSS zone", Boundary.HIPAA: "ePHI mark", Boundary.SOC2: "SOC 2 mark"}
_FIELD = {Boundary.PCI: "zone: out-of-scope", Boundary.HIPAA: "ephi: false", Boundary.SOC2: "soc2: false"}


@dataclass(frozen=True, slots=True)
class ScopeLabelMissing:
    """Judges every namespace and workload, boundary by boundary; the objects and the scope file alone decide.

    Out of scope is a placement like any other: only what no rule speaks about fails, in the boundaries that nothing is
    said about. A namespace is placed too when each of its workloads is, by rules on their labels.
    """

    id: str = "scope-label-missing"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every namespace and every workload."""
        verdicts, homes = Verdicts.of(facts, self.id), by_namespace(facts)
        complete = not kind_gaps(facts, GroupKind("", "Namespace")) and not pod_gaps(facts)
        results = [
            *(
                item
                for found in facts.inventory.namespaces
                for item in _namespace(facts, verdicts, found, homes)
            ),
            *(item for found in facts.reachability.workloads for item in _workload(facts, verdicts, found)),
        ]
        limits = () if facts.scope.given else ("No scope file was given, so nothing is placed.",)
        return verdicts.run(results, complete=complete, limits=limits)


CHECK: Check = ScopeLabelMissing()


def _namespace(
    facts: Facts, verdicts: Verdicts, namespace: Namespace, homes: Mapping[str, Sequence[Workload]]
) -> Iterator[CheckResult]:
    placement = facts.place(namespace.name, {})
    inner = [facts.placements[item.id] for item in homes[namespace.name]]

    def placed(boundary: Boundary) -> bool:
        return placement.inside(boundary) is not None or _all_placed(inner, boundary)

    evidence = (evidence_for(facts, namespace.ref, "metadata.labels"),)
    name, subject = f"namespace {namespace.name}", namespace_subject(namespace.name)
    for answer, boundaries in split(placed).items():
        yield _result(verdicts, subject, name, placement, boundaries, evidence, placed=bool(answer))


def _all_placed(placements: Sequence[Placement], boundary: Boundary) -> bool:
    return bool(placements) and all(item.inside(boundary) is not None for item in placements)


def _workload(facts: Facts, verdicts: Verdicts, workload: Workload) -> Iterator[CheckResult]:
    placement, subject = facts.placements[workload.id], workload_subject(workload)
    for answer, boundaries in split(lambda item: placement.inside(item) is not None).items():
        evidence = () if answer else (evidence_of_labels(facts, workload.pod_refs[0]),)
        yield _result(verdicts, subject, workload.id, placement, boundaries, evidence, placed=bool(answer))


def _result(
    verdicts: Verdicts,
    subject: Subject,
    name: str,
    placement: Placement,
    boundaries: frozenset[Boundary],
    evidence: tuple[Evidence, ...],
    *,
    placed: bool,
) -> CheckResult:
    ordered = [item for item in Boundary if item in boundaries]
    labels = names(_DATA[item] for item in ordered)
    rules = f"rules {names(placement.rules)}" if placement.rules else "no rule"
    if placed:
        says = f"{name} has a {labels}"
        return verdicts.passed(subject, says, why=(f"Matched by {rules}.",), boundaries=boundaries)
    remedy = (
        "Add a rule that matches it to the scope file and says where it belongs; if it is out, say so: "
        f"{names(_FIELD[item] for item in ordered)}."
    )
    return verdicts.failed(
        subject,
        f"{name} has no {labels}, so it counts as in scope",
        why=(
            f"Matched by {rules} of the scope file that says so.",
            "What no rule places is never out of scope.",
        ),
        evidence=evidence,
        remedy=remedy,
        boundaries=boundaries,
    )
