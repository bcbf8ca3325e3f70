"""Nodes and services."""

import msgspec

from app.collect.wire.base import Metadata, StringMap, Wire
from app.collect.wire.pods import Condition


class NodeSpec(Wire):
    """`spec` of a Node."""

    pod_cidr: str | None = msgspec.field(name="podCIDR", default=None)
    pod_cidrs: list[str] | None = msgspec.field(name="podCIDRs", default=None)
    provider_id: str | None = msgspec.field(name="providerID", default=None)


class NodeAddress(Wire):
    """`status.addresses[]`."""

    type: str
    address: str


class NodeInfo(Wire):
    """`status.nodeInfo`."""

    kubelet_version: str | None = None
    operating_system: str | None = None


class NodeStatus(Wire):
    """`status` of a Node."""

    addresses: list[NodeAddress] | None = None
    conditions: list[Condition] | None = None
    node_info: NodeInfo | None = None


class Node(Wire):
    """`core/v1 Node`."""

    metadata: Metadata
    spec: NodeSpec | None = None
    status: NodeStatus | None = None


class ServicePort(Wire):
    """`spec.ports[]` of a Service."""

    port: int
    name: str | None = None
    protocol: str | None = None
    target_port: int | str | None = None
    node_port: int | None = None


class ServiceSpec(Wire):
    """`spec` of a Service."""

    type: str | None = None
    selector: StringMap | None = None
    ports: list[ServicePort] | None = None
    cluster_ip: str | None = msgspec.field(name="clusterIP", default=None)
    cluster_ips: list[str] | None = msgspec.field(name="clusterIPs", default=None)
    external_ips: list[str] | None = msgspec.field(name="externalIPs", default=None)
    external_name: str | None = None
    load_balancer_ip: str | None = msgspec.field(name="loadBalancerIP", default=None)
    load_balancer_source_ranges: list[str] | None = None


class LoadBalancerIngress(Wire):
    """`status.loadBalancer.ingress[]`."""

    ip: str | None = None
    hostname: str | None = None


class LoadBalancer(Wire):
    """`status.loadBalancer`."""

    ingress: list[LoadBalancerIngress] | None = None


class ServiceStatus(Wire):
    """`status` of a Service."""

    load_balancer: LoadBalancer | None = None


class Service(Wire):
    """`core/v1 Service`."""

    metadata: Metadata
    spec: ServiceSpec | None = None
    status: ServiceStatus | None = None
