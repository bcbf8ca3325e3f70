"""Which kinds an API server serves, and in which version.

Built-in kinds are taken to be served. For every other group of the table the server is asked: `/apis` names the groups
and `/apis/<group>/<version>` the kinds of each version. A group that is not there holds no objects; a group that does
not answer is a gap.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from app.collect.connection import Connection, RequestRefusedError, ServerUnreachableError
from app.collect.kinds import KindSpec
from app.collect.unknown import calls_itself_a_policy
from app.model.identity import GroupKind
from app.model.snapshot import CollectionGap, GapReason

_FORBIDDEN = (401, 403)
_NOT_FOUND = 404
_ADVICE = (
    "Bind ClusterRole system:discovery to the collecting account; every authenticated user normally has it."
)


class _GroupVersion(msgspec.Struct, rename="camel"):
    version: str


class _Group(msgspec.Struct, rename="camel"):
    name: str
    versions: list[_GroupVersion] = []
    preferred_version: _GroupVersion | None = None


class _Groups(msgspec.Struct):
    groups: list[_Group] = []


class _Resource(msgspec.Struct):
    name: str
    kind: str


class _Resources(msgspec.Struct):
    resources: list[_Resource] = []


_GROUPS = msgspec.json.Decoder(_Groups)
_RESOURCES = msgspec.json.Decoder(_Resources)


@dataclass(frozen=True)
class Discovery:
    """What was found out.

    Attributes:
        versions: served version of each kind of the table that is served.
        unknown: kinds of which it could not be found out.
        gaps: why.
    """

    versions: Mapping[GroupKind, str]
    unknown: frozenset[GroupKind]
    gaps: tuple[CollectionGap, ...]


def discover(connection: Connection, kinds: Sequence[KindSpec]) -> Discovery:
    """Find the served version of each kind."""
    versions = {spec.group_kind: spec.versions[0] for spec in kinds if spec.builtin}
    custom = [spec for spec in kinds if not spec.builtin]
    try:
        groups = {group.name: group for group in connection.get("/apis", _GROUPS.decode).groups}
    except (RequestRefusedError, ServerUnreachableError) as error:
        gap = _gap(GroupKind("", ""), "the groups of the API could not be listed", error)
        return Discovery(versions, frozenset(spec.group_kind for spec in custom), (gap,))
    gaps: list[CollectionGap] = []
    unknown: set[GroupKind] = set()
    for name in sorted({spec.group for spec in custom} & set(groups)):
        wanted = [spec for spec in custom if spec.group == name]
        try:
            served = _served(connection, groups[name], wanted)
            versions |= served.versions
            gaps += [_younger(kind) for kind in sorted(served.policies)]
        except (RequestRefusedError, ServerUnreachableError) as error:
            unknown |= {spec.group_kind for spec in wanted}
            gaps += [
                _gap(spec.group_kind, f"the kinds of API group {name} could not be listed", error)
                for spec in wanted
            ]
    return Discovery(versions, frozenset(unknown), tuple(gaps))


@dataclass(frozen=True)
class _Served:
    """What a group serves: versions of kinds of the table, and kinds outside it that call themselves policies."""

    versions: Mapping[GroupKind, str]
    policies: frozenset[GroupKind]


def _served(connection: Connection, group: _Group, wanted: Iterable[KindSpec]) -> _Served:
    """For each kind a version whose fields are known, else the preferred one, else the first other that has it."""
    known = {version for spec in wanted for version in spec.versions}
    missing = {(spec.resource, spec.kind): spec.group_kind for spec in wanted}
    found: dict[GroupKind, str] = {}
    policies: set[GroupKind] = set()
    for version in _in_order(group, known):
        if not missing:
            break
        for resource in _resources(connection, f"/apis/{group.name}/{version}"):
            own = GroupKind(group.name, resource.kind)
            if calls_itself_a_policy(own):
                policies.add(own)
            kind = missing.pop((resource.name, resource.kind), None)
            if kind is not None:
                found[kind] = version
    return _Served(found, frozenset(policies))


def _younger(kind: GroupKind) -> CollectionGap:
    return CollectionGap(
        kind,
        GapReason.UNKNOWN_KIND,
        f"{kind} is served and not known: objects of it may change what is reachable, and were not read",
        advice="See whether there are objects of this kind, and judge the paths that they touch by hand; a newer version may know it.",
    )


def _in_order(group: _Group, known: Collection[str]) -> list[str]:
    served = [item.version for item in group.versions]
    first = group.preferred_version.version if group.preferred_version else ""
    return sorted(served, key=lambda version: (version not in known, version != first, served.index(version)))


def _resources(connection: Connection, path: str) -> list[_Resource]:
    try:
        return connection.get(path, _RESOURCES.decode).resources
    except RequestRefusedError as error:
        if error.status == _NOT_FOUND:
            return []  # the version went away between the two questions
        raise


def _gap(kind: GroupKind, problem: str, error: RequestRefusedError | ServerUnreachableError) -> CollectionGap:
    refused = isinstance(error, RequestRefusedError) and error.status in _FORBIDDEN
    reason = GapReason.FORBIDDEN if refused else GapReason.UNREACHABLE
    return CollectionGap(
        kind, reason, f"{problem}: {error}", advice=_ADVICE if refused else "Scan again later."
    )
