"""Policies with tiers and denials, for tests, in a line each."""

from collections.abc import Sequence
from dataclasses import replace

from app.model.identity import ObjectRef
from app.model.policy import (
    Action,
    Direction,
    Family,
    Peer,
    Policy,
    Rule,
    Selector,
    Subject,
    Tier,
)
from tests.builders import port, selector

CLUSTER_WIDE = {
    Family.ADMIN: ("policy.networking.k8s.io", "AdminNetworkPolicy"),
    Family.BASELINE: ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"),
    Family.CALICO: ("projectcalico.org", "GlobalNetworkPolicy"),
    Family.CILIUM: ("cilium.io", "CiliumClusterwideNetworkPolicy"),
    Family.ANTREA: ("crd.antrea.io", "ClusterNetworkPolicy"),
}
NAMESPACED = {
    Family.CALICO: ("projectcalico.org", "NetworkPolicy"),
    Family.CILIUM: ("cilium.io", "CiliumNetworkPolicy"),
    Family.ANTREA: ("crd.antrea.io", "NetworkPolicy"),
}
ALWAYS_ISOLATE = (Family.CALICO,)


def act(
    action: Action,
    *peers: Peer,
    ports: Sequence[str] | None = None,
    own: Sequence[Peer] | None = None,
    conditions: Sequence[str] = (),
) -> Rule:
    """One rule; its path is set by `wide`."""
    return Rule(
        "",
        tuple(peers) or None,
        None if ports is None else tuple(port(text) for text in ports),
        action,
        None if own is None else tuple(own),
        tuple(conditions),
    )


def wide(
    name: str,
    family: Family,
    pods: str | Selector = "",
    *,
    ingress: Sequence[Rule] | None = None,
    egress: Sequence[Rule] | None = None,
    tier: str = "",
    order: float = 0,
    isolates: bool | None = None,
    staged: bool = False,
    unclear: Sequence[str] = (),
) -> Policy:
    """A policy of the whole cluster, or `shop/name` for one of a namespace; a direction that is not None is asked."""
    space, _, short = name.rpartition("/")
    sections = {Direction.INGRESS: ingress, Direction.EGRESS: egress}
    directions = frozenset(direction for direction, rules in sections.items() if rules is not None)
    isolating = family in ALWAYS_ISOLATE if isolates is None else isolates
    group, kind = (NAMESPACED if space else CLUSTER_WIDE)[family]
    return Policy(
        ref=ObjectRef(group, kind, space, short),
        subject=Subject(selector(pods) if isinstance(pods, str) else pods, space or None),
        directions=directions,
        ingress=_numbered("ingress", ingress),
        egress=_numbered("egress", egress),
        isolates=directions if isolating else frozenset(),
        family=family,
        tier=tier,
        order=order,
        staged=staged,
        unclear=tuple(unclear),
    )


def tier(name: str, family: Family, order: float, default: Action) -> Tier:
    group = "projectcalico.org" if family is Family.CALICO else "crd.antrea.io"
    return Tier(ObjectRef(group, "Tier", "", name), family, order, default)


def _numbered(section: str, rules: Sequence[Rule] | None) -> tuple[Rule, ...]:
    return tuple(replace(item, path=f"spec.{section}[{at}]") for at, item in enumerate(rules or ()))
