"""Certificates of TLS Secrets, in namespaces that opted in: only certificates leave this module, never a key.

RBAC cannot tell a certificate from the key beside it, so the
API server sends both; the answer is reduced here before anything else sees it.
"""

from collections.abc import Sequence

import msgspec
import orjson

from app.collect.connection import Connection, RequestRefusedError, ServerUnreachableError
from app.collect.objects import NotAnObjectError, identify, snapshot_object
from app.model.identity import GroupKind
from app.model.snapshot import CollectionGap, GapReason, SnapshotObject

SECRET = GroupKind("", "Secret")
_FORBIDDEN = (401, 403)


class _Meta(msgspec.Struct, rename="camel"):
    continue_: str = msgspec.field(name="continue", default="")


class _Page(msgspec.Struct):
    metadata: _Meta = msgspec.field(default_factory=_Meta)
    items: list[msgspec.Raw] | None = None


_PAGE = msgspec.json.Decoder(_Page)


def read_certificates(
    connection: Connection, namespaces: Sequence[str]
) -> tuple[list[SnapshotObject], list[CollectionGap]]:
    """TLS Secrets of the namespaces that opted in; a refusal is a gap of that namespace alone."""
    objects: list[SnapshotObject] = []
    gaps: list[CollectionGap] = []
    for namespace in sorted(set(namespaces)):
        try:
            objects += _listed(connection, namespace)
        except (RequestRefusedError, ServerUnreachableError, NotAnObjectError) as error:
            gaps.append(_gap(namespace, error))
    return objects, gaps


def _listed(connection: Connection, namespace: str) -> list[SnapshotObject]:
    path = f"/api/v1/namespaces/{namespace}/secrets"
    query: dict[str, str | int] = {
        "fieldSelector": "type=kubernetes.io/tls",
        "limit": connection.settings.page_size,
    }
    found: list[SnapshotObject] = []
    while True:
        page = connection.get(path, _PAGE.decode, query)
        for raw in page.items or ():
            value = orjson.loads(bytes(raw))
            if not isinstance(value, dict):
                raise NotAnObjectError("an item of the list is no object")
            typed = {**value, "apiVersion": "v1", "kind": "Secret"}
            found.append(snapshot_object(identify(typed), typed, "API server", certificates=(namespace,)))
        if not page.metadata.continue_:
            return found
        query["continue"] = page.metadata.continue_


def _gap(namespace: str, error: Exception) -> CollectionGap:
    refused = isinstance(error, RequestRefusedError) and error.status in _FORBIDDEN
    advice = (
        f"Add a Role in namespace {namespace} with this rule, or take it out of collect.certificates:\n"
        '- apiGroups: [""]\n  resources: ["secrets"]\n  verbs: ["list"]'
    )
    return CollectionGap(
        SECRET,
        GapReason.FORBIDDEN if refused else GapReason.UNREACHABLE,
        f"TLS Secrets of namespace {namespace} were not all read: {error}",
        advice=advice if refused else "Scan again later.",
        namespace=namespace,
    )
