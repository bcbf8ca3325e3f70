"""What the account may read, asked of the API server itself (SelfSubjectAccessReview)."""

from dataclasses import dataclass

import msgspec

from app.collect.cluster import server_version
from app.collect.config_maps import PLACES
from app.collect.connection import Connection, RequestRefusedError, ServerUnreachableError, connect
from app.collect.discovery import discover
from app.collect.kinds import KindSpec, chosen
from app.collect.permissions import rule
from app.collect.settings import ApiSettings
from app.model.identity import GroupKind

_API = "authorization.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class AccessReview:
    """Whether one kind may be read.

    Attributes:
        kind: the type.
        why: what it is read for.
        allowed: the server's answer; None when it gave none.
        rule: the RBAC rule that grants it, as YAML.
        verdicts: checks that are insufficient evidence without it.
    """

    kind: GroupKind
    why: str
    allowed: bool | None
    rule: str
    verdicts: tuple[str, ...]


class _Status(msgspec.Struct):
    allowed: bool = False


class _Answer(msgspec.Struct):
    status: _Status = msgspec.field(default_factory=_Status)


_ANSWER = msgspec.json.Decoder(_Answer)


def access_review(settings: ApiSettings) -> tuple[AccessReview, ...]:
    """Ask for every kind that the server serves whether the account may read it.

    Raises:
        CollectError: the server cannot be reached or refuses the credentials.
        ConfigurationError: the kubeconfig, its context or the service account cannot be used.
    """
    kinds = chosen(secrets=settings.secrets)
    with connect(settings) as connection:
        server_version(connection)
        discovery = discover(connection, kinds)
        asked = [
            spec
            for spec in kinds
            if spec.group_kind in discovery.versions or spec.group_kind in discovery.unknown
        ]
        return tuple(_review(connection, spec) for spec in asked)


def _review(connection: Connection, spec: KindSpec) -> AccessReview:
    names = sorted(PLACES) if spec.by_name else []
    answers = [_allowed(connection, spec, name) for name in names or [""]]
    allowed = None if None in answers else all(answers)
    return AccessReview(spec.group_kind, spec.why, allowed, rule(spec, names), spec.verdicts)


def _allowed(connection: Connection, spec: KindSpec, name: str) -> bool | None:
    attributes = {"group": spec.group, "resource": spec.resource, "verb": "get" if name else "list"}
    if name:
        attributes |= {"name": name, "namespace": PLACES[name][0]}
    body = {
        "apiVersion": _API,
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    try:
        return connection.post(f"/apis/{_API}/selfsubjectaccessreviews", _ANSWER.decode, body).status.allowed
    except (RequestRefusedError, ServerUnreachableError):
        return None
