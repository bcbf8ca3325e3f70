"""The control plane as far as a cluster shows it: flags of static pods, the kubelet's settings, aggregated APIs, webhooks."""

from dataclasses import dataclass
from enum import StrEnum

from app.model.encryption import Known
from app.model.identity import ObjectRef
from app.model.platform import Sign


class ComponentKind(StrEnum):
    """What a component is."""

    API_SERVER = "kube-apiserver"
    ETCD = "etcd"
    CONTROLLER_MANAGER = "kube-controller-manager"
    SCHEDULER = "kube-scheduler"
    KUBELET = "kubelet"
    AGGREGATED_API = "aggregated API"
    WEBHOOK = "webhook"
    METRICS = "metrics-server"
    DASHBOARD = "dashboard"
    CLIENT = "client side"  # settings of a proxy that speaks TLS to others


@dataclass(frozen=True, slots=True)
class Finding:
    """One question about a component: `holds` NO is a weakness, UNKNOWN is what could not be read."""

    holds: Known
    says: str
    sign: Sign
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Component:
    """One component.

    Attributes:
        id: `kube-apiserver kube-system/kube-apiserver-cp1`, `kubelet settings kube-system/kubelet-config`.
        kind: what it is.
        ref: the object it is seen by; the cluster's own namespace where nothing is seen.
        managed: the provider runs it, out of sight.
        findings: answers, weaknesses first.
    """

    id: str
    kind: ComponentKind
    ref: ObjectRef
    managed: bool = False
    findings: tuple[Finding, ...] = ()
