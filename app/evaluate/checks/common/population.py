"""Who is judged, and in which boundaries each subject counts."""

from collections.abc import Callable, Iterable
from functools import lru_cache

from app.model.facts import Facts
from app.model.finding import Subject, SubjectKind
from app.model.identity import ObjectRef
from app.model.reachability import Workload
from app.model.scope import Boundary, Placement

EVERY_BOUNDARY = frozenset(Boundary)


@lru_cache(maxsize=1024)  # workloads by the thousand, placements by the dozen
def boundaries_of(placement: Placement) -> frozenset[Boundary]:
    """Boundaries that a placement is inside of, or may be: what no rule places belongs to all of them."""
    return frozenset(item for item in Boundary if placement.inside(item) is not False)


def boundaries_of_all(facts: Facts, workloads: Iterable[str]) -> frozenset[Boundary]:
    """Boundaries that any of these workloads belongs to; all of them where there is no workload to go by."""
    found = [boundaries_of(facts.placements[item]) for item in workloads]
    return frozenset().union(*found) if found else EVERY_BOUNDARY


def boundaries_of_namespace(
    facts: Facts, namespace: str, workloads: Iterable[Workload]
) -> frozenset[Boundary]:
    """A namespace belongs where it is placed itself, and wherever one of its workloads belongs."""
    own = boundaries_of(facts.place(namespace, {}))
    return own.union(*(boundaries_of(facts.placements[item.id]) for item in workloads))


def by_namespace(facts: Facts) -> dict[str, list[Workload]]:
    """Workloads of each namespace, sorted by id; namespaces without workloads have an empty list."""
    homes: dict[str, list[Workload]] = {item.name: [] for item in facts.inventory.namespaces}
    for workload in facts.reachability.workloads:
        homes.setdefault(workload.namespace, []).append(workload)
    return homes


def cluster_subject(facts: Facts) -> Subject:
    """The cluster itself."""
    return Subject(SubjectKind.CLUSTER, facts.snapshot.cluster)


def namespace_subject(name: str) -> Subject:
    """A namespace."""
    return Subject(SubjectKind.NAMESPACE, name, name)


def workload_subject(workload: Workload) -> Subject:
    """A workload."""
    return Subject(SubjectKind.WORKLOAD, workload.id, workload.namespace)


def policy_subject(ref: ObjectRef) -> Subject:
    """A policy, as `NetworkPolicy shop/web`."""
    return Subject(SubjectKind.POLICY, str(ref), ref.namespace)


def node_subject(name: str) -> Subject:
    """A node."""
    return Subject(SubjectKind.NODE, name)


def record_subject(name: str) -> Subject:
    """An entry of the tool's own store."""
    return Subject(SubjectKind.RECORD, name)


def split(test: Callable[[Boundary], bool | None]) -> dict[bool | None, frozenset[Boundary]]:
    """Boundaries by the answer of a test: True, False, or None for unknown; answers that no boundary has are left out."""
    answers: dict[bool | None, set[Boundary]] = {}
    for boundary in Boundary:
        answers.setdefault(test(boundary), set()).add(boundary)
    return {answer: frozenset(found) for answer, found in answers.items()}
