"""K3s: no DaemonSet shows its policy controller; the command line of its servers does."""

import json

import pytest

from app.detect import detect
from app.model.platform import Enforcement
from tests.unit.detect.build import agent_pod, cluster, container, daemon_set, folder, node

YES, NO, PARTLY, UNKNOWN = (
    Enforcement.ENFORCED,
    Enforcement.NOT_ENFORCED,
    Enforcement.DEGRADED,
    Enforcement.UNKNOWN,
)


def server(name="server", *words, **more):
    annotations = {"k3s.io/node-args": json.dumps(["server", *words])}
    labels = {"node-role.kubernetes.io/control-plane": "true"}
    return node(name, kubelet="v1.31.1+k3s1", labels=labels, **{"annotations": annotations, **more})


AGENT = node("agent", kubelet="v1.31.1+k3s1", annotations={"k3s.io/node-args": '["agent"]'})

SERVERS = {
    "nothing said, so on": ((server(),), YES),
    "switched off": ((server("s", "--disable-network-policy"),), NO),
    "switched off, as a pair of words": ((server("s", "--disable-network-policy", "true"),), NO),
    "switched off, followed by another flag": (
        (server("s", "--disable-network-policy", "--tls-san", "x"),),
        NO,
    ),
    "switched on again in words": ((server("s", "--disable-network-policy", "false"),), YES),
    "the last word wins": ((server("s", "--disable-network-policy", "--disable-network-policy=false"),), YES),
    "a word that is no boolean": ((server("s", "--disable-network-policy=perhaps"),), UNKNOWN),
    "another thing is disabled": ((server("s", "--disable", "traefik"),), YES),
    "both servers say off": (
        (server("s", "--disable-network-policy"), server("t", "--disable-network-policy")),
        NO,
    ),
    "servers disagree": ((server("s", "--disable-network-policy"), server("t")), UNKNOWN),
    "one server says nothing readable": ((server("s"), server("t", annotations={})), UNKNOWN),
    "an annotation that is no list": ((server("s", annotations={"k3s.io/node-args": "{}"}),), UNKNOWN),
    "an annotation that is no JSON": ((server("s", annotations={"k3s.io/node-args": "--x"}),), UNKNOWN),
    "no server among the nodes": ((), UNKNOWN),
}


@pytest.mark.parametrize(("servers", "enforcement"), SERVERS.values(), ids=SERVERS)
def test_servers_decide_for_every_node(servers, enforcement):
    platform = detect(cluster(*servers, AGENT))

    assert platform.enforcement is enforcement
    assert platform.on_node("agent") is enforcement
    assert [(item.id, item.version, item.primary) for item in platform.plugins] == [
        ("k3s", "v1.31.1+k3s1", True)
    ]
    assert platform.distribution == "k3s"


def test_the_command_line_of_the_server_is_the_evidence():
    sign = detect(cluster(server("s", "--disable-network-policy"))).plugins[0].signs[0]

    assert (str(sign.ref), sign.field) == ("Node s", "metadata.annotations['k3s.io/node-args']")
    assert sign.value == '["server", "--disable-network-policy"]'


def test_a_node_that_is_not_ready_is_degraded():
    down = node("agent", kubelet="v1.31.1+k3s1", ready=False)
    platform = detect(cluster(server(), down))

    assert (platform.on_node("server"), platform.on_node("agent")) == (YES, PARTLY)
    assert platform.enforcement is PARTLY


def test_with_another_network_its_own_policy_controller_stays_on_and_both_are_pointed_out():
    calico = daemon_set("calico-node", container("calico-node"))
    platform = detect(
        cluster(server("s", "--flannel-backend", "none"), calico, agent_pod("calico-node", "s"))
    )

    assert [(item.id, item.primary) for item in platform.plugins] == [("calico", True), ("k3s", False)]
    assert all("more than one engine" in item.cautions[-1] for item in platform.plugins)


def test_with_its_controller_off_another_engine_decides():
    calico = daemon_set("calico-node", container("calico-node"))
    words = ("--flannel-backend=none", "--disable-network-policy")
    platform = detect(cluster(server("s", *words), calico, agent_pod("calico-node", "s")))

    assert platform.enforcement is YES
    assert platform.plugins[0].cautions == ()


def test_rke2_is_not_k3s():
    platform = detect(cluster(node("a", kubelet="v1.31.1+rke2r1")))

    assert platform.plugins == ()
    assert platform.distribution == "RKE2"


def test_nodes_in_files_are_enough():
    assert detect(folder(server(), AGENT)).enforcement is YES
