from dataclasses import replace

import pytest

from app import evaluate
from app.model.connections import Connections, PortSet
from app.model.identity import GroupKind
from app.model.policy import Action, Family
from app.model.reachability import Profile
from app.model.snapshot import CollectionGap, GapReason
from tests.builders import TCP, UNKNOWN_PLATFORM, inventory, pod, pods_peer, policy, rule
from tests.wide import act, tier, wide

PODS = [pod("shop/web", {"app": "web"}), pod("shop/cart", {"app": "cart"}), pod("ops/m", host_network=True)]
POLICIES = [
    policy("shop/deny", ingress=[]),
    policy("shop/web", "app=web", ingress=[rule(pods_peer("app=cart"), ports=["8080/TCP"])]),
]
REFUSED = CollectionGap(
    GroupKind("networking.k8s.io", "NetworkPolicy"), GapReason.FORBIDDEN, "the list was refused"
)


@pytest.mark.parametrize(
    ("source", "destination", "port", "gaps", "steps"),
    [
        pytest.param(
            "shop/cart[Pod]",
            "shop/web[Pod]",
            8080,
            (),
            [
                "shop/cart[Pod] may send to anyone, because no policy isolates it for egress.",
                "shop/web[Pod] is isolated for ingress by NetworkPolicy shop/deny and NetworkPolicy shop/web.",
                "NetworkPolicy shop/web, spec.ingress[0] allows this.",
                "So TCP 8080 from shop/cart[Pod] to shop/web[Pod] is allowed.",
                "It would be denied without NetworkPolicy shop/web, spec.ingress[0].",
            ],
            id="allowed by a rule",
        ),
        pytest.param(
            "shop/cart[Pod]",
            "shop/web[Pod]",
            80,
            (),
            [
                "shop/cart[Pod] may send to anyone, because no policy isolates it for egress.",
                (
                    "shop/web[Pod] is isolated for ingress by NetworkPolicy shop/deny and NetworkPolicy shop/web, "
                    "and no rule matches."
                ),
                "NetworkPolicy shop/web, spec.ingress[0] does not match: it admits TCP 8080 only.",
                "So TCP 80 from shop/cart[Pod] to shop/web[Pod] is denied.",
                (
                    "It would be allowed by a rule that matches at shop/web[Pod], or without NetworkPolicy shop/deny "
                    "and NetworkPolicy shop/web."
                ),
            ],
            id="denied by the port",
        ),
        pytest.param(
            "external:8.8.8.8",
            "shop/cart[Pod]",
            80,
            (),
            [
                "external:0.0.0.0-255.255.255.255 is outside the cluster, where no policy of this cluster applies.",
                "shop/cart[Pod] is isolated for ingress by NetworkPolicy shop/deny, and no rule matches.",
                "These policies have no ingress rule, so nothing is allowed.",
                "So TCP 80 from external:0.0.0.0-255.255.255.255 to shop/cart[Pod] is denied.",
                (
                    "It would be allowed by a rule that matches at shop/cart[Pod], or without NetworkPolicy shop/deny."
                ),
            ],
            id="denied by default",
        ),
        pytest.param(
            "shop/cart[Pod]",
            "ops/m[Pod]",
            80,
            (REFUSED,),
            [
                "Whether shop/cart[Pod] may send to the other end cannot be told: the list was refused.",
                (
                    "ops/m[Pod] may be reached by anyone as far as NetworkPolicy goes: it uses its node's network, "
                    "and policies do not select such pods."
                ),
                "So it cannot be told whether TCP 80 from shop/cart[Pod] to ops/m[Pod] is allowed.",
            ],
            id="cannot be told",
        ),
    ],
)
def test_the_steps_of_a_decision(source, destination, port, gaps, steps):
    engine = evaluate.reachability(inventory(PODS, POLICIES), UNKNOWN_PLATFORM, gaps)
    assert list(evaluate.explain(engine.decide(source, destination, TCP, port))) == steps


def test_a_long_list_of_misses_is_cut_and_says_so():
    rules = [rule(pods_peer(f"app=x{number}")) for number in range(25)]
    engine = evaluate.reachability(inventory(PODS, [policy("shop/p", ingress=rules)]), UNKNOWN_PLATFORM, ())
    steps = evaluate.explain(engine.decide("ops/m[Pod]", "shop/web[Pod]", TCP, 80))
    assert steps[-3] == "5 more rules of these policies do not match either."


def test_a_policy_that_denies_at_both_ends_is_named_once():
    closed = [policy("shop/closed", "", ingress=[], egress=[])]
    engine = evaluate.reachability(inventory(PODS, closed), UNKNOWN_PLATFORM, ())
    last = evaluate.explain(engine.decide("shop/web[Pod]", "shop/cart[Pod]", TCP, 80))[-1]
    assert last.endswith("at each end, or without NetworkPolicy shop/closed.")


@pytest.mark.parametrize(
    ("ports", "last"),
    [
        (Connections.all(), "So any connection from shop/web[Pod] to shop/cart[Pod] is denied."),
        (
            Connections.of({TCP: PortSet.of([(80, 90)])}),
            "So TCP 80–90 from shop/web[Pod] to shop/cart[Pod] is denied.",
        ),
    ],
)
def test_ports_that_are_decided_alike_are_told_together(ports, last):
    engine = evaluate.reachability(inventory(PODS, POLICIES), UNKNOWN_PLATFORM, ())
    assert evaluate.explain(engine.decide("shop/web[Pod]", "shop/cart[Pod]", TCP, 80), ports)[-2] == last


@pytest.mark.parametrize(
    ("policies", "profile", "steps"),
    [
        pytest.param(
            [
                wide("admin", Family.ADMIN, order=5, ingress=[act(Action.PASS, ports=["80/TCP"])]),
                wide("late", Family.BASELINE, ingress=[act(Action.DENY)]),
            ],
            Profile.SPEC,
            [
                "shop/web[Pod] is selected for ingress by AdminNetworkPolicy admin and BaselineAdminNetworkPolicy late.",
                "In the admin tier, AdminNetworkPolicy admin, spec.ingress[0] passes this on.",
                "In the baseline tier, BaselineAdminNetworkPolicy late, spec.ingress[0] denies this.",
                "So TCP 80 from shop/cart[Pod] to shop/web[Pod] is denied.",
                (
                    "It would be allowed by a rule that comes first at shop/web[Pod], or without "
                    "BaselineAdminNetworkPolicy late, spec.ingress[0]."
                ),
            ],
            id="passed on and denied",
        ),
        pytest.param(
            [
                wide(
                    "sec.log",
                    Family.CALICO,
                    tier="sec",
                    order=1,
                    ingress=[act(Action.ALLOW, ports=["1/TCP"])],
                ),
                policy("shop/np", "app=web", ingress=[rule(pods_peer("app=cart"))]),
            ],
            Profile.CALICO,
            [
                "shop/web[Pod] is selected for ingress by NetworkPolicy shop/np and GlobalNetworkPolicy sec.log.",
                (
                    "In tier sec, GlobalNetworkPolicy sec.log isolates it for ingress and no rule matches: the default "
                    "holds, which passes it on."
                ),
                "In NetworkPolicy, NetworkPolicy shop/np, spec.ingress[0] allows this.",
                "So TCP 80 from shop/cart[Pod] to shop/web[Pod] is allowed.",
                "It would be denied without NetworkPolicy shop/np, spec.ingress[0].",
            ],
            id="a tier that passes on by default",
        ),
        pytest.param(
            [
                wide(
                    "l7",
                    Family.CILIUM,
                    isolates=True,
                    ingress=[act(Action.ALLOW, conditions=("GET /health only",))],
                ),
            ],
            Profile.CILIUM,
            [
                "shop/web[Pod] is selected for ingress by CiliumClusterwideNetworkPolicy l7.",
                "In Cilium's policies, CiliumClusterwideNetworkPolicy l7, spec.ingress[0] allows this.",
                (
                    "In Cilium's policies, CiliumClusterwideNetworkPolicy l7 isolates it for ingress and no other rule "
                    "matches: the default holds, which denies it."
                ),
                (
                    "CiliumClusterwideNetworkPolicy l7, spec.ingress[0] allows this only with a condition: "
                    "GET /health only."
                ),
                "So TCP 80 from shop/cart[Pod] to shop/web[Pod] is allowed as far as these conditions hold.",
                "It would be denied without CiliumClusterwideNetworkPolicy l7, spec.ingress[0].",
            ],
            id="allowed with a condition",
        ),
    ],
)
def test_the_steps_where_policies_are_asked_in_tiers(policies, profile, steps):
    cluster = replace(inventory(PODS, policies), tiers=(tier("sec", Family.CALICO, 10, Action.PASS),))
    engine = evaluate.reachability(cluster, UNKNOWN_PLATFORM, (), profile=profile)
    told = list(evaluate.explain(engine.decide("shop/cart[Pod]", "shop/web[Pod]", TCP, 80)))
    assert told[1:] == steps
