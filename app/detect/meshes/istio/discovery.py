"""Namespaces that a control plane leaves out (`discoverySelectors`): it heeds no object of theirs, and knows none of their Services.

Source: Istio documentation, "Global Mesh Options"; `pkg/kube/namespace/filter.go`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from app.detect.evidence import Evidence
from app.detect.meshes.istio.mesh_config import MeshConfig
from app.detect.meshes.istio.objects import NETWORKING, SECURITY
from app.model.inventory import Labels
from app.model.platform import Sign
from app.model.scope import selects

_HEEDED = (NETWORKING, SECURITY)


def left_out(configs: Iterable[MeshConfig], namespaces: Mapping[str, Labels]) -> Mapping[str, Sign]:
    """Namespaces that no selector chooses, with the setting that says so; none where control planes differ about it."""
    found = list(configs)
    first = found[0].discovery if found else None
    if first is None or any(item.discovery is None or item.discovery[0] != first[0] for item in found):
        return {}
    selectors, sign = first
    return {
        name: sign
        for name, labels in namespaces.items()
        if not any(selects(selector, labels) for selector in selectors)
    }


def heeded_of(evidence: Evidence, hidden: Mapping[str, Sign]) -> Evidence:
    """What was read without Istio's objects in namespaces that are left out."""
    if not hidden:
        return evidence
    kept = tuple(
        item
        for item in evidence.snapshot.objects
        if item.ref.group not in _HEEDED or item.ref.namespace not in hidden
    )
    return replace(evidence, snapshot=replace(evidence.snapshot, objects=kept))
