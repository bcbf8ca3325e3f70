"""Who owns a pod: the top-level controller that a person would name.

Owner references are followed upwards from the controllers that others make (ReplicaSet, Job, ReplicationController).
Where such a one is not in the input, its own owner is read from its name as far as the controller's naming rule allows:
a Deployment names its ReplicaSets `<deployment>-<pod-template-hash>` and writes the hash into a pod label.
"""

from collections.abc import Mapping

from app.collect.wire.base import Metadata, OwnerReference
from app.model.identity import ObjectRef, WorkloadKey

# Controllers that exist for the sake of another one. Others are what a person wrote, even if an operator wrote it.
INTERMEDIATE = frozenset({"ReplicaSet", "Job", "ReplicationController"})
_HASH_LABELS = (
    ("pod-template-hash", "Deployment"),
    ("rollouts-pod-template-hash", "Rollout"),  # Argo Rollouts names its ReplicaSets alike
)

Parents = Mapping[WorkloadKey, OwnerReference | None]


def controller_of(metadata: Metadata) -> OwnerReference | None:
    """The owner reference with `controller: true`, else the first one."""
    references = metadata.owner_references
    if not references:
        return None
    return next((item for item in references if item.controller), references[0])


def top_owner(ref: ObjectRef, metadata: Metadata, parents: Parents) -> WorkloadKey:
    """Find the top-level owner of a pod or of a workload.

    A static pod's mirror is owned by its Node, which is no workload: the pod is then its own owner.

    Args:
        ref: the object whose owner is asked for.
        metadata: its metadata.
        parents: the controllers of the input, each with its own controller if it has one.
    """
    here = WorkloadKey(ref.namespace, ref.name, ref.kind)
    if ref.kind != "Pod" and ref.kind not in INTERMEDIATE:
        return here
    reference = controller_of(metadata)
    seen = {here}
    while reference is not None and reference.kind != "Node":
        here = WorkloadKey(ref.namespace, reference.name, reference.kind)
        if here in seen or here.kind not in INTERMEDIATE:
            break
        seen.add(here)
        if here not in parents:
            return _by_name(here, metadata.labels or {})
        reference = parents[here]
    return here


def _by_name(replica_set: WorkloadKey, labels: Mapping[str, str]) -> WorkloadKey:
    for label, kind in _HASH_LABELS:
        suffix = f"-{labels.get(label, '')}"
        if len(suffix) > 1 and replica_set.kind == "ReplicaSet" and replica_set.name.endswith(suffix):
            return WorkloadKey(replica_set.namespace, replica_set.name.removesuffix(suffix), kind)
    return replica_set
