"""The kinds that are read, why, and which verdicts are lost without each.

One row per kind: the collector, the permissions it asks for, the redaction and `doctor` all follow this table. A kind
that is not here is never listed from a cluster; from a file only its metadata is kept.
"""

from collections.abc import Iterable

from app.collect.kinds.core import CORE
from app.collect.kinds.edge import EDGE
from app.collect.kinds.meshes import MESHES
from app.collect.kinds.names import CLUSTER_SCOPED
from app.collect.kinds.plugins import PLUGINS
from app.collect.kinds.spec import KindSpec
from app.collect.kinds.verdicts import EXPOSURE
from app.model.identity import GroupKind

__all__ = ["BY_KIND", "KINDS", "WATCHED", "KindSpec", "chosen", "is_namespaced"]

KINDS: tuple[KindSpec, ...] = (*CORE, *PLUGINS, *MESHES, *EDGE)
BY_KIND = {spec.group_kind: spec for spec in KINDS}

# Kinds whose every change somebody has to approve: who may connect to whom, and how it is protected (PCI DSS 1.2.2).
# Services are not among them: their selectors and ports change with each release.
WATCHED = frozenset(
    spec.group_kind
    for spec in KINDS
    if spec.restricts
    or spec in MESHES
    or (spec in EDGE and spec.verdicts[:1] == EXPOSURE[:1])
    or spec.kind == "Ingress"
)


def is_namespaced(kind: GroupKind) -> bool:
    """Whether objects of a kind live in a namespace; a kind that nobody knows is taken to."""
    spec = BY_KIND.get(kind)
    return spec.namespaced if spec else kind.kind not in CLUSTER_SCOPED


def chosen(kinds: Iterable[KindSpec] = KINDS, *, secrets: bool = False) -> tuple[KindSpec, ...]:
    """The kinds to read; those that are off by default only when asked for."""
    return tuple(spec for spec in kinds if secrets or not spec.opt_in)
