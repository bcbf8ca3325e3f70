"""In which order each data plane asks, whose kinds it obeys, and what counts in which view."""

from dataclasses import replace

import pytest

from app import evaluate
from app.evaluate.arrange import arrange
from app.evaluate.calico_order import Keys
from app.evaluate.planes import Obedience, obedience
from app.model.decision import Reason
from app.model.identity import GroupKind
from app.model.platform import Plugin
from app.model.policy import Action, Facet, Family, LabelSelector, Operator, Requirement, SelectorPeer
from app.model.reachability import Profile
from app.model.snapshot import CollectionGap, GapReason
from tests.builders import (
    TCP,
    UNKNOWN_PLATFORM,
    Enforcement,
    inventory,
    platform,
    pod,
    pods_peer,
    policy,
    rule,
)
from tests.wide import act, tier, wide

ALLOW, DENY, PASS = act(Action.ALLOW), act(Action.DENY), act(Action.PASS)
EVERY = [
    policy("shop/np", ingress=[]),
    wide("anp", Family.ADMIN, order=7, ingress=[DENY]),
    wide("banp", Family.BASELINE, ingress=[DENY]),
]


def order(style, policies, tiers=()):
    """Stages by name, each with its policies; those that stand side by side in a list of their own."""
    return [
        (
            stage.name,
            [
                [[turn.policy.ref.name for turn in lane] for lane in group]
                if len(group) > 1
                else [turn.policy.ref.name for turn in group[0]]
                for group in stage.groups
            ],
        )
        for stage in arrange(style, policies, tiers).stages
    ]


@pytest.mark.parametrize(
    ("style", "policies", "tiers", "stages"),
    [
        pytest.param(
            Profile.SPEC,
            EVERY,
            (),
            [("the admin tier", [["anp"]]), ("NetworkPolicy", [["np"]]), ("the baseline tier", [["banp"]])],
            id="the API",
        ),
        pytest.param(
            Profile.SPEC,
            [
                wide("b", Family.ADMIN, order=1),
                wide("a", Family.ADMIN, order=1),
                wide("z", Family.ADMIN, order=0),
            ],
            (),
            [("the admin tier", [["z"], [["a"], ["b"]]])],
            id="equal priority is left open",
        ),
        pytest.param(
            Profile.CALICO,
            [
                *EVERY,
                wide("first", Family.CALICO, tier="early", order=3),
                wide("tail", Family.CALICO, order=float("inf")),
                wide("head", Family.CALICO, order=999),
                wide("after", Family.CALICO, tier="zz"),
            ],
            (tier("early", Family.CALICO, 5, Action.DENY), tier("zz", Family.CALICO, 2_000_000, Action.PASS)),
            [
                ("tier early", [["first"]]),
                ("tier kube-admin", [["anp"]]),
                ("tier default", [["head", "np", "tail"]]),
                ("tier zz", [["after"]]),
                ("tier kube-baseline", [["banp"]]),
            ],
            id="Calico: tiers by order, NetworkPolicy at 1000 in tier default",
        ),
        pytest.param(
            Profile.CALICO,
            [
                wide("b", Family.CALICO, tier="one"),
                wide("a", Family.CALICO, tier="two"),
                wide("c", Family.CALICO, tier="gone"),
            ],
            (tier("two", Family.CALICO, 5, Action.DENY), tier("one", Family.CALICO, 5, Action.DENY)),
            [("tier one", [["b"]]), ("tier two", [["a"]]), ("tier gone", [["c"]])],
            id="Calico: equal tiers by name, unknown ones last",
        ),
        pytest.param(
            Profile.CILIUM,
            [*EVERY, wide("ccnp", Family.CILIUM, ingress=[ALLOW, DENY])],
            (),
            [
                ("the admin tier", [["anp"]]),
                ("Cilium's policies", [["ccnp", "np", "ccnp", "np"]]),
                ("the baseline tier", [["banp"]]),
            ],
            id="Cilium: denials of all, then the rest of all",
        ),
        pytest.param(
            Profile.ANTREA,
            [
                *EVERY,
                wide("app", Family.ANTREA, tier="application", order=1),
                wide("em", Family.ANTREA, tier="emergency", order=9),
                wide("low", Family.ANTREA, tier="baseline"),
            ],
            (),
            [
                ("Antrea's tiers and the admin tier", [["em", "app", "anp"]]),
                ("NetworkPolicy", [["np"]]),
                ("Antrea's baseline tier and the baseline tier", [["low", "banp"]]),
            ],
            id="Antrea: all tiers but baseline before NetworkPolicy",
        ),
    ],
)
def test_the_order(style, policies, tiers, stages):
    assert order(style, policies, tiers) == stages
    assert order(style, policies[::-1], tiers[::-1]) == stages


TIED = [
    wide("d-all", Family.CALICO, order=1000),
    wide("shop/web-1", Family.CALICO, order=1000),
    wide("shop/web", Family.CALICO, order=1000),
    policy("shop/a", ingress=[]),
]


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        (Keys.PLAIN, ["a", "d-all", "web-1", "web"]),
        (Keys.WITH_TIER, ["d-all", "web", "web-1", "a"]),
    ],
)
def test_policies_of_equal_order_stand_as_their_keys_do(keys, names):
    (stage,) = arrange(Profile.CALICO, TIED, (), keys=keys).stages
    assert [item.ref.name for item in stage.policies] == names


@pytest.mark.parametrize(
    ("version", "allowed"),
    [("v3.31.7", False), ("v3.28.0", False), ("v3.32.0", True), ("", True), ("master", True), ("v3.²", True)],
)
def test_which_of_two_of_equal_order_acts_depends_on_the_version_of_calico(version, allowed):
    found = platform("calico")
    found = replace(found, plugins=tuple(replace(item, version=version) for item in found.plugins))
    policies = [
        wide("z-deny", Family.CALICO, order=float("inf"), ingress=[DENY]),
        wide("shop/a-allow", Family.CALICO, order=float("inf"), ingress=[ALLOW]),
    ]
    half, _ = decide(policies, platform=found)
    assert half.reason is (Reason.ALLOWED_BY_RULE if allowed else Reason.DENIED_BY_RULE)


@pytest.mark.parametrize(
    ("plugin", "version", "subject", "verdict"),
    [
        ("cilium", "1.17", wide("p", Family.CALICO), Obedience.IGNORED),
        ("cilium", "1.17", wide("p", Family.CILIUM), Obedience.OBEYED),
        ("cilium", "1.17", wide("p", Family.ADMIN), Obedience.UNKNOWN),
        ("canal", "v3.20.1", wide("p", Family.CALICO), Obedience.OBEYED),
        ("calico", "v3.32.1", wide("p", Family.ADMIN), Obedience.OBEYED),
        ("calico", "v3.28.0", wide("p", Family.ADMIN), Obedience.IGNORED),
        ("calico", "v3.29.0", wide("p", Family.ADMIN), Obedience.UNKNOWN),
        ("calico", "v3.30.0", wide("p", Family.ADMIN), Obedience.OBEYED),
        ("calico", "v3.30.9", wide("p", Family.BASELINE), Obedience.UNKNOWN),
        ("calico", "v3.31.0", wide("p", Family.BASELINE), Obedience.OBEYED),
        ("calico", "", wide("p", Family.BASELINE), Obedience.UNKNOWN),
        ("ovn-kubernetes", "", wide("p", Family.BASELINE), Obedience.OBEYED),
        ("flannel", "0.25", wide("p", Family.ADMIN), Obedience.IGNORED),
        ("antrea", "2.0", wide("p", Family.ADMIN), Obedience.UNKNOWN),
        ("unknown", "", wide("p", Family.CALICO), Obedience.UNKNOWN),
        ("flannel", "0.25", policy("shop/np", ingress=[]), Obedience.OBEYED),
    ],
)
def test_obedience(plugin, version, subject, verdict):
    found = replace(
        platform("x"),
        plugins=(
            Plugin(plugin, plugin.title(), version, primary=True, enforcement=Enforcement.ENFORCED, signs=()),
        ),
    )
    assert obedience(subject, found)[0] is verdict


SWITCHES = [
    ("cilium", wide("p", Family.CILIUM), {"ignores": True}, Obedience.IGNORED),
    ("antrea", wide("p", Family.ANTREA), {"ignores": True}, Obedience.IGNORED),
    ("antrea", wide("p", Family.ADMIN), {"reads": True}, Obedience.OBEYED),
    ("antrea", wide("p", Family.ADMIN), {"ignores": True}, Obedience.IGNORED),
]


@pytest.mark.parametrize(("plugin", "subject", "switch", "verdict"), SWITCHES)
def test_settings_of_the_plugin_have_the_last_word_on_a_kind(plugin, subject, switch, verdict):
    (usual,) = platform(plugin).plugins
    kinds = dict.fromkeys(switch, frozenset({subject.ref.group_kind}))
    assert obedience(subject, replace(platform(plugin), plugins=(replace(usual, **kinds),)))[0] is verdict


PODS = [pod("shop/web", {"app": "web"}), pod("shop/cart", {"app": "cart"})]
WEB, CART = "shop/web[Pod]", "shop/cart[Pod]"


def decide(policies, **options):
    cluster = replace(inventory(PODS, policies), tiers=options.pop("tiers", ()))
    engine = evaluate.reachability(cluster, options.pop("platform", UNKNOWN_PLATFORM), (), **options)
    return engine.decide(CART, WEB, TCP, 80).ingress, engine


def test_a_kind_that_is_not_obeyed_restricts_nothing_and_is_told():
    half, engine = decide([wide("p", Family.CALICO, ingress=[])], platform=platform("cilium"))
    assert half.reason is Reason.NOT_ENFORCED
    assert "is declared and not enforced: Cilium does not obey GlobalNetworkPolicy" in half.note
    assert engine.between(CART, WEB).is_all
    assert any("does not obey GlobalNetworkPolicy" in note for note in engine.notes)


def test_as_declared_it_counts_as_its_own_data_plane_reads_it():
    half, _ = decide([wide("p", Family.CALICO, ingress=[])], platform=platform("cilium"), as_declared=True)
    assert half.reason is Reason.NO_RULE_MATCHES


@pytest.mark.parametrize("as_declared", [True, False])
def test_a_staged_policy_never_counts(as_declared):
    half, _ = decide([wide("p", Family.CALICO, ingress=[], staged=True)], as_declared=as_declared)
    assert half.reason is Reason.NOT_ENFORCED
    assert "is staged" in half.note


def test_policies_that_were_not_understood_leave_the_answer_open_where_they_are_asked():
    unclear = wide("p", Family.CALICO, ingress=[ALLOW], order=5, unclear=["spec.ingress[0].x is not known"])
    half, _ = decide([unclear])
    assert half.reason is Reason.CANNOT_TELL
    assert "spec.ingress[0].x is not known" in half.note
    first = wide("a", Family.CALICO, tier="early", order=1, ingress=[DENY])
    half, _ = decide([unclear, first], tiers=(tier("early", Family.CALICO, 1, Action.DENY),))
    assert half.reason is Reason.DENIED_BY_RULE


def test_a_tier_that_was_not_read_leaves_the_answer_open():
    half, _ = decide([wide("p", Family.CALICO, tier="gone", ingress=[ALLOW])])
    assert half.reason is Reason.CANNOT_TELL
    assert "its tier gone was not read" in half.note


def test_equal_priority_and_contrary_actions_leave_the_answer_open():
    both = [
        wide("a", Family.ADMIN, order=5, ingress=[ALLOW]),
        wide("b", Family.ADMIN, order=5, ingress=[DENY]),
    ]
    half, engine = decide(both, profile=Profile.SPEC)
    assert half.reason is Reason.CANNOT_TELL
    assert "AdminNetworkPolicy a and AdminNetworkPolicy b have equal priority" in half.note
    (row,) = [row for row in engine.connections() if (row.source, row.destination) == (CART, WEB)]
    assert any("equal priority" in note for note in row.notes)


def test_a_condition_is_named_in_the_list():
    l7 = wide(
        "l7", Family.CILIUM, isolates=True, ingress=[act(Action.ALLOW, conditions=["GET /health only"])]
    )
    _, engine = decide([l7])
    notes = {note for row in engine.connections() if row.destination == WEB for note in row.notes}
    assert notes == {
        "allowed only with a condition: GET /health only (CiliumClusterwideNetworkPolicy l7, spec.ingress[0])"
    }


@pytest.mark.parametrize(
    ("first", "second"), [(Family.CALICO, Family.CILIUM), (Family.CILIUM, Family.CALICO)]
)
def test_what_one_data_plane_may_deny_is_not_certain_because_another_allows_it(first, second):
    narrow = wide("l7", first, isolates=True, ingress=[act(Action.ALLOW, conditions=["GET only"])])
    half, engine = decide([narrow, wide("open", second, isolates=True, ingress=[ALLOW])])
    assert half.conditions
    assert engine.between(CART, WEB).is_all
    assert not engine.certain(CART, WEB)


def test_a_neighbour_on_the_node_is_reached_for_certain_whatever_conditions_there_are():
    pods = [pod("shop/web", node="n1"), pod("shop/host", node="n1", host_network=True)]
    l7 = wide("l7", Family.CILIUM, isolates=True, ingress=[act(Action.ALLOW, conditions=["GET only"])])
    engine = evaluate.reachability(inventory(pods, [l7]), UNKNOWN_PLATFORM, ())
    (row,) = [
        item for item in engine.connections() if item.source == "shop/host[Pod]" and item.destination == WEB
    ]
    assert row.allowed.is_all
    (note,) = row.notes
    assert note.startswith("own node: ")


def test_each_vendor_whose_policies_there_are_has_a_plane_of_its_own():
    policies = [
        wide("g", Family.CALICO, ingress=[act(Action.ALLOW, pods_peer("app=cart", ""))]),
        wide("c", Family.CILIUM, isolates=True, ingress=[act(Action.ALLOW, pods_peer("app=other", ""))]),
    ]
    half, _ = decide(policies)
    assert half.reason is Reason.NO_RULE_MATCHES
    assert half.isolating == (policies[1].ref,)


def test_the_reading_is_that_of_the_engine_that_enforces():
    plugins = (
        Plugin("aws-vpc-cni", "VPC CNI", "1", primary=True, enforcement=Enforcement.NOT_ENFORCED, signs=()),
        Plugin("calico", "Calico", "v3.31", primary=False, enforcement=Enforcement.ENFORCED, signs=()),
    )
    cluster = inventory(PODS, [policy("shop/np", ingress=[rule(pods_peer())])])
    engine = evaluate.reachability(cluster, replace(platform("x"), plugins=plugins), ())
    assert engine.profile is Profile.CALICO


def test_files_that_hold_policies_of_one_vendor_are_read_as_it_reads_them():
    _, engine = decide([wide("p", Family.ANTREA, ingress=[DENY])])
    assert engine.profile is Profile.ANTREA


def test_labels_of_a_namespace_that_were_not_read_leave_an_expression_over_them_open():
    gap = CollectionGap(GroupKind("", "Namespace"), GapReason.FORBIDDEN, "namespaces were refused")
    team = LabelSelector((Requirement("team", Operator.IN, ("red",), Facet.NAMESPACE),))
    lock = wide("p", Family.CALICO, ingress=[act(Action.ALLOW, SelectorPeer(team))])
    engine = evaluate.reachability(inventory(PODS, [lock]), UNKNOWN_PLATFORM, (gap,))
    half = engine.decide(CART, WEB, TCP, 80).ingress
    assert (half.reason, half.note) == (Reason.CANNOT_TELL, "namespaces were refused")
