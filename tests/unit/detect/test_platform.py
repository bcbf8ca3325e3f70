"""What holds for every answer: the list of providers, doubts, distributions, order, and no verdict from a refusal."""

import importlib
import pkgutil
import random

import pytest

import app.detect
from app.detect import PROVIDERS, detect
from app.detect.provider import Provider
from app.model.identity import GroupKind
from app.model.platform import UNKNOWN_PLATFORM, Enforcement
from app.model.snapshot import CollectionGap, GapReason
from tests.unit.detect.build import (
    LISTED,
    agent_pod,
    cluster,
    config_map,
    container,
    daemon_set,
    folder,
    node,
    pod,
    policy,
    policy_reader,
    refused,
    thing,
)

YES, NO, PARTLY, UNKNOWN = (
    Enforcement.ENFORCED,
    Enforcement.NOT_ENFORCED,
    Enforcement.DEGRADED,
    Enforcement.UNKNOWN,
)

FLANNEL = daemon_set("kube-flannel-ds", container("kube-flannel"))
CALICO = daemon_set("calico-node", container("calico-node"))
AWS = daemon_set(
    "aws-node", container("aws-node"), container("aws-eks-nodeagent", args=["--enable-network-policy=true"])
)
ENDPOINT = thing(
    "networking.k8s.aws/v1alpha1",
    "PolicyEndpoint",
    "x",
    "shop",
    spec={"policyRef": {"name": "default-deny", "namespace": "shop"}},
)

CLUSTERS = {
    "Flannel": (FLANNEL, node("a"), agent_pod("kube-flannel-ds", "a")),
    "Calico": (CALICO, node("a"), agent_pod("calico-node", "a")),
    "Calico, one agent down": (CALICO, node("a"), node("b"), agent_pod("calico-node", "a")),
    "Cilium": (
        daemon_set("cilium", container("cilium-agent")),
        config_map("cilium-config", {"enable-policy": "default"}),
        node("a"),
        agent_pod("cilium", "a"),
    ),
    "Cilium, off": (
        daemon_set("cilium", container("cilium-agent")),
        config_map("cilium-config", {"enable-policy": "never"}),
        node("a"),
        agent_pod("cilium", "a"),
    ),
    "AWS": (AWS, node("a"), agent_pod("aws-node", "a"), policy(), ENDPOINT),
    "AWS without endpoints": (AWS, node("a"), agent_pod("aws-node", "a"), policy()),
    "Auto Mode": (node("a", labels={"eks.amazonaws.com/compute-type": "auto"}), policy()),
    "kindnet": (
        daemon_set("kindnet", container("kindnet-cni"), account="kindnet"),
        *policy_reader("kindnet"),
        node("a"),
        agent_pod("kindnet", "a"),
    ),
    "Antrea": (
        daemon_set("antrea-agent", container("antrea-agent")),
        thing("apps/v1", "Deployment", "antrea-controller", "kube-system"),
        node("a"),
        agent_pod("antrea-agent", "a"),
    ),
    "nothing": (node("a"), pod("web", "a", "shop")),
}


def test_every_module_that_defines_a_provider_is_in_the_list():
    modules = [
        importlib.import_module(f"app.detect.{info.name}")
        for info in pkgutil.iter_modules(app.detect.__path__)
    ]
    defined = [
        module.PROVIDER for module in modules if isinstance(getattr(module, "PROVIDER", None), Provider)
    ]

    assert {provider.id for provider in defined} == {provider.id for provider in PROVIDERS}
    assert len(PROVIDERS) == len({provider.id for provider in PROVIDERS}) == len(defined)


def test_nothing_found_says_so():
    assert detect(folder()) == UNKNOWN_PLATFORM
    assert detect(folder(policy())).reason == UNKNOWN_PLATFORM.reason


@pytest.mark.parametrize("kind", LISTED, ids=[kind for _, kind in LISTED])
@pytest.mark.parametrize("objects", CLUSTERS.values(), ids=CLUSTERS)
def test_a_refused_list_never_makes_up_an_answer(objects, kind):
    whole = detect(cluster(*objects))
    left = [item for item in objects if item["kind"] != kind[1]]
    lacking = detect(cluster(*left, gaps=[refused(*kind)]))

    assert lacking.enforcement in (whole.enforcement, UNKNOWN)
    for entry in lacking.nodes:
        assert entry.enforcement in (whole.on_node(entry.node), UNKNOWN)
    if lacking.enforcement is not whole.enforcement:
        assert "was refused (HTTP 403)" in lacking.reason


# objects that decide, the list that is refused: here the answer has to become unknown
DECIDING = [
    ("Flannel", ("apps", "DaemonSet")),
    ("Calico", ("apps", "DaemonSet")),
    ("Calico", ("", "Pod")),
    ("Flannel", ("", "Node")),
    ("Cilium", ("", "ConfigMap")),
    ("Cilium, off", ("", "ConfigMap")),
    ("AWS without endpoints", ("networking.k8s.aws", "PolicyEndpoint")),
    ("Auto Mode", ("", "ConfigMap")),
    ("kindnet", ("rbac.authorization.k8s.io", "ClusterRole")),
    ("Antrea", ("apps", "Deployment")),
]


@pytest.mark.parametrize(("name", "kind"), DECIDING, ids=[f"{name}, {kind[1]}" for name, kind in DECIDING])
def test_what_decides_was_refused_so_nothing_is_known(name, kind):
    left = [item for item in CLUSTERS[name] if item["kind"] != kind[1]]
    platform = detect(cluster(*left, gaps=[refused(*kind)]))

    assert platform.enforcement is UNKNOWN
    assert f"listing {kind[1]} was refused (HTTP 403)" in platform.reason


def test_a_list_of_agents_that_is_not_whole_can_hide_an_engine_but_not_undo_one():
    gap = CollectionGap(
        GroupKind("apps", "DaemonSet"), GapReason.TRUNCATED, "the list of DaemonSets ended early"
    )

    hidden = detect(cluster(*CLUSTERS["Flannel"], gaps=[gap]))
    assert (hidden.enforcement, hidden.on_node("a")) == (UNKNOWN, UNKNOWN)
    assert (
        "another policy engine may run that was not seen: the list of DaemonSets ended early" in hidden.reason
    )
    assert detect(cluster(*CLUSTERS["Calico"], gaps=[gap])).enforcement is YES


def test_a_refused_object_of_another_name_hides_nothing():
    auto = node("a", labels={"eks.amazonaws.com/compute-type": "auto"})

    def without(name):
        return CollectionGap(
            GroupKind("", "ConfigMap"),
            GapReason.FORBIDDEN,
            f"reading {name} was refused",
            "",
            "kube-system",
            name,
        )

    assert detect(cluster(auto, gaps=[without("calico-config")])).enforcement is NO
    assert detect(cluster(auto, gaps=[without("amazon-vpc-cni")])).enforcement is UNKNOWN


def test_fargate_stays_without_enforcement_whatever_was_not_seen():
    fargate = node("f", labels={"eks.amazonaws.com/compute-type": "fargate"})
    platform = detect(cluster(CALICO, fargate, gaps=[refused("apps", "DaemonSet")]))

    assert platform.on_node("f") is NO


def test_a_file_that_could_not_be_read_may_hold_another_engine():
    gap = CollectionGap(GroupKind("", ""), GapReason.UNREADABLE, "net.yaml, document 2, is not YAML")
    platform = detect(folder(FLANNEL, gaps=[gap]))

    assert platform.enforcement is UNKNOWN
    assert "net.yaml, document 2" in platform.reason


@pytest.mark.parametrize(
    ("objects", "kind", "name"),
    [(CLUSTERS["Calico"], GroupKind("apps", "DaemonSet"), "calico-node"), (CLUSTERS["Cilium"], GroupKind("", "ConfigMap"), "cilium-config")],
    ids=["agent", "settings"],
)  # fmt: skip
def test_two_different_objects_under_one_name_are_not_believed(objects, kind, name):
    gap = CollectionGap(kind, GapReason.DUPLICATE, f"{name} was given twice", "", "kube-system", name)
    platform = detect(cluster(*objects, gaps=[gap]))

    assert (platform.enforcement, platform.on_node("a")) == (UNKNOWN, UNKNOWN)
    assert "was given twice" in platform.reason


@pytest.mark.parametrize(
    ("item", "name"),
    [
        (node("a", kubelet="v1.31.0-eks-1234"), "EKS"),
        (node("a", labels={"eks.amazonaws.com/nodegroup": "x"}), "EKS"),
        (node("a", kubelet="v1.31.0-gke.100"), "GKE"),
        (node("a", labels={"kubernetes.azure.com/cluster": "x"}), "AKS"),
        (node("a", labels={"node.openshift.io/os_id": "rhcos"}), "OpenShift"),
        (node("a", kubelet="v1.31.0+rke2r1"), "RKE2"),
        (node("a", provider="kind://docker/kind/kind-control-plane"), "kind"),
        (node("a"), ""),
    ],
)
def test_nodes_tell_the_distribution(item, name):
    assert detect(cluster(item)).distribution == name


def test_nodes_of_two_distributions_are_both_named():
    nodes = node("a", kubelet="v1.31.0-eks-1"), node("b", provider="kind://docker/kind/b")

    assert detect(cluster(*nodes)).distribution == "EKS, kind"


def test_the_api_server_tells_the_distribution_where_nodes_do_not():
    snapshot = cluster(gaps=[refused("", "Node")], server_version="v1.31.2-gke.1500")

    assert detect(snapshot).distribution == "GKE"


@pytest.mark.parametrize("objects", CLUSTERS.values(), ids=CLUSTERS)
def test_the_order_of_input_does_not_matter_and_every_sign_carries_a_digest(objects):
    shuffled = list(objects)
    random.Random(7).shuffle(shuffled)
    platform = detect(cluster(*objects))

    assert repr(platform) == repr(detect(cluster(*shuffled)))
    signs = [sign for item in (*platform.plugins, *platform.nodes) for sign in item.signs]
    assert all(len(sign.digest) == 64 and sign.says and sign.field for sign in signs)
    assert all(entry.reason and not entry.reason.endswith(".") for entry in platform.nodes)
