"""Nodes as detection needs them: who runs there, and whether a network agent can."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from app.detect.fields import dig, mapping, sequence, strings, text
from app.detect.workloads import OS_LABEL
from app.model.identity import ObjectRef
from app.model.platform import Sign
from app.model.snapshot import SnapshotObject

COMPUTE_TYPE = "eks.amazonaws.com/compute-type"
VIRTUAL_TAINT = "virtual-kubelet.io/provider"


@dataclass(frozen=True)
class Node:
    """A `core/v1 Node`.

    Attributes:
        ready: the Ready condition is True.
        taints: keys of `spec.taints`.
    """

    ref: ObjectRef
    digest: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    provider_id: str
    kubelet_version: str
    os: str
    ready: bool
    taints: tuple[str, ...]

    @classmethod
    def of(cls, item: SnapshotObject) -> Self:
        """Read a stored Node."""
        body = item.parsed()
        labels = strings(dig(body, "metadata", "labels"))
        return cls(
            ref=item.ref,
            digest=item.digest,
            labels=labels,
            annotations=strings(dig(body, "metadata", "annotations")),
            provider_id=text(dig(body, "spec", "providerID")),
            kubelet_version=text(dig(body, "status", "nodeInfo", "kubeletVersion")),
            os=labels.get(OS_LABEL, "") or text(dig(body, "status", "nodeInfo", "operatingSystem")),
            ready=is_true(dig(body, "status", "conditions"), "Ready"),
            taints=tuple(text(mapping(item).get("key")) for item in sequence(dig(body, "spec", "taints"))),
        )

    @property
    def name(self) -> str:
        """The node's name, as in `pod.spec.nodeName`."""
        return self.ref.name

    def label_sign(self, key: str, says: str) -> Sign:
        """A label of this node as evidence."""
        return Sign(self.ref, f"metadata.labels['{key}']", self.labels.get(key, ""), says, self.digest)

    def ready_sign(self, says: str) -> Sign:
        """The Ready condition of this node as evidence."""
        path = "status.conditions[type=Ready].status"
        return Sign(self.ref, path, "True" if self.ready else "not True", says, self.digest)


def without_daemons(node: Node) -> Sign | None:
    """Why no DaemonSet pod can ever run on a node (Fargate, virtual kubelet); None when one can."""
    if node.labels.get(COMPUTE_TYPE) == "fargate":
        return node.label_sign(COMPUTE_TYPE, "Fargate runs no DaemonSet pods")
    if node.labels.get("type") == "virtual-kubelet":
        return node.label_sign("type", "a virtual kubelet runs no DaemonSet pods")
    if VIRTUAL_TAINT in node.taints:
        return Sign(
            node.ref, "spec.taints", VIRTUAL_TAINT, "a virtual kubelet runs no DaemonSet pods", node.digest
        )
    return None


def is_true(conditions: object, kind: str) -> bool:
    """True when a list of API conditions holds one of that type with status True."""
    return any(
        mapping(item).get("type") == kind and mapping(item).get("status") == "True"
        for item in sequence(conditions)
    )
