"""Profiles: what is asked of a pod after the last tier.

A pod has the profiles of its namespace (`kns.…`) and of its service account (`ksa.…`), which Calico makes of those objects:
the first allows everything, the second has no rules, and so what leaves the last tier is allowed. A profile that says
otherwise is written as a policy in a tier after all others. Profiles of other names are for host endpoints.
"""

from dataclasses import replace

import msgspec

from app.collect.policies.api import Context
from app.collect.policies.calico.metadata import SERVED, counts_elsewhere
from app.collect.policies.calico.rules import read_rules
from app.collect.policies.calico.scope import Scope
from app.collect.policies.unknown_fields import unknown_fields
from app.collect.wire import calico as wire
from app.model.identity import ObjectRef
from app.model.policy import (
    EVERYTHING,
    Action,
    Direction,
    Facet,
    Family,
    LabelSelector,
    Operator,
    Policy,
    Requirement,
    Rule,
    Subject,
    Tier,
)
from app.model.snapshot import SnapshotObject

_NAMESPACE = "kns."
_ACCOUNT = "ksa."
_LAST = float("inf")
_AFTER_ALL_TIERS = "~profiles"  # no object can have this name, and it sorts after all that can
PROFILE_TIER = Tier(ObjectRef(SERVED, "Tier", "", _AFTER_ALL_TIERS), Family.CALICO, _LAST, Action.DENY)
_ALLOWS_ALL = (Rule("", None, None),)


def profile(item: SnapshotObject, context: Context) -> tuple[Policy, ...]:
    """Read a profile of pods; one that says what Calico says anyway is no policy."""
    name = item.ref.name
    if not name.startswith((_NAMESPACE, _ACCOUNT)) or counts_elsewhere(item, name, context):
        return ()
    raw = item.parsed().get("spec") or {}
    scope = Scope("", context)
    try:
        spec = msgspec.convert(raw, wire.ProfileSpec)
    except msgspec.ValidationError as error:
        scope.wrong("spec", str(error))
        spec = wire.ProfileSpec()
    rules = {
        Direction.INGRESS: read_rules(spec.ingress, Direction.INGRESS, scope),
        Direction.EGRESS: read_rules(spec.egress, Direction.EGRESS, scope),
    }
    unclear = (
        *(f"{found.field}: {found.problem}" for found in scope.found),
        *(f"{path} is not understood" for path in unknown_fields(raw, spec, "spec")),
    )
    if name.startswith(_ACCOUNT):
        return _of_account(item, rules, unclear)
    return _of_namespace(item, rules, unclear)


def _of_namespace(
    item: SnapshotObject, rules: dict[Direction, tuple[Rule, ...]], unclear: tuple[str, ...]
) -> tuple[Policy, ...]:
    other = frozenset(direction for direction, found in rules.items() if not _allows_all(found))
    if not other and not unclear:
        return ()
    subject = Subject(EVERYTHING, item.ref.name.removeprefix(_NAMESPACE))
    return (_policy(item, subject, other or frozenset(Direction), rules, unclear),)


def _of_account(
    item: SnapshotObject, rules: dict[Direction, tuple[Rule, ...]], unclear: tuple[str, ...]
) -> tuple[Policy, ...]:
    """Rules count only after those of the namespace, which is asked first; nothing in Calico writes any."""
    if not unclear and not any(rules.values()):
        return ()
    namespace, _, account = item.ref.name.removeprefix(_ACCOUNT).partition(".")
    wanted = Requirement("", Operator.IN, (account,), Facet.ACCOUNT_NAME)
    subject = Subject(LabelSelector((wanted,)), namespace)
    why = "spec: rules in the profile of a service account are not evaluated"
    return (_policy(item, subject, frozenset(Direction), rules, (*unclear, why)),)


def _allows_all(rules: tuple[Rule, ...]) -> bool:
    return tuple(replace(rule, path="") for rule in rules[:1]) == _ALLOWS_ALL


def _policy(
    item: SnapshotObject,
    subject: Subject,
    directions: frozenset[Direction],
    rules: dict[Direction, tuple[Rule, ...]],
    unclear: tuple[str, ...],
) -> Policy:
    ingress, egress = Direction.INGRESS, Direction.EGRESS
    return Policy(
        ref=item.ref,
        subject=subject,
        directions=directions,
        isolates=directions,
        ingress=rules[ingress] if ingress in directions else (),
        egress=rules[egress] if egress in directions else (),
        family=Family.CALICO,
        tier=_AFTER_ALL_TIERS,
        order=_LAST,
        unclear=unclear,
        digest=item.digest,
    )
