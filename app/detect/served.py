"""Which Services stand in front of a pod's ports; a mesh client speaks to a Service, policies speak of container ports."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.model.connections import Protocol
from app.model.identity import ObjectRef
from app.model.inventory import Inventory, Labels, Pod, Service, ServicePort


@dataclass(frozen=True, slots=True, order=True)
class Served:
    """One TCP port of a Service in front of one container port.

    `name` is the Service port's name, `host` what clients call where that is not the Service's own name.
    """

    namespace: str
    service: str
    port: int
    target: int
    name: str = ""
    host: str = ""


def served(inventory: Inventory) -> Mapping[ObjectRef, tuple[Served, ...]]:
    """Services in front of each pod, sorted; pods that no Service selects are left out."""
    by_namespace: dict[str, list[Service]] = {}
    for service in inventory.services:
        if service.selector:
            by_namespace.setdefault(service.ref.namespace, []).append(service)
    found = (
        (pod.ref, tuple(sorted(_in_front(by_namespace.get(pod.namespace, ()), pod))))
        for pod in inventory.pods
    )
    return {ref: ports for ref, ports in found if ports}


Front = tuple[int, tuple[int, ...]]  # a container port, and the Service ports in front of it


def fronts(ports: Iterable[Served]) -> tuple[Front, ...]:
    """Service ports by container port, both sorted."""
    found: dict[int, set[int]] = {}
    for item in ports:
        found.setdefault(item.target, set()).add(item.port)
    return tuple((target, tuple(sorted(numbers))) for target, numbers in sorted(found.items()))


def covers(selector: Labels, labels: Labels) -> bool:
    """True when all labels of an equality selector are there."""
    return all(labels.get(key) == value for key, value in selector.items())


def _in_front(services: Iterable[Service], pod: Pod) -> Iterator[Served]:
    for service in services:
        if not covers(service.selector or {}, pod.labels):
            continue
        for port in service.ports:
            target = _target(port, pod)
            if port.protocol is Protocol.TCP and target:
                yield Served(pod.namespace, service.ref.name, port.port, target, port.name)


def _target(port: ServicePort, pod: Pod) -> int:
    """The container port; 0 when the pod has no port of that name."""
    if isinstance(port.target, int):
        return port.target or port.port
    names = (
        item.container_port
        for item in pod.ports
        if item.name == port.target and item.protocol is port.protocol
    )
    return next(names, 0)
