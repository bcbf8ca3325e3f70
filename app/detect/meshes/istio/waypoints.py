"""Waypoints: proxies that ambient clients pass on the way to a Service, where policies about requests hold.

Label `istio.io/use-waypoint` of a Service, or of its namespace, names a Gateway; `none` turns it off. Policies reach a waypoint
by `targetRefs` alone. A client that calls a pod's address goes round it. Source: Istio documentation, "Configure waypoint proxies".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from app.detect.fields import dig, strings
from app.detect.ground import Ground
from app.detect.meshes.istio.authorization.policies import AuthorizationPolicy
from app.detect.served import Served
from app.model.inventory import Labels

_USE, _SPACE, _FOR = "istio.io/use-waypoint", "istio.io/use-waypoint-namespace", "istio.io/waypoint-for"
_CLASS = "istio-waypoint"
_GATEWAYS = ("gateway.networking.k8s.io", "Gateway")


@dataclass(frozen=True)
class Waypoints:
    """All waypoints of a cluster, and the Services that use one."""

    ground: Ground
    root: str

    @cached_property
    def _for(self) -> Mapping[tuple[str, str], str]:
        """What each waypoint is for, by namespace and name: `service` where it does not say."""
        return {
            (item.ref.namespace, item.ref.name): strings(dig(body, "metadata", "labels")).get(_FOR, "service")
            for item in self.ground.evidence.snapshot.of_kind(*_GATEWAYS)
            if dig(body := item.parsed(), "spec", "gatewayClassName") == _CLASS
        }

    @cached_property
    def _services(self) -> Mapping[tuple[str, str], Labels]:
        return {
            (item.ref.namespace, item.ref.name): strings(dig(item.parsed(), "metadata", "labels"))
            for item in self.ground.evidence.snapshot.of_kind("", "Service")
        }

    def of(
        self, fronts: Iterable[Served], policies: Iterable[AuthorizationPolicy], revision: str
    ) -> tuple[int, ...] | None:
        """Numbers of the policies at the waypoints in front of a pod; None where no Service of it uses one."""
        if not self._for:
            return None
        used = {(item.namespace, item.service): name for item in fronts if (name := self._used(item))}
        if not used:
            return None
        return tuple(
            number
            for number, policy in enumerate(policies)
            if policy.heeded(revision)
            and any(self._holds(policy, service, waypoint) for service, waypoint in used.items())
        )

    def _used(self, port: Served) -> tuple[str, str] | None:
        own = self._services.get((port.namespace, port.service), {})
        space = self.ground.inventory.namespace_labels.get(port.namespace, {})
        labels = own if _USE in own else space
        name = labels.get(_USE, "none")
        found = labels.get(_SPACE, port.namespace), name
        return found if name != "none" and self._for.get(found) in ("service", "all") else None

    def _holds(
        self, policy: AuthorizationPolicy, service: tuple[str, str], waypoint: tuple[str, str]
    ) -> bool:
        namespace = policy.ref.namespace
        wanted = {
            ("Service", service[1]) if namespace == service[0] else None,
            ("Gateway", waypoint[1]) if namespace == waypoint[0] else None,
            ("GatewayClass", _CLASS) if namespace == self.root else None,
        }
        return any(target in wanted for target in policy.targets)
