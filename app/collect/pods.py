"""Pods, and the templates that stand for pods which were not given.

* Finished pods (phase Succeeded or Failed) have no network and are left out.
* A template counts only while no running pod of its owner is present: pods are facts, a template is an intention.
* A template that makes no pod is left out: `replicas: 0`, a DaemonSet that is scheduled nowhere, a suspended Job or
  CronJob, a Job that has ended. Scaling it up is a change, and the next scan sees it.
* Every CronJob counts as one pod between its runs: it will connect again.
"""

from collections.abc import Iterable, Sequence
from ipaddress import ip_address

import msgspec

from app.collect.invalid import InvalidObjectError, Violation, decode
from app.collect.owners import Parents, top_owner
from app.collect.wire import pods as wire
from app.collect.wire.base import Metadata
from app.model.connections import FIRST_PORT, LAST_PORT, Protocol
from app.model.identity import WorkloadKey
from app.model.inventory import ContainerPort, Pod
from app.model.snapshot import SnapshotObject

_POD = msgspec.json.Decoder(wire.Pod)
_FINISHED = ("Succeeded", "Failed")
_JOB_ENDED = ("Complete", "Failed")


def pod(item: SnapshotObject, parents: Parents) -> Pod | None:
    """Read one pod; None when it has finished.

    Raises:
        InvalidObjectError: a field has the wrong type or value.
    """
    value = decode(item.body, _POD)
    status = value.status or wire.PodStatus()
    if status.phase in _FINISHED:
        return None
    spec = value.spec or wire.PodSpec()
    return Pod(
        ref=item.ref,
        owner=top_owner(item.ref, value.metadata, parents),
        labels=value.metadata.labels or {},
        ips=_addresses(status),
        node=spec.node_name or "",
        host_network=bool(spec.host_network),
        phase=status.phase or "",
        ports=container_ports(value.spec, "spec"),
        service_account=_account(spec),
        digest=item.digest,
    )


def template_pod(item: SnapshotObject, workload: wire.Workload, parents: Parents) -> Pod | None:
    """Read the pods that a controller's template stands for; None when it makes none.

    Raises:
        InvalidObjectError: the template is missing, or a field of it has a wrong value.
    """
    path, template = _template(item.ref.kind, workload.spec or wire.WorkloadSpec())
    replicas = _replicas(item.ref.kind, workload)
    if replicas == 0:
        return None
    spec = template.spec or wire.PodSpec()
    return Pod(
        ref=item.ref,
        owner=top_owner(item.ref, workload.metadata, parents),
        labels=(template.metadata or Metadata()).labels or {},
        host_network=bool(spec.host_network),
        ports=container_ports(template.spec, f"{path}.spec"),
        service_account=_account(spec),
        from_template=True,
        replicas=replicas,
        digest=item.digest,
    )


def templates_without_pods(templates: Iterable[Pod], running: Iterable[Pod]) -> list[Pod]:
    """Keep the templates whose owner has no running pod; an owner's own template stands for those it made."""
    busy = {item.owner for item in running}
    waiting = [item for item in templates if item.owner not in busy]
    own = {item.owner for item in waiting if _key(item) == item.owner}
    return [item for item in waiting if item.owner not in own or _key(item) == item.owner]


def container_ports(spec: wire.PodSpec | None, path: str) -> tuple[ContainerPort, ...]:
    """Read the declared ports of all containers, sorted, each once.

    A host port defaults to the container port on the host's network (API defaulting). An init container that restarts
    always is a sidecar: it runs beside the containers, so its ports are not marked as `init`.

    Raises:
        InvalidObjectError: a port number or protocol that the API server refuses.
    """
    if spec is None:
        return ()
    host = bool(spec.host_network)
    ports: set[ContainerPort] = set()
    for index, container in enumerate(spec.containers or ()):
        ports.update(_ports(container.ports, f"{path}.containers[{index}]", host=host, init=False))
    for index, container in enumerate(spec.init_containers or ()):
        init = container.restart_policy != "Always"
        ports.update(_ports(container.ports, f"{path}.initContainers[{index}]", host=host, init=init))
    return tuple(sorted(ports))


def _account(spec: wire.PodSpec) -> str:
    """The service account; `default`, which admission sets, when the pod names none."""
    return spec.service_account_name or spec.service_account or "default"


def _ports(
    ports: Sequence[wire.Port] | None, path: str, *, host: bool, init: bool
) -> Iterable[ContainerPort]:
    for index, port in enumerate(ports or ()):
        _check_port(port, f"{path}.ports[{index}]")
        yield ContainerPort(
            name=port.name or "",
            protocol=Protocol(port.protocol or Protocol.TCP),
            container_port=port.container_port,
            host_port=port.host_port or (port.container_port if host else 0),
            host_ip=port.host_ip or "",
            init=init,
        )


def _check_port(port: wire.Port, path: str) -> None:
    for field, value in (("containerPort", port.container_port), ("hostPort", port.host_port or FIRST_PORT)):
        if not FIRST_PORT <= value <= LAST_PORT:
            raise InvalidObjectError(
                Violation(f"{path}.{field}", f"{value} is not within {FIRST_PORT} to {LAST_PORT}")
            )
    if port.protocol and port.protocol not in Protocol.__members__:
        raise InvalidObjectError(
            Violation(f"{path}.protocol", f"`{port.protocol}` is not one of TCP, UDP, SCTP")
        )


def _addresses(status: wire.PodStatus) -> tuple[str, ...]:
    given = {
        f"status.podIPs[{index}].ip": item.ip for index, item in enumerate(status.pod_ips or ()) if item.ip
    }
    found = given or ({"status.podIP": status.pod_ip} if status.pod_ip else {})
    for path, text in found.items():
        if not _is_address(text):
            raise InvalidObjectError(Violation(path, f"`{text}` is not an IP address"))
    return tuple(found.values())


def _is_address(text: str) -> bool:
    try:
        return "%" not in text and bool(ip_address(text))
    except ValueError:
        return False


def _template(kind: str, spec: wire.WorkloadSpec) -> tuple[str, wire.Template]:
    path = "spec.template"
    if kind == "CronJob":
        path = "spec.jobTemplate.spec.template"
        spec = (spec.job_template or wire.JobTemplate()).spec or wire.WorkloadSpec()
    if spec.template is None:
        raise InvalidObjectError(Violation(path, "is missing"))
    return path, spec.template


def _replicas(kind: str, workload: wire.Workload) -> int:
    """Pods that a template makes; 1 where the field is missing, as the API defaults it."""
    spec, status = workload.spec or wire.WorkloadSpec(), workload.status or wire.WorkloadStatus()
    if spec.suspend:
        return 0
    match kind:
        case "DaemonSet":
            return _or_one(status.desired_number_scheduled)
        case "Job":
            return 0 if _has_ended(status) else _or_one(spec.parallelism)
        case "CronJob":
            return 1
        case _:
            return _or_one(spec.replicas)


def _or_one(value: int | None) -> int:
    return 1 if value is None else max(value, 0)


def _has_ended(status: wire.WorkloadStatus) -> bool:
    return any(item.type in _JOB_ENDED and item.status == "True" for item in status.conditions or ())


def _key(item: Pod) -> WorkloadKey:
    return WorkloadKey(item.ref.namespace, item.ref.name, item.ref.kind)
