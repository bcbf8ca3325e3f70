"""Amazon VPC CNI and EKS Auto Mode: the agent's switch, its controller, PolicyEndpoints, pods it never covers."""

import pytest

from app.detect import detect
from app.model.identity import ObjectRef
from app.model.platform import Enforcement
from tests.unit.detect.build import (
    agent_pod,
    cluster,
    config_map,
    container,
    daemon_set,
    folder,
    node,
    pod,
    policy,
    refused,
    thing,
)

YES, NO, PARTLY, UNKNOWN = (
    Enforcement.ENFORCED,
    Enforcement.NOT_ENFORCED,
    Enforcement.DEGRADED,
    Enforcement.UNKNOWN,
)


def aws_node(*args, env=None):
    agent = container("aws-node", "amazon-k8s-cni:v1.19.0", env=env or {})
    return daemon_set("aws-node", agent, container("aws-eks-nodeagent", args=list(args)))


ON = aws_node("--enable-network-policy=true")
WEB = pod("web-1", "a", "shop", owner=("ReplicaSet", "web"), labels={"app": "web"})
LIVE = (ON, node("a"), agent_pod("aws-node", "a"), WEB)


def endpoint(name="default-deny", namespace="shop"):
    spec = {"policyRef": {"name": name, "namespace": namespace}}
    return thing("networking.k8s.aws/v1alpha1", "PolicyEndpoint", f"{name}-x", namespace, spec=spec)


def _odd_policy():
    chosen = {"matchExpressions": [{"key": "app", "operator": "Near"}]}
    return thing("networking.k8s.io/v1", "NetworkPolicy", "odd", "shop", spec={"podSelector": chosen})


SWITCHES = {
    "no agent": (daemon_set("aws-node", container("aws-node")), NO, "without its network policy agent"),
    "agent without the flag": (aws_node(), NO, "not switched on"),
    "agent switched off": (aws_node("--enable-network-policy=false"), NO, "--enable-network-policy=false"),
    "agent switched on": (ON, YES, "is on"),
    "bare flag": (aws_node("--enable-network-policy"), YES, "is on"),
    "given twice": (aws_node("--enable-network-policy=true", "--enable-network-policy=false"), NO, "=false"),
    "from a variable that is not there": (aws_node("--enable-network-policy=$(POLICY)"), UNKNOWN, "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize(("agent", "enforcement", "words"), SWITCHES.values(), ids=SWITCHES)
def test_the_agent_enforces_only_when_it_is_told_to(agent, enforcement, words):
    platform = detect(folder(agent))

    assert platform.enforcement is enforcement
    assert words in platform.reason
    assert platform.plugins[0].id == "aws-vpc-cni"


# what is in a cluster whose agent is on, the answer, words of the reason
PROOFS = {
    "no policies, so nothing to prove": ((), (), YES, ""),
    "each policy has an endpoint": ((policy(), endpoint()), (), YES, ""),
    "policies and no endpoint at all": ((policy(),), (), NO, "1 NetworkPolicy objects exist and no PolicyEndpoint"),
    "endpoints refused": ((policy(),), [refused("networking.k8s.aws", "PolicyEndpoint")], UNKNOWN, "was refused"),
    "endpoints refused and no policies": ((), [refused("networking.k8s.aws", "PolicyEndpoint")], YES, ""),
    "policies refused and no endpoint": ((), [refused("networking.k8s.io", "NetworkPolicy")], UNKNOWN, "was refused"),
    "policies refused, endpoints there": ((endpoint(),), [refused("networking.k8s.io", "NetworkPolicy")], YES, ""),
    "controller switched off": (
        (config_map("amazon-vpc-cni", {"enable-network-policy-controller": "false"}),),
        (),
        NO,
        "controller is switched off",
    ),
    "controller said to be off, endpoints prove that it runs": (
        (config_map("amazon-vpc-cni", {"enable-network-policy-controller": "false"}), policy(), endpoint()),
        (),
        YES,
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("objects", "gaps", "enforcement", "words"), PROOFS.values(), ids=PROOFS)
def test_policy_endpoints_prove_that_agents_are_given_policies(objects, gaps, enforcement, words):
    platform = detect(cluster(*LIVE, *objects, gaps=gaps))

    assert platform.enforcement is enforcement
    assert platform.on_node("a") is enforcement
    assert words in platform.reason


# policies and endpoints beside one default-deny that has an endpoint; the policy that the pod misses, if any
LEFT_OUT = {
    "a policy that selects it was not handed on": ((policy("web", app="web"),), "web"),
    "a policy that selects other pods": ((policy("db", app="db"),), ""),
    "an endpoint of that name in another namespace": ((policy("web"), endpoint("web", "other")), "web"),
    "a selector that is not understood": ((_odd_policy(),), "odd"),
    "two policies, the first is named": ((policy("a"), policy("b")), "a"),
}


@pytest.mark.parametrize(("objects", "missing"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_pods_whose_policies_were_not_handed_to_agents_are_exceptions(objects, missing):
    platform = detect(cluster(*LIVE, policy(), endpoint(), *objects))

    why = f"NetworkPolicy shop/{missing} selects this pod and has no PolicyEndpoint, so no agent was given it"
    assert platform.pod_exceptions == ({ObjectRef("", "Pod", "shop", "web-1"): why} if missing else {})
    assert platform.enforcement is YES


def test_a_list_of_endpoints_that_is_not_whole_leaves_nobody_out():
    gap = refused("networking.k8s.aws", "PolicyEndpoint", "other")

    assert detect(cluster(*LIVE, policy(), policy("web"), endpoint(), gaps=[gap])).pod_exceptions == {}


def test_policy_endpoints_that_were_never_asked_for_prove_nothing():
    platform = detect(cluster(*LIVE, policy(), without=["PolicyEndpoint"]))

    assert platform.enforcement is UNKNOWN
    assert "PolicyEndpoint objects were not asked for" in platform.reason


def test_in_files_the_controller_cannot_be_seen_and_the_caution_says_so():
    platform = detect(folder(ON, policy()))

    assert platform.enforcement is YES
    assert any("cannot be seen in files" in text for text in platform.plugins[0].cautions)


def test_two_daemon_sets_that_are_set_up_differently_have_no_one_answer():
    off = aws_node("--enable-network-policy=false")
    other = {
        **off,
        "metadata": {**off["metadata"], "name": "aws-node-arm", "labels": {"k8s-app": "aws-node"}},
    }
    platform = detect(folder(ON, other))

    assert platform.enforcement is UNKNOWN
    assert "DaemonSet kube-system/aws-node, DaemonSet kube-system/aws-node-arm" in platform.reason


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({}, "open until their policies are programmed"),
        ({"NETWORK_POLICY_ENFORCING_MODE": "standard"}, "open until their policies are programmed"),
        ({"NETWORK_POLICY_ENFORCING_MODE": "strict"}, "closed until their policies are programmed"),
    ],
)
def test_what_happens_to_new_pods_is_said(env, words):
    platform = detect(folder(aws_node("--enable-network-policy=true", env=env)))

    assert any(words in text for text in platform.plugins[0].cautions)


def test_pods_without_an_owner_are_exceptions():
    bare = pod("debug", "a", "shop")
    host = pod("proxy", "a", "shop", host_network=True)
    finished = pod("old", "a", "shop", phase="Failed")
    platform = detect(cluster(*LIVE, bare, host, finished))

    assert list(platform.pod_exceptions) == [ObjectRef("", "Pod", "shop", "debug")]
    assert "has no owner" in platform.pod_exceptions[ObjectRef("", "Pod", "shop", "debug")]


def test_pods_without_an_owner_are_none_where_another_engine_covers_them():
    calico = daemon_set("calico-node", container("calico-node"))
    platform = detect(cluster(*LIVE, pod("debug", "a", "shop"), calico, agent_pod("calico-node", "a")))

    assert platform.pod_exceptions == {}


def test_nodes_of_fargate_have_no_agent():
    fargate = node("f", labels={"eks.amazonaws.com/compute-type": "fargate"}, kubelet="v1.31.0-eks-1")
    platform = detect(cluster(*LIVE, fargate))

    assert (platform.on_node("a"), platform.on_node("f")) == (YES, NO)
    assert platform.distribution == "EKS"


AUTO = node("auto", labels={"eks.amazonaws.com/compute-type": "auto"}, kubelet="v1.31.0-eks-1")
CONTROLLER = config_map("amazon-vpc-cni", {"enable-network-policy-controller": "true"})

AUTO_MODE = {
    "switched on": (cluster(AUTO, CONTROLLER), YES, "controller on"),
    "no ConfigMap": (cluster(AUTO), NO, "only when ConfigMap kube-system/amazon-vpc-cni"),
    "switched off": (
        cluster(AUTO, config_map("amazon-vpc-cni", {"enable-network-policy-controller": "false"})),
        NO,
        "is not true",
    ),
    "a value that is no boolean": (
        cluster(AUTO, config_map("amazon-vpc-cni", {"enable-network-policy-controller": "yes"})),
        UNKNOWN,
        "is not true",
    ),
    "ConfigMap refused": (cluster(AUTO, gaps=[refused("", "ConfigMap")]), UNKNOWN, "was refused"),
    "ConfigMap not in the files": (folder(AUTO), UNKNOWN, "not among what was read"),
    "policies without endpoints": (cluster(AUTO, CONTROLLER, policy()), NO, "no PolicyEndpoint"),
    "policies with endpoints": (cluster(AUTO, CONTROLLER, policy(), endpoint()), YES, "controller on"),
}  # fmt: skip


class TestAutoMode:
    @pytest.mark.parametrize(("snapshot", "enforcement", "words"), AUTO_MODE.values(), ids=AUTO_MODE)
    def test_the_config_map_decides(self, snapshot, enforcement, words):
        platform = detect(snapshot)

        assert platform.enforcement is enforcement
        assert platform.on_node("auto") is enforcement
        assert words in platform.reason
        assert platform.plugins[0].id == "eks-auto-mode"

    def test_a_node_that_is_not_ready_is_degraded(self):
        down = node("auto", labels={"eks.amazonaws.com/compute-type": "auto"}, ready=False)

        assert detect(cluster(down, CONTROLLER)).on_node("auto") is PARTLY

    def test_beside_nodes_of_the_classic_plugin_each_kind_of_node_has_its_own_answer(self):
        off = aws_node("--enable-network-policy=false")
        platform = detect(cluster(off, node("ec2"), agent_pod("aws-node", "ec2"), AUTO, CONTROLLER))

        assert (platform.on_node("auto"), platform.on_node("ec2")) == (YES, NO)
        assert platform.enforcement is PARTLY

    def test_a_node_class_that_denies_by_default_is_pointed_out(self):
        strict = thing("eks.amazonaws.com/v1", "NodeClass", "default", spec={"networkPolicy": "DefaultDeny"})

        assert "DefaultDeny" in detect(cluster(AUTO, CONTROLLER, strict)).plugins[0].cautions[0]
