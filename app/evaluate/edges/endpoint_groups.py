"""Network endpoint groups of Google's cloud: ports of a Service whose pods are registered for load balancers that are set up in the cloud.

GKE's Gateway controller writes the annotation itself for Services that its routes name; there the way in is told by the route. Groups
of an Ingress are told by the Ingress. Source: GKE's documentation of standalone zonal network endpoint groups.
"""

from collections.abc import Iterator

import orjson

from app.evaluate.edges.admission import Admission
from app.evaluate.edges.backends import BackendRef, astray, follow, services_of
from app.evaluate.edges.legs import unknown
from app.evaluate.edges.target_groups import is_routed
from app.evaluate.edges.world import Item, World, number
from app.model.connections import Protocol
from app.model.edge import Exposure, Target, Way
from app.model.fields import mapping

_ANNOTATION = "cloud.google.com/neg"


def endpoint_group_exposures(world: World, admission: Admission) -> Iterator[Exposure]:
    """Each Service with such ports that no route names."""
    for item in world.items("", "Service", _ANNOTATION):
        refs = _refs(item)
        if refs and not is_routed(world, item.name):
            yield _exposure(world, admission, item, refs)


def _refs(item: Item) -> tuple[BackendRef, ...]:
    """Ports of `exposed_ports`; all of them where the annotation cannot be read."""
    said = item.annotations.get(_ANNOTATION, "")
    try:
        value = mapping(orjson.loads(said)) if said else {}
    except orjson.JSONDecodeError:
        return (BackendRef(item.namespace, item.name, 0),)
    ports = sorted(number(str(port)) for port in mapping(value.get("exposed_ports")))
    return tuple(BackendRef(item.namespace, item.name, port) for port in ports if port)


def _exposure(world: World, admission: Admission, item: Item, refs: tuple[BackendRef, ...]) -> Exposure:
    found, unresolved = follow(world, refs)
    leg = unknown(
        "what the load balancer speaks to the pods is set at its backend service, in the cloud", item
    )
    targets = []
    for service, to in found:
        admitted, why = admission.straight(to, (), internal=True, snat=True)
        targets.append(Target(to.workload, Protocol.TCP, to.port, service, (), admitted, why, leg))
    return Exposure(
        id=str(item.ref),
        ref=item.ref,
        way=Way.ENDPOINT_GROUP,
        field=f"metadata.annotations.{_ANNOTATION}",
        says="registers pods for load balancers that no object of the cluster describes",
        targets=tuple(sorted(targets, key=lambda one: (one.workload, one.protocol, one.port))),
        unresolved=unresolved,
        astray=astray(world, refs),
        notes=("Where a load balancer listens, and over which protocol, is not visible from the cluster.",),
        services=services_of(refs),
    )
