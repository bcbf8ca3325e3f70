"""Which Kubernetes distribution the nodes say they belong to."""

from collections.abc import Callable

from app.detect.evidence import Evidence
from app.detect.nodes import Node

_RULES: tuple[tuple[str, Callable[[Node], bool]], ...] = (
    ("OpenShift", lambda node: "node.openshift.io/os_id" in node.labels),
    ("EKS", lambda node: "-eks-" in node.kubelet_version or _labelled(node, "eks.amazonaws.com/")),
    ("GKE", lambda node: "-gke." in node.kubelet_version or _labelled(node, "cloud.google.com/gke-")),
    ("AKS", lambda node: _labelled(node, "kubernetes.azure.com/")),
    ("RKE2", lambda node: "+rke2" in node.kubelet_version),
    ("k3s", lambda node: "+k3s" in node.kubelet_version),
    ("kind", lambda node: node.provider_id.startswith("kind://")),
)

# API servers of the same makers write their mark into `gitVersion`
_SERVERS = (("-eks-", "EKS"), ("-gke.", "GKE"), ("+rke2", "RKE2"), ("+k3s", "k3s"))


def distribution(evidence: Evidence) -> str:
    """Name of the distribution by its nodes, else by the API server's version; several are joined; empty if untold."""
    found = sorted({name for node in evidence.nodes if (name := _of(node))})
    if found:
        return ", ".join(found)
    version = evidence.snapshot.source.server_version
    return next((name for mark, name in _SERVERS if mark in version), "")


def _of(node: Node) -> str:
    return next((name for name, belongs in _RULES if belongs(node)), "")


def _labelled(node: Node, prefix: str) -> bool:
    return any(key.startswith(prefix) for key in node.labels)
