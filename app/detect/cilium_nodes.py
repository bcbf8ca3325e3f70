"""CiliumNodeConfig: settings that replace those of `cilium-config` on the nodes that it selects.

Source: Cilium documentation, "Per-node configuration".
"""

from collections.abc import Collection, Mapping

from app.detect.evidence import Evidence
from app.detect.fields import dig, strings
from app.detect.selectors import selector
from app.detect.settings import REDACTED, Setting
from app.model.policy import LabelSelector
from app.model.scope import selects

KIND = ("cilium.io", "CiliumNodeConfig")


def node_settings(
    evidence: Evidence, namespace: str, keys: Collection[str]
) -> Mapping[str, dict[str, Setting]]:
    """Settings among `keys` that differ on a node, by node name; later objects win, in order of name.

    Where a selector or the labels of nodes cannot be read, it may select any node, and what holds there is not known.
    """
    changed: dict[str, dict[str, Setting]] = {}
    labels_known = bool(evidence.nodes)
    for item in evidence.snapshot.of_kind(*KIND):
        if item.ref.namespace != namespace:
            continue
        body = item.parsed()
        chosen = selector(dig(body, "spec", "nodeSelector"))
        for key, value in strings(dig(body, "spec", "defaults")).items():
            if key not in keys:
                continue
            known = None if chosen is None or not labels_known or REDACTED in value else value
            setting = Setting(known, item.ref, f"spec.defaults['{key}']", item.digest)
            for node in _chosen(evidence, chosen):
                changed.setdefault(node, {})[key] = setting
    return changed


def _chosen(evidence: Evidence, chosen: LabelSelector | None) -> tuple[str, ...]:
    if chosen is None or not evidence.nodes:
        return evidence.node_names
    return tuple(node.name for node in evidence.nodes if selects(chosen, node.labels))


def cautions(evidence: Evidence, namespace: str, keys: Collection[str]) -> tuple[str, ...]:
    """What to say about objects that change a node's settings, or that could not be listed."""
    doubt = evidence.doubt(*KIND, namespace)
    found = tuple(
        f"{item.ref} changes {key} on the nodes that it selects"
        for item in evidence.snapshot.of_kind(*KIND)
        if item.ref.namespace == namespace
        for key in sorted(strings(dig(item.parsed(), "spec", "defaults")))
        if key in keys
    )
    return (*found, f"whether single nodes have other settings cannot be told: {doubt}") if doubt else found
