"""Service meshes: one file for each system, one line in MESHES."""

from collections.abc import Callable, Iterable

from app.detect.ground import Ground
from app.detect.meshes import cilium_mutual, cilium_ztunnel, consul, istio, kuma, linkerd
from app.model.encryption import Mesh

FindMeshes = Callable[[Ground], Iterable[Mesh]]

# Each finder gives one value for each mesh of its system (a revision, a `Mesh` object), none when it is not there.
MESHES: tuple[FindMeshes, ...] = (
    istio.find,
    linkerd.find,
    consul.find,
    kuma.find,
    cilium_ztunnel.find,
    cilium_mutual.find,
)

__all__ = ["MESHES", "FindMeshes"]
