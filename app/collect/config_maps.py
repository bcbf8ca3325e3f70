"""ConfigMaps of network plugins and meshes, read one by one.

A list of all ConfigMaps would carry the settings of every application, so only those are asked for whose name is known
and whose namespace exists. Where a mesh has revisions, their names follow from the namespaces' labels.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from app.collect.connection import Connection, RequestRefusedError, ServerUnreachableError
from app.collect.kinds import KindSpec
from app.collect.listing import Listed, read_item
from app.collect.permissions import grant
from app.model.snapshot import CollectionGap, Coverage, GapReason, SnapshotObject

_SYSTEM = ("kube-system",)
_ISTIO = ("istio-system", "aks-istio-system")

# name → namespaces where its product is installed (domain knowledge: the products' install manifests).
PLACES: Mapping[str, tuple[str, ...]] = {
    "amazon-vpc-cni": _SYSTEM,
    "antrea-config": _SYSTEM,
    "azure-npm-config": _SYSTEM,
    "calico-config": (*_SYSTEM, "calico-system"),
    "canal-config": _SYSTEM,
    "cilium-config": (*_SYSTEM, "cilium", "cilium-system"),
    "ingress-nginx-controller": ("ingress-nginx", *_SYSTEM),
    "istio": _ISTIO,
    "istio-cni-config": (*_ISTIO, *_SYSTEM),
    "kube-flannel-cfg": ("kube-flannel", *_SYSTEM),
    "kube-router-cfg": _SYSTEM,
    "kubeadm-config": _SYSTEM,
    "kubelet-config": _SYSTEM,
    "linkerd-config": ("linkerd",),
    "linkerd-identity-trust-roots": ("linkerd",),
    "nginx-config": ("nginx-ingress",),
    "nginx-configuration": ("ingress-nginx", *_SYSTEM),
    "ovnkube-config": ("openshift-ovn-kubernetes", "ovn-kubernetes"),
    "rke2-canal-config": _SYSTEM,
    "traefik": ("traefik", *_SYSTEM),
    "traefik-config": ("traefik", *_SYSTEM),
}
_REVISION_LABEL = "istio.io/rev"
_RAW = msgspec.json.Decoder(msgspec.Raw)  # whether the answer is whole, without decoding it
_FORBIDDEN = (401, 403)
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where one ConfigMap would be."""

    namespace: str
    name: str


def read_config_maps(connection: Connection, spec: KindSpec, namespaces: Sequence[SnapshotObject]) -> Listed:
    """Read the known ConfigMaps.

    Args:
        connection: the API server.
        spec: the ConfigMap row of the table.
        namespaces: namespaces of the cluster; when none could be listed, every known place is asked.
    """
    listed = Listed(pages=1)
    for place in places(namespaces):
        try:
            item = _get(connection, spec, place)
        except (RequestRefusedError, ServerUnreachableError) as error:
            listed.gaps.append(_gap(spec, place, error))
            continue
        if isinstance(item, CollectionGap):
            listed.gaps.append(item)
        elif item is not None:
            listed.objects.append(item)
    if listed.gaps:
        listed.coverage = Coverage.PARTIAL if listed.objects else Coverage.REFUSED
    return listed


def places(namespaces: Sequence[SnapshotObject]) -> tuple[Place, ...]:
    """The places to ask, sorted."""
    known = {item.ref.name for item in namespaces}
    found = {
        Place(namespace, name)
        for name, homes in PLACES.items()
        for namespace in homes
        if not known or namespace in known
    }
    for revision in _revisions(namespaces):
        for namespace in _ISTIO:
            if namespace in known:
                found |= {
                    Place(namespace, f"istio-{revision}"),
                    Place(namespace, f"istio-shared-configmap-{revision}"),
                }
    return tuple(sorted(found))


def _revisions(namespaces: Iterable[SnapshotObject]) -> set[str]:
    labels = (item.parsed()["metadata"].get("labels") or {} for item in namespaces)
    return {str(each[_REVISION_LABEL]) for each in labels if each.get(_REVISION_LABEL)}


def _get(connection: Connection, spec: KindSpec, place: Place) -> SnapshotObject | CollectionGap | None:
    path = f"/api/v1/namespaces/{place.namespace}/{spec.resource}/{place.name}"
    try:
        return read_item(memoryview(connection.get(path, _RAW.decode)), spec, "v1")
    except RequestRefusedError as error:
        if error.status == _NOT_FOUND:
            return None  # the product is not installed there
        raise


def _gap(spec: KindSpec, place: Place, error: RequestRefusedError | ServerUnreachableError) -> CollectionGap:
    refused = isinstance(error, RequestRefusedError) and error.status in _FORBIDDEN
    return CollectionGap(
        spec.group_kind,
        GapReason.FORBIDDEN if refused else GapReason.UNREACHABLE,
        f"ConfigMap {place.namespace}/{place.name} could not be read: {error}",
        advice=grant(spec, PLACES) if refused else "Scan again later.",
        namespace=place.namespace,
        name=place.name,
    )
