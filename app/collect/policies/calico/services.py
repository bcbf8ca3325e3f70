"""`services` of an entity rule → the pods behind a Service, and for egress the ports that it sends to.

Data planes follow EndpointSlices, ready endpoints or not; a Service with a selector has those of the pods that it selects.
One without a selector has slices that are not read, so what it stands for cannot be told.
"""

from collections.abc import Iterable

from app.collect.policies.calico.scope import Scope
from app.collect.wire import calico as wire
from app.model.connections import PortSet, Protocol
from app.model.inventory import Service, ServicePort
from app.model.policy import (
    LabelSelector,
    NamedPort,
    Operator,
    Peer,
    PolicyPort,
    PortRange,
    Requirement,
    SelectorPeer,
)


def service_of(match: wire.ServiceMatch, path: str, scope: Scope) -> Service | None:
    """The Service that a rule names; None, and a violation, when it cannot be told which pods are behind it."""
    namespace, name = match.namespace or scope.namespace, match.name or ""
    if not name or not namespace:
        scope.wrong(path, "names no Service, or no namespace where the policy has none")
        return None
    for service in scope.context.services:
        if (service.ref.namespace, service.ref.name) == (namespace, name):
            if not service.selector:
                scope.wrong(path, f"Service {namespace}/{name} has no selector: its endpoints are not read")
                return None
            return service
    scope.wrong(path, f"Service {namespace}/{name} was not read")
    return None


def pods_behind(service: Service) -> Peer:
    """Pods that a Service selects."""
    wanted = (Requirement(key, Operator.IN, (value,)) for key, value in (service.selector or {}).items())
    return SelectorPeer(LabelSelector(tuple(sorted(wanted))), service.ref.namespace)


def target_ports(service: Service, over: Iterable[Protocol]) -> tuple[PolicyPort, ...]:
    """Ports of the pods that a Service sends to, among some protocols."""
    allowed = tuple(over)
    return tuple(_target(port) for port in service.ports if port.protocol in allowed)


def _target(port: ServicePort) -> PolicyPort:
    if isinstance(port.target, str):
        return NamedPort(port.protocol, port.target)
    number = port.target or port.port
    return PortRange(port.protocol, PortSet.of([(number, number)]))
