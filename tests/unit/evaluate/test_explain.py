import pytest

from app import evaluate
from app.model.connections import Connections, PortSet
from app.model.identity import GroupKind
from app.model.snapshot import CollectionGap, GapReason
from tests.builders import TCP, UNKNOWN_PLATFORM, inventory, pod, pods_peer, policy, rule

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
    assert steps[-2] == "5 more rules of these policies do not match either."


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
    assert evaluate.explain(engine.decide("shop/web[Pod]", "shop/cart[Pod]", TCP, 80), ports)[-1] == last
