"""`EndpointSelector` → an expression over pods.

A label name may begin with its source: `k8s:`, `any:` (also when there is none), `reserved:`. Cilium gives each pod labels
for its namespace, its namespace's labels, its service account and its cluster; they look like labels of the pod.
Source: Cilium `pkg/policy/api/selector.go`, `pkg/k8s/apis/cilium.io/const.go`; manual, "Using Kubernetes Constructs in
Policy" and "Limiting Identity-Relevant Labels" (`pkg/labelsfilter`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.collect.invalid import Violation
from app.collect.policies.api import Context
from app.collect.policies.cilium.identities import is_negative, is_seen, unread_list, unseen
from app.collect.policies.cilium.referents import cluster_name
from app.collect.selectors import label_selector
from app.collect.wire import cilium as wire
from app.collect.wire import policies as kubernetes
from app.model.inventory import NAME_LABEL
from app.model.policy import Facet, LabelSelector, Operator, Requirement

NAMESPACE = "io.kubernetes.pod.namespace"
NAMESPACE_LABELS = "io.cilium.k8s.namespace.labels."
_ACCOUNT = "io.cilium.k8s.policy.serviceaccount"
_CLUSTER = "io.cilium.k8s.policy.cluster"
_POD_SOURCES = ("any", "k8s")
_PREFIXED = re.compile(r"([a-z0-9-]+):(.*)\Z")


@dataclass(frozen=True)
class EndpointSelector:
    """What a selector asks of a pod.

    Attributes:
        labels: requirements on the pod, its namespace and its service account.
        reserved: requirements on `reserved:` labels, by entity name; no pod has one.
        keys: label names without source, as written.
        possible: False when it asks for another cluster, or for what contradicts itself.
        doubts: what could not be told about it, one sentence each.
    """

    labels: LabelSelector
    reserved: tuple[Requirement, ...] = ()
    keys: frozenset[str] = frozenset()
    possible: bool = True
    doubts: tuple[str, ...] = ()


@dataclass
class _Found:
    labels: list[Requirement] = field(default_factory=list)
    reserved: list[Requirement] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    possible: bool = True
    doubts: list[str] = field(default_factory=list)


def endpoint_selector(
    selector: wire.LabelSelector, path: str, context: Context, unclear: list[str]
) -> EndpointSelector:
    """Read one selector.

    Args:
        selector: as it stands in the object.
        path: where it stands.
        context: the agents' settings, with the cluster's own name and the labels that they keep.
        unclear: takes what Cilium would refuse, or what this program does not know.
    """
    found = _Found()
    unread = unread_list(context)
    if unread:
        found.doubts.append(unread)
    cluster = cluster_name(context)
    for source, item, where in _requirements(selector, path, unclear):
        found.keys.add(item.key)
        if source == "reserved":
            found.reserved.append(item)
        elif source in _POD_SOURCES:
            seen = _is_always_seen(item.key) or is_seen(item.key, context)
            if seen and not unread:
                _pod_requirement(item, where, cluster, found)
                continue
            if not seen:
                found.doubts.append(unseen(item.key))
            if not is_negative(item):  # a label that is not seen meets it
                _pod_requirement(item, where, cluster, found)
        else:
            unclear.append(f"{where}: labels of source `{source}` are not evaluated")
    return EndpointSelector(
        LabelSelector(tuple(sorted(set(found.labels)))),
        tuple(found.reserved),
        frozenset(found.keys),
        found.possible,
        tuple(dict.fromkeys(found.doubts)),
    )


def plain_selector(selector: wire.LabelSelector, path: str, unclear: list[str]) -> LabelSelector:
    """Read a selector of objects that are no endpoints: services, nodes, CIDR groups. Sources mean nothing there."""
    found = (item for _, item, _ in _requirements(selector, path, unclear))
    return LabelSelector(tuple(sorted(set(found))))


def _requirements(
    selector: wire.LabelSelector, path: str, unclear: list[str]
) -> Iterator[tuple[str, Requirement, str]]:
    """Each requirement with its source and its place; the name is without source."""
    for name, value in (selector.match_labels or {}).items():
        source, key = _split(name)
        where = f"{path}.matchLabels[{name}]"
        one = kubernetes.LabelSelector(match_labels={key: value})
        yield from ((source, item, where) for item in _checked(one, where, unclear))
    for index, expression in enumerate(selector.match_expressions or ()):
        source, key = _split(expression.key)
        where = f"{path}.matchExpressions[{index}]"
        given = kubernetes.Requirement(key, expression.operator, expression.values)
        one = kubernetes.LabelSelector(match_expressions=[given])
        yield from ((source, item, where) for item in _checked(one, where, unclear))


def _checked(selector: kubernetes.LabelSelector, where: str, unclear: list[str]) -> tuple[Requirement, ...]:
    """Validated as Kubernetes validates its own selectors; Cilium uses the same rules."""
    violations: list[Violation] = []
    read = label_selector(selector, "", violations)
    unclear += [f"{where}: {item.problem}" for item in violations]
    return () if violations else read.requirements


def _split(name: str) -> tuple[str, str]:
    prefixed = _PREFIXED.match(name)
    return (prefixed[1], prefixed[2]) if prefixed else ("any", name)


def _pod_requirement(item: Requirement, where: str, cluster: str | None, found: _Found) -> None:
    key = item.key
    if key == NAMESPACE:
        found.labels.append(Requirement(NAME_LABEL, item.operator, item.values, Facet.NAMESPACE))
    elif key.startswith(NAMESPACE_LABELS):
        label = key.removeprefix(NAMESPACE_LABELS)
        found.labels.append(Requirement(label, item.operator, item.values, Facet.NAMESPACE))
    elif key == _ACCOUNT:
        found.labels.append(Requirement("", item.operator, item.values, Facet.ACCOUNT_NAME))
    elif key == _CLUSTER:
        _cluster_requirement(item, where, cluster, found)
    else:
        found.labels.append(item)


def _is_always_seen(key: str) -> bool:
    """Names of namespaces, their labels and clusters: the default list includes them, whatever is added."""
    return key in (NAMESPACE, _CLUSTER) or key.startswith(NAMESPACE_LABELS)


def _cluster_requirement(item: Requirement, where: str, cluster: str | None, found: _Found) -> None:
    """Every pod of the snapshot is of one cluster: the requirement holds for all of them or for none."""
    if item.operator is Operator.EXISTS:
        return
    if item.operator is Operator.DOES_NOT_EXIST:
        found.possible = False
    elif cluster is None:
        found.doubts.append(
            f"whether this cluster is the one that {where} names was not read (`cluster-name`)"
        )
    elif (cluster in item.values) is not (item.operator is Operator.IN):
        found.possible = False
