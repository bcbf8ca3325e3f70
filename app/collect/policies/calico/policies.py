"""Policies of Calico, enforced and staged → normal form.

A policy that cannot be understood still counts: what it selects cannot be told, and where its selector is the trouble, that
is everyone to whom it might apply. Leaving it out would be a verdict, because it may deny.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
import orjson

from app.collect.policies.api import Context, PolicyReader
from app.collect.policies.calico.labels import pods_selected
from app.collect.policies.calico.language import Expression, both
from app.collect.policies.calico.metadata import (
    DEFAULT_TIER,
    STORED,
    counts_elsewhere,
    is_copy,
    policy_name,
)
from app.collect.policies.calico.rules import read_rules
from app.collect.policies.calico.scope import Scope
from app.collect.policies.calico.selecting import accounts, endpoints, having_accounts, namespaces
from app.collect.policies.network_policy import network_policy
from app.collect.policies.unknown_fields import unknown_fields
from app.collect.wire import calico as wire
from app.model.policy import EVERYTHING, Direction, Family, Policy, Rule, Subject
from app.model.snapshot import SnapshotObject

_LAST = float("inf")
_KUBERNETES_ORDER = 1000.0  # of every NetworkPolicy of Kubernetes (`K8sNetworkPolicyToCalico`)
_DELETE = "Delete"


def policy_reader(shape: type[wire.NamespacedSpec], *, staged: bool = False) -> PolicyReader:
    """What reads the policies of one kind, whose `spec` has this shape."""
    return partial(_read, shape, staged)


def staged_kubernetes_policy(item: SnapshotObject, context: Context) -> tuple[Policy, ...]:
    """Read a StagedKubernetesNetworkPolicy: a NetworkPolicy of Kubernetes that is not enforced.

    Raises:
        InvalidObjectError: with every violation that the policy has.
    """
    value = item.parsed()
    spec = dict(value.get("spec") or {})
    action = spec.pop("stagedAction", None)
    if action == _DELETE or counts_elsewhere(item, item.ref.name, context):
        return ()
    plain = replace(item, body=orjson.dumps({**value, "spec": spec}))
    return (
        replace(
            network_policy(plain),
            family=Family.CALICO,
            tier=DEFAULT_TIER,
            order=_KUBERNETES_ORDER,
            staged=True,
        ),
    )


def _read(
    shape: type[wire.NamespacedSpec], staged: bool, item: SnapshotObject, context: Context
) -> tuple[Policy, ...]:
    if is_copy(item.ref):
        return ()
    raw = item.parsed().get("spec") or {}
    try:
        spec = msgspec.convert(raw, shape)
    except msgspec.ValidationError as error:
        return (_incomprehensible(item, str(error), staged=staged),)
    if _is_elsewhere(spec, item, context) or _bears_on_hosts_alone(spec):
        return ()
    return (_policy(spec, raw, item, context, staged=staged),)


def _policy(
    spec: wire.NamespacedSpec, raw: Any, item: SnapshotObject, context: Context, *, staged: bool
) -> Policy:
    scope = Scope(item.ref.namespace, context)
    subject = Subject(pods_selected(selected(spec, scope)), item.ref.namespace or None)
    directions = directions_of(spec, scope, stored=item.ref.group == STORED)
    ingress = _rules(spec.ingress, Direction.INGRESS, directions, scope)
    egress = _rules(spec.egress, Direction.EGRESS, directions, scope)
    return Policy(
        ref=item.ref,
        subject=subject,
        directions=directions,
        isolates=directions,
        ingress=ingress,
        egress=egress,
        family=Family.CALICO,
        tier=spec.tier or DEFAULT_TIER,
        order=_LAST if spec.order is None else spec.order,
        staged=staged,
        unclear=(
            *(f"{item.field}: {item.problem}" for item in scope.found),
            *(f"{path} is not understood" for path in unknown_fields(raw, spec, "spec")),
        ),
        digest=item.digest,
    )


def selected(spec: wire.NamespacedSpec, scope: Scope) -> Expression | None:
    """Endpoints that a policy selects; in a NetworkPolicy `all()` is left as it is."""
    chosen = endpoints(spec.selector, "spec.selector", scope)
    if not isinstance(spec, wire.GlobalSpec):
        return both(chosen, accounts(spec.service_account_selector, "spec.serviceAccountSelector", scope))
    return both(
        chosen,
        namespaces(spec.namespace_selector, "spec.namespaceSelector", scope),
        having_accounts(spec.service_account_selector, "spec.serviceAccountSelector", scope),
    )


def directions_of(spec: wire.NamespacedSpec, scope: Scope, *, stored: bool) -> frozenset[Direction]:
    """`types`; when empty or missing, Egress if there are egress rules, and Ingress if not, or if there are ingress rules.

    This differs from Kubernetes, where Ingress is always among them. Calico's API writes the default into the object, so that one
    `stored` without it was written past that API; felix takes it for both (`ExtractPolicyMetadata`).
    """
    known = {direction.value: direction for direction in Direction}
    for index, name in enumerate(spec.types or ()):
        if name not in known:
            scope.wrong(f"spec.types[{index}]", f"`{name}` is neither Ingress nor Egress")
    if spec.types:
        return frozenset(known[name] for name in spec.types if name in known)
    return frozenset(Direction) if stored else frozenset(_by_default(spec))


def _by_default(spec: wire.NamespacedSpec) -> Iterator[Direction]:
    if spec.ingress or not spec.egress:
        yield Direction.INGRESS
    if spec.egress:
        yield Direction.EGRESS


def _rules(
    entries: list[wire.Rule] | None,
    direction: Direction,
    directions: frozenset[Direction],
    scope: Scope,
) -> tuple[Rule, ...]:
    return read_rules(entries, direction, scope) if direction in directions else ()


def _is_elsewhere(spec: wire.NamespacedSpec, item: SnapshotObject, context: Context) -> bool:
    """Whether the policy counts by another object, or says that a policy is to go, which changes nothing yet."""
    if getattr(spec, "staged_action", None) == _DELETE:
        return True
    return counts_elsewhere(item, policy_name(item, spec.tier or DEFAULT_TIER), context)


def _bears_on_hosts_alone(spec: wire.NamespacedSpec) -> bool:
    """Policies before connection tracking or before DNAT are applied to host endpoints and never to pods.

    Upstream: felix `tierInfoToProtoTierInfo`. `applyOnForward` adds host endpoints and takes no pod away.
    """
    return isinstance(spec, wire.GlobalSpec) and bool(spec.do_not_track or spec.pre_dnat)


def _incomprehensible(item: SnapshotObject, problem: str, *, staged: bool) -> Policy:
    return Policy(
        ref=item.ref,
        subject=Subject(EVERYTHING, item.ref.namespace or None),
        directions=frozenset(Direction),
        ingress=(),
        egress=(),
        family=Family.CALICO,
        tier=DEFAULT_TIER,
        order=_LAST,
        staged=staged,
        unclear=(f"spec: {problem[:1].lower()}{problem[1:]}",),
        digest=item.digest,
    )
