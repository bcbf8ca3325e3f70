"""One row of the table, and short ways to write rows."""

from dataclasses import dataclass

from app.collect.kinds.verdicts import SEGMENTATION, Checks
from app.model.identity import GroupKind


@dataclass(frozen=True, slots=True)
class KindSpec:
    """One kind to read.

    Attributes:
        group: API group; empty for the core group.
        kind: as in the object.
        resource: plural name in the URL and in RBAC rules.
        namespaced: whether its objects live in namespaces.
        versions: versions whose fields this program knows, best first; empty takes what discovery prefers.
        why: what it is read for.
        verdicts: checks that are insufficient evidence without it.
        builtin: served by every API server; others are looked for by discovery and may be absent.
        restricts: objects of this kind can deny or allow connections.
        evaluated: this version takes its objects into account; False with `restricts` means a gap for each.
        metadata_only: ask for metadata alone, so that data never leaves the API server.
        opt_in: read only when settings ask for it.
        by_name: read single objects by name, never the list.
    """

    group: str
    kind: str
    resource: str
    namespaced: bool
    versions: tuple[str, ...]
    why: str
    verdicts: Checks
    builtin: bool = False
    restricts: bool = False
    evaluated: bool = True
    metadata_only: bool = False
    opt_in: bool = False
    by_name: bool = False

    @property
    def group_kind(self) -> GroupKind:
        """The kind's identity."""
        return GroupKind(self.group, self.kind)


def builtin(
    kind: str, resource: str, why: str, verdicts: Checks, *, group: str = "", namespaced: bool = True
) -> KindSpec:
    """A kind that every API server serves in version v1."""
    return KindSpec(group, kind, resource, namespaced, ("v1",), why, verdicts, builtin=True)


def custom(
    group: str, why: str, verdicts: Checks, resources: str, *, namespaced: bool = True
) -> tuple[KindSpec, ...]:
    """Kinds of one CRD group, written `Kind/plural Kind/plural`; versions come from discovery."""
    pairs = (pair.split("/") for pair in resources.split())
    return tuple(
        KindSpec(group, kind, plural, namespaced, (), why, verdicts) for kind, plural in sorted(pairs)
    )


def by_name_alone(why: str, verdicts: Checks, resources: str) -> tuple[KindSpec, ...]:
    """Kinds of which only names are asked for, written `group/Kind/plural group/Kind/plural`."""
    found = (entry.split("/") for entry in resources.split())
    return tuple(
        KindSpec(group, kind, plural, True, (), why, verdicts, metadata_only=True)
        for group, kind, plural in sorted(found)
    )


def policies(
    group: str, resources: str, *, namespaced: bool, versions: tuple[str, ...] = ()
) -> tuple[KindSpec, ...]:
    """Policy kinds of one CRD group that are evaluated, written as for `custom`."""
    why = "who may connect to whom"
    pairs = (pair.split("/") for pair in resources.split())
    return tuple(
        KindSpec(group, kind, plural, namespaced, versions, why, SEGMENTATION, restricts=True)
        for kind, plural in sorted(pairs)
    )


def foreign_policies(group: str, resources: str, *, namespaced: bool) -> tuple[KindSpec, ...]:
    """Policy kinds that are stored but not evaluated."""
    why = "restricts connections beside NetworkPolicy"
    pairs = (pair.split("/") for pair in resources.split())
    return tuple(
        KindSpec(group, kind, plural, namespaced, (), why, SEGMENTATION, restricts=True, evaluated=False)
        for kind, plural in sorted(pairs)
    )
