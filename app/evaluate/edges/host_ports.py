"""Ports that pods take on their nodes: host ports, and what pods on the host network declare."""

from collections.abc import Iterable, Iterator

from app.evaluate.checks.common.evidence import pod_path
from app.evaluate.checks.common.wording import names
from app.evaluate.edges.admission import Admission
from app.evaluate.edges.legs import passed
from app.evaluate.edges.world import Item, PodPort, World
from app.model.connections import Protocol
from app.model.edge import ANY_HOST, Endpoint, Exposure, Target, Way
from app.model.identity import WorkloadKey
from app.model.inventory import ContainerPort, Pod

_LOOPBACK = ("127.", "::1", "localhost")

Taken = tuple[Protocol, int, int]  # protocol, port of the node, port of the container


def host_port_exposures(world: World, admission: Admission) -> Iterator[Exposure]:
    """Each owner of pods that take ports of their nodes."""
    owners: dict[WorkloadKey, list[Pod]] = {}
    for home in world.pods.values():
        for pod in home:
            if taken(pod):
                owners.setdefault(pod.owner, []).append(pod)
    for owner, pods in owners.items():
        yield _exposure(world, admission, owner, sorted(pods, key=lambda pod: pod.ref))


def taken(pod: Pod) -> tuple[Taken, ...]:
    """Ports of the node that a pod takes, loopback left out; on the host network its own ports are the node's."""
    return tuple(
        sorted(
            {
                (port.protocol, port.host_port or port.container_port, port.container_port)
                for port in pod.ports
                if _is_open(port, pod)
            }
        )
    )


def _is_open(port: ContainerPort, pod: Pod) -> bool:
    shown = port.host_port or (port.container_port if pod.host_network and not port.init else 0)
    return bool(shown) and not port.host_ip.startswith(_LOOPBACK)


def _exposure(world: World, admission: Admission, owner: WorkloadKey, pods: list[Pod]) -> Exposure:
    first = pods[0]
    ports = sorted({port for pod in pods for port in taken(pod)})
    numbers = sorted({shown for _, shown, _ in ports})
    shared = first.host_network
    where = "on the host network " if shared else ""
    return Exposure(
        id=f"{owner.kind} {owner.namespace}/{owner.name}",
        ref=first.ref,
        way=Way.HOST_NETWORK if shared else Way.HOST_PORT,
        field=f"{pod_path(first.ref)}spec.containers",
        says=f"{where}takes host port{'s' if len(numbers) > 1 else ''} {names(numbers)} of its nodes",
        endpoints=tuple(_endpoints(world, pods, ports)),
        targets=tuple(_targets(world, admission, pods)),
    )


def _endpoints(world: World, pods: list[Pod], ports: Iterable[Taken]) -> Iterator[Endpoint]:
    item = world.item_of(pods[0].ref)
    nodes = world.nodes_of(pod.node for pod in pods if pod.node) if any(pod.node for pod in pods) else ()
    addresses = tuple(address for node in nodes for address in node.addresses)
    for protocol, shown, _ in sorted(ports, key=lambda port: (port[1], port[0])):
        leg = passed(f"port {shown} of the node is the pod's own", item or _nothing(pods[0]))
        yield Endpoint(ANY_HOST, shown, protocol, leg, addresses, approved=True)


def _nothing(pod: Pod) -> Item:
    return Item(pod.ref, pod.digest, {})


def _targets(world: World, admission: Admission, pods: list[Pod]) -> Iterator[Target]:
    found = sorted(
        {
            PodPort(world.workload_of[pod.ref], protocol, port)
            for pod in pods
            for protocol, _, port in taken(pod)
        }
    )
    item = world.item_of(pods[0].ref)
    for to in found:
        admitted, why = admission.straight(to, (), internal=False, snat=True)
        leg = passed("the node hands the connection to the pod", item or _nothing(pods[0]))
        yield Target(to.workload, to.protocol, to.port, "", (), admitted, why, leg)
