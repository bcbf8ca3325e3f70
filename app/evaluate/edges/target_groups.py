"""Target groups of AWS: pods that somebody registers with a load balancer that no object of the cluster describes.

The controller writes such objects itself for the Ingresses, Services and Gateways that it serves; those carry its labels, and the way
in is told by the object that they were written for. A label alone hides none: something of the kind must lead to its Service. Source: TargetGroupBinding reference of the AWS Load Balancer Controller.
"""

from collections.abc import Iterator

from app.evaluate.edges.admission import Admission
from app.evaluate.edges.alb_actions import alb_backends
from app.evaluate.edges.backends import BackendRef, astray, follow, services_of
from app.evaluate.edges.gateway_listeners import GROUP as GATEWAY
from app.evaluate.edges.gateway_routes import KINDS
from app.evaluate.edges.legs import unknown
from app.evaluate.edges.relays import Controller, relay_of
from app.evaluate.edges.world import Item, World
from app.model.connections import Protocol
from app.model.edge import Exposure, Target, Way
from app.model.fields import mapping, text

_GROUPS = ("elbv2.k8s.aws", "eks.amazonaws.com")
_OF_CONTROLLER = (
    *("ingress.k8s.aws/", "service.k8s.aws/", "gateway.k8s.aws"),
    *("ingress.eks.amazonaws.com/", "service.eks.amazonaws.com/"),
)


def target_group_exposures(world: World, admission: Admission) -> Iterator[Exposure]:
    """Each TargetGroupBinding that its controller did not write."""
    for group in _GROUPS:
        for item in world.items(group, "TargetGroupBinding"):
            if not _is_told(world, item):
                yield _exposure(world, admission, item)


def _is_told(world: World, item: Item) -> bool:
    """Its controller wrote it, for an object that is there."""
    if not any(label.startswith(_OF_CONTROLLER) for label in item.labels):
        return False
    home, name = item.namespace, text(mapping(item.spec.get("serviceRef")).get("name"))
    service = world.services.get((home, name))
    if service and service.type == "LoadBalancer":
        return True
    ingresses = [one for one in world.items("networking.k8s.io", "Ingress", name) if one.namespace == home]
    of_balancers = (one for one in ingresses if relay_of(world, one).controller is Controller.ALB)
    if any(ref.name == name for one in of_balancers for ref in alb_backends(one)[0]):
        return True
    return is_routed(world, name)


def is_routed(world: World, name: str) -> bool:
    """A route of the Gateway API names a Service of this name."""
    return any(world.items(GATEWAY, kind, f'"{name}"') for kind in KINDS)


def _exposure(world: World, admission: Admission, item: Item) -> Exposure:
    raw = mapping(item.spec.get("serviceRef"))
    port, name = raw.get("port"), text(raw.get("name"))
    refs = [BackendRef(item.namespace, name, port if isinstance(port, int | str) else 0)] if name else []
    found, unresolved = follow(world, refs)
    leg = unknown("what the load balancer speaks to the pods is set at the target group, in the cloud", item)
    targets = []
    for service, to in found:
        admitted, why = admission.straight(to, (), internal=True, snat=True)
        targets.append(Target(to.workload, Protocol.TCP, to.port, service, (), admitted, why, leg))
    return Exposure(
        id=str(item.ref),
        ref=item.ref,
        way=Way.TARGET_GROUP,
        field="spec.serviceRef",
        says="registers pods with a load balancer that no object of the cluster describes",
        targets=tuple(sorted(targets, key=lambda one: (one.workload, one.protocol, one.port))),
        unresolved=unresolved,
        astray=astray(world, refs),
        notes=("Where the load balancer listens, and over which protocol, is not visible from the cluster.",),
        services=services_of(refs),
    )
