"""Cilium: what its settings do to NetworkPolicy, on which nodes, and which pods it does not manage."""

import pytest

from app.detect import detect
from app.model.identity import ObjectRef
from app.model.platform import CiliumReading, Enforcement
from tests.unit.detect.build import (
    agent_pod,
    cluster,
    config_map,
    container,
    daemon_set,
    folder,
    node,
    pod,
    refused,
    thing,
)

YES, NO, PARTLY, UNKNOWN = (
    Enforcement.ENFORCED,
    Enforcement.NOT_ENFORCED,
    Enforcement.DEGRADED,
    Enforcement.UNKNOWN,
)

AGENT = container("cilium-agent", "quay.io/cilium/cilium:v1.18.6", command=["cilium-agent"])
CILIUM = daemon_set("cilium", AGENT, labels={"k8s-app": "cilium"})
DEFAULT = {"enable-policy": "default", "enable-k8s-networkpolicy": "true"}
CONFIG = config_map("cilium-config", DEFAULT)

# cilium-config, answer, deciding key, its value
SETTINGS = {
    "default": (DEFAULT, YES, "enable-policy", "default"),
    "nothing set, so built-in defaults": ({"cluster-name": "x"}, YES, "enable-policy", "default"),
    "always": ({"enable-policy": "always"}, YES, "enable-policy", "always"),
    "capitals": ({"enable-policy": "Default"}, YES, "enable-policy", "Default"),
    "never": ({"enable-policy": "never"}, NO, "enable-policy", "never"),
    "never, in capitals": ({"enable-policy": "NEVER"}, NO, "enable-policy", "NEVER"),
    "audit": ({"enable-policy": "default", "policy-audit-mode": "true"}, NO, "policy-audit-mode", "true"),
    "audit off is the text false": ({"policy-audit-mode": "false"}, YES, "enable-policy", "default"),
    "NetworkPolicy ignored": ({"enable-k8s-networkpolicy": "false"}, NO, "enable-k8s-networkpolicy", "false"),
    "a mode that does not exist": ({"enable-policy": "maybe"}, UNKNOWN, "enable-policy", "maybe"),
    "a boolean that is none": ({"policy-audit-mode": "on"}, UNKNOWN, "enable-policy", "default"),
    "mutual authentication is no policy": ({"mesh-auth-enabled": "true"}, YES, "enable-policy", "default"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "enforcement", "key", "value"), SETTINGS.values(), ids=SETTINGS)
def test_settings_decide(data, enforcement, key, value):
    platform = detect(folder(CILIUM, config_map("cilium-config", data)))

    assert platform.enforcement is enforcement
    sign = platform.plugins[0].signs[0]
    assert (str(sign.ref), sign.field, sign.value) == (
        "ConfigMap kube-system/cilium-config",
        f"data['{key}']",
        value,
    )


def test_a_flag_of_the_agent_wins_over_the_config_map():
    never = daemon_set("cilium", container("cilium-agent", args=["--enable-policy=never"]))
    audit = daemon_set("cilium", container("cilium-agent", args=["--policy-audit-mode"]))

    assert detect(folder(never, CONFIG)).enforcement is NO
    assert detect(folder(audit, CONFIG)).enforcement is NO


def test_always_is_said_with_the_verdict():
    platform = detect(folder(CILIUM, config_map("cilium-config", {"enable-policy": "always"})))

    assert any("default deny" in text for text in platform.plugins[0].cautions)


FOUND = {
    "by its name": daemon_set("cilium", AGENT),
    "on GKE": daemon_set("anetd", AGENT),
    "renamed, by its label": daemon_set("rke2-cilium", AGENT, labels={"k8s-app": "cilium"}),
}


@pytest.mark.parametrize("agent", FOUND.values(), ids=FOUND)
def test_it_is_recognised(agent):
    assert detect(folder(agent, CONFIG)).plugins[0].id == "cilium"


LOOK_ALIKES = {
    "its Envoy": daemon_set("cilium-envoy", container("cilium-envoy"), labels={"k8s-app": "cilium-envoy"}),
    "its ztunnel": daemon_set("ztunnel-cilium", container("istio-proxy")),
    "a pod of the name outside the host network": daemon_set("cilium", AGENT, host_network=False),
    "another DaemonSet with a container of the name": daemon_set("exporter", AGENT),
    "a CRD left behind": thing(
        "apiextensions.k8s.io/v1", "CustomResourceDefinition", "ciliumnodes.cilium.io"
    ),
    "settings left behind": CONFIG,
}


@pytest.mark.parametrize("item", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_a_look_alike_is_not_cilium(item):
    platform = detect(folder(item, CONFIG) if item is not CONFIG else folder(CONFIG))

    assert platform.plugins == ()
    assert platform.enforcement is UNKNOWN


@pytest.mark.parametrize(
    ("mode", "primary"),
    [
        ("none", True),
        ("", True),
        ("portmap", True),
        ("aws-cni", False),
        ("generic-veth", False),
        ("flannel", False),
    ],
)
def test_chained_cilium_only_adds_policy(mode, primary):
    platform = detect(folder(CILIUM, config_map("cilium-config", {**DEFAULT, "cni-chaining-mode": mode})))

    assert platform.plugins[0].primary is primary
    assert any("chained" in text for text in platform.plugins[0].cautions) is not primary


def test_chained_to_the_aws_plugin_both_are_named_and_the_aws_plugin_gives_the_network():
    aws = daemon_set("aws-node", container("aws-node"))
    chained = config_map("cilium-config", {**DEFAULT, "cni-chaining-mode": "aws-cni"})
    platform = detect(folder(CILIUM, chained, aws))

    assert [(item.id, item.primary) for item in platform.plugins] == [
        ("aws-vpc-cni", True),
        ("cilium", False),
    ]
    assert platform.enforcement is YES


MISSING = {
    "refused": (cluster(CILIUM, node("a"), gaps=[refused("", "ConfigMap")]), "listing ConfigMap was refused"),
    "not there": (cluster(CILIUM, node("a")), "not among what was read"),
    "without data": (cluster(CILIUM, config_map("cilium-config", {}), node("a")), "not among what was read"),
    "in another namespace": (folder(CILIUM, config_map("cilium-config", DEFAULT, "cilium")), "not among what was read"),
}  # fmt: skip


@pytest.mark.parametrize(("snapshot", "words"), MISSING.values(), ids=MISSING)
def test_without_its_settings_nothing_is_known(snapshot, words):
    platform = detect(snapshot)

    assert platform.enforcement is UNKNOWN
    assert "ConfigMap kube-system/cilium-config" in platform.reason
    assert words in platform.reason


def test_settings_are_read_from_the_config_map_that_is_mounted():
    volumes = [{"name": "cilium-config-path", "configMap": {"name": "cilium-config-blue"}}]
    agent = daemon_set("cilium", AGENT, volumes=volumes)
    platform = detect(folder(agent, CONFIG, config_map("cilium-config-blue", {"enable-policy": "never"})))

    assert platform.enforcement is NO


class TestSettingsOfSingleNodes:
    LIVE = (CILIUM, CONFIG, agent_pod("cilium", "a"), agent_pod("cilium", "b"))
    NODES = (node("a", labels={"pool": "blue"}), node("b"))

    def test_a_node_config_switches_policies_off_where_it_selects(self):
        platform = detect(cluster(*self.LIVE, *self.NODES, _node_config({"matchLabels": {"pool": "blue"}})))

        assert (platform.on_node("a"), platform.on_node("b")) == (NO, YES)
        assert platform.enforcement is PARTLY
        assert str(platform.nodes[0].signs[0].ref) == "CiliumNodeConfig kube-system/blue"
        assert any("changes enable-policy" in text for text in platform.plugins[0].cautions)

    def test_expressions_select_nodes_too(self):
        chosen = {"matchExpressions": [{"key": "pool", "operator": "DoesNotExist"}]}
        platform = detect(cluster(*self.LIVE, *self.NODES, _node_config(chosen)))

        assert (platform.on_node("a"), platform.on_node("b")) == (YES, NO)

    def test_a_selector_that_is_not_understood_leaves_every_node_unknown(self):
        chosen = {"matchExpressions": [{"key": "pool", "operator": "Near"}]}
        platform = detect(cluster(*self.LIVE, *self.NODES, _node_config(chosen)))

        assert (platform.on_node("a"), platform.on_node("b")) == (UNKNOWN, UNKNOWN)

    def test_labels_of_nodes_that_could_not_be_listed_leave_them_unknown(self):
        chosen = {"matchLabels": {"pool": "blue"}}
        platform = detect(cluster(*self.LIVE, _node_config(chosen), gaps=[refused("", "Node")]))

        assert platform.on_node("a") is UNKNOWN

    def test_other_settings_and_other_namespaces_change_nothing(self):
        other = _node_config({}, {"bpf-lb-sock": "true"})
        elsewhere = _node_config({}, namespace="shop")

        assert detect(cluster(*self.LIVE, *self.NODES, other)).enforcement is YES
        assert detect(cluster(*self.LIVE, *self.NODES, elsewhere)).enforcement is YES

    def test_the_last_of_two_objects_wins(self):
        on = _node_config({}, {"enable-policy": "default"}, name="z")
        platform = detect(cluster(*self.LIVE, *self.NODES, _node_config({}), on))

        assert platform.enforcement is YES

    def test_a_refused_list_is_pointed_out(self):
        platform = detect(cluster(*self.LIVE, *self.NODES, gaps=[refused("cilium.io", "CiliumNodeConfig")]))

        assert any("single nodes" in text for text in platform.plugins[0].cautions)


class TestPodsThatAreNotManaged:
    LIVE = (CILIUM, CONFIG, node("a"), agent_pod("cilium", "a"))
    WEB = pod("web", "a", "shop")
    WEB_REF = ObjectRef("", "Pod", "shop", "web")

    def test_a_pod_without_endpoint_is_an_exception(self):
        platform = detect(cluster(*self.LIVE, self.WEB, pod("db", "a", "shop"), _endpoint("db")))

        assert list(platform.pod_exceptions) == [self.WEB_REF]
        assert "no CiliumEndpoint" in platform.pod_exceptions[self.WEB_REF]

    def test_a_slice_stands_for_its_endpoints(self):
        entries = thing(
            "cilium.io/v2alpha1", "CiliumEndpointSlice", "s", namespace="", endpoints=[{"name": "web"}]
        )
        listed = {**entries, "namespace": "shop"}

        assert detect(cluster(*self.LIVE, self.WEB, listed)).pod_exceptions == {}

    @pytest.mark.parametrize(
        "item",
        [
            pod("web", "a", "shop", host_network=True),
            pod("web", "a", "shop", phase="Pending"),
            pod("web", "a", "shop", phase="Succeeded"),
        ],
        ids=["host network", "not started", "finished"],
    )
    def test_pods_that_have_no_endpoint_of_their_own_are_none(self, item):
        assert detect(cluster(*self.LIVE, item)).pod_exceptions == {}

    @pytest.mark.parametrize(
        ("snapshot", "words"),
        [
            (cluster(*LIVE, WEB, gaps=[refused("cilium.io", "CiliumEndpoint")]), "refused"),
            (cluster(*LIVE, WEB, without=["CiliumEndpoint"]), "not asked for"),
            (
                cluster(
                    CILIUM,
                    config_map("cilium-config", {**DEFAULT, "disable-endpoint-crd": "true"}),
                    node("a"),
                    agent_pod("cilium", "a"),
                    WEB,
                ),
                "disable-endpoint-crd",
            ),
            (
                cluster(
                    CILIUM,
                    config_map("cilium-config", {**DEFAULT, "enable-cilium-endpoint-slice": "true"}),
                    node("a"),
                    agent_pod("cilium", "a"),
                    WEB,
                    gaps=[refused("cilium.io", "CiliumEndpointSlice")],
                ),
                "refused",
            ),
        ],
        ids=["refused", "not asked for", "switched off", "slices refused"],
    )
    def test_endpoints_that_were_not_listed_judge_nobody(self, snapshot, words):
        platform = detect(snapshot)

        assert platform.pod_exceptions == {}
        assert any("manages every pod" in text and words in text for text in platform.plugins[0].cautions)

    def test_files_without_any_endpoint_judge_nobody(self):
        assert detect(folder(CILIUM, CONFIG, self.WEB)).pod_exceptions == {}

    def test_files_with_endpoints_judge_by_them(self):
        platform = detect(folder(CILIUM, CONFIG, self.WEB, pod("db", "a", "shop"), _endpoint("db")))

        assert list(platform.pod_exceptions) == [self.WEB_REF]

    def test_where_cilium_enforces_nothing_there_are_no_exceptions(self):
        off = config_map("cilium-config", {"enable-policy": "never"})

        assert detect(cluster(CILIUM, off, node("a"), self.WEB)).pod_exceptions == {}


OWN = thing("cilium.io/v2", "CiliumNetworkPolicy", "l7", "shop")
WIDE = thing("cilium.io/v2", "CiliumClusterwideNetworkPolicy", "base", "")
PLAIN = thing("networking.k8s.io/v1", "NetworkPolicy", "np", "shop")
IGNORING = config_map("cilium-config", {"enable-k8s-networkpolicy": "false"})


@pytest.mark.parametrize(
    ("objects", "enforcement"),
    [((), NO), ((PLAIN,), NO), ((OWN,), YES), ((WIDE,), YES), ((OWN, PLAIN), PARTLY)],
    ids=["nothing declared", "NetworkPolicy alone", "its own alone", "cluster-wide alone", "both"],
)
def test_where_network_policy_is_ignored_what_was_declared_decides(objects, enforcement):
    assert detect(folder(CILIUM, IGNORING, *objects)).enforcement is enforcement


def test_where_network_policy_could_not_be_listed_its_own_are_not_all():
    gaps = [refused("networking.k8s.io", "NetworkPolicy")]
    live = (CILIUM, IGNORING, OWN, node("a"), agent_pod("cilium", "a"))
    assert detect(cluster(*live, gaps=gaps)).enforcement is PARTLY


# what cilium-config says → what differs from the agent's own defaults
READINGS = {
    "nothing set": ({"cluster-name": "x"}, {}),
    "NetworkPolicy ignored": ({"enable-k8s-networkpolicy": "false"}, {"network_policies": False}),
    "no opting out": ({"enable-non-default-deny-policies": "false"}, {"opt_out": False}),
    "CIDRs match nodes": ({"policy-cidr-match-mode": "nodes"}, {"cidrs_match_nodes": True}),
    "CIDRs match nodes, in a list": ({"policy-cidr-match-mode": "other,nodes"}, {"cidrs_match_nodes": True}),
    "CIDRs match pods": ({"policy-cidr-match-mode": "pods"}, {"cidrs_match_pods": True}),
    "CIDRs match both": (
        {"policy-cidr-match-mode": "nodes pods"},
        {"cidrs_match_nodes": True, "cidrs_match_pods": True},
    ),
    "another word that holds it": ({"policy-cidr-match-mode": "nodesets"}, {}),
    "own node by policy": ({"allow-localhost": "policy"}, {"own_node": False}),
    "own node always": ({"allow-localhost": "always"}, {}),
    "a boolean that is none": ({"enable-host-firewall": "yes"}, {}),
}


@pytest.mark.parametrize(("data", "differs"), READINGS.values(), ids=READINGS)
def test_settings_change_what_policies_mean(data, differs):
    platform = detect(folder(CILIUM, config_map("cilium-config", data)))
    assert platform.cilium == CiliumReading(**differs)


NEVER = {"AdminNetworkPolicy", "BaselineAdminNetworkPolicy"}
USUALLY = {"ClusterNetworkPolicy", *NEVER}
# what cilium-config says → kinds that are not read, and whether policies hold on nodes
ON_NODES = {
    "nothing set": ({"cluster-name": "x"}, USUALLY, False),
    "host firewall": ({"enable-host-firewall": "true"}, USUALLY, True),
    "a boolean that is none": ({"enable-host-firewall": "yes"}, USUALLY, None),
    "policies of namespaces off": (
        {"enable-cilium-network-policy": "false"},
        {"CiliumNetworkPolicy", *USUALLY},
        False,
    ),
    "those of the cluster off": (
        {"enable-cilium-clusterwide-network-policy": "0"},
        {"CiliumClusterwideNetworkPolicy", *USUALLY},
        False,
    ),
    "ClusterNetworkPolicy on, before 1.20": ({"enable-k8s-cluster-network-policy": "true"}, USUALLY, False),
    "no settings": (None, set(), None),
}


@pytest.mark.parametrize(("data", "ignored", "on_nodes"), ON_NODES.values(), ids=ON_NODES)
def test_settings_turn_kinds_off_and_policies_on_nodes_on(data, ignored, on_nodes):
    given = () if data is None else (config_map("cilium-config", data),)
    (plugin,) = detect(folder(CILIUM, *given)).plugins
    assert {kind.kind for kind in plugin.ignores} == ignored
    assert plugin.guards_nodes is on_nodes


def test_always_names_the_setting_that_denies():
    sign = detect(
        folder(CILIUM, config_map("cilium-config", {"enable-policy": "always"}))
    ).cilium.default_deny
    assert (str(sign.ref), sign.field, sign.value) == (
        "ConfigMap kube-system/cilium-config",
        "data['enable-policy']",
        "always",
    )


def test_a_flag_changes_the_reading_too():
    agent = daemon_set("cilium", container("cilium-agent", args=["--allow-localhost=policy"]))
    assert detect(folder(agent, CONFIG)).cilium.own_node is False


def test_without_settings_or_without_cilium_there_is_no_reading():
    assert detect(folder(CILIUM)).cilium is None
    assert detect(folder(daemon_set("kindnet", container("kindnet-cni")))).cilium is None


def test_a_node_that_reads_policies_otherwise_is_pointed_out():
    changed = _node_config({}, {"policy-cidr-match-mode": "nodes"})
    cautions = detect(folder(CILIUM, CONFIG, node("a"), changed)).plugins[0].cautions
    assert any("changes policy-cidr-match-mode" in text for text in cautions)


def _endpoint(name):
    return thing("cilium.io/v2", "CiliumEndpoint", name, "shop")


def _node_config(selector, defaults=None, name="blue", namespace="kube-system"):
    spec = {"nodeSelector": selector, "defaults": defaults or {"enable-policy": "never"}}
    return thing("cilium.io/v2", "CiliumNodeConfig", name, namespace, spec=spec)
