"""Services that open a way in: load balancers, node ports, external IPs."""

from collections.abc import Iterator, Sequence
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


def service_exposures(world: World, admission: Admission) -> Iterator[Exposure]:
    """Each Service that is reachable from outside."""
    for service in world.inventory.services:
        ways = [f"is a {service.type} Service"] if service.type in ("LoadBalancer", "NodePort") else []
        if service.external_ips:
            ways.append(f"has external IPs {names(service.external_ips)}")
        item = world.item("", "Service", service.ref.namespace, service.ref.name)
        if ways and item:
            yield _exposure(world, admission, service, item, names(ways))


def _exposure(world: World, admission: Admission, service: Service, item: Item, says: str) -> Exposure:
    internal = is_internal(item)
    snat = item.spec.get("externalTrafficPolicy") != "Local"
    ranges, wrong = _sources(service)
    around = tuple(_around_the_balancer(service))
    sources = () if around else ranges
    targets = [
        Target(
            workload=to.workload,
            protocol=to.protocol,
            port=to.port,
            service=f"{service.ref.namespace}/{service.ref.name}",
            via=(),
            admitted=answer,
            why=why,
            leg=balancer_leg(world, item, port, client=False),
        )
        for port in service.ports
        for to in world.behind(service, port)
        for answer, why in [admission.straight(to, sources, internal=internal, snat=snat)]
    ]
    return Exposure(
        id=str(service.ref),
        ref=service.ref,
        way=_way(service),
        field="spec.externalIPs" if service.external_ips else "spec.type",
        says=says,
        internal=internal,
        sources=sources,
        endpoints=tuple(sorted(_endpoints(world, service, item), key=lambda one: (one.host, one.port))),
        targets=tuple(sorted(targets, key=lambda one: (one.workload, one.protocol, one.port))),
        unresolved=(*wrong, *_unresolved(world, service, targets)),
        astray=tuple(why for why in (astray_service(world, service.ref.namespace, service.ref.name),) if why),
        notes=(
            *((_NODE_HOP,) if snat else ()),
            *(f"loadBalancerSourceRanges hold at the balancer alone: {way}." for way in around if ranges),
        ),
    )


def _around_the_balancer(service: Service) -> Iterator[str]:
    """Ways to the pods of a load balancer that its source ranges do not filter.

    Source: Kubernetes API, `ServiceSpec.loadBalancerSourceRanges`; its proxies filter what comes for the balancer's addresses.
    """
    if service.type == "LoadBalancer":
        ports = sorted({port.node_port for port in service.ports if port.node_port})
        if ports:
            yield f"node port {names(map(str, ports))} of every node answers as well"
        if service.external_ips:
            yield f"external IPs {names(service.external_ips)} answer as well"


def _way(service: Service) -> Way:
    match service.type:
        case "LoadBalancer":
            return Way.LOAD_BALANCER
        case "NodePort":
            return Way.NODE_PORT
        case _:
            return Way.EXTERNAL_IP


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


def _endpoints(world: World, service: Service, item: Item) -> Iterator[Endpoint]:
    for port in service.ports:
        if service.type == "LoadBalancer":
            leg = balancer_leg(world, item, port, client=True)
            for host in service.load_balancer or (ANY_HOST,):
                told = bool(service.load_balancer)
                yield Endpoint(host, port.port, port.protocol, leg, (host,) if told else (), approved=told)
        if service.type == "NodePort" and port.node_port:
            leg = passed(f"node port {port.node_port} carries whatever the pod speaks", item)
            yield Endpoint(ANY_HOST, port.node_port, port.protocol, leg, world.node_addresses, approved=True)
        for host in service.external_ips:
            yield Endpoint(host, port.port, port.protocol, _external_leg(port, item))


def _external_leg(port: ServicePort, item: Item) -> Leg:
    if port.protocol is not Protocol.TCP:
        return unknown(f"{port.protocol} is not looked into", item)
    return passed("an external IP carries whatever the pod speaks", item)
