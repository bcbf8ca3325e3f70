"""Names and labels of Calico's objects, which two API groups serve.

`projectcalico.org/v3` is what people write. In clusters with Calico's API server the same object is stored a second time as
`crd.projectcalico.org/v1`, where the labels, and for policies the name, are put away in an annotation; a policy of the
default tier is stored there as `default.name`. Upstream: projectcalico/calico `libcalico-go/lib/backend/k8s/resources`.
"""

from dataclasses import dataclass, replace

import msgspec

from app.collect.invalid import decode
from app.collect.policies.api import Context
from app.collect.wire.base import Metadata, Plain, StringMap, Wire
from app.model.identity import GroupKind, ObjectRef
from app.model.snapshot import SnapshotObject

SERVED = "projectcalico.org"
STORED = "crd.projectcalico.org"
DEFAULT_TIER = "default"
_STORED_METADATA = "projectcalico.org/metadata"
# Older API servers of Calico show policies of Kubernetes' own APIs again, under these names.
_COPIES = ("knp.default.", "kanp.adminnetworkpolicy.", "kbanp.baselineadminnetworkpolicy.", "kcnp.kube-")

_PLAIN = msgspec.json.Decoder(Plain)


class _Stored(Wire):
    """The JSON text in the annotation."""

    name: str | None = None
    labels: StringMap | None = None


_STORED = msgspec.json.Decoder(_Stored)


@dataclass(frozen=True, slots=True)
class Served:
    """An object that is served under `projectcalico.org`: its stored twin must not count again."""

    ref: ObjectRef


def served(item: SnapshotObject) -> Served:
    """Note that an object is served."""
    return Served(item.ref)


def groups(kind: str) -> tuple[GroupKind, GroupKind]:
    """The kind in both API groups."""
    return GroupKind(SERVED, kind), GroupKind(STORED, kind)


def labels_of(metadata: Metadata) -> StringMap:
    """Labels that selectors see: those of the object, and over them those that were put away."""
    return {**(metadata.labels or {}), **(_put_away(metadata).labels or {})}


def policy_name(item: SnapshotObject, tier: str) -> str:
    """The name that a person gave a policy."""
    name = item.ref.name
    if item.ref.group == STORED:
        known = _put_away(decode(item.body, _PLAIN).metadata).name
        name = known or name
    return name.removeprefix(f"{DEFAULT_TIER}.") if tier == DEFAULT_TIER else name


def is_copy(ref: ObjectRef) -> bool:
    """Whether an object only shows a policy of another API again."""
    return ref.name.startswith(_COPIES)


def counts_elsewhere(item: SnapshotObject, name: str, context: Context) -> bool:
    """Whether a stored object is served as well, where it counts."""
    if item.ref.group != STORED:
        return False
    served_as = (name, f"{DEFAULT_TIER}.{name}")
    return any(
        context.find(Served, replace(item.ref, group=SERVED, name=other)) is not None for other in served_as
    )


def _put_away(metadata: Metadata) -> _Stored:
    text = (metadata.annotations or {}).get(_STORED_METADATA)
    if not text:
        return _Stored()
    try:
        return _STORED.decode(text)
    except msgspec.DecodeError:
        return _Stored()
