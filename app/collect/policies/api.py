"""What a module that reads one API's policies offers, and what it is given.

A reader is a pure function of one object and the context. It raises `InvalidObjectError` for what the API server would
refuse: the policy is then left out and each violation is a gap. A field that it does not understand goes into
`Policy.unclear`, by name, so that whatever the policy selects cannot be told.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from app.model.identity import GroupKind, ObjectRef
from app.model.inventory import Guard, Namespace, Node, Service, ServiceAccount
from app.model.policy import Policy, Tier
from app.model.snapshot import CollectionGap, SnapshotObject

T = TypeVar("T")


@dataclass(frozen=True)
class Context:
    """What policies refer to.

    Attributes:
        namespaces: those that were given, and those that pods and services use although they were not given.
        nodes: with their labels and addresses.
        services: with their selectors.
        accounts: service accounts with their labels; one that pods use need not be among them.
        referents: objects of `PolicyApi.referents`, by the type that the API's module reads them into.
    """

    namespaces: tuple[Namespace, ...] = ()
    nodes: tuple[Node, ...] = ()
    services: tuple[Service, ...] = ()
    accounts: tuple[ServiceAccount, ...] = ()
    referents: Mapping[type, Mapping[ObjectRef, object]] = field(default_factory=dict)

    def each(self, kind: type[T]) -> tuple[T, ...]:
        """All referents of one type, sorted by identity."""
        return tuple(item for item in self.referents.get(kind, {}).values() if isinstance(item, kind))

    def find(self, kind: type[T], ref: ObjectRef) -> T | None:
        """One referent; None when it was not given."""
        found = self.referents.get(kind, {}).get(ref)
        return found if isinstance(found, kind) else None


PolicyReader = Callable[[SnapshotObject, Context], tuple[Policy, ...]]
ByKind = Mapping[GroupKind, Sequence[SnapshotObject]]
TierReader = Callable[[SnapshotObject], Tier]
ReferentReader = Callable[[SnapshotObject], object]


def _no_gaps(_by_kind: ByKind, _context: Context) -> tuple[CollectionGap, ...]:
    return ()


def _no_guards(_by_kind: ByKind, _context: Context) -> tuple[Guard, ...]:
    return ()


@dataclass(frozen=True)
class PolicyApi:
    """One API.

    Attributes:
        policies: its policy kinds; one object may hold several policies or, where it does nothing, none.
        tiers: its tier kinds.
        default_tiers: tiers that its controller makes; they count where a policy names one and no object is given.
        referents: kinds that its policies refer to (groups, network sets), read before the policies.
        gaps: what of its objects is not evaluated.
        guards: where that may deny what nodes forward.
    """

    policies: Mapping[GroupKind, PolicyReader]
    tiers: Mapping[GroupKind, TierReader] = field(default_factory=dict)
    default_tiers: tuple[Tier, ...] = ()
    referents: Mapping[GroupKind, ReferentReader] = field(default_factory=dict)
    gaps: Callable[[ByKind, Context], Iterable[CollectionGap]] = _no_gaps
    guards: Callable[[ByKind, Context], Iterable[Guard]] = _no_guards
