"""The table of APIs, and reading all of them in order: referents, tiers, policies."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from app.collect.policies import (
    admin_network_policy,
    antrea,
    calico,
    cilium,
    cluster_network_policy,
    network_policy,
)
from app.collect.policies.api import ByKind, Context, PolicyApi, PolicyReader
from app.collect.reading import Reader
from app.model.identity import ObjectRef
from app.model.inventory import Guard
from app.model.policy import Policy, Tier
from app.model.snapshot import CollectionGap, GapReason, SnapshotObject

APIS: tuple[PolicyApi, ...] = (
    network_policy.API,
    admin_network_policy.API,
    cluster_network_policy.API,
    antrea.API,
    calico.API,
    cilium.API,
)


@dataclass(frozen=True)
class PoliciesRead:
    """Policies, tiers and guards of every API, each sorted by identity."""

    policies: tuple[Policy, ...]
    tiers: tuple[Tier, ...]
    guards: tuple[Guard, ...]


def read_policies(
    by_kind: ByKind, context: Context, reader: Reader, apis: Iterable[PolicyApi] = APIS
) -> PoliciesRead:
    """Read the policies of every API.

    Args:
        by_kind: all objects of the snapshot, each list sorted by identity.
        context: what policies of any API may refer to; referents are added here.
        reader: takes the gaps.
        apis: which APIs.
    """
    policies: list[Policy] = []
    tiers: list[Tier] = []
    guards: list[Guard] = []
    for api in apis:
        given = _tiers(api, by_kind, reader)
        known = replace(context, referents=_referents(api, by_kind, reader))
        own = _policies(api, by_kind, known, reader)
        policies += own
        tiers += _in_use(given, own, api.default_tiers)
        reader.gaps += [*_unclear(own), *api.gaps(by_kind, known)]
        guards += api.guards(by_kind, known)
    return PoliciesRead(
        tuple(sorted(policies, key=lambda item: item.ref)),
        tuple(sorted(tiers, key=lambda item: item.ref)),
        tuple(sorted(guards, key=lambda item: item.ref)),
    )


def _referents(api: PolicyApi, by_kind: ByKind, reader: Reader) -> dict[type, dict[ObjectRef, object]]:
    found: dict[type, dict[ObjectRef, object]] = {}
    for kind, read in api.referents.items():
        for item in by_kind.get(kind, ()):
            for value in reader.each((item,), read):
                found.setdefault(type(value), {})[item.ref] = value
    return found


def _policies(api: PolicyApi, by_kind: ByKind, context: Context, reader: Reader) -> list[Policy]:
    found = (
        reader.each(by_kind.get(kind, ()), partial(_in_context, read, context))
        for kind, read in api.policies.items()
    )
    return [policy for kind in found for item in kind for policy in item]


def _unclear(policies: Iterable[Policy]) -> Iterator[CollectionGap]:
    """One gap for each policy that counts and of which something is not understood."""
    for policy in policies:
        if policy.unclear and not policy.staged:
            yield CollectionGap(
                policy.ref.group_kind,
                GapReason.UNCLEAR,
                f"{policy.ref}: {'; '.join(policy.unclear)}",
                advice="Judge the paths of what it selects by hand; the policy is stored with the snapshot.",
                namespace=policy.namespace,
                name=policy.ref.name,
            )


def _in_context(read: PolicyReader, context: Context, item: SnapshotObject) -> tuple[Policy, ...]:
    return read(item, context)


def _tiers(api: PolicyApi, by_kind: ByKind, reader: Reader) -> tuple[Tier, ...]:
    """Tier objects, and the controller's own tiers that are not among them."""
    found = [tier for kind, read in api.tiers.items() for tier in reader.each(by_kind.get(kind, ()), read)]
    given = {tier.name: tier for tier in reversed(found)}  # two groups may serve one tier; the first counts
    return (*given.values(), *(tier for tier in api.default_tiers if tier.name not in given))


def _in_use(tiers: Iterable[Tier], policies: Iterable[Policy], defaults: Collection[Tier]) -> Iterator[Tier]:
    """Without the controller's own tiers that no policy names: their objects were not given."""
    named = {policy.tier for policy in policies}
    return (tier for tier in tiers if tier.name in named or tier not in defaults)
