"""What was not read never turns into an allow or a deny."""

import pytest

from app import evaluate
from app.model.decision import Reason
from app.model.identity import GroupKind
from app.model.snapshot import CollectionGap, GapReason
from tests.builders import (
    TCP,
    UNKNOWN_PLATFORM,
    Enforcement,
    inventory,
    namespace,
    platform,
    pod,
    pods_peer,
    policy,
    rule,
    template,
)

POLICY = GroupKind("networking.k8s.io", "NetworkPolicy")
PODS = [pod("shop/web", {"app": "web"}), pod("shop/free", {"app": "free"}), pod("ops/m", {"app": "m"})]
RULES = [policy("shop/p", "app=web", ingress=[rule(pods_peer("", ""), ports=["80/TCP"])])]


def gap(kind=POLICY, reason=GapReason.FORBIDDEN, space=""):
    return CollectionGap(kind, reason, "the list was refused", namespace=space)


def ingress(*gaps, to="shop/web[Pod]", port=80, source="ops/m[Pod]", cluster=None, found=UNKNOWN_PLATFORM):
    engine = evaluate.reachability(cluster or inventory(PODS, RULES), found, gaps)
    decision = engine.decide(source, to, TCP, port)
    return decision.ingress


@pytest.mark.parametrize("kind", [POLICY, GroupKind("", "")], ids=["policies", "something"])
def test_policies_that_were_not_read_leave_open_what_no_rule_decides(kind):
    assert ingress(gap(kind), port=81).reason is Reason.CANNOT_TELL
    assert ingress(gap(kind), to="shop/free[Pod]").reason is Reason.CANNOT_TELL
    assert ingress(gap(kind), to="shop/free[Pod]").note == "the list was refused"


def test_what_a_rule_allows_stays_allowed_because_policies_only_add():
    assert ingress(gap(), port=80).reason is Reason.ALLOWED_BY_RULE


def test_a_gap_in_one_namespace_leaves_the_others_alone():
    assert ingress(gap(space="ops"), port=81).reason is Reason.NO_RULE_MATCHES
    assert ingress(gap(space="shop"), port=81).reason is Reason.CANNOT_TELL


def test_a_policy_kind_that_is_not_evaluated_could_deny_anything():
    unknown = gap(GroupKind("cilium.io", "CiliumNetworkPolicy"), GapReason.UNKNOWN_KIND, "shop")
    assert ingress(unknown, port=80).reason is Reason.CANNOT_TELL
    assert ingress(unknown, to="ops/m[Pod]", source="shop/free[Pod]").reason is Reason.NOT_SELECTED


@pytest.mark.parametrize("reason", [GapReason.FORBIDDEN, GapReason.INVALID, GapReason.TRUNCATED])
@pytest.mark.parametrize(
    "kind",
    [
        GroupKind("policy.networking.k8s.io", "AdminNetworkPolicy"),
        GroupKind("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"),
        GroupKind("policy.networking.k8s.io", "ClusterNetworkPolicy"),
        GroupKind("crd.antrea.io", "ClusterNetworkPolicy"),
        GroupKind("crd.antrea.io", "NetworkPolicy"),
    ],
    ids=str,
)
def test_a_policy_that_can_deny_and_was_not_read_leaves_every_answer_open(kind, reason):
    assert ingress(gap(kind, reason), port=80).reason is Reason.CANNOT_TELL
    assert ingress(gap(kind, reason), to="shop/free[Pod]").reason is Reason.CANNOT_TELL


def test_only_cluster_wide_kinds_could_touch_a_host_network_pod():
    cluster = inventory([*PODS, pod("shop/host", host_network=True)], RULES)
    kind = GroupKind("projectcalico.org", "GlobalNetworkPolicy")
    for space, reason in (("", Reason.CANNOT_TELL), ("shop", Reason.HOST_NETWORK)):
        found = ingress(gap(kind, GapReason.UNKNOWN_KIND, space), to="shop/host[Pod]", cluster=cluster)
        assert found.reason is reason


def test_pods_that_were_not_read_leave_templates_in_doubt():
    cluster = inventory([template("shop/cart", {"app": "cart"}), *PODS], RULES)
    pods = gap(GroupKind("", "Pod"))
    assert ingress(pods, to="shop/cart[Deployment]", cluster=cluster).reason is Reason.CANNOT_TELL
    assert ingress(pods, cluster=cluster).reason is Reason.ALLOWED_BY_RULE


def test_labels_of_a_namespace_that_was_not_read_leave_rules_by_label_in_doubt():
    spaces = gap(GroupKind("", "Namespace"))
    by_label = [policy("shop/p", ingress=[rule(pods_peer("", "team=red"))])]
    by_name = [policy("shop/p", ingress=[rule(pods_peer("", "kubernetes.io/metadata.name=ops"))])]
    assert ingress(spaces, cluster=inventory(PODS, by_label)).reason is Reason.CANNOT_TELL
    assert ingress(spaces, cluster=inventory(PODS, by_name)).reason is Reason.ALLOWED_BY_RULE
    given = inventory(PODS, by_label, namespaces=[namespace("ops"), namespace("shop")])
    assert ingress(spaces, cluster=given).reason is Reason.NO_RULE_MATCHES


def test_an_end_outside_and_an_end_that_is_not_enforced_are_certain():
    engine = evaluate.reachability(
        inventory(PODS, RULES), platform("flannel", enforcement=Enforcement.NOT_ENFORCED), (gap(),)
    )
    decision = engine.decide("external:8.8.8.8", "shop/web[Pod]", TCP, 81)
    assert (decision.egress.reason, decision.ingress.reason) == (Reason.OUTSIDE, Reason.NOT_ENFORCED)
    assert decision.certain


def test_other_kinds_touch_no_connection():
    assert ingress(gap(GroupKind("", "ConfigMap")), port=81).reason is Reason.NO_RULE_MATCHES


def test_rows_of_touched_namespaces_say_so():
    engine = evaluate.reachability(inventory(PODS, RULES), UNKNOWN_PLATFORM, (gap(space="shop"),))
    notes = {(row.source, row.destination): row.notes for row in engine.connections()}
    said = ("cannot tell for certain: the list was refused",)
    assert notes["ops/m[Pod]", "shop/web[Pod]"] == said
    assert notes["shop/free[Pod]", "shop/web[Pod]"] == said
    assert notes["external:0.0.0.0-255.255.255.255", "ops/m[Pod]"] == ()
