"""What was not read never turns into an allow or a deny."""

from dataclasses import replace

import pytest

from app import evaluate
from app.model.decision import Reason
from app.model.identity import GroupKind, ObjectRef
from app.model.inventory import Guard, ServiceAccount
from app.model.policy import NOTHING, Facet, Family, LabelSelector, Operator, Requirement, SelectorPeer
from app.model.snapshot import FORWARDED, CollectionGap, GapReason
from tests.builders import (
    EGRESS,
    INGRESS,
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


CALICO = replace(policy("shop/c", "app=web", ingress=[rule()]), family=Family.CALICO)


@pytest.mark.parametrize("kind", ["GlobalNetworkPolicy", "NetworkPolicy", "Tier"])
def test_policies_of_calico_that_were_not_read_could_deny_what_others_allow(kind):
    missing = gap(GroupKind("projectcalico.org", kind), space="shop")
    assert ingress(missing, port=80).reason is Reason.CANNOT_TELL
    assert ingress(missing, to="shop/free[Pod]").reason is Reason.CANNOT_TELL
    assert ingress(missing, to="ops/m[Pod]", source="shop/free[Pod]").reason is Reason.NOT_SELECTED


@pytest.mark.parametrize("kind", ["GlobalNetworkSet", "NetworkSet", "Profile"])
def test_what_policies_of_calico_refer_to_matters_where_there_are_any(kind):
    missing = gap(GroupKind("crd.projectcalico.org", kind))
    assert ingress(missing, port=80).reason is Reason.ALLOWED_BY_RULE
    assert ingress(missing, port=80, cluster=inventory(PODS, [CALICO])).reason is Reason.CANNOT_TELL


@pytest.mark.parametrize("reason", [GapReason.UNKNOWN_KIND, GapReason.FORBIDDEN])
def test_host_endpoints_leave_host_network_pods_in_doubt_and_no_others(reason):
    cluster = inventory([*PODS, pod("shop/host", host_network=True)], RULES)
    hosts = gap(GroupKind("projectcalico.org", "HostEndpoint"), reason)
    assert ingress(hosts, to="shop/host[Pod]", cluster=cluster).reason is Reason.CANNOT_TELL
    assert ingress(hosts, cluster=cluster).reason is Reason.ALLOWED_BY_RULE
    assert ingress(hosts, to="shop/free[Pod]", cluster=cluster).reason is Reason.NOT_SELECTED


FORWARDING = CollectionGap(
    GroupKind("projectcalico.org", "HostEndpoint"), GapReason.UNKNOWN_KIND, "h may deny it", field=FORWARDED
)


def forwarded(*directions, web="n1", guarded="n1"):
    """Answers where something guards what a node forwards, and shop/web runs on that node or on another."""
    guard = Guard(ObjectRef("projectcalico.org", "HostEndpoint", "", "h"), guarded, frozenset(directions))
    pods = [
        pod("shop/web", {"app": "web"}, node=web),
        pod("ops/m", {"app": "m"}, node="n3"),
        pod("shop/host", host_network=True, node="n4"),
    ]
    cluster = inventory(pods, RULES)
    return evaluate.reachability(replace(cluster, guards=(guard,)), UNKNOWN_PLATFORM, (FORWARDING,))


def test_what_nodes_forward_may_be_denied_where_policies_of_pods_allow_it():
    answers = forwarded(INGRESS, EGRESS)
    allowed = answers.decide("ops/m[Pod]", "shop/web[Pod]", TCP, 80)
    assert (allowed.egress.reason, allowed.ingress.reason) == (Reason.NOT_SELECTED, Reason.CANNOT_TELL)
    assert allowed.ingress.note == "h may deny it"
    out = answers.decide("shop/web[Pod]", "external:1.2.3.4", TCP, 80)
    assert (out.egress.reason, out.ingress.reason) == (Reason.CANNOT_TELL, Reason.OUTSIDE)
    assert answers.decide("external:1.2.3.4", "shop/host[Pod]", TCP, 80).certain


@pytest.mark.parametrize(
    ("directions", "web", "guarded", "into", "out"),
    [
        ([INGRESS], "n1", "n1", False, True),
        ([EGRESS], "n1", "n1", True, False),
        ([INGRESS, EGRESS], "n2", "n1", True, True),
        ([INGRESS, EGRESS], "n2", "", False, False),  # a guard whose node could not be read
        ([INGRESS, EGRESS], "", "n1", False, False),  # a pod that may run on any node
    ],
)
def test_what_guards_a_node_touches_its_pods_alone_and_in_its_directions(directions, web, guarded, into, out):
    answers = forwarded(*directions, web=web, guarded=guarded)
    assert answers.decide("ops/m[Pod]", "shop/web[Pod]", TCP, 80).certain is into
    assert answers.decide("shop/web[Pod]", "external:1.2.3.4", TCP, 80).certain is out


def test_what_policies_of_pods_deny_stays_denied_whatever_nodes_forward():
    answers = forwarded(INGRESS)
    denied = answers.decide("ops/m[Pod]", "shop/web[Pod]", TCP, 81)
    assert (denied.certain, denied.ingress.reason) == (True, Reason.NO_RULE_MATCHES)
    notes = {(row.source, row.destination): row.notes for row in answers.connections()}
    assert notes["ops/m[Pod]", "shop/web[Pod]"] == ("cannot tell for certain: h may deny it",)
    assert notes["shop/web[Pod]", "ops/m[Pod]"] == ()  # it guards what comes in


def test_selecting_by_labels_of_service_accounts_needs_all_of_them():
    by_label = SelectorPeer(
        LabelSelector((Requirement("tier", Operator.IN, ("front",), Facet.ACCOUNT),)), "shop"
    )
    pods = [pod("shop/web", {"app": "web"}), pod("ops/m", service_account="agent")]
    asked = policy("shop/p", "app=web", ingress=[rule(by_label)])
    given = ServiceAccount(ObjectRef("", "ServiceAccount", "ops", "agent"), {})
    found = ingress(cluster=inventory(pods, [asked]))
    assert found.reason is Reason.CANNOT_TELL
    assert "such as ServiceAccount ops/agent" in found.note
    complete = replace(inventory(pods, [asked]), accounts=(given,))
    assert ingress(cluster=complete).reason is Reason.NO_RULE_MATCHES


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


def test_rows_of_host_network_pods_say_what_host_endpoints_may_take_away():
    cluster = inventory([*PODS, pod("shop/host", host_network=True)], RULES)
    hosts = gap(GroupKind("projectcalico.org", "HostEndpoint"), GapReason.UNKNOWN_KIND)
    rows = evaluate.reachability(cluster, UNKNOWN_PLATFORM, (hosts,)).connections()
    notes = {(row.source, row.destination): row.notes for row in rows}
    assert notes["ops/m[Pod]", "shop/host[Pod]"] == ("cannot tell for certain: the list was refused",)
    assert notes["ops/m[Pod]", "shop/free[Pod]"] == ()


# family of a policy that selects nodes, the plugin, whether its policies hold on nodes → what reaches a node's pods is told
ON_NODES = [
    (Family.CILIUM, "cilium", True, False),
    (Family.CILIUM, "cilium", None, False),
    (Family.CILIUM, "cilium", False, True),
    (Family.ANTREA, "antrea", True, False),
    (Family.ANTREA, "antrea", None, False),
    (Family.ANTREA, "antrea", False, True),
    (Family.ANTREA, "cilium", True, True),
    (Family.ANTREA, "", None, False),
]


@pytest.mark.parametrize(("family", "plugin", "guards", "told"), ON_NODES)
def test_policies_on_nodes_leave_open_what_reaches_them_where_they_may_hold(family, plugin, guards, told):
    plain = policy("shop/p", ingress=[])
    on_nodes = replace(plain, family=family, subject=replace(plain.subject, selector=NOTHING, nodes=True))
    found = platform(plugin)
    found = replace(found, plugins=tuple(replace(item, guards_nodes=guards) for item in found.plugins))
    cluster = inventory([*PODS, pod("shop/host", host_network=True)], [on_nodes])
    half = ingress(to="shop/host[Pod]", cluster=cluster, found=found)
    assert half.reason is (Reason.HOST_NETWORK if told else Reason.CANNOT_TELL)
    assert told or "selects nodes" in half.note


def test_rows_of_what_a_policy_that_is_not_understood_selects_say_so_and_no_others():
    unclear = replace(policy("shop/c", "app=web", ingress=[rule()]), unclear=("spec.x is not understood",))
    answers = evaluate.reachability(inventory(PODS, [unclear]), UNKNOWN_PLATFORM, ())
    notes = {(row.source, row.destination): row.notes for row in answers.connections()}
    said = ("cannot tell for certain: NetworkPolicy shop/c: spec.x is not understood",)
    assert notes["ops/m[Pod]", "shop/web[Pod]"] == said
    assert notes["external:0.0.0.0-255.255.255.255", "shop/web[Pod]"] == said
    assert notes["shop/web[Pod]", "ops/m[Pod]"] == ()
    assert notes["ops/m[Pod]", "shop/free[Pod]"] == ()
    assert answers.decide("ops/m[Pod]", "shop/web[Pod]", TCP, 80).certain is False
