"""Kinds that several modules speak of, and how kinds were named before."""

from app.model.identity import GroupKind

GATEWAY_GROUP = "gateway.networking.k8s.io"
GATEWAY_ROUTES = tuple(
    GroupKind(GATEWAY_GROUP, kind) for kind in ("GRPCRoute", "HTTPRoute", "TCPRoute", "TLSRoute", "UDPRoute")
)
# Controllers whose pod template stands for pods that were not given (`--from` with plain manifests).
WORKLOADS = (
    GroupKind("apps", "Deployment"),
    GroupKind("apps", "StatefulSet"),
    GroupKind("apps", "DaemonSet"),
    GroupKind("apps", "ReplicaSet"),
    GroupKind("", "ReplicationController"),
    GroupKind("batch", "Job"),
    GroupKind("batch", "CronJob"),
    GroupKind("argoproj.io", "Rollout"),
    GroupKind("apps.openshift.io", "DeploymentConfig"),
)


# Groups that kinds lived in before; an old manifest means the object of today (Kubernetes deprecation guide).
_MOVED = {
    GroupKind("extensions", "NetworkPolicy"): "networking.k8s.io",
    GroupKind("extensions", "Ingress"): "networking.k8s.io",
    GroupKind("extensions", "Deployment"): "apps",
    GroupKind("extensions", "DaemonSet"): "apps",
    GroupKind("extensions", "ReplicaSet"): "apps",
    GroupKind("", "DeploymentConfig"): "apps.openshift.io",
    GroupKind("", "Route"): "route.openshift.io",
}
# Kinds without a namespace that are not in the table but are common in manifests.
CLUSTER_SCOPED = frozenset(
    {
        "APIService",
        "ClusterRole",
        "ClusterRoleBinding",
        "CSIDriver",
        "CustomResourceDefinition",
        "MutatingWebhookConfiguration",
        "PersistentVolume",
        "PodSecurityPolicy",
        "PriorityClass",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    }
)
# What `kubectl` and controllers write all the time and no verdict ever reads.
NEVER_READ = frozenset(
    {GroupKind("", "Event"), GroupKind("events.k8s.io", "Event"), GroupKind("coordination.k8s.io", "Lease")}
)


def current(kind: GroupKind) -> GroupKind:
    """The kind's group of today."""
    return GroupKind(_MOVED.get(kind, kind.group), kind.kind)
