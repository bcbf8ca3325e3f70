import gc
import weakref
from dataclasses import replace

import pytest

from app import evaluate
from app.errors import NotFoundError
from app.model.connections import Connections
from app.model.decision import Reason
from app.model.identity import ObjectRef
from app.model.platform import NodeEnforcement
from app.model.reachability import Profile
from tests.builders import (
    EGRESS,
    INGRESS,
    TCP,
    UDP,
    UNKNOWN_PLATFORM,
    Enforcement,
    cidr,
    container_port,
    inventory,
    namespace,
    node,
    platform,
    pod,
    pods_peer,
    policy,
    rule,
    template,
)

DENY = policy("shop/deny", ingress=[])


def engine(*pods, policies=(), found=UNKNOWN_PLATFORM, profile=Profile.SPEC, as_declared=False, **others):
    return evaluate.reachability(
        inventory(pods, policies, **others), found, (), profile=profile, as_declared=as_declared
    )


def ids(found):
    return [item.id for item in found.workloads]


def ref(name, kind="NetworkPolicy", group="networking.k8s.io"):
    return ObjectRef(group, kind, *name.split("/"))


# ---- workloads


def test_pods_of_one_owner_are_one_workload_with_what_they_share():
    found = engine(
        pod("shop/web-1", {"app": "web", "hash": "1"}, owner="web[Deployment]", node="n2"),
        pod("shop/web-2", {"app": "web", "hash": "2"}, owner="web[Deployment]", node="n1"),
    )
    (web,) = found.workloads
    assert (web.id, web.pods, web.nodes, web.labels) == (
        "shop/web[Deployment]",
        2,
        ("n1", "n2"),
        {"app": "web"},
    )
    assert [item.name for item in web.pod_refs] == ["web-1", "web-2"]


def test_a_label_that_no_policy_mentions_splits_nothing():
    found = engine(
        pod("shop/web-1", {"version": "1"}, owner="web[Deployment]"),
        pod("shop/web-2", {"version": "2"}, owner="web[Deployment]"),
        policies=[policy("shop/other", "app=web", ingress=[])],
    )
    assert ids(found) == ["shop/web[Deployment]"]


@pytest.mark.parametrize(
    ("one", "other", "rules"),
    [
        pytest.param(
            {"labels": {"app": "a"}}, {"labels": {"app": "b"}}, rule(pods_peer("app=a")), id="a label"
        ),
        pytest.param(
            {"ports": [container_port("http", 80)]},
            {"ports": [container_port("http", 81)]},
            rule(ports=["http/TCP"]),
            id="a named port",
        ),
        pytest.param(
            {"ips": ["10.0.0.1"]}, {"ips": ["10.0.1.1"]}, rule(cidr("10.0.0.0/24")), id="an address"
        ),
        pytest.param({"host_network": True}, {"host_network": False}, rule(), id="hostNetwork"),
    ],
)
def test_what_a_policy_can_see_splits_a_workload(one, other, rules):
    found = engine(
        pod("shop/web-1", owner="web[Deployment]", **one),
        pod("shop/web-2", owner="web[Deployment]", **other),
        policies=[policy("shop/p", ingress=[rules])],
    )
    assert ids(found) == ["shop/web[Deployment]#1", "shop/web[Deployment]#2"]
    assert [item.pod_refs[0].name for item in found.workloads] == ["web-1", "web-2"]


def test_a_pod_without_an_address_yet_stays_with_its_siblings():
    found = engine(
        pod("shop/web-1", owner="web[Deployment]"),
        pod("shop/web-2", owner="web[Deployment]", ips=["10.0.0.1"]),
        policies=[policy("shop/p", ingress=[rule(cidr("10.0.0.0/24"))])],
    )
    assert ids(found) == ["shop/web[Deployment]"]


def test_real_pods_win_over_the_template_they_came_from():
    found = engine(
        template("shop/web", {"app": "old"}, replicas=5),
        pod("shop/web-1", {"app": "new"}, owner="web[Deployment]"),
        template("shop/cart", replicas=3),
    )
    assert [(item.id, item.pods) for item in found.workloads] == [
        ("shop/cart[Deployment]", 3),
        ("shop/web[Deployment]", 1),
    ]


# ---- questions


def test_a_workload_to_itself_and_two_addresses_outside_have_no_connection():
    found = engine(pod("shop/web"))
    assert not found.between("shop/web[Pod]", "shop/web[Pod]")
    assert not found.between("external:8.8.8.8", "external:9.9.9.9")


@pytest.mark.parametrize(
    "name", ["shop/nobody[Pod]", "external:nowhere", "external:10.0.0.9-10.0.0.1", "web"]
)
def test_an_unknown_end_is_named_with_what_to_do(name):
    with pytest.raises(NotFoundError, match=r".") as error:
        engine(pod("shop/web")).between(name, "shop/web[Pod]")
    assert name in str(error.value)
    assert error.value.advice


def test_a_range_that_policies_tell_apart_is_no_single_question():
    found = engine(pod("shop/web"), policies=[policy("shop/p", ingress=[rule(cidr("10.0.0.0/8"))])])
    with pytest.raises(NotFoundError, match="apart"):
        found.between("external:0.0.0.0-255.255.255.255", "shop/web[Pod]")
    assert found.between("shop/web[Pod]", "external:0.0.0.0-255.255.255.255").is_all


def test_rules_in_effect_are_resolved_to_ends_and_ports():
    found = engine(
        pod("shop/web", {"app": "web"}, ports=[container_port("http", 8080)]),
        pod("shop/cart", {"app": "cart"}),
        pod("ops/cart", {"app": "cart"}),
        policies=[
            policy(
                "shop/p",
                "app=web",
                ingress=[
                    rule(pods_peer("app=cart"), cidr("10.0.0.0/8"), ports=["http/TCP", "53/UDP"]),
                    rule(),
                ],
            )
        ],
    )
    named, anyone = found.rules_on("shop/web[Pod]", INGRESS)
    assert named.workloads == ("shop/cart[Pod]",)
    assert [(item.first, item.last) for item in named.externals] == [(10 << 24, (11 << 24) - 1)]
    assert str(named.ports) == "TCP 8080 · UDP 53"
    assert (named.any_peer, named.any_port) == (False, False)
    assert (anyone.any_peer, anyone.any_port, anyone.ports) == (True, True, Connections.all())
    assert len(anyone.externals) == 2
    assert found.rules_on("shop/web[Pod]", EGRESS) == ()


def test_a_named_port_of_an_egress_rule_is_the_union_over_its_destinations():
    found = engine(
        pod("shop/web"),
        pod("ops/a", ports=[container_port("http", 80)]),
        pod("ops/b", ports=[container_port("http", 81)]),
        policies=[policy("shop/p", egress=[rule(ports=["http/TCP"])])],
    )
    (out,) = found.rules_on("shop/web[Pod]", EGRESS)
    assert str(out.ports) == "TCP 80–81"


# ---- enforcement


def test_where_nothing_is_enforced_policies_select_in_vain():
    flannel = platform("flannel", enforcement=Enforcement.NOT_ENFORCED, reason="Flannel has no policy engine")
    found = engine(pod("shop/web"), pod("ops/m"), policies=[DENY], found=flannel)
    assert found.isolating("shop/web[Pod]", INGRESS) == ()
    assert found.unenforced("shop/web[Pod]", INGRESS) == (ref("shop/deny"),)
    assert found.between("ops/m[Pod]", "shop/web[Pod]").is_all
    decision = found.decide("ops/m[Pod]", "shop/web[Pod]", TCP, 80)
    assert decision.ingress.reason is Reason.NOT_ENFORCED
    assert decision.ingress.note == "Flannel has no policy engine"


def test_as_declared_every_policy_counts():
    flannel = platform("flannel", enforcement=Enforcement.NOT_ENFORCED)
    found = engine(pod("shop/web"), pod("ops/m"), policies=[DENY], found=flannel, as_declared=True)
    assert found.isolating("shop/web[Pod]", INGRESS) == (ref("shop/deny"),)
    assert found.unenforced("shop/web[Pod]", INGRESS) == ()
    assert not found.between("ops/m[Pod]", "shop/web[Pod]")


def test_a_workload_on_two_kinds_of_node_is_split_in_both_views():
    mixed = platform("calico", nodes={"n1": Enforcement.NOT_ENFORCED})
    pods = [
        pod("shop/web-1", owner="web[Deployment]", node="n1"),
        pod("shop/web-2", owner="web[Deployment]", node="n2"),
        pod("ops/m"),
    ]
    effective = engine(*pods, policies=[DENY], found=mixed)
    assert effective.between("ops/m[Pod]", "shop/web[Deployment]#1").is_all
    assert not effective.between("ops/m[Pod]", "shop/web[Deployment]#2")
    assert ids(engine(*pods, policies=[DENY], found=mixed, as_declared=True)) == ids(effective)


def test_what_is_denied_on_a_node_without_a_working_agent_is_said_to_be_unproven():
    weak = platform(
        "calico", nodes={"n1": Enforcement.DEGRADED, "n2": Enforcement.ENFORCED}, reason="no agent"
    )
    pods = [pod("shop/web", node="n1"), pod("shop/cart", node="n2"), pod("ops/m", node="n1")]

    def steps(source, to, **options):
        decision = engine(*pods, policies=[DENY], found=weak, **options).decide(source, to, TCP, 80)
        return [step for step in evaluate.explain(decision) if "not proven" in step]

    assert steps("ops/m[Pod]", "shop/web[Pod]") == [
        "That is as declared, and not proven: shop/web[Pod] has pods on n1: n1: no agent."
    ]
    assert steps("ops/m[Pod]", "shop/cart[Pod]") == []
    assert steps("shop/cart[Pod]", "ops/m[Pod]") == []  # nothing denies it
    assert steps("ops/m[Pod]", "shop/web[Pod]", as_declared=True) == []


def test_a_pod_that_the_plugin_never_covers_is_not_restricted():
    windows = platform(exceptions={ref("shop/web", "Pod", ""): "it runs on Windows"})
    found = engine(pod("shop/web"), pod("ops/m"), policies=[DENY], found=windows)
    assert found.decide("ops/m[Pod]", "shop/web[Pod]", TCP, 80).ingress.note == "it runs on Windows"


@pytest.mark.parametrize("state", [Enforcement.UNKNOWN, Enforcement.DEGRADED])
def test_where_enforcement_is_not_known_policies_count_and_the_document_says_so(state):
    found = engine(
        pod("shop/web"),
        pod("ops/m"),
        policies=[DENY],
        found=platform(enforcement=state, reason="no sign of it"),
    )
    assert not found.between("ops/m[Pod]", "shop/web[Pod]")
    assert found.notes == ("as declared: no sign of it",)


def test_nodes_whose_enforcement_is_not_known_are_named():
    found = engine(
        pod("shop/web"), found=platform(nodes={"n1": Enforcement.UNKNOWN, "n2": Enforcement.ENFORCED})
    )
    assert found.notes == ("as declared on 1 of 2 nodes, such as n1: n1: it is said so",)


def test_a_node_that_the_reason_of_the_cluster_names_is_not_said_again():
    reason = "policies are enforced on 1 of 2 nodes; n1: no agent"
    nodes = (
        NodeEnforcement("n1", Enforcement.DEGRADED, "no agent"),
        NodeEnforcement("n2", Enforcement.ENFORCED, "an agent"),
    )

    found = engine(
        pod("shop/web"),
        found=replace(platform(enforcement=Enforcement.DEGRADED, reason=reason), nodes=nodes),
    )

    assert found.notes == (f"as declared: {reason}",)


@pytest.mark.parametrize("profile", [Profile.SPEC, Profile.CILIUM])
def test_an_engine_keeps_the_inventory_it_was_asked_about(profile):
    """What two views share is found by the inventory's place in memory, which another may only take when the engine is gone."""
    by_name = policy("shop/out", egress=[rule(ports=["http/TCP"])])
    asked = inventory([pod("shop/web", ports=[container_port("http", 80)])], [by_name])
    kept = evaluate.reachability(asked, UNKNOWN_PLATFORM, (), profile=profile)
    alive = weakref.ref(asked)
    del asked
    gc.collect()

    assert alive() is not None
    del kept
    gc.collect()
    assert alive() is None


def test_both_views_share_what_they_can_and_keep_nothing_alive():
    cluster, calico = inventory([pod("shop/web")], [DENY]), platform()
    one = evaluate.reachability(cluster, calico, ())
    other = evaluate.reachability(cluster, calico, (), as_declared=True)
    assert one.workloads is other.workloads
    workloads = one.workloads
    del one, other
    gc.collect()
    assert evaluate.reachability(cluster, calico, ()).workloads is not workloads


# ---- profiles


@pytest.mark.parametrize(
    ("plugin", "profile"),
    [("calico", "calico"), ("canal", "calico"), ("cilium", "cilium"), ("kindnet", "spec"), ("", "spec")],
)
def test_without_a_profile_the_detected_plugin_decides(plugin, profile):
    assert engine(found=platform(plugin), profile=Profile.AUTO).profile.value == profile


@pytest.mark.parametrize(("profile", "rows"), [(Profile.SPEC, 1), (Profile.CALICO, 1), (Profile.CILIUM, 0)])
def test_a_block_that_names_a_pod_is_noted_where_data_planes_disagree(profile, rows):
    found = engine(
        pod("shop/web"),
        pod("ops/m", ips=["10.0.0.1"]),
        policies=[policy("shop/p", ingress=[rule(cidr("10.0.0.0/24"))])],
        profile=profile,
    )
    listed = [
        item for item in found.connections() if item.source == "ops/m[Pod]" and "shop" in item.destination
    ]
    assert len(listed) == rows
    assert all("data planes disagree: an ipBlock" in item.notes[0] for item in listed)
    decision = found.decide("ops/m[Pod]", "shop/web[Pod]", TCP, 80)
    assert "an ipBlock" in decision.profile_notes[0]


def test_a_block_that_names_only_addresses_outside_is_not_noted():
    found = engine(
        pod("shop/web", ips=["10.0.0.2"]),
        pod("ops/m", ips=["10.0.0.1"]),
        policies=[policy("shop/p", ingress=[rule(cidr("192.168.0.0/24")), rule(pods_peer("", ""))])],
    )
    assert all(not item.notes for item in found.connections())


def test_a_port_name_on_an_init_container_is_noted():
    found = engine(
        pod("shop/web", ports=[container_port("http", 80, init=True)]),
        pod("ops/m"),
        policies=[policy("shop/p", ingress=[rule(ports=["http/TCP", "53/UDP"])])],
    )
    allowed = found.between("ops/m[Pod]", "shop/web[Pod]")
    assert str(allowed) == "UDP 53"
    (row,) = (
        item for item in found.connections() if item.source == "ops/m[Pod]" and "shop" in item.destination
    )
    assert "init container" in row.notes[0]


# ---- own node


def test_an_agent_on_one_of_a_workloads_nodes_reaches_it_and_the_row_says_why():
    found = engine(
        pod("shop/web-1", owner="web[Deployment]", node="n1"),
        pod("shop/web-2", owner="web[Deployment]", node="n2"),
        pod("ops/agent", host_network=True, node="n2"),
        pod("ops/other", host_network=True, node="n3"),
        pod("ops/neighbour", node="n2"),  # on the pod network: no node to anybody
        policies=[DENY],
    )
    (row,) = (item for item in found.connections() if "shop/web" in item.destination)
    assert (row.source, row.allowed.is_all) == ("ops/agent[Pod]", True)
    assert row.notes[0].startswith("own node: some pods of both run on node n2")
    decision = found.decide("ops/agent[Pod]", "shop/web[Deployment]", UDP, 53)
    assert (decision.egress.reason, decision.ingress.reason) == (Reason.HOST_NETWORK, Reason.OWN_NODE)


def test_a_rule_that_allows_is_named_before_the_own_node():
    found = engine(
        pod("shop/web", node="n1"),
        pod("ops/agent", host_network=True, node="n1"),
        policies=[policy("shop/all", ingress=[rule(ports=["80/TCP"])])],
    )
    reasons = [found.decide("ops/agent[Pod]", "shop/web[Pod]", TCP, at).ingress.reason for at in (80, 81)]
    assert reasons == [Reason.ALLOWED_BY_RULE, Reason.OWN_NODE]


def test_traffic_to_the_own_node_is_judged_by_the_policy_and_noted():
    found = engine(
        pod("shop/web", node="n1"),
        pod("ops/agent", host_network=True, node="n1"),
        policies=[policy("shop/none", egress=[])],
        nodes=[node("n1", "192.168.0.1")],
        namespaces=[namespace("ops"), namespace("shop")],
    )
    decision = found.decide("shop/web[Pod]", "ops/agent[Pod]", TCP, 80)
    assert not decision.allowed
    assert "traffic to it" in decision.profile_notes[0]


# ---- misses


def test_a_denial_says_of_each_rule_what_failed():
    found = engine(
        pod("shop/web", {"app": "web"}),
        pod("ops/m"),
        policies=[
            policy(
                "shop/p",
                ingress=[rule(pods_peer("app=x")), rule(ports=["80/TCP"]), rule(ports=["http/TCP"])],
            ),
            DENY,
        ],
    )
    half = found.decide("ops/m[Pod]", "shop/web[Pod]", TCP, 81).ingress
    assert half.selecting == (ref("shop/deny"), ref("shop/p"))
    assert [(miss.what, miss.says) for miss in half.misses] == [
        ("peer", "its peers do not match ops/m[Pod]"),
        ("port", "it admits TCP 80 only"),
        ("port", "shop/web[Pod] has no port named http"),
    ]


def test_rows_can_be_worked_out_at_once():
    found = engine(pod("shop/web"), pod("ops/m"), policies=[DENY])
    assert found.work_out_all() == 3  # the isolated one, the other, and addresses outside


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("team", True),
        ("!team", False),
        ("team in (red,blue)", True),
        ("team notin (red)", False),
        ("team=blue", False),
    ],
)
def test_namespaces_are_selected_by_their_labels(text, matches):
    found = engine(
        pod("shop/web"),
        pod("ops/m"),
        policies=[policy("shop/p", ingress=[rule(pods_peer("", text))])],
        namespaces=[namespace("ops", {"team": "red"})],
    )
    assert bool(found.between("ops/m[Pod]", "shop/web[Pod]")) is matches
