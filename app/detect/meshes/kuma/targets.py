"""Whom targets of Kuma's policies mean: labels of a data plane, which are those of its pod and some that Kuma writes itself.

Of Kuma's own labels the namespace, the service account, the mesh and the environment can be told from the pod; a zone, a workload or
a service of the older kind cannot. Source: kumahq/kuma, `pkg/core/resources/labels`, `pkg/plugins/policies/core/matchers`.
"""

from collections.abc import Mapping
from typing import Any

from app.detect.fields import strings
from app.detect.meshes.common.logic import every, known
from app.detect.meshes.kuma.membership import MESH
from app.detect.pods import SeenPod
from app.model.encryption import Known
from app.model.inventory import Labels

NAMESPACE = "k8s.kuma.io/namespace"
SERVICE = "kuma.io/service"
_ACCOUNT, _ENVIRONMENT = "k8s.kuma.io/service-account", "kuma.io/env"
_OWN = ("kuma.io/", "k8s.kuma.io/")
_OF_GATEWAYS = ("MeshGateway", "MeshHTTPRoute")  # kinds of a target that mean no sidecar


def labels_of(pod: SeenPod, mesh: str) -> Labels:
    """Labels of a pod's data plane, as far as they can be told."""
    return {
        _ENVIRONMENT: "kubernetes",
        **pod.labels,
        MESH: mesh,
        NAMESPACE: pod.pod.namespace,
        _ACCOUNT: pod.pod.service_account or "default",
    }


def selects(wanted: Labels, labels: Labels) -> Known:
    """Whether a data plane has every label."""
    return every(_has(key, value, labels) for key, value in wanted.items())


def meant(target: Mapping[str, Any], labels: Labels) -> Known:
    """Whether a policy's target means a data plane; UNKNOWN for one by name, and for one of its ports."""
    kind = target.get("kind", "Mesh")
    if kind in _OF_GATEWAYS:
        return Known.NO
    chosen = selects(_wanted(target), labels)
    named = kind not in ("Mesh", "MeshSubset") and bool(target.get("name") or target.get("sectionName"))
    return every((chosen, Known.UNKNOWN)) if named else chosen


def weight_of(target: Mapping[str, Any]) -> int:
    """How specific a target is; 0 for the whole mesh."""
    return 0 if target.get("kind", "Mesh") == "Mesh" else 1 + len(_wanted(target))


def _wanted(target: Mapping[str, Any]) -> Labels:
    return {**strings(target.get("tags")), **strings(target.get("labels"))}


def _has(key: str, value: str, labels: Labels) -> Known:
    if key in labels:
        return known(labels[key] == value)
    if key == SERVICE and value.split("_")[1:2] not in ([], [labels.get(NAMESPACE, "")]):
        return Known.NO  # `<name>_<namespace>_svc_<port>` of another namespace
    return Known.UNKNOWN if key.startswith(_OWN) else Known.NO
