"""Kinds that every API server serves."""

from app.collect.kinds.spec import KindSpec, builtin
from app.collect.kinds.verdicts import (
    ACCESS,
    CERTIFICATES,
    CONTROL_PLANE,
    EDGE_TLS,
    ENCRYPTION,
    ENFORCEMENT,
    EXPOSURE,
    PLACEMENT,
    SEGMENTATION,
    WORKLOADS,
)

_OWNERS = "owners of pods, and workloads that have none now"

CORE = (
    builtin(
        "Namespace",
        "namespaces",
        "namespaces and their labels",
        (*SEGMENTATION, "scope-label-missing"),
        namespaced=False,
    ),
    builtin(
        "Pod",
        "pods",
        "workloads, labels, addresses and ports; agents of plugins and meshes",
        SEGMENTATION + PLACEMENT,
    ),
    builtin(
        "Node",
        "nodes",
        "where pods run and what their node enforces",
        ENFORCEMENT + PLACEMENT,
        namespaced=False,
    ),
    KindSpec(
        "",
        "ServiceAccount",
        "serviceaccounts",
        namespaced=True,
        versions=("v1",),
        why="labels by which a policy may select pods; names and labels only",
        verdicts=SEGMENTATION,
        builtin=True,
        metadata_only=True,
    ),
    builtin("Service", "services", "ways in from outside, and targets of routes", EXPOSURE),
    builtin(
        "ReplicationController",
        "replicationcontrollers",
        _OWNERS,
        WORKLOADS,
    ),
    KindSpec(
        "networking.k8s.io",
        "NetworkPolicy",
        "networkpolicies",
        namespaced=True,
        versions=("v1",),
        why="who may connect to whom",
        verdicts=SEGMENTATION,
        builtin=True,
        restricts=True,
    ),
    *(
        builtin(kind, resource, f"{_OWNERS}, and agents of plugins", WORKLOADS + ENFORCEMENT, group="apps")
        for kind, resource in (
            ("DaemonSet", "daemonsets"),
            ("Deployment", "deployments"),
            ("ReplicaSet", "replicasets"),
            ("StatefulSet", "statefulsets"),
        )
    ),
    builtin("Job", "jobs", _OWNERS, WORKLOADS, group="batch"),
    builtin("CronJob", "cronjobs", "pods between their runs", WORKLOADS, group="batch"),
    builtin("Ingress", "ingresses", "ways in from outside", EXPOSURE, group="networking.k8s.io"),
    builtin(
        "IngressClass",
        "ingressclasses",
        "which controller serves an Ingress",
        EDGE_TLS,
        group="networking.k8s.io",
        namespaced=False,
    ),
    *(
        builtin(
            kind,
            resource,
            "whether an agent may read policies, and who may change them",
            (*ENFORCEMENT, *ACCESS),
            group="rbac.authorization.k8s.io",
            namespaced=False,
        )
        for kind, resource in (
            ("ClusterRole", "clusterroles"),
            ("ClusterRoleBinding", "clusterrolebindings"),
        )
    ),
    *(
        builtin(kind, resource, "who may change policies", ACCESS, group="rbac.authorization.k8s.io")
        for kind, resource in (("Role", "roles"), ("RoleBinding", "rolebindings"))
    ),
    builtin(
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
        "why a pod has no sidecar",
        ("mesh-workload-not-enrolled",),
        group="admissionregistration.k8s.io",
        namespaced=False,
    ),
    builtin(
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        "webhooks that the API server calls",
        CONTROL_PLANE,
        group="admissionregistration.k8s.io",
        namespaced=False,
    ),
    builtin(
        "APIService",
        "apiservices",
        "aggregated APIs, and whether their certificates are checked",
        CONTROL_PLANE,
        group="apiregistration.k8s.io",
        namespaced=False,
    ),
    KindSpec(
        "",
        "ConfigMap",
        "configmaps",
        namespaced=True,
        versions=("v1",),
        why="settings of network plugins, meshes, kubelets and ingress controllers",
        verdicts=ENFORCEMENT + ENCRYPTION,
        builtin=True,
        by_name=True,
    ),
    KindSpec(
        "",
        "Secret",
        "secrets",
        namespaced=True,
        versions=("v1",),
        why="which certificates exist; names and types only",
        verdicts=CERTIFICATES,
        builtin=True,
        metadata_only=True,
        opt_in=True,
    ),
)
