"""What address blocks hold of pods whose addresses are not known."""

from dataclasses import replace

import pytest

from app import evaluate
from app.evaluate.unaddressed import NONE, Unaddressed
from app.model.decision import Reason, RuleRef
from app.model.policy import Action, AddressMatch, Family, OtherPeer
from app.model.reachability import Profile
from tests.builders import (
    EGRESS,
    INGRESS,
    TCP,
    UNKNOWN_PLATFORM,
    cidr,
    inventory,
    node,
    pod,
    pods_peer,
    policy,
    rule,
    template,
)
from tests.wide import act, wide

WEB, DB, OLD = template("shop/web"), template("shop/db"), pod("shop/old", ips=["10.1.0.9"])
RANGED = replace(node("n1", "192.168.0.1"), pod_cidrs=("10.1.0.0/24",))
DUAL = node("n1", "192.168.0.1", "fd00::1")
BOTH = pod("shop/both", ips=["10.1.0.8", "fd00::8"])
V6_RANGED = replace(DUAL, pod_cidrs=("10.1.0.0/24", "fd00::/64"))


def asked(*policies, pods=(WEB, DB), nodes=(), profile=Profile.SPEC):
    found = evaluate.reachability(
        inventory(pods, policies, nodes=nodes), UNKNOWN_PLATFORM, (), profile=profile
    )
    ends = "shop/web[Deployment]", "shop/db[Deployment]"
    return (
        found.between(*ends).allows(TCP, 80),
        found.certain(*ends).allows(TCP, 80),
        found.decide(*ends, TCP, 80),
    )


MAY, MUST, NEVER = (True, False), (True, True), (False, False)


@pytest.mark.parametrize(
    ("blocks", "pods", "nodes", "expected"),
    [
        (["0.0.0.0/0"], (), (), MUST),
        (["10.0.0.0/8"], (), (), MAY),
        (["0.0.0.0/0", "10.0.0.0/8"], (), (), MAY),
        (["::/0"], (), (), NEVER),  # IPv4 unless something says otherwise
        (["0.0.0.0/0"], (), (DUAL,), MAY),
        (["::/0"], (), (DUAL,), MAY),
        (["0.0.0.0/0"], (OLD,), (DUAL,), MUST),  # nodes have both families, pods one
        (["::/0"], (OLD,), (DUAL,), NEVER),
        (["0.0.0.0/0"], (BOTH,), (DUAL,), MUST),  # pods have both, and this rule lets one of them through
        (["fd00::/16"], (BOTH,), (DUAL,), MAY),
        (["fd00::/16"], (BOTH,), (V6_RANGED,), MUST),
        (
            ["::/0"],
            (BOTH, OLD),
            (),
            MUST,
        ),  # one that is older than IPv6 here says nothing about those to come
        (["10.0.0.0/8"], (OLD,), (RANGED,), MUST),
        (["10.1.0.0/25"], (OLD,), (RANGED,), MAY),
        (["192.0.2.0/24"], (OLD,), (RANGED,), NEVER),
        (["0.0.0.0/0", "10.0.0.0/8"], (OLD,), (RANGED,), NEVER),
        (["192.0.2.0/24"], (), (), NEVER),  # private unless something says otherwise
        (["192.0.2.0/24"], (pod("shop/old", ips=["203.0.113.9"]),), (), MAY),
        (["0.0.0.0/0", "169.254.169.254/32"], (), (), MUST),  # no pod has a link-local address
        (["172.16.0.0/12"], (), (RANGED,), MAY),  # no pod shows that it is from these ranges
        (["172.16.0.0/12"], (pod("shop/old", ips=["10.2.0.1"]),), (RANGED,), MAY),
        (["172.16.0.0/12"], (OLD,), (replace(RANGED, pod_cidrs=("10.1/24",)),), MAY),  # not a range
    ],
)
def test_a_block_holds_a_pod_surely_perhaps_or_not(blocks, pods, nodes, expected):
    into = policy("shop/p", "", ingress=[rule(cidr(*blocks))], egress=[rule()])
    assert asked(into, pods=(WEB, DB, *pods), nodes=nodes)[:2] == expected


def test_what_an_unknown_address_decides_cannot_be_told_and_is_named():
    *_, decision = asked(policy("shop/p", "", ingress=[rule(cidr("10.0.0.0/8"))]))
    half = decision.ingress
    assert (decision.allowed, decision.certain, half.reason) == (False, False, Reason.CANNOT_TELL)
    assert half.note == (
        "no address of shop/db[Deployment] and shop/web[Deployment] is known, "
        "and NetworkPolicy shop/p, spec.ingress[0] goes by it"
    )
    assert half.note in " ".join(evaluate.explain(decision))


def test_what_it_does_not_decide_is_told_as_if_it_were_not_there():
    doubtful, open_to_all = rule(cidr("10.0.0.0/8")), rule(pods_peer())
    may, must, decision = asked(policy("shop/p", "", ingress=[doubtful, open_to_all]))
    assert (may, must, decision.allowed, decision.certain) == (True, True, True, True)
    assert [item.path for item in decision.ingress.rules] == ["spec.ingress[1]"]
    assert [acted.guess for step in decision.ingress.trail for acted in step.acted] == [False]


def test_a_denial_below_a_rule_that_may_allow_cannot_be_told():
    guarded = wide(
        "guard",
        Family.ADMIN,
        ingress=[
            act(Action.ALLOW, replace(cidr("10.0.0.0/8"), match=AddressMatch.ANYONE)),
            act(Action.DENY, pods_peer("", "")),
        ],
    )
    may, must, decision = asked(guarded)
    assert (may, must, decision.ingress.reason) == (True, False, Reason.CANNOT_TELL)
    assert "may allow this or not: an address that is not known decides." in " ".join(
        evaluate.explain(decision)
    )


def test_what_an_explanation_names_takes_the_doubt_with_it():
    denied = wide(
        "guard",
        Family.ADMIN,
        ingress=[
            act(Action.DENY, replace(cidr("10.0.0.0/8"), match=AddressMatch.ANYONE)),
            act(Action.DENY, pods_peer("", "")),
        ],
    )
    *_, decision = asked(denied)
    assert decision.ingress.reason is Reason.DENIED_BY_RULE
    assert {item.path for item in decision.ingress.remove if isinstance(item, RuleRef)} == {
        "spec.ingress[0]",
        "spec.ingress[1]",
    }


def test_everyone_but_a_block_may_mean_a_pod_whose_address_is_not_known():
    other = OtherPeer(replace(cidr("10.0.0.0/8"), match=AddressMatch.ANYONE))
    guard = wide("guard", Family.CALICO, isolates=True, ingress=[act(Action.ALLOW, other)])
    assert asked(guard, profile=Profile.CALICO)[:2] == MAY


def test_a_data_plane_that_compares_no_pod_with_blocks_has_no_doubt():
    into = policy("shop/p", "", ingress=[rule(cidr("10.0.0.0/8"))])
    assert asked(into, profile=Profile.CILIUM)[:2] == NEVER


def test_a_row_says_which_rule_goes_by_an_address():
    cluster = inventory([WEB, DB], [policy("shop/p", "", ingress=[rule(cidr("10.0.0.0/8"))])])
    found = evaluate.reachability(cluster, UNKNOWN_PLATFORM, (), profile=Profile.SPEC)
    row = next(item for item in found.connections() if "external" not in item.source + item.destination)
    assert row.notes[0] == (
        "cannot tell for certain: NetworkPolicy shop/p, spec.ingress[0] goes by an address that is not known"
    )


def test_the_rules_in_effect_are_told_once():
    cluster = inventory([WEB, DB], [policy("shop/p", "", ingress=[rule(cidr("10.0.0.0/8"))])])
    found = evaluate.reachability(cluster, UNKNOWN_PLATFORM, (), profile=Profile.SPEC)
    assert [item.rule.path for item in found.rules_on("shop/db[Deployment]", INGRESS)] == ["spec.ingress[0]"]
    assert found.rules_on("shop/db[Deployment]", EGRESS) == ()


def test_pods_of_nodes_are_compared_with_the_addresses_of_nodes():
    host = template("shop/agent", host_network=True)
    to_nodes = wide(
        "nodes",
        Family.ADMIN,
        "app=x",
        egress=[act(Action.DENY, replace(cidr("10.0.0.0/8"), match=AddressMatch.NODES))],
    )
    cluster = inventory([host, template("shop/web", {"app": "x"})], [to_nodes])
    found = evaluate.reachability(cluster, UNKNOWN_PLATFORM, (), profile=Profile.SPEC)
    ends = "shop/web[Deployment]", "shop/agent[Deployment]"
    assert found.between(*ends).allows(TCP, 80)
    assert not found.certain(*ends).allows(TCP, 80)


@pytest.mark.parametrize(("outside", "expected"), [("203.0.113.9", NEVER), ("2001:db8::9", MUST)])
def test_a_pod_meets_an_address_outside_over_the_family_of_that_address(outside, expected):
    """What narrows a rule to the pod's own addresses is compared with those of the family that the two meet over."""
    own = OtherPeer(replace(cidr("10.0.0.0/8"), match=AddressMatch.ANYONE))
    narrowed = act(Action.ALLOW, cidr("0.0.0.0/0"), cidr("::/0"), own=[own])
    guard = wide("guard", Family.CALICO, isolates=True, egress=[narrowed])
    found = evaluate.reachability(inventory([BOTH], [guard]), UNKNOWN_PLATFORM, (), profile=Profile.CALICO)
    ends = "shop/both[Pod]", f"external:{outside}"
    assert (found.between(*ends).allows(TCP, 80), found.certain(*ends).allows(TCP, 80)) == expected


def test_nothing_is_worked_out_where_every_address_is_known():
    assert Unaddressed.of((), inventory([OLD])) == Unaddressed(NONE, NONE)


def test_a_denial_over_one_family_does_not_hide_that_the_other_cannot_be_told():
    leaving = policy("shop/out", egress=[rule(cidr("::/0", "fd00::4/126"))])

    may, must, decision = asked(leaving, pods=(WEB, DB, BOTH), nodes=(DUAL,))

    assert (may, must) == MAY
    assert (decision.allowed, decision.certain) == (False, False)
