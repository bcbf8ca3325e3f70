"""Policies in the order in which a data plane asks them: planes, their stages, and in a stage the turns of policies.

A connection has to pass every plane; nearly always there is one. In a plane, stages are asked one after another. In a
stage the first rule that matches acts; what no rule matches meets the stage's default if a policy in it isolates the end,
and goes on to the next stage otherwise. What leaves the last stage is allowed.

Sources: network-policy-api, "API overview" (admin before NetworkPolicy before baseline); Calico documentation, "Tier" and
"Get started with policy tiers", and its conversion of Kubernetes policies (order 1000 in tier `default`); Cilium
documentation, "Deny policies"; Antrea documentation, "Antrea Network Policy CRDs" and "AdminNetworkPolicy".
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from app.evaluate.calico_order import Keys, rank
from app.evaluate.cilium import BEFORE_DEFAULT
from app.model.identity import ObjectRef
from app.model.policy import Action, Family, Policy, Tier
from app.model.reachability import Profile


@dataclass(frozen=True, slots=True)
class Turn:
    """A policy has its turn with its rules of some actions, in their order."""

    policy: Policy
    actions: frozenset[Action] = frozenset(Action)


Lane = tuple[Turn, ...]  # turns one after another
Group = tuple[Lane, ...]  # lanes that may be asked in any order: whichever data plane it is, it may choose


@dataclass(frozen=True, slots=True)
class Stage:
    """Policies that are asked together.

    Attributes:
        name: as a sentence names it: `tier security`, `NetworkPolicy`.
        default: what happens to what no rule matches, at an end that one of the policies isolates.
        groups: one after another.
    """

    name: str
    default: Action
    groups: tuple[Group, ...]

    @property
    def policies(self) -> tuple[Policy, ...]:
        """Every policy of the stage once, in order of its first turn."""
        turns = (turn for group in self.groups for lane in group for turn in lane)
        return tuple({turn.policy.key: turn.policy for turn in turns}.values())


@dataclass(frozen=True, slots=True)
class Plane:
    """What one data plane makes of the policies that it obeys."""

    name: str
    stages: tuple[Stage, ...]


NETWORK_POLICY = "NetworkPolicy"
_ADMIN, _BASELINE = "the admin tier", "the baseline tier"

# Calico, libcalico-go `apis/projectcalico/v3` tier defaults and its conversion of cluster network policies.
_CALICO_DEFAULT = "default"
_CALICO_TIERS = {
    _CALICO_DEFAULT: (1_000_000.0, Action.DENY),
    "kube-admin": (1_000.0, Action.PASS),
    "kube-baseline": (10_000_000.0, Action.PASS),
}
_CALICO_HOME = {
    Family.KUBERNETES: _CALICO_DEFAULT,
    Family.ADMIN: "kube-admin",
    Family.BASELINE: "kube-baseline",
}

# Antrea documentation, "Tier": the static tiers and their priorities.
_ANTREA_TIERS = {
    "emergency": 50.0,
    "securityops": 100.0,
    "networkops": 150.0,
    "platform": 200.0,
    "application": 250.0,
    "baseline": 253.0,
}
# Its documents "ClusterNetworkPolicy API Support in Antrea" and "AdminNetworkPolicy API Support in Antrea".
_ANTREA_ADMIN = {"ClusterNetworkPolicy": 220.0, "AdminNetworkPolicy": 251.0}
_ANTREA_LAST = 254.0  # what comes after its own baseline tier
_ANTREA_HOME, _ANTREA_BASELINE = "application", "baseline"

_FIRST, _THEN = frozenset({Action.DENY}), frozenset({Action.ALLOW, Action.PASS})


Maker = Callable[[Sequence[Policy], Sequence[Tier]], Iterator[Stage]]


def arrange(
    style: Profile, policies: Sequence[Policy], tiers: Sequence[Tier], *, keys: Keys = Keys.PLAIN
) -> Plane:
    """Arrange the policies of one data plane; the order of the arguments changes nothing.

    Args:
        style: whose arrangement; AUTO is the API's own.
        policies: those that it obeys, staged ones left out.
        tiers: tier objects of the cluster.
        keys: what Calico puts policies of equal order in order by.
    """
    calico: Maker = partial(_calico, keys=keys)
    make = {Profile.CALICO: calico, Profile.CILIUM: _cilium, Profile.ANTREA: _antrea}.get(style, _spec)
    return Plane(style.value, tuple(stage for stage in make(policies, tiers) if stage.groups))


def tier_of(policy: Policy) -> str:
    """The tier that a policy of a family with tier objects is in; empty for other families."""
    home = {Family.CALICO: _CALICO_DEFAULT, Family.ANTREA: _ANTREA_HOME}.get(policy.family, "")
    return policy.tier or home


def known_tiers(family: Family, tiers: Iterable[Tier]) -> frozenset[str]:
    """Names of the tiers of a family: its objects, and those that are always there."""
    always = {Family.CALICO: set(_CALICO_TIERS), Family.ANTREA: set(_ANTREA_TIERS)}.get(family, set[str]())
    return frozenset(always | {tier.name for tier in tiers if tier.family is family})


def _spec(policies: Sequence[Policy], _: Sequence[Tier]) -> Iterator[Stage]:
    yield _admin(policies)
    yield _kubernetes(policies)
    yield _baseline(policies)


def _cilium(policies: Sequence[Policy], _: Sequence[Tier]) -> Iterator[Stage]:
    """Deny wins over allow across CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy and NetworkPolicy."""
    yield _admin(policies)
    own = sorted(_of(policies, Family.KUBERNETES, Family.CILIUM), key=lambda item: item.key)
    turns = [Turn(item, actions) for actions in (_FIRST, _THEN) for item in own]
    early = [item for item in _of(policies, Family.BASELINE) if item.part == BEFORE_DEFAULT]
    turns += [Turn(item) for item in sorted(early, key=_rank)] if own else []
    policies = [item for item in policies if item not in early]
    mixed = any(item.family is Family.CILIUM for item in own)
    yield Stage("Cilium's policies" if mixed else NETWORK_POLICY, Action.DENY, _one_lane(turns))
    yield _baseline(policies)


def _antrea(policies: Sequence[Policy], tiers: Sequence[Tier]) -> Iterator[Stage]:
    """What comes before NetworkPolicy is one stage, because a Pass leaves all of it; so is what comes after.

    Admin policies stand among Antrea's own tiers, by tier numbers that Antrea fixes.
    """
    order = _ANTREA_TIERS | {tier.name: tier.order for tier in tiers if tier.family is Family.ANTREA}

    def level(item: Policy) -> tuple[float, float]:
        if item.family is Family.ANTREA:
            return order.get(tier_of(item), float("inf")), item.order
        return _ANTREA_ADMIN.get(item.ref.kind, _ANTREA_LAST), item.order

    def late(item: Policy) -> bool:
        return item.family is Family.BASELINE or tier_of(item) == _ANTREA_BASELINE

    own = sorted(_of(policies, Family.ANTREA, *_OPEN_ORDER), key=lambda item: (level(item), _identity(item)))
    early, after = [item for item in own if not late(item)], [item for item in own if late(item)]
    # a tier alone in its place keeps the name that its kind has elsewhere
    yield Stage(_stage_name(early, "Antrea's tiers", _ADMIN), Action.PASS, _side_by_side(early, level))
    yield _kubernetes(policies)
    yield Stage(
        _stage_name(after, "Antrea's baseline tier", _BASELINE), Action.PASS, _side_by_side(after, level)
    )


def _stage_name(policies: Sequence[Policy], own: str, admin: str) -> str:
    families = {item.family is Family.ANTREA for item in policies}
    return f"{own} and {admin}" if len(families) > 1 else own if True in families else admin


def _side_by_side(
    policies: Sequence[Policy], level: Callable[[Policy], tuple[float, float]]
) -> tuple[Group, ...]:
    """Policies of one level stand in lanes of their own: Antrea asks those of equal priority in no order."""
    return _joined(tuple((Turn(item),) for item in found) for _, found in groupby(policies, key=level))


def _calico(policies: Sequence[Policy], tiers: Sequence[Tier], keys: Keys) -> Iterator[Stage]:
    """Tiers by order, then name; admin and baseline policies are tiers among them."""
    given = {tier.name: (tier.order, tier.default) for tier in tiers if tier.family is Family.CALICO}
    known = _CALICO_TIERS | given
    homes: dict[str, list[Policy]] = {}
    for item in _of(policies, *_CALICO_HOME, Family.CALICO):
        homes.setdefault(_CALICO_HOME.get(item.family) or tier_of(item), []).append(item)
    for name in sorted(homes, key=lambda name: (*known.get(name, (float("inf"),))[:1], name)):
        only_kubernetes = all(item.family is Family.KUBERNETES for item in homes[name])
        title = NETWORK_POLICY if only_kubernetes else f"tier {name}"
        default = known[name][1] if name in known else Action.DENY
        by_name = partial(rank, keys=keys)
        yield Stage(title, default, _ordered(homes[name], by_name))


def _admin(policies: Sequence[Policy]) -> Stage:
    return Stage(_ADMIN, Action.PASS, _ordered(_of(policies, Family.ADMIN), _rank))


def _baseline(policies: Sequence[Policy]) -> Stage:
    return Stage(_BASELINE, Action.PASS, _ordered(_of(policies, Family.BASELINE), _rank))


def _kubernetes(policies: Sequence[Policy]) -> Stage:
    """Policies only add up, so their order changes nothing but the order of witnesses."""
    found = sorted(_of(policies, Family.KUBERNETES), key=lambda item: item.ref)
    return Stage(NETWORK_POLICY, Action.DENY, _one_lane(Turn(item) for item in found))


def _of(policies: Iterable[Policy], *families: Family) -> list[Policy]:
    return [item for item in policies if item.family in families]


def _rank(item: Policy) -> tuple[float, tuple[str, str, str]]:
    return item.order, _identity(item)


def _identity(item: Policy) -> tuple[str, str, str]:
    return item.ref.name, item.ref.namespace, item.ref.kind


def _one_lane(turns: Iterable[Turn]) -> tuple[Group, ...]:
    lane = tuple(turns)
    return ((lane,),) if lane else ()


_OPEN_ORDER = (Family.ADMIN, Family.BASELINE)


def _ordered(policies: Iterable[Policy], by: Callable[[Policy], tuple[float, object]]) -> tuple[Group, ...]:
    """One lane after another; admin policies of equal priority stand in lanes of their own, side by side."""
    groups: list[Group] = []
    ranked = sorted(policies, key=by)
    for (_, opened), found in groupby(ranked, key=lambda item: (by(item)[0], item.family in _OPEN_ORDER)):
        turns = [Turn(item) for item in found]
        groups.append(tuple((turn,) for turn in turns) if opened else (tuple(turns),))
    return _joined(groups)


def _joined(groups: Iterable[Group]) -> tuple[Group, ...]:
    """Neighbouring groups of one lane are one lane."""
    found: list[Group] = []
    for group in groups:
        if found and len(group) == 1 and len(found[-1]) == 1:
            found[-1] = (found[-1][0] + group[0],)
        else:
            found.append(group)
    return tuple(found)


def place_of(planes: Iterable[Plane]) -> dict[ObjectRef, tuple[Stage, ...]]:
    """The stages in which each policy is asked."""
    found: dict[ObjectRef, tuple[Stage, ...]] = {}
    for stage in (stage for plane in planes for stage in plane.stages):
        for policy in stage.policies:
            found[policy.ref] = (*found.get(policy.ref, ()), stage)
    return found
