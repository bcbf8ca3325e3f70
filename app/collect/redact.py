"""What of an object is kept. Everything else never leaves the collector.

Two aims, one list. *No secret is stored*: environment values, Secret and ConfigMap data, tokens, applied configurations
and whatever looks like a credential are gone before anything else sees the object. *No noise is stored*: heartbeats,
resource versions and times of status updates change every night without a meaning for who may connect to whom; with
them every node and pod would be a new object each night, and a real change would drown.

An object of a kind that no verdict reads (`kinds.KINDS`), or of which only the metadata is read, is kept as its metadata
alone.
"""

from collections.abc import Callable
from typing import Any

from app.collect import masking
from app.collect.kinds import BY_KIND
from app.collect.redact_certificates import certificates_alone
from app.collect.redact_custom import redact_custom_resource, redact_middleware
from app.collect.redact_edges import (
    redact_kong,
    redact_policy_of_nginx,
    redact_server,
    static_of_traefik,
)
from app.collect.redact_pods import redact_pod_spec
from app.collect.redact_policies import keeping_selectors
from app.model.canonical import canonical_json
from app.model.identity import GroupKind

Object = dict[str, Any]

_SECRET = GroupKind("", "Secret")

_METADATA_NOISE = ("resourceVersion", "selfLink", "generation")
_ANNOTATION_NOISE = (
    "kubectl.kubernetes.io/last-applied-configuration",  # the object again, secrets included
    "control-plane.alpha.kubernetes.io/leader",  # a lease, renewed every few seconds
    "endpoints.kubernetes.io/last-change-trigger-time",
)
_MANAGER_FIELDS = ("manager", "operation", "subresource", "time")
_CONDITION_FIELDS = ("type", "status", "reason")
_COUNTS = (
    "replicas",
    "readyReplicas",
    "availableReplicas",
    "updatedReplicas",
    "desiredNumberScheduled",
    "currentNumberScheduled",
    "numberReady",
    "numberAvailable",
    "numberMisscheduled",
    "numberUnavailable",
    "updatedNumberScheduled",
    "succeeded",
    "failed",
    "conditions",
)
_NODE_INFO_NOISE = ("bootID", "machineID", "systemUUID")
_CONTAINER_STATUS = ("name", "ready", "started", "image", "imageID", "state")

# ConfigMaps that decide what a network plugin or mesh enforces; all others lose their data. A prefix stands for names
# that end in a revision or a hash.
_CONFIG_MAPS = frozenset(
    {
        "cilium-config",
        "kube-flannel-cfg",
        "canal-config",
        "calico-config",
        "amazon-vpc-cni",
        "antrea-config",
        "azure-npm-config",
        "kubeadm-config",
        "kubelet-config",
        "ovnkube-config",
        "istio",
        "istio-cni-config",
        "linkerd-config",
        "linkerd-identity-trust-roots",
        "kube-router-cfg",
        "ingress-nginx-controller",
        "nginx-configuration",
        "nginx-config",
    }
)
_STATIC_OF_TRAEFIK = frozenset({"traefik", "traefik-config"})
_CONFIG_MAP_PREFIXES = ("antrea-config-", "istio-", "kubelet-config-", "rke2-canal-config")


def redacted_json(kind: GroupKind, value: Object, *, certificates: bool = False) -> bytes:
    """Redact one object and write it as canonical JSON.

    Args:
        kind: its type, in the group of today.
        value: the object as JSON values; it is used up.
        certificates: keep the certificates of a TLS Secret, and nothing else of its data.

    Raises:
        TypeError: it holds a value that JSON cannot carry.
    """
    public = certificates_alone(value.get("data")) if certificates and kind == _SECRET else ""
    redacted = _redacted(kind, value)
    if public:
        redacted["data"] = {"tls.crt": public}
    body = canonical_json(redacted)
    if masking.is_suspicious(body):
        body = canonical_json(masking.masked_alike(redacted))
    return body


def _redacted(kind: GroupKind, value: Object) -> Object:
    _redact_metadata(value["metadata"])
    if kind in _KEEPERS:
        _KEEPERS[kind](value)
        return value
    spec = BY_KIND.get(kind)
    if spec is not None and not spec.metadata_only:
        return (
            keeping_selectors(redact_custom_resource, value)
            if spec.restricts
            else redact_custom_resource(value)
        )
    return {name: value[name] for name in ("apiVersion", "kind", "metadata") if name in value}


def _redact_metadata(metadata: Object) -> None:
    for name in _METADATA_NOISE:
        metadata.pop(name, None)
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict):
        metadata["annotations"] = {
            name: _annotation(name, text)
            for name, text in annotations.items()
            if name not in _ANNOTATION_NOISE
        }
    if "managedFields" in metadata:
        metadata["managedFields"] = _managers(metadata["managedFields"])


def _annotation(name: str, text: Any) -> Any:
    if not isinstance(text, str):
        return text  # a wrong type; reading the object names it
    return masking.mask(text) if masking.names_a_secret(name) else masking.masked_text(text)


def _managers(entries: Any) -> list[Object]:
    """Who last changed what was declared, and when; who reports status changes all the time and says nothing here."""
    return [
        _only(entry, _MANAGER_FIELDS) for entry in _objects(entries) if entry.get("subresource") != "status"
    ]


def _pod(value: Object) -> None:
    redact_pod_spec(value.get("spec"))
    if not isinstance(status := value.get("status"), dict):
        return
    kept = _only(
        status,
        ("phase", "reason", "podIP", "podIPs", "hostIP", "hostIPs", "startTime", "conditions"),
    )
    _shorten_conditions(kept)
    for name in ("containerStatuses", "initContainerStatuses"):
        if name in status:
            kept[name] = [_container_status(item) for item in _objects(status[name])]
    value["status"] = kept


def _container_status(status: Object) -> Object:
    kept = _only(status, _CONTAINER_STATUS)
    state = kept.get("state")
    if isinstance(state, dict):
        kept["state"] = {name: _only(detail, ("startedAt",)) for name, detail in state.items()}
    return kept


def _workload(value: Object) -> None:
    spec = value.get("spec")
    if isinstance(spec, dict):
        _redact_template(spec.get("template"))
        job = spec.get("jobTemplate")
        if isinstance(job, dict):
            _redact_template(job)
            inner = job.get("spec")
            _redact_template(inner.get("template") if isinstance(inner, dict) else None)
    _keep_status(value, _COUNTS)


def _redact_template(template: Any) -> None:
    if not isinstance(template, dict):
        return
    if isinstance(template.get("metadata"), dict):
        _redact_metadata(template["metadata"])
    redact_pod_spec(template.get("spec"))


def _node(value: Object) -> None:
    _keep_status(value, ("addresses", "conditions", "nodeInfo"))
    status = value.get("status")
    info = status.get("nodeInfo") if isinstance(status, dict) else None
    if isinstance(info, dict):
        for name in _NODE_INFO_NOISE:
            info.pop(name, None)


def _load_balanced(value: Object) -> None:
    _keep_status(value, ("loadBalancer",))


def _namespace(value: Object) -> None:
    _keep_status(value, ("phase",))


def _config_map(value: Object) -> None:
    name = value["metadata"].get("name", "")
    data = value.get("data")
    value.pop("binaryData", None)
    known = name in _CONFIG_MAPS or str(name).startswith(_CONFIG_MAP_PREFIXES)
    if known and isinstance(data, dict):
        value["data"] = masking.masked_tree(data)
    elif name in _STATIC_OF_TRAEFIK and isinstance(data, dict):
        value["data"] = static_of_traefik(data)
    else:
        value.pop("data", None)


def _secret(value: Object) -> None:
    for name in [name for name in value if name not in ("apiVersion", "kind", "metadata", "type")]:
        del value[name]


def _policy(value: Object) -> None:
    value.pop("status", None)


def _keep_status(value: Object, names: tuple[str, ...]) -> None:
    if isinstance(status := value.get("status"), dict):
        value["status"] = _only(status, names)
        _shorten_conditions(value["status"])


def _shorten_conditions(status: Object) -> None:
    if "conditions" in status:
        status["conditions"] = [_only(item, _CONDITION_FIELDS) for item in _objects(status["conditions"])]


def _only(value: Any, names: tuple[str, ...]) -> Object:
    return {name: value[name] for name in names if name in value} if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Object]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


# Selectors of Calico are text such as `token == 'a'`: masked, they would select something else.
_CALICO_POLICIES = (
    "GlobalNetworkPolicy",
    "NetworkPolicy",
    "Profile",
    "StagedGlobalNetworkPolicy",
    "StagedKubernetesNetworkPolicy",
    "StagedNetworkPolicy",
)

_KEEPERS: dict[GroupKind, Callable[[Object], None]] = {
    GroupKind("", "Pod"): _pod,
    GroupKind("", "Node"): _node,
    GroupKind("", "Namespace"): _namespace,
    GroupKind("", "Service"): _load_balanced,
    GroupKind("", "ConfigMap"): _config_map,
    GroupKind("", "Secret"): _secret,
    GroupKind("networking.k8s.io", "Ingress"): _load_balanced,
    GroupKind("networking.k8s.io", "NetworkPolicy"): _policy,
    **{
        GroupKind(group, kind): _policy
        for group in ("crd.projectcalico.org", "projectcalico.org")
        for kind in _CALICO_POLICIES
    },
    **{GroupKind(group, "Middleware"): redact_middleware for group in ("traefik.io", "traefik.containo.us")},
    **{
        GroupKind("k8s.nginx.org", kind): redact_server
        for kind in ("TransportServer", "VirtualServer", "VirtualServerRoute")
    },
    GroupKind("k8s.nginx.org", "Policy"): redact_policy_of_nginx,
    GroupKind("configuration.konghq.com", "KongIngress"): redact_kong,
    GroupKind("apps", "Deployment"): _workload,
    GroupKind("apps", "StatefulSet"): _workload,
    GroupKind("apps", "DaemonSet"): _workload,
    GroupKind("apps", "ReplicaSet"): _workload,
    GroupKind("", "ReplicationController"): _workload,
    GroupKind("batch", "Job"): _workload,
    GroupKind("batch", "CronJob"): _workload,
    GroupKind("argoproj.io", "Rollout"): _workload,
    GroupKind("apps.openshift.io", "DeploymentConfig"): _workload,
}
