"""Which workloads have to be compared again when policies of the whole cluster, tiers or accounts change."""

from dataclasses import replace
from types import SimpleNamespace

from app import evaluate
from app.model.identity import ObjectRef
from app.model.inventory import ServiceAccount
from app.model.platform import UNKNOWN_PLATFORM
from app.model.policy import Action, Family
from app.trend.suspects import suspects
from tests.builders import inventory, pod, policy
from tests.wide import act, tier, wide

PODS = [pod("shop/web", {"app": "web"}, service_account="one"), pod("ops/m")]
LOCK = wide("lock", Family.CALICO, order=1, ingress=[act(Action.DENY)])


def judged(policies=(), tiers=(), accounts=()):
    found = replace(inventory(PODS, policies), tiers=tuple(tiers), accounts=tuple(accounts))
    engine = evaluate.reachability(found, UNKNOWN_PLATFORM, ())
    return SimpleNamespace(inventory=found, platform=UNKNOWN_PLATFORM, reachability=engine)


def account(**labels):
    return ServiceAccount(ObjectRef("", "ServiceAccount", "shop", "one"), labels)


def test_nothing_changed():
    assert suspects(judged([LOCK]), judged([LOCK])) == frozenset()


def test_a_policy_of_a_namespace_touches_that_namespace():
    after = judged([LOCK, wide("shop/p", Family.CALICO, ingress=[])])
    assert suspects(judged([LOCK]), after) == {"shop/web[Pod]"}
    assert suspects(judged([LOCK]), judged([LOCK, policy("ops/p", ingress=[])])) == {"ops/m[Pod]"}


def test_a_policy_of_the_whole_cluster_touches_everything():
    assert suspects(judged([LOCK]), judged([replace(LOCK, order=2)])) is None


def test_a_tier_touches_everything():
    tiers = [tier("sec", Family.CALICO, order, Action.DENY) for order in (1, 2)]
    assert suspects(judged([LOCK], tiers[:1]), judged([LOCK], tiers[1:])) is None


def test_labels_of_a_service_account_touch_its_pods():
    before, after = judged(accounts=[account(role="a")]), judged(accounts=[account(role="b")])
    assert suspects(before, after) == {"shop/web[Pod]"}
