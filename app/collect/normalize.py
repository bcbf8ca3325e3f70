"""Stored objects → typed inventory. Pure: the same objects always give the same inventory and the same gaps.

An object that cannot be understood never stops the others: it is left out of the inventory and becomes a gap.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from app.collect import edges, network, pods
from app.collect.invalid import decode
from app.collect.kinds.names import GATEWAY_GROUP, GATEWAY_ROUTES, WORKLOADS
from app.collect.owners import INTERMEDIATE, controller_of
from app.collect.policies import Context, read_policies
from app.collect.reading import Reader
from app.collect.unknown import unknown_policy_gaps
from app.collect.wire.pods import Workload
from app.model.identity import GroupKind, WorkloadKey
from app.model.inventory import EdgeRoute, Inventory, Namespace, Pod
from app.model.snapshot import CollectionGap, SnapshotObject

T = TypeVar("T")

_WORKLOAD = msgspec.json.Decoder(Workload)


@dataclass(frozen=True)
class Normalized:
    """The typed inventory of one set of objects, and what of it could not be understood. Both are sorted."""

    inventory: Inventory
    gaps: tuple[CollectionGap, ...]


def normalize(objects: Sequence[SnapshotObject]) -> Normalized:
    """Read every object that a verdict can depend on.

    Args:
        objects: redacted objects, each identity once, in any order.

    Returns:
        The inventory, each tuple sorted by identity, with a gap for each violation and for each policy kind that
        this version stores but does not evaluate.
    """
    by_kind = _grouped(objects)
    reader = Reader()
    all_pods = _pods(by_kind, reader)
    all_edges = _edges(by_kind, reader)
    used = (item.ref.namespace for group in (all_pods, all_edges) for item in group)
    context = _context(by_kind, reader, used)
    read = read_policies(by_kind, context, reader)
    gaps = {*reader.gaps, *unknown_policy_gaps(by_kind)}
    return Normalized(
        Inventory(
            namespaces=_with_assumed(context.namespaces, (item.namespace for item in read.policies)),
            pods=tuple(all_pods),
            nodes=context.nodes,
            services=context.services,
            edges=tuple(all_edges),
            policies=read.policies,
            tiers=read.tiers,
            accounts=context.accounts,
            guards=read.guards,
        ),
        tuple(sorted(gaps)),
    )


def _grouped(objects: Iterable[SnapshotObject]) -> dict[GroupKind, list[SnapshotObject]]:
    groups: dict[GroupKind, list[SnapshotObject]] = {}
    for item in sorted(objects, key=lambda item: item.ref):
        groups.setdefault(item.ref.group_kind, []).append(item)
    return groups


def _context(by_kind: dict[GroupKind, list[SnapshotObject]], reader: Reader, used: Iterable[str]) -> Context:
    """What policies may refer to. `used` are the namespaces of everything else that was read."""

    def each(kind: str, read: Callable[[SnapshotObject], T]) -> tuple[T, ...]:
        return tuple(reader.each(by_kind.get(GroupKind("", kind), ()), read))

    services = each("Service", network.service)
    in_use = (*used, *(item.ref.namespace for item in services))
    return Context(
        namespaces=_with_assumed(each("Namespace", network.namespace), in_use),
        nodes=each("Node", network.node),
        services=services,
        accounts=each("ServiceAccount", network.service_account),
    )


def _pods(by_kind: dict[GroupKind, list[SnapshotObject]], reader: Reader) -> list[Pod]:
    controllers = [item for kind in WORKLOADS for item in by_kind.get(kind, ())]
    read = reader.each(controllers, lambda item: (item, decode(item.body, _WORKLOAD)))
    parents = {
        WorkloadKey(item.ref.namespace, item.ref.name, item.ref.kind): controller_of(workload.metadata)
        for item, workload in read
        if item.ref.kind in INTERMEDIATE
    }
    running = reader.each(by_kind.get(GroupKind("", "Pod"), ()), lambda item: pods.pod(item, parents))
    decoded = {item.ref: workload for item, workload in read}
    templates = reader.each(
        (item for item, _ in read), lambda item: pods.template_pod(item, decoded[item.ref], parents)
    )
    found = [*running, *pods.templates_without_pods(templates, running)]
    return sorted(found, key=lambda item: item.ref)


def _edges(by_kind: dict[GroupKind, list[SnapshotObject]], reader: Reader) -> list[EdgeRoute]:
    gateways = by_kind.get(GroupKind(GATEWAY_GROUP, "Gateway"), ())
    known = dict(pair for found in reader.each(gateways, edges.listeners) for pair in found.items())
    routes = [item for kind in GATEWAY_ROUTES for item in by_kind.get(kind, ())]
    found = [
        *reader.each(by_kind.get(GroupKind("networking.k8s.io", "Ingress"), ()), edges.ingress),
        *reader.each(routes, lambda item: edges.gateway_route(item, known)),
        *reader.each(by_kind.get(GroupKind("route.openshift.io", "Route"), ()), edges.openshift_route),
    ]
    return sorted(found, key=lambda item: item.ref)


def _with_assumed(given: Iterable[Namespace], used: Iterable[str]) -> tuple[Namespace, ...]:
    known = {item.name: item for item in given}
    missing = {name for name in used if name and name not in known}
    found = [*known.values(), *(network.assumed_namespace(name) for name in missing)]
    return tuple(sorted(found, key=lambda item: item.ref))
