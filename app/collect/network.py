"""Namespaces, nodes, services and service accounts → inventory."""

import msgspec

from app.collect.invalid import InvalidObjectError, Violation, decode
from app.collect.wire import network as wire
from app.collect.wire.base import Plain
from app.model.connections import Protocol
from app.model.identity import ObjectRef
from app.model.inventory import NAME_LABEL, Namespace, Node, Service, ServiceAccount, ServicePort
from app.model.snapshot import SnapshotObject

_PLAIN = msgspec.json.Decoder(Plain)
_NODE = msgspec.json.Decoder(wire.Node)
_SERVICE = msgspec.json.Decoder(wire.Service)
_REACHABLE = ("InternalIP", "ExternalIP")
_OS_LABEL = "kubernetes.io/os"


def namespace(item: SnapshotObject) -> Namespace:
    """Read one namespace; its name label is what the API server would set, whatever the file says.

    Raises:
        InvalidObjectError: a field has the wrong type.
    """
    labels = decode(item.body, _PLAIN).metadata.labels or {}
    return Namespace(item.ref, {**labels, NAME_LABEL: item.ref.name}, digest=item.digest)


def assumed_namespace(name: str) -> Namespace:
    """A namespace that objects use but that was not given."""
    return Namespace(ObjectRef("", "Namespace", "", name), {NAME_LABEL: name}, assumed=True)


def node(item: SnapshotObject) -> Node:
    """Read one node.

    Raises:
        InvalidObjectError: a field has the wrong type.
    """
    value = decode(item.body, _NODE)
    spec, status = value.spec or wire.NodeSpec(), value.status or wire.NodeStatus()
    info, labels = status.node_info or wire.NodeInfo(), value.metadata.labels or {}
    return Node(
        ref=item.ref,
        labels=labels,
        annotations=value.metadata.annotations or {},
        addresses=tuple(entry.address for entry in status.addresses or () if entry.type in _REACHABLE),
        pod_cidrs=tuple(spec.pod_cidrs or ([spec.pod_cidr] if spec.pod_cidr else ())),
        kubelet_version=info.kubelet_version or "",
        os=info.operating_system or labels.get(_OS_LABEL, ""),
        provider_id=spec.provider_id or "",
        ready=_ready(status),
    )


def _ready(status: wire.NodeStatus) -> bool:
    """The Ready condition; a node without one (a manifest) counts as ready."""
    return all(item.status == "True" for item in status.conditions or () if item.type == "Ready")


def service_account(item: SnapshotObject) -> ServiceAccount:
    """Read one service account.

    Raises:
        InvalidObjectError: a field has the wrong type.
    """
    return ServiceAccount(item.ref, decode(item.body, _PLAIN).metadata.labels or {})


def service(item: SnapshotObject) -> Service:
    """Read one service with the API's defaults.

    Raises:
        InvalidObjectError: a field has the wrong type or value.
    """
    value = decode(item.body, _SERVICE)
    spec, status = value.spec or wire.ServiceSpec(), value.status or wire.ServiceStatus()
    load_balancer = status.load_balancer or wire.LoadBalancer()
    return Service(
        ref=item.ref,
        type=spec.type or "ClusterIP",
        selector=spec.selector or None,
        ports=_service_ports(spec),
        cluster_ips=_cluster_ips(spec),
        external_ips=tuple(spec.external_ips or ()),
        load_balancer=tuple(
            entry.ip or entry.hostname or ""
            for entry in load_balancer.ingress or ()
            if entry.ip or entry.hostname
        ),
        load_balancer_source_ranges=tuple(spec.load_balancer_source_ranges or ()),
        annotations=value.metadata.annotations or {},
        digest=item.digest,
    )


def _service_ports(spec: wire.ServiceSpec) -> tuple[ServicePort, ...]:
    ports = []
    for index, port in enumerate(spec.ports or ()):
        if port.protocol and port.protocol not in Protocol.__members__:
            problem = f"`{port.protocol}` is not one of TCP, UDP, SCTP"
            raise InvalidObjectError(Violation(f"spec.ports[{index}].protocol", problem))
        ports.append(
            ServicePort(
                port=port.port,
                protocol=Protocol(port.protocol or Protocol.TCP),
                target=port.target_port or 0,
                node_port=port.node_port or 0,
                name=port.name or "",
            )
        )
    return tuple(ports)


def _cluster_ips(spec: wire.ServiceSpec) -> tuple[str, ...]:
    given = spec.cluster_ips or ([spec.cluster_ip] if spec.cluster_ip else [])
    return tuple(address for address in given if address and address != "None")
