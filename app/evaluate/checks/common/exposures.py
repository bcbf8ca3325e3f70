"""Objects that open a way in from outside, and the workloads behind them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from app.evaluate.checks.common.doubts import Gaps, kind_gaps
from app.evaluate.checks.common.evidence import pod_path
from app.evaluate.checks.common.wording import names
from app.model.facts import Facts
from app.model.identity import GroupKind, ObjectRef, WorkloadKey
from app.model.inventory import EdgeRoute, Pod, Service

_LOOPBACK = ("127.", "::1", "localhost")

KINDS = (
    GroupKind("", "Service"),
    GroupKind("", "Pod"),
    GroupKind("networking.k8s.io", "Ingress"),
    GroupKind("gateway.networking.k8s.io", "HTTPRoute"),
    GroupKind("gateway.networking.k8s.io", "GRPCRoute"),
    GroupKind("gateway.networking.k8s.io", "TCPRoute"),
    GroupKind("gateway.networking.k8s.io", "TLSRoute"),
    GroupKind("gateway.networking.k8s.io", "UDPRoute"),
    GroupKind("route.openshift.io", "Route"),
)


@dataclass(frozen=True, slots=True)
class Exposure:
    """One way in.

    Attributes:
        id: `Kind namespace/name`, as the register of approved exposures writes it.
        ref: the object that opens it.
        field: where in the object.
        says: how, as the end of a sentence.
        workloads: ids of the workloads it leads to, sorted; empty when none is known.
    """

    id: str
    ref: ObjectRef
    field: str
    says: str
    workloads: tuple[str, ...]


def exposures(facts: Facts) -> tuple[Exposure, ...]:
    """Every way in, sorted by id. Internal load balancers are told by cloud-specific marks, so all count as external."""
    fronts = _Fronts(facts)
    found = [
        *_services(facts.inventory.services, fronts),
        *_edges(facts, fronts),
        *_host_ports(facts.inventory.pods, fronts),
    ]
    return tuple(sorted(found, key=lambda item: (item.id, item.field)))


def exposure_gaps(facts: Facts) -> Gaps:
    """Ways in that may not have been read."""
    return kind_gaps(facts, *KINDS)


@dataclass
class _Fronts:
    """Workloads by pod, and pods by namespace."""

    facts: Facts
    workload_of: dict[ObjectRef, str] = field(init=False)
    pods: dict[str, list[Pod]] = field(init=False)
    services: dict[tuple[str, str], Service] = field(init=False)

    def __post_init__(self) -> None:
        self.workload_of = {
            ref: item.id for item in self.facts.reachability.workloads for ref in item.pod_refs
        }
        self.pods = {}
        for pod in self.facts.inventory.pods:
            self.pods.setdefault(pod.namespace, []).append(pod)
        self.services = {(item.ref.namespace, item.ref.name): item for item in self.facts.inventory.services}

    def behind(self, service: Service) -> set[str]:
        """Workloads that a Service selects; one without a selector has endpoints of its own that are not read."""
        if not service.selector:
            return set()
        return self.ids(
            pod for pod in self.pods.get(service.ref.namespace, ()) if _has(pod.labels, service.selector)
        )

    def behind_name(self, namespace: str, name: str) -> set[str]:
        """Workloads behind a backend, written `service` or `namespace/service`."""
        home, _, short = name.rpartition("/")
        service = self.services.get((home or namespace, short))
        return self.behind(service) if service else set()

    def ids(self, pods: Iterable[Pod]) -> set[str]:
        """Workloads of pods; a template whose pods were read too has none of its own."""
        return {self.workload_of[pod.ref] for pod in pods if pod.ref in self.workload_of}


def _has(labels: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(labels.get(key) == value for key, value in wanted.items())


def _services(services: Iterable[Service], fronts: _Fronts) -> Iterator[Exposure]:
    for service in services:
        ways = [f"is a {service.type} Service"] if service.type in ("LoadBalancer", "NodePort") else []
        if service.external_ips:
            ways.append(f"has external IPs {names(service.external_ips)}")
        if ways:
            where = "spec.externalIPs" if service.external_ips else "spec.type"
            workloads = tuple(sorted(fronts.behind(service)))
            yield Exposure(str(service.ref), service.ref, where, names(ways), workloads)


def _edges(facts: Facts, fronts: _Fronts) -> Iterator[Exposure]:
    for edge in facts.inventory.edges:
        workloads = {
            item
            for backend in edge.backends
            for item in fronts.behind_name(edge.ref.namespace, backend.service)
        }
        yield Exposure(str(edge.ref), edge.ref, "spec", _hosts(edge), tuple(sorted(workloads)))


def _hosts(edge: EdgeRoute) -> str:
    hosts = names(edge.hosts) or "any host"
    return f"routes requests for {hosts}"


def _host_ports(pods: Iterable[Pod], fronts: _Fronts) -> Iterator[Exposure]:
    owners: dict[WorkloadKey, list[Pod]] = {}
    for pod in pods:
        if pod.ref in fronts.workload_of and _numbers(pod):
            owners.setdefault(pod.owner, []).append(pod)
    for owner, found in owners.items():
        numbers = sorted({number for pod in found for number in _numbers(pod)})
        yield Exposure(
            id=f"{owner.kind} {owner.namespace}/{owner.name}",
            ref=found[0].ref,
            field=f"{pod_path(found[0].ref)}spec.containers",
            says=f"takes host port{'s' if len(numbers) > 1 else ''} {names(numbers)} of its nodes",
            workloads=tuple(sorted(fronts.ids(found))),
        )


def _numbers(pod: Pod) -> set[int]:
    return {port.host_port for port in pod.ports if port.host_port and not port.host_ip.startswith(_LOOPBACK)}
