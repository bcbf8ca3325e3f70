"""Services that open a way in: load balancers, node ports, external IPs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from app.evaluate.checks.common.addresses import merged
from app.evaluate.checks.common.wording import names
from app.evaluate.edges.admission import Admission
from app.evaluate.edges.backends import astray_service
from app.evaluate.edges.cloud import balancer_leg, is_internal
from app.evaluate.edges.legs import passed, unknown
from app.evaluate.edges.world import Item, World
from app.model.connections import Protocol
from app.model.edge import ANY_HOST, Endpoint, Exposure, Leg, Target, Way
from app.model.inventory import Service, ServicePort
from app.model.policy import AddressRange

_NODE_HOP = "externalTrafficPolicy is not Local: a node may receive the traffic and send it on to another one, in its own name."
_NOT_HERE = "loadBalancerSourceRanges hold at the load balancer alone, and not here."


@dataclass(frozen=True, slots=True)
class _Opening:
    """One way in that a Service opens: what it is, in which field, and the end of a sentence about it."""

    way: Way
    field: str
    says: str


def service_exposures(world: World, admission: Admission) -> Iterator[Exposure]:
    """Each way in that a Service opens: one Service may open several."""
    for service in world.inventory.services:
        item = world.item("", "Service", service.ref.namespace, service.ref.name)
        if item:
            for opening in _openings(service):
                yield _exposure(world, admission, service, item, opening)


def _openings(service: Service) -> Iterator[_Opening]:
    """A balancer, and what leads around it: its proxies filter by source ranges what comes for the balancer's addresses alone.

    Source: Kubernetes API, `ServiceSpec.type`, `.loadBalancerSourceRanges`, `.allocateLoadBalancerNodePorts`, `.externalIPs`.
    """
    node_ports = sorted({port.node_port for port in service.ports if port.node_port})
    if service.type == "LoadBalancer":
        yield _Opening(Way.LOAD_BALANCER, "spec.type", "is a LoadBalancer Service")
        if node_ports:
            many = "s" if len(node_ports) > 1 else ""
            says = f"takes node port{many} {names(node_ports)} of every node beside its balancer"
            yield _Opening(Way.NODE_PORT, "spec.ports", says)
    if service.type == "NodePort":
        yield _Opening(Way.NODE_PORT, "spec.type", "is a NodePort Service")
    if service.external_ips:
        yield _Opening(Way.EXTERNAL_IP, "spec.externalIPs", f"has external IPs {names(service.external_ips)}")


def _exposure(
    world: World, admission: Admission, service: Service, item: Item, opening: _Opening
) -> Exposure:
    internal = is_internal(item)
    snat = item.spec.get("externalTrafficPolicy") != "Local"
    ranges, wrong = _sources(service)
    balanced = opening.way is Way.LOAD_BALANCER
    sources = ranges if balanced else ()
    targets = [
        Target(
            workload=to.workload,
            protocol=to.protocol,
            port=to.port,
            service=f"{service.ref.namespace}/{service.ref.name}",
            via=(),
            admitted=answer,
            why=why,
            leg=balancer_leg(world, item, port, client=False)
            if balanced
            else _passed_on("nothing in front of the pod ends TLS", port, item),
        )
        for port in service.ports
        for to in world.behind(service, port)
        for answer, why in [admission.straight(to, sources, internal=internal, snat=snat)]
    ]
    return Exposure(
        id=str(service.ref),
        ref=service.ref,
        way=opening.way,
        field=opening.field,
        says=opening.says,
        internal=internal,
        sources=sources,
        endpoints=tuple(
            sorted(_endpoints(world, service, item, opening.way), key=lambda one: (one.host, one.port))
        ),
        targets=tuple(sorted(targets, key=lambda one: (one.workload, one.protocol, one.port))),
        unresolved=(*(wrong if balanced else ()), *_unresolved(world, service, targets)),
        astray=tuple(why for why in (astray_service(world, service.ref.namespace, service.ref.name),) if why),
        notes=(*((_NODE_HOP,) if snat else ()), *((_NOT_HERE,) if ranges and not balanced else ())),
    )


def _sources(service: Service) -> tuple[tuple[AddressRange, ...], tuple[str, ...]]:
    """`loadBalancerSourceRanges`, and which of them cannot be read; an unreadable one restricts nothing."""
    good, bad = [], []
    for text in service.load_balancer_source_ranges:
        try:
            network = ip_network(text.strip(), strict=False)
        except ValueError:
            bad.append(f"{service.ref} has the source range {text!r}, which is no CIDR")
            continue
        good.append(AddressRange(network.version, int(network[0]), int(network[-1])))
    return (() if bad else merged(good)), tuple(bad)


def _unresolved(world: World, service: Service, targets: Sequence[Target]) -> Iterator[str]:
    if service.selector is None:
        yield f"{service.ref} has no selector, so where it leads is not known"
    elif not targets:
        yield f"{service.ref} selects no pod that was read"
    for target in targets:
        if not target.port:
            yield f"{service.ref} names a port that {target.workload} does not have"
    if missing := world.unread("", "Pod", service.ref.namespace):
        yield missing


def _endpoints(world: World, service: Service, item: Item, way: Way) -> Iterator[Endpoint]:
    for port in service.ports:
        match way:
            case Way.LOAD_BALANCER:
                leg = balancer_leg(world, item, port, client=True)
                for host in service.load_balancer or (ANY_HOST,):
                    told = bool(service.load_balancer)
                    yield Endpoint(
                        host, port.port, port.protocol, leg, (host,) if told else (), approved=told
                    )
            case Way.NODE_PORT if port.node_port:
                leg = _passed_on(f"no balancer stands in front of node port {port.node_port}", port, item)
                yield Endpoint(
                    ANY_HOST, port.node_port, port.protocol, leg, world.node_addresses, approved=True
                )
            case Way.EXTERNAL_IP:
                leg = _passed_on("no balancer stands in front of an external IP", port, item)
                for host in service.external_ips:
                    yield Endpoint(host, port.port, port.protocol, leg)
            case _:
                pass


def _passed_on(says: str, port: ServicePort, item: Item) -> Leg:
    if port.protocol is not Protocol.TCP:
        return unknown(f"{port.protocol} is not looked into", item)
    return passed(f"{says}, so the port carries what the pod speaks", item)
