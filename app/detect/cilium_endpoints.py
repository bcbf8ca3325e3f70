"""Which pods Cilium manages: each has a CiliumEndpoint of its name, or an entry in a CiliumEndpointSlice.

Source: Cilium documentation, "Endpoint Lifecycle" and "CRD-backed", chapter "CiliumEndpointSlice".
"""

from collections.abc import Mapping

from app.detect.evidence import Evidence
from app.detect.fields import dig, mapping, sequence, text
from app.detect.settings import ConfigMap
from app.model.identity import ObjectRef

_GROUP = "cilium.io"
_REASON = (
    "this pod has no CiliumEndpoint, so Cilium does not manage it; pods that started before Cilium have none"
)


def unmanaged(evidence: Evidence, config: ConfigMap) -> tuple[Mapping[ObjectRef, str], tuple[str, ...]]:
    """Running pods outside the host network that no endpoint stands for, with why; and cautions.

    Pods are judged only when endpoints were listed to their end, or when files hold at least one.
    """
    doubt = _doubt(evidence, config)
    if doubt:
        return {}, (f"whether Cilium manages every pod cannot be told: {doubt}",)
    managed = _managed(evidence)
    if not evidence.live and not managed:
        return {}, ()
    return {
        pod.ref: _REASON
        for pod in evidence.pods()
        if (pod.ref.namespace, pod.ref.name) not in managed and _has_own_network(pod.parsed())
    }, ()


def _doubt(evidence: Evidence, config: ConfigMap) -> str:
    disabled = config.get("disable-endpoint-crd")
    if disabled and disabled.truth is not False:
        return "disable-endpoint-crd is set, so there are no CiliumEndpoint objects"
    slices = config.get("enable-cilium-endpoint-slice")
    if slices and slices.truth is not False:
        return evidence.doubt(_GROUP, "CiliumEndpointSlice")
    return evidence.doubt(_GROUP, "CiliumEndpoint")


def _managed(evidence: Evidence) -> set[tuple[str, str]]:
    found = {
        (item.ref.namespace, item.ref.name) for item in evidence.snapshot.of_kind(_GROUP, "CiliumEndpoint")
    }
    for item in evidence.snapshot.of_kind(_GROUP, "CiliumEndpointSlice"):
        body = item.parsed()
        namespace = text(body.get("namespace"))
        found |= {(namespace, text(mapping(entry).get("name"))) for entry in sequence(body.get("endpoints"))}
    return found


def _has_own_network(pod: Mapping[str, object]) -> bool:
    return dig(pod, "status", "phase") == "Running" and dig(pod, "spec", "hostNetwork") is not True
