"""What is said about odd policies, one small cluster for each kind of remark; and nothing about sound ones."""

import pytest

from app import evaluate
from app.evaluate.hygiene.typos import distance
from app.model.finding import (
    CheckGroup,
    CheckMeta,
    CheckResult,
    CheckRun,
    Outcome,
    Severity,
    Strength,
    SubjectKind,
)
from app.model.finding import Subject as Of
from app.model.hygiene import Flaw
from app.model.identity import GroupKind
from app.model.policy import Action, Family
from app.model.reachability import Profile
from app.model.snapshot import CollectionGap, GapReason
from tests.builders import UNKNOWN_PLATFORM, cidr, inventory, namespace, pod, pods_peer, policy, rule
from tests.wide import act, wide

PODS = [
    pod("shop/web-1", {"app": "web", "tier": "front"}, owner="web[Deployment]"),
    pod("shop/cart-1", {"app": "cart", "tier": "back"}, owner="cart[Deployment]"),
    pod("data/store-1", {"app": "database"}, owner="store[StatefulSet]"),
]
SPACES = [namespace("shop", {"team": "store"}), namespace("data", {"team": "records"})]
WEB = pods_peer("app=web")
CLOSED = policy("shop/closed", ingress=[])
TO_CART = policy("shop/cart", "app=cart", ingress=[rule(WEB, ports=["80/TCP"])])


def looked_at(*policies, profile=Profile.SPEC, **more):
    cluster = inventory(PODS, policies, namespaces=SPACES)
    engine = evaluate.reachability(cluster, UNKNOWN_PLATFORM, more.get("gaps", ()), profile=profile)
    return evaluate.hygiene(engine, cluster, more.get("gaps", ()), more.get("runs", ()))


def told(found):
    """Kind, policy, path and causes of each remark."""
    return [
        (remark.flaw, item.ref.name, remark.path, [str(cause) for cause in remark.because])
        for item, remark in found.remarks()
    ]


def test_sound_policies_stand_in_the_population_without_a_remark():
    found = looked_at(CLOSED, TO_CART)

    assert [(item.ref.name, item.workloads, item.rules, item.remarks) for item in found.policies] == [
        ("cart", 1, 1, ()),
        ("closed", 2, 0, ()),
    ]


def test_a_policy_that_selects_nothing_and_the_label_that_was_meant():
    found = looked_at(policy("shop/p", "app=crat", ingress=[]))

    assert [item[:2] for item in told(found)] == [(Flaw.TYPO, "p"), (Flaw.SELECTS_NOTHING, "p")]
    assert "the nearest is app=cart" in found.policies[0].remarks[0].says


@pytest.mark.parametrize(
    ("peer", "near"),
    [
        (pods_peer("tier=bcak"), "tier=back"),
        (pods_peer("app notin (databas)", ""), "app=database"),
        (pods_peer("", "team=recrods"), "team=records"),
        (pods_peer("ap=web"), None),  # two letters are too few to call one of them a slip
        (pods_peer("tiers=back"), "tier"),
        (pods_peer("app=payments"), None),
        (pods_peer("app=database"), None),  # another namespace has it, and nothing here is near
    ],
)
def test_a_label_that_nothing_has_near_one_that_something_has(peer, near):
    found = looked_at(CLOSED, policy("shop/p", "app=cart", ingress=[rule(peer)]))

    says = [remark.says for _, remark in found.remarks() if remark.flaw is Flaw.TYPO]
    assert (near is None and not says) or says[0].endswith(f"the nearest is {near}")


@pytest.mark.parametrize(
    ("one", "other", "far"),
    [
        ("payment", "payments", 1),
        ("fornt", "front", 1),
        ("frnot", "front", 1),
        ("backend", "beckand", 2),
        ("web-1", "web-2", 0),  # siblings
        ("frontend", "backend", 0),
        ("web", "web", 0),
    ],
)
def test_the_distance_of_two_words(one, other, far):
    assert distance(one, other, 2) == far


def test_a_rule_that_matches_nothing():
    found = looked_at(policy("shop/p", "app=cart", ingress=[rule(pods_peer("app=payments")), rule(WEB)]))

    assert told(found) == [(Flaw.MATCHES_NOTHING, "p", "spec.ingress[0]", [])]


def test_a_port_that_no_pod_has_by_that_name():
    found = looked_at(policy("shop/p", "app=cart", ingress=[rule(WEB, ports=["metrics/TCP"])]), CLOSED)

    remark = next(remark for _, remark in found.remarks())
    assert (remark.flaw, remark.path) == (Flaw.MATCHES_NOTHING, "spec.ingress[0]")
    assert "no pod has a port of that name" in remark.says


def test_two_policies_that_say_the_same_are_each_spare_because_of_the_other():
    other = policy("shop/cart-too", "tier=back", ingress=[rule(WEB, ports=["80/TCP"])])

    found = told(looked_at(CLOSED, TO_CART, other))

    assert [item[:3] for item in found] == [(Flaw.REDUNDANT, "cart", ""), (Flaw.REDUNDANT, "cart-too", "")]
    assert "NetworkPolicy shop/cart-too, spec.ingress[0]" in found[0][3]
    assert "NetworkPolicy shop/cart, spec.ingress[0]" in found[1][3]


def test_a_deny_that_an_earlier_rule_makes_void_names_that_rule():
    admin = wide(
        "admin",
        Family.ADMIN,
        "app=cart",
        ingress=[act(Action.ALLOW, pods_peer("", "")), act(Action.DENY, pods_peer("app=web", ""))],
    )
    found = looked_at(admin)

    assert (
        Flaw.SHADOWED_DENY,
        "admin",
        "spec.ingress[1]",
        ["AdminNetworkPolicy admin, spec.ingress[0]"],
    ) in told(found)


def test_a_restriction_that_another_policy_opens_to_everyone():
    everyone = policy("shop/open", ingress=[rule()])
    found = looked_at(TO_CART, everyone)

    assert told(found)[0] == (Flaw.OPENED, "cart", "", ["NetworkPolicy shop/open, spec.ingress[0]"])


def test_a_restriction_that_rules_open_together():
    halves = [
        policy("shop/inside", "app=cart", ingress=[rule(pods_peer("", ""))]),
        policy("shop/outside", "app=cart", ingress=[rule(cidr("0.0.0.0/0"), cidr("::/0"))]),
    ]
    found = looked_at(TO_CART, *halves)

    flaws = {(flaw, name) for flaw, name, _, _ in told(found)}
    assert (Flaw.OPENED, "cart") in flaws


def test_a_baseline_may_be_opened_for_some_pods_and_not_for_all():
    one = policy("shop/open", "app=web", ingress=[rule()])

    assert Flaw.OPENED not in {item[0] for item in told(looked_at(CLOSED, one))}
    every = policy("shop/open", ingress=[rule()])
    assert (Flaw.OPENED, "closed") in {item[:2] for item in told(looked_at(CLOSED, every))}


def test_a_baseline_that_is_repeated_for_each_pod_is_kept_for_pods_to_come():
    each = [policy(f"shop/{name}", f"app={name}", ingress=[rule(WEB)]) for name in ("web", "cart")]

    assert "closed" not in {name for _, name, _, _ in told(looked_at(CLOSED, *each))}


def test_policies_that_isolate_pods_which_the_check_finds_without_names():
    isolated = policy("shop/p", "app=web", egress=[rule(pods_peer("app=cart"))])

    assert told(looked_at(isolated, runs=[nameless("web")])) == [(Flaw.NO_NAMES, "p", "", [])]


def test_one_forgotten_rule_is_told_once_with_all_whom_it_concerns():
    """Three policies isolate the same two pods: the one for both has the remark, and names the others."""
    every = policy("shop/z-every", egress=[rule(pods_peer("app=cart"))])
    each = [policy(f"shop/{name}", f"app={name}", egress=[rule(WEB)]) for name in ("web", "cart")]

    found = looked_at(every, *each, runs=[nameless("web", "cart")])

    (remark,) = [item for item in told(found) if item[0] is Flaw.NO_NAMES]
    assert remark == (Flaw.NO_NAMES, "z-every", "", ["NetworkPolicy shop/cart", "NetworkPolicy shop/web"])
    says = next(item.says for _, item in found.remarks() if item.flaw is Flaw.NO_NAMES)
    assert "shop/web[Deployment] and shop/cart[Deployment] for egress, and nothing lets them" in says


def nameless(*names):
    meta = CheckMeta(
        "dns-egress-missing", CheckGroup.SEGMENTATION, Severity.LOW, "", "", "", "", "", performed=True
    )
    subjects = [Of(SubjectKind.WORKLOAD, f"shop/{name}[Deployment]", "shop") for name in names]
    return CheckRun(
        meta, tuple(CheckResult(meta.id, item, Outcome.FAIL, Strength.DECLARED, "") for item in subjects)
    )


def test_a_staged_policy_counts_nowhere_and_is_compared_with_nothing():
    staged = wide("p", Family.CALICO, "app=cart", staged=True, ingress=[act(Action.DENY)])

    assert told(looked_at(staged, CLOSED, profile=Profile.CALICO)) == [(Flaw.COUNTS_NOWHERE, "p", "", [])]


def test_conditions_are_beyond_what_is_compared_and_that_is_said():
    found = looked_at(
        wide(
            "p",
            Family.CILIUM,
            "app=cart",
            isolates=True,
            ingress=[act(Action.ALLOW, WEB, conditions=("HTTP GET only",))],
        ),
        profile=Profile.CILIUM,
    )

    assert found.policies[0].remarks == ()
    assert "more than ends and ports" in found.policies[0].unjudged[0]


def test_what_was_not_read_is_said_beside_all_of_it():
    gap = CollectionGap(GroupKind("", "Pod"), GapReason.FORBIDDEN, "no list of pods")

    assert any("1 gap in what was read" in note for note in looked_at(TO_CART, gaps=(gap,)).notes)


def test_a_baseline_of_an_empty_namespace_waits_for_pods_to_come():
    assert told(looked_at(policy("empty/p", ingress=[]))) == []
