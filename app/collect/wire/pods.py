"""Pods, their templates and the controllers that hold these."""

import msgspec

from app.collect.wire.base import Metadata, Wire


class Port(Wire):
    """`containers[].ports[]`."""

    container_port: int
    name: str | None = None
    protocol: str | None = None
    host_port: int | None = None
    host_ip: str | None = msgspec.field(name="hostIP", default=None)


class Container(Wire):
    """`spec.containers[]` and `spec.initContainers[]`."""

    name: str | None = None
    ports: list[Port] | None = None
    restart_policy: str | None = None


class PodSpec(Wire):
    """`spec` of a Pod or of a pod template."""

    containers: list[Container] | None = None
    init_containers: list[Container] | None = None
    node_name: str | None = None
    host_network: bool | None = None
    service_account_name: str | None = None
    service_account: str | None = None  # the name of old


class PodIP(Wire):
    """`status.podIPs[]`."""

    ip: str | None = None


class PodStatus(Wire):
    """`status` of a Pod."""

    phase: str | None = None
    pod_ip: str | None = msgspec.field(name="podIP", default=None)
    pod_ips: list[PodIP] | None = msgspec.field(name="podIPs", default=None)


class Pod(Wire):
    """`core/v1 Pod`."""

    metadata: Metadata
    spec: PodSpec | None = None
    status: PodStatus | None = None


class Template(Wire):
    """`PodTemplateSpec`."""

    metadata: Metadata | None = None
    spec: PodSpec | None = None


class Condition(Wire):
    """`status.conditions[]`."""

    type: str
    status: str | None = None


class WorkloadStatus(Wire):
    """`status` of a controller; each kind fills some of it."""

    desired_number_scheduled: int | None = None
    conditions: list[Condition] | None = None


class WorkloadSpec(Wire):
    """`spec` of every controller that holds a pod template; each kind fills some of it."""

    replicas: int | None = None
    parallelism: int | None = None
    suspend: bool | None = None
    template: Template | None = None
    job_template: "JobTemplate | None" = None


class JobTemplate(Wire):
    """`spec.jobTemplate` of a CronJob."""

    spec: WorkloadSpec | None = None


class Workload(Wire):
    """A controller of pods: Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob and their like."""

    metadata: Metadata
    spec: WorkloadSpec | None = None
    status: WorkloadStatus | None = None
