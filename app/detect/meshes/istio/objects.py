"""Istio's policy objects as it reads them: by age, and by labels that must be equal."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.detect.evidence import Evidence
from app.detect.fields import dig, strings, text
from app.detect.settings import REDACTED
from app.model.platform import Sign
from app.model.snapshot import SnapshotObject

REVISION = "istio.io/rev"
SECURITY = "security.istio.io"
NETWORKING = "networking.istio.io"


def by_age(evidence: Evidence, group: str, kind: str) -> tuple[SnapshotObject, ...]:
    """Objects of a kind, oldest first; of equal age by name and namespace, as the control plane sorts them."""
    return tuple(sorted(evidence.snapshot.of_kind(group, kind), key=_age))


def revision(item: SnapshotObject) -> str:
    """The one revision whose control plane heeds an object (label `istio.io/rev`); empty for all. A tag is no revision."""
    return strings(dig(item.parsed(), "metadata", "labels")).get(REVISION, "")


def heeded(wanted: str, own: str) -> bool:
    """Whether a control plane of revision `own` heeds an object that is meant for `wanted`."""
    return not wanted or wanted == (own or "default")


def created(item: SnapshotObject) -> str:
    """`metadata.creationTimestamp` (RFC 3339, UTC); empty in a manifest."""
    return text(dig(item.parsed(), "metadata", "creationTimestamp"))


def match_labels(value: object) -> Mapping[str, str] | None:
    """`selector.matchLabels`; None where there is no selector or it names no label."""
    found = dict(strings(dig(value, "matchLabels")))
    return found or None


def visible(exports: Sequence[str], home: str, namespace: str) -> bool:
    """Whether an object of namespace `home` is seen in another, by `exportTo`: `*`, `.`, or names."""
    return "*" in exports or namespace in exports or ("." in exports and namespace == home)


def unreadable(value: Any) -> bool:
    """True for a value that was masked when it was collected."""
    return isinstance(value, str) and REDACTED in value


def sign(item: SnapshotObject, path: str, value: object, says: str) -> Sign:
    """A field of an object as evidence."""
    return Sign(item.ref, path, str(value), says, item.digest)


def _age(item: SnapshotObject) -> tuple[str, str, str]:
    return created(item), item.ref.name, item.ref.namespace
