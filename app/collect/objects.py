"""One Kubernetes object as JSON → redacted, canonical, addressed by its digest.

The only door into a snapshot: whatever the source, an object passes the redaction here before anything else sees it.
"""

from collections.abc import Container, Mapping
from typing import Any

from app.collect.kinds import is_namespaced
from app.collect.kinds.names import current
from app.collect.redact import redacted_json
from app.model.canonical import canonical_json, digest
from app.model.identity import GroupKind, ObjectRef
from app.model.snapshot import SnapshotObject

# etcd refuses requests above 1.5 MiB by default and no known installation allows more than a few times that.
MAX_OBJECT_BYTES = 8 * 1024 * 1024
DEFAULT_NAMESPACE = "default"
MAX_NAME = 253  # of every kind that a verdict depends on (DNS subdomain)
_SHOWN_NAME = 60


class NotAnObjectError(ValueError):
    """A JSON value that is no Kubernetes object; the message says what is missing."""


def group_of(api_version: str) -> str:
    """The group of `group/version`; the core group has none."""
    group, slash, _ = api_version.rpartition("/")
    return group if slash else ""


def identify(value: Mapping[str, Any]) -> ObjectRef:
    """Read an object's identity, in the group of today.

    Raises:
        NotAnObjectError: `apiVersion`, `kind` or `metadata.name` is missing or no text.
    """
    kind = current(GroupKind(group_of(_text(value, "apiVersion")), _text(value, "kind")))
    if "/" in kind.kind or "/" in kind.group:
        raise NotAnObjectError("apiVersion or kind is not a name")
    metadata = value.get("metadata")
    if not isinstance(metadata, dict):
        raise NotAnObjectError("metadata is missing")
    name = _name(metadata, "name") or _name(metadata, "generateName")
    if not name:
        raise NotAnObjectError("metadata.name is missing")
    namespace = _name(metadata, "namespace") or DEFAULT_NAMESPACE
    return ObjectRef(kind.group, kind.kind, namespace if is_namespaced(kind) else "", name)


def snapshot_object(
    ref: ObjectRef, value: dict[str, Any], origin: str = "", *, certificates: Container[str] = ()
) -> SnapshotObject:
    """Redact one object and give it its digest.

    Args:
        ref: the object's identity.
        value: the object as JSON values; it is used up.
        origin: where it came from, for messages.
        certificates: namespaces whose TLS Secrets may show their certificates.

    Raises:
        NotAnObjectError: it holds a value that JSON cannot carry, or is nested too deeply to be looked through.
    """
    try:
        body = redacted_json(ref.group_kind, value, certificates=ref.namespace in certificates)
    except RecursionError:
        raise NotAnObjectError("it is nested too deeply") from None
    except TypeError as error:
        raise NotAnObjectError(f"it cannot be written as JSON: {error}") from None
    return SnapshotObject(ref, body, digest(body), origin)


def _name(metadata: Mapping[str, Any], field: str) -> str:
    name = metadata.get(field)
    if name is None:
        return ""
    if not isinstance(name, str) or not _is_name(name):
        shown = ascii(name) if isinstance(name, str) else canonical_json(name).decode()
        short = shown if len(shown) <= _SHOWN_NAME else f"{shown[:_SHOWN_NAME]}…"
        hint = (
            "" if isinstance(name, str | dict | list) else ": quote it"
        )  # YAML reads on, y and 5 as no text
        raise NotAnObjectError(f"metadata.{field} is {short}, which is not a name{hint}")
    return name


def _is_name(name: str) -> bool:
    """What no kind allows: Kubernetes `IsValidPathSegmentName`, and characters that cannot be shown or stored."""
    return len(name) <= MAX_NAME and name.isprintable() and name not in (".", "..") and not {*name} & {*"/%"}


def _text(value: Mapping[str, Any], name: str) -> str:
    text = value.get(name)
    if not isinstance(text, str) or not text:
        raise NotAnObjectError(f"{name} is missing")
    return text
