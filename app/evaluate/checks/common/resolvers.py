"""The cluster's DNS resolver: its workloads, and the ports of its pods that a policy sees."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.model.connections import Connections, PortSet, Protocol
from app.model.facts import Facts
from app.model.inventory import Pod, Service
from app.model.reachability import Workload

DNS = 53  # RFC 1035; UDP first, TCP for answers that do not fit (RFC 7766)
DNS_PROTOCOLS = (Protocol.UDP, Protocol.TCP)
RESOLVER_LABEL = (
    "k8s-app"  # of CoreDNS, kube-dns and NodeLocal DNSCache in every distribution that keeps upstream's names
)
RESOLVER_HOME = "kube-system"
CACHE = "node-local-dns"
_VALUES = ("kube-dns", "coredns", CACHE)


@dataclass(frozen=True, slots=True)
class Resolver:
    """One workload that answers DNS, and the ports of its pods behind port 53 of its Service, by protocol."""

    workload: Workload
    ports: dict[Protocol, frozenset[int]]


def resolvers(facts: Facts) -> Iterator[Resolver]:
    """Workloads of kube-system with the resolver's label."""
    services = [item for item in facts.inventory.services if item.ref.namespace == RESOLVER_HOME]
    for workload in facts.reachability.workloads:
        if workload.namespace == RESOLVER_HOME and workload.labels.get(RESOLVER_LABEL) in _VALUES:
            pods = [facts.pods[ref] for ref in workload.pod_refs if ref in facts.pods]
            ports = {item: _ports(item, pods, services) for item in DNS_PROTOCOLS}
            yield Resolver(workload, ports)


def asked_for_names(facts: Facts) -> dict[str, Connections]:
    """Ids of the resolvers' workloads, each with the ports on which it answers."""
    return {
        item.workload.id: Connections.of(
            {protocol: PortSet.of((one, one) for one in found) for protocol, found in item.ports.items()}
        )
        for item in resolvers(facts)
    }


def _ports(protocol: Protocol, pods: list[Pod], services: list[Service]) -> frozenset[int]:
    """Numbers of the pods' ports behind port 53 of a Service that selects them; 53 where there is no such Service."""
    found: set[int] = set()
    for service in services:
        for pod in pods:
            if service.selector and service.selector.items() <= dict(pod.labels).items():
                found |= {
                    number
                    for port in service.ports
                    if port.port == DNS and port.protocol is protocol
                    for number in _targets(port.target, protocol, pod)
                }
    return frozenset(found or {DNS})


def _targets(target: int | str, protocol: Protocol, pod: Pod) -> set[int]:
    if isinstance(target, int):
        return {target or DNS}
    return {port.container_port for port in pod.ports if port.name == target and port.protocol is protocol}
