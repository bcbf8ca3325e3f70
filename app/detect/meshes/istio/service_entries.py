"""ServiceEntry: hosts that are no Service and lead to pods all the same, by labels or by address.

A client's proxy uses mutual TLS by itself towards such a host only when its location is MESH_INTERNAL and the endpoint is known
to end it: a selected pod by its own label, an address by the endpoint's or the WorkloadEntry's label. Source: Istio API reference,
"Service Entry", "Workload Entry"; `pilot/pkg/networking/core/cluster_tls.go`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address, ip_network

from app.detect.evidence import Evidence
from app.detect.fields import dig, mapping, sequence, strings, text
from app.detect.meshes.istio.hosts import full_name, host_of
from app.detect.meshes.istio.membership import TLS_MODE
from app.detect.meshes.istio.objects import NETWORKING, heeded, match_labels, revision, sign, visible
from app.detect.pods import SeenPod
from app.detect.served import Served, covers
from app.model.aliases import HostAlias, host_aliases
from app.model.inventory import Labels
from app.model.platform import Sign
from app.model.snapshot import Snapshot, SnapshotObject

KIND = (NETWORKING, "ServiceEntry")
WORKLOADS = (NETWORKING, "WorkloadEntry")
_NO_TCP = "UDP"


@dataclass(frozen=True, slots=True)
class Entry:
    """One port of a host of a ServiceEntry, as it leads to one container port.

    Attributes:
        served: the host and its port.
        automatic: proxies use mutual TLS towards it without a DestinationRule, where the server can end it.
        doubt: why it is not known what proxies send, as a clause; empty when it is.
        home: namespace of the object.
        exports: where it is visible.
        sign: the object.
        revision: the one revision that heeds it; empty for all.
    """

    served: Served
    automatic: bool
    doubt: str
    home: str
    exports: tuple[str, ...]
    sign: Sign
    revision: str = ""

    def seen_from(self, namespace: str, revision: str) -> bool:
        """Whether clients of a namespace and a revision know the host."""
        return heeded(self.revision, revision) and visible(self.exports, self.home, namespace)


@dataclass(frozen=True, slots=True)
class _Endpoint:
    address: str
    ports: Mapping[str, int]
    ready: bool
    doubt: str = ""


@dataclass(frozen=True)
class ServiceEntry:
    """One object; `endpoints` with those of the WorkloadEntries that it selects."""

    item: SnapshotObject
    hosts: tuple[str, ...]
    ports: tuple[Served, ...]
    selector: Mapping[str, str] | None
    internal: bool
    passthrough: bool
    addresses: tuple[str, ...]
    endpoints: tuple[_Endpoint, ...]
    exports: tuple[str, ...]

    def entries(self, pod: SeenPod, services: Iterable[Served]) -> Iterator[Entry]:
        """Every way that it opens to a pod; `services` are the Services in front of it."""
        fronts = tuple(services)
        if (
            self.selector
            and self.item.ref.namespace == pod.pod.namespace
            and covers(self.selector, pod.labels)
        ):
            for port in self.ports:
                yield self._entry(port, port.target, ready=self.internal)
        for endpoint in self.endpoints:
            for port in self.ports:
                if endpoint.address == port.host:
                    continue  # a Service's own name: it competes with the Service, see `ServiceEntries.hosts`
                number = endpoint.ports.get(port.name, port.target)
                for target in _targets(endpoint.address, number, pod, fronts):
                    ready = self.internal and endpoint.ready
                    yield self._entry(port, target, ready=ready, doubt=endpoint.doubt)
        if self.passthrough and any(_holds(block, pod) for block in self.addresses):
            says = f"{self.item.ref} speaks for its address without naming endpoints"
            for port in self.ports:
                yield self._entry(port, port.port, ready=False, doubt=says)

    def _entry(self, port: Served, target: int, *, ready: bool, doubt: str = "") -> Entry:
        said = sign(self.item, "spec.hosts", port.host, "a name by which clients in the mesh call it")
        led = Served(port.namespace, port.service, port.port, target, port.name, port.host)
        home = self.item.ref.namespace
        return Entry(led, ready, doubt, home, self.exports, said, revision(self.item))


@dataclass(frozen=True)
class ServiceEntries:
    """All ServiceEntries of a cluster."""

    evidence: Evidence
    default_exports: tuple[str, ...] = ()

    @cached_property
    def all(self) -> tuple[ServiceEntry, ...]:
        """By identity."""
        snapshot = self.evidence.snapshot
        workloads, names = snapshot.of_kind(*WORKLOADS), _Names(snapshot)
        return tuple(_read(item, workloads, names, self.default_exports) for item in snapshot.of_kind(*KIND))

    @cached_property
    def hosts(self) -> Mapping[str, Sign]:
        """The object that speaks for each host."""
        return {
            host: sign(item.item, "spec.hosts", host, "a host that it speaks for")
            for item in self.all
            for host in item.hosts
        }

    @cached_property
    def doubt(self) -> str:
        """Why they are not all known; which WorkloadEntries there are matters only where one selects them."""
        if why := self.evidence.doubt(*KIND):
            return why
        return self.evidence.doubt(*WORKLOADS) if any(item.selector for item in self.all) else ""

    @cached_property
    def _by_place(self) -> Mapping[tuple[str, str], list[ServiceEntry]]:
        """Those that can lead to a pod: by the namespace whose pods they select, and by the address of each endpoint."""
        found: dict[tuple[str, str], list[ServiceEntry]] = {}
        for item in self.all:
            for address in {endpoint.address for endpoint in item.endpoints}:
                found.setdefault(("@", address), []).append(item)
            if item.selector:
                found.setdefault(("", item.item.ref.namespace), []).append(item)
        return found

    def of(self, pod: SeenPod, services: Iterable[Served]) -> tuple[Entry, ...]:
        """Every way to a pod, sorted."""
        fronts = tuple(services)
        places = (
            ("", pod.pod.namespace),
            *(("@", ip) for ip in pod.pod.ips),
            *(("@", host_of(item)) for item in fronts),
        )
        near = {id(item): item for place in places for item in self._by_place.get(place, ())}
        wide = (item for item in self.all if item.passthrough and item.addresses)
        near |= {id(item): item for item in wide}
        found = {entry for item in near.values() for entry in item.entries(pod, fronts)}
        return tuple(sorted(found, key=lambda entry: (entry.served, entry.sign.ref, entry.automatic)))


def _targets(address: str, number: int, pod: SeenPod, services: Iterable[Served]) -> Iterator[int]:
    """Container ports that an endpoint leads to: the pod's own address, or the name of a Service in front of it."""
    if address in pod.pod.ips:
        yield number
    for item in services:
        if address == host_of(item) and number == item.port:
            yield item.target


def _holds(block: str, pod: SeenPod) -> bool:
    try:
        network = ip_network(block, strict=False)
        return any(ip_address(ip) in network for ip in pod.pod.ips)
    except ValueError:
        return False


@dataclass(frozen=True)
class _Names:
    """Names of hosts that proxies resolve otherwise than DNS does: the hosts file of their pod comes first."""

    snapshot: Snapshot

    def aliased(self, endpoints: Iterable[_Endpoint]) -> Iterator[_Endpoint]:
        """Endpoints at which the names of others lead, in pods that have an alias for them; which proxies these are is not followed."""
        for endpoint in endpoints:
            for alias in self._aliases.get(endpoint.address.lower(), ()):
                address = self._fronts.get(alias.address, alias.address)
                yield _Endpoint(address, endpoint.ports, ready=False, doubt=alias.says)

    @cached_property
    def _aliases(self) -> Mapping[str, tuple[HostAlias, ...]]:
        return host_aliases(self.snapshot)

    @cached_property
    def _fronts(self) -> Mapping[str, str]:
        """Full names of Services by their addresses."""
        return {
            text(dig(item.parsed(), "spec", "clusterIP")): full_name(item.ref.name, item.ref.namespace)
            for item in (self.snapshot.of_kind("", "Service") if self._aliases else ())
        }


def _read(
    item: SnapshotObject,
    workloads: Iterable[SnapshotObject],
    names: _Names,
    default_exports: tuple[str, ...],
) -> ServiceEntry:
    spec, home = mapping(item.parsed().get("spec")), item.ref.namespace
    hosts = tuple(full_name(text(host), home) for host in sequence(spec.get("hosts")))
    labels = match_labels({"matchLabels": dig(spec, "workloadSelector", "labels")})
    resolution = text(spec.get("resolution")) or "NONE"
    inline = [_endpoint(raw, mapping(raw)) for raw in sequence(spec.get("endpoints"))]
    named = [
        _Endpoint(host, {}, ready=False) for host in hosts if resolution.startswith("DNS") and not inline
    ]
    asked = (*inline, *named) if resolution.startswith("DNS") else ()
    return ServiceEntry(
        item=item,
        hosts=hosts,
        ports=tuple(_ports(spec, home, item.ref.name, hosts)),
        selector=labels,
        internal=spec.get("location") == "MESH_INTERNAL",
        passthrough=resolution == "NONE",
        addresses=tuple(map(text, sequence(spec.get("addresses")))),
        endpoints=(*inline, *named, *names.aliased(asked), *_selected(labels, home, workloads)),
        exports=tuple(map(text, sequence(spec.get("exportTo")))) or default_exports or ("*",),
    )


def _ports(spec: Mapping[str, object], home: str, name: str, hosts: Iterable[str]) -> Iterator[Served]:
    for host in hosts:
        for raw in sequence(spec.get("ports")):
            number, target = dig(raw, "number"), dig(raw, "targetPort")
            if isinstance(number, int) and text(dig(raw, "protocol")).upper() != _NO_TCP:
                led = target if isinstance(target, int) and target else number
                yield Served(home, name, number, led, text(dig(raw, "name")), host)


def _selected(labels: Labels | None, home: str, workloads: Iterable[SnapshotObject]) -> Iterator[_Endpoint]:
    for item in workloads:
        spec = mapping(item.parsed().get("spec"))
        if labels and item.ref.namespace == home and covers(labels, strings(spec.get("labels"))):
            yield _endpoint(spec, spec)


def _endpoint(raw: object, said: Mapping[str, object]) -> _Endpoint:
    ports = {name: number for name, number in mapping(said.get("ports")).items() if isinstance(number, int)}
    ready = strings(said.get("labels")).get(TLS_MODE) == "istio"
    return _Endpoint(text(dig(raw, "address")), ports, ready)
