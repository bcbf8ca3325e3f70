"""Random small clusters with policies of every kind: tiers, denials, passes, expressions, narrowed ends, conditions."""

from dataclasses import replace

from hypothesis import strategies as st

from app.model.identity import ObjectRef
from app.model.inventory import Inventory, ServiceAccount
from app.model.policy import (
    Action,
    AddressMatch,
    AllOf,
    AnyOf,
    AnyPeer,
    Direction,
    EveryPeer,
    Facet,
    Family,
    LabelSelector,
    NamedPort,
    Not,
    Operator,
    OtherPeer,
    Policy,
    Requirement,
    Rule,
    SelectorPeer,
    Subject,
    Tier,
)
from app.model.reachability import Profile
from tests.builders import cidr, inventory, namespace, pods_peer, port, selector
from tests.properties.clusters import (
    BLOCKS,
    SPACES,
    namespace_selectors,
    nodes,
    pods,
    policies,
    ports,
    selectors,
)

STYLES = (Profile.SPEC, Profile.CALICO, Profile.CILIUM, Profile.ANTREA)
VENDORS = {Profile.CALICO: Family.CALICO, Profile.CILIUM: Family.CILIUM, Profile.ANTREA: Family.ANTREA}
KINDS = {
    Family.ADMIN: ("policy.networking.k8s.io", "AdminNetworkPolicy"),
    Family.BASELINE: ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"),
    Family.CALICO: ("projectcalico.org", "GlobalNetworkPolicy"),
    Family.CILIUM: ("cilium.io", "CiliumNetworkPolicy"),
    Family.ANTREA: ("crd.antrea.io", "ClusterNetworkPolicy"),
}
TIERS = {
    Family.CALICO: ("", "default", "security", "late"),
    Family.ANTREA: ("", "early", "application", "baseline"),
}

requirement = st.sampled_from(
    [
        *(Requirement("app", item, ("db",)) for item in (Operator.IN, Operator.NOT_IN)),
        Requirement("tier", Operator.EXISTS),
        Requirement("tier", Operator.DOES_NOT_EXIST),
        Requirement("app", Operator.CONTAINS, ("b",)),
        Requirement("app", Operator.STARTS_WITH, ("d",)),
        Requirement("app", Operator.ENDS_WITH, ("eb",)),
        Requirement("team", Operator.IN, ("red",), Facet.NAMESPACE),
        Requirement("team", Operator.DOES_NOT_EXIST, (), Facet.NAMESPACE),
        Requirement("team", Operator.STARTS_WITH, ("bl",), Facet.NAMESPACE),
        Requirement("role", Operator.IN, ("admin",), Facet.ACCOUNT),
        Requirement("role", Operator.NOT_IN, ("admin",), Facet.ACCOUNT),
        Requirement("role", Operator.CONTAINS, ("e",), Facet.ACCOUNT),
        Requirement("", Operator.IN, ("one",), Facet.ACCOUNT_NAME),
        Requirement("", Operator.NOT_IN, ("one", "two"), Facet.ACCOUNT_NAME),
        Requirement("", Operator.EXISTS, (), Facet.ACCOUNT_NAME),
        Requirement("", Operator.ENDS_WITH, ("o",), Facet.ACCOUNT_NAME),
    ]
)
plain = st.lists(requirement, max_size=2, unique=True).map(lambda found: LabelSelector(tuple(sorted(found))))
expressions = st.recursive(
    plain | selectors.map(selector),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2).map(lambda parts: AllOf(tuple(parts))),
        st.lists(inner, max_size=2).map(lambda parts: AnyOf(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=3,
)
leaf_peers = st.one_of(
    st.builds(SelectorPeer, expressions, st.none() | st.sampled_from(SPACES)),
    st.builds(pods_peer, selectors, namespace_selectors),
    st.builds(
        lambda block, match: replace(cidr(*block), match=match),
        st.sampled_from(BLOCKS),
        st.sampled_from(AddressMatch),
    ),
)
peers = st.recursive(
    leaf_peers,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2).map(lambda parts: EveryPeer(tuple(parts))),
        st.lists(inner, max_size=2).map(lambda parts: AnyPeer(tuple(parts))),
        inner.map(OtherPeer),
    ),
    max_leaves=3,
)
several_peers = st.none() | st.lists(peers, max_size=2).map(tuple)


@st.composite
def rules(draw, actions, *, conditions: bool = True):
    named = draw(st.just(()) | st.none() | ports) if draw(st.integers(0, 5)) == 0 else draw(ports)
    conditional = conditions and draw(st.integers(0, 5)) == 0
    return Rule(
        "",
        draw(several_peers),
        None if named is None else tuple(port(text) for text in named),
        draw(st.sampled_from(actions)),
        draw(several_peers) if draw(st.integers(0, 3)) == 0 else None,
        ("only on Mondays",) if conditional else (),
    )


@st.composite
def wide_policies(draw, number: int, family: Family, *, conditions: bool = True):
    """A policy of a family with tiers or denials of its own."""
    actions = [Action.ALLOW, Action.DENY] if family is Family.CILIUM else list(Action)
    found = {
        direction: draw(st.none() | st.lists(rules(actions, conditions=conditions), max_size=3))
        for direction in Direction
    }
    directions = frozenset(direction for direction, section in found.items() if section is not None)
    space = (
        draw(st.none() | st.sampled_from(SPACES))
        if family in (Family.CALICO, Family.CILIUM, Family.ANTREA)
        else None
    )
    isolates = {
        Family.CALICO: directions,
        Family.CILIUM: directions if draw(st.booleans()) else frozenset(),
    }.get(family, frozenset())
    group, kind = KINDS[family]
    orders = [0.0, 1.0, 1000.0, float("inf")] if family in (Family.CALICO, Family.ANTREA) else [0.0, 1.0]
    return Policy(
        ref=ObjectRef(group, kind, space or "", f"p{number}"),
        subject=Subject(draw(expressions), space),
        directions=directions,
        ingress=numbered("ingress", found[Direction.INGRESS]),
        egress=numbered("egress", found[Direction.EGRESS]),
        isolates=isolates,
        family=family,
        tier=draw(st.sampled_from(TIERS[family])) if family in TIERS else "",
        order=draw(st.sampled_from(orders)) if family is not Family.CILIUM else float("inf"),
        staged=draw(st.integers(0, 7)) == 0,
    )


def numbered(section: str, found: list[Rule] | None) -> tuple[Rule, ...]:
    return tuple(replace(rule, path=f"spec.{section}[{at}]") for at, rule in enumerate(found or ()))


@st.composite
def tiers(draw):
    calico, antrea = ("projectcalico.org", "Tier"), ("crd.antrea.io", "Tier")
    defaults = st.sampled_from([Action.DENY, Action.PASS])
    return (
        Tier(
            ObjectRef(*calico, "", "late"), Family.CALICO, draw(st.sampled_from([2e6, 2e7])), draw(defaults)
        ),
        Tier(
            ObjectRef(*calico, "", "security"),
            Family.CALICO,
            draw(st.sampled_from([100.0, 1000.0])),
            draw(defaults),
        ),
        Tier(
            ObjectRef(*antrea, "", "early"), Family.ANTREA, draw(st.sampled_from([10.0, 251.0])), Action.PASS
        ),
    )


@st.composite
def mixed_clusters(
    draw, style: Profile, *, conditions: bool = True, families: tuple[Family, ...] = ()
) -> Inventory:
    """A cluster with the policies that a data plane of one style knows, or with those of given families."""
    vendor = VENDORS.get(style)
    known = families or (Family.ADMIN, Family.BASELINE, *((vendor,) if vendor else ()))
    spaces = [
        namespace(name, draw(st.sampled_from([{}, {"team": "red"}, {"team": "blue"}]))) for name in SPACES
    ]
    found = [draw(policies(number)) for number in range(draw(st.integers(0, 2)))]
    found += [
        draw(wide_policies(number, draw(st.sampled_from(known)), conditions=conditions))
        for number in range(10, 10 + draw(st.integers(1, 5)))
    ]
    running = [
        replace(draw(pods(number)), service_account=draw(st.sampled_from(["", "one", "two", "three"])))
        for number in range(1, draw(st.integers(1, 5)) + 1)
    ]
    cluster = inventory(
        running,
        [],
        namespaces=spaces,
        nodes=draw(nodes()),
    )
    accounts = tuple(
        ServiceAccount(ObjectRef("", "ServiceAccount", space, name), labels)
        for space in SPACES
        for name, labels in (("one", {"role": "admin"}), ("two", {"role": "viewer"}), ("three", {}))
    )
    # Cilium looks such names up in the whole cluster, which makes them a condition.
    if style is Profile.CILIUM and not conditions:
        found = [replace(item, egress=tuple(map(_without_port_names, item.egress))) for item in found]
    ordered = tuple(sorted(found, key=lambda item: item.ref))
    return replace(cluster, policies=ordered, tiers=draw(tiers()), accounts=accounts)


def _without_port_names(rule: Rule) -> Rule:
    kept = None if rule.ports is None else tuple(at for at in rule.ports if not isinstance(at, NamedPort))
    return replace(rule, ports=kept)
