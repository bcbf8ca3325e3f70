"""Enforcement node by node: where the agent runs, where it fails, where it cannot run, where it was not seen."""

from dataclasses import replace

import pytest

from app.detect import detect
from app.model.identity import GroupKind
from app.model.platform import Enforcement
from app.model.snapshot import CollectionGap, Coverage, GapReason
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

CALICO = daemon_set(
    "calico-node", container("calico-node"), status=(2, 2), selector={"kubernetes.io/os": "linux"}
)
HEALTHY = (CALICO, node("a"), node("b"), agent_pod("calico-node", "a"), agent_pod("calico-node", "b"))


def test_an_agent_that_is_ready_on_every_node_enforces_everywhere():
    platform = detect(cluster(*HEALTHY))

    assert platform.enforcement is YES
    assert [(entry.node, entry.enforcement) for entry in platform.nodes] == [("a", YES), ("b", YES)]
    sign = platform.nodes[0].signs[0]
    assert (str(sign.ref), sign.field, sign.value) == (
        "Pod kube-system/calico-node-a",
        "status.conditions[type=Ready].status",
        "True",
    )
    assert len(sign.digest) == 64


# what stands on node b in place of a healthy agent, the answer there, words of its reason
OTHER_NODE = {
    "no agent pod": ((node("b"),), PARTLY, "no agent pod of Calico is on this node"),
    "an agent that is not ready": ((node("b"), agent_pod("calico-node", "b", ready=False)), PARTLY, "is not ready"),
    "an agent that is being deleted": ((node("b"), agent_pod("calico-node", "b", leaving=True)), PARTLY, "is not ready"),
    "a pod of the agent's name without its owner": (
        (node("b"), pod("calico-node-b", "b", host_network=True)),
        PARTLY,
        "no agent pod",
    ),
    "an agent of the same name elsewhere": (
        (node("b"), agent_pod("calico-node", "b", namespace="shop")),
        PARTLY,
        "no agent pod",
    ),
    "Fargate": ((node("b", labels={"eks.amazonaws.com/compute-type": "fargate"}),), NO, "Fargate runs no DaemonSet"),
    "a virtual kubelet by label": ((node("b", labels={"type": "virtual-kubelet"}),), NO, "virtual kubelet"),
    "a virtual kubelet by taint": ((node("b", taints=["virtual-kubelet.io/provider"]),), NO, "virtual kubelet"),
    "Windows": ((node("b", labels={"kubernetes.io/os": "windows"}),), NO, "the node runs windows"),
}  # fmt: skip


@pytest.mark.parametrize(("objects", "enforcement", "words"), OTHER_NODE.values(), ids=OTHER_NODE)
def test_a_node_without_a_ready_agent_is_told_apart(objects, enforcement, words):
    platform = detect(cluster(CALICO, node("a"), agent_pod("calico-node", "a"), *objects))

    assert platform.on_node("a") is YES
    assert platform.on_node("b") is enforcement
    assert words in platform.why("b")
    assert platform.nodes[1].signs
    assert platform.enforcement is PARTLY
    assert platform.reason.startswith("policies are enforced on 1 of 2 nodes; b: ")


def test_a_second_agent_pod_that_is_ready_is_enough_during_an_update():
    late = pod("calico-node-new", "b", owner=("DaemonSet", "calico-node"), ready=False)

    assert detect(cluster(*HEALTHY, late)).on_node("b") is YES


def test_a_node_that_the_agents_selector_leaves_out_is_not_enforced():
    chosen = daemon_set(
        "calico-node",
        container("calico-node"),
        selector={"pool": "blue", "projectcalico.org/ds-ready": "true"},
    )
    ready = {"projectcalico.org/ds-ready": "true", "pool": "blue"}
    platform = detect(
        cluster(
            chosen, node("a", labels=ready), node("b", labels={"pool": "blue"}), agent_pod("calico-node", "a")
        )
    )

    assert platform.on_node("b") is NO
    assert "projectcalico.org/ds-ready=true" in platform.why("b")


def test_a_windows_agent_covers_windows_nodes():
    windows = daemon_set("calico-node-windows", container("felix"), selector={"kubernetes.io/os": "windows"})
    there = node("b", labels={"kubernetes.io/os": "windows"})
    covered = cluster(
        CALICO,
        windows,
        node("a"),
        there,
        agent_pod("calico-node", "a"),
        agent_pod("calico-node-windows", "b"),
    )
    missing = cluster(CALICO, windows, node("a"), there, agent_pod("calico-node", "a"))

    assert detect(covered).on_node("b") is YES
    assert detect(missing).on_node("b") is PARTLY


def test_agents_that_all_fail_degrade_the_cluster():
    platform = detect(cluster(CALICO, node("a"), node("b")))

    assert platform.enforcement is PARTLY
    assert "on all 2 nodes" in platform.reason


def test_a_daemon_set_that_wants_no_pod_is_absent():
    off = daemon_set("calico-node", container("calico-node"), status=(0, 0))

    platform = detect(cluster(off, node("a")))
    assert platform.plugins == ()
    assert platform.enforcement is UNKNOWN


def test_pods_that_could_not_be_listed_leave_every_node_unknown():
    platform = detect(cluster(CALICO, node("a"), node("b"), gaps=[refused("", "Pod")]))

    assert [entry.enforcement for entry in platform.nodes] == [UNKNOWN, UNKNOWN]
    assert platform.enforcement is UNKNOWN
    assert "listing Pod was refused (HTTP 403)" in platform.reason


def test_pods_refused_in_another_namespace_do_not_matter():
    platform = detect(cluster(*HEALTHY, gaps=[refused("", "Pod", "shop")]))

    assert platform.enforcement is YES
    assert detect(cluster(CALICO, node("a"), gaps=[refused("", "Pod", "shop")])).on_node("a") is PARTLY


def test_agents_of_two_daemon_sets_are_counted_together():
    arm = daemon_set("kube-flannel-ds-arm64", container("kube-flannel"), container("kube-network-policies"))
    amd = daemon_set("kube-flannel-ds-amd64", container("kube-flannel"), container("kube-network-policies"))
    pods = agent_pod("kube-flannel-ds-arm64", "a"), agent_pod("kube-flannel-ds-amd64", "b")

    assert detect(cluster(arm, amd, node("a"), node("b"), *pods)).enforcement is YES


def test_a_list_of_pods_that_ended_early_hides_agents_even_where_no_reason_was_kept():
    whole = cluster(CALICO, node("a"))
    kinds = tuple(
        replace(entry, coverage=Coverage.PARTIAL) if entry.group_kind.kind == "Pod" else entry
        for entry in whole.kinds
    )
    platform = detect(replace(whole, kinds=kinds))

    assert platform.on_node("a") is UNKNOWN
    assert "Pod objects could not all be read" in platform.why("a")


def test_one_invalid_pod_that_was_kept_does_not_hide_agents():
    broken = pod("x", "a", labels={"a": 1})
    gap = CollectionGap(
        GroupKind("", "Pod"), GapReason.INVALID, "label a is not a string", "", "kube-system", "x"
    )

    assert detect(cluster(CALICO, node("a"), broken, gaps=[gap])).on_node("a") is PARTLY


def test_a_document_that_could_not_be_read_may_be_the_missing_agent():
    gap = CollectionGap(GroupKind("", ""), GapReason.UNREADABLE, "nodes.yaml, document 3, is not YAML")

    assert detect(cluster(CALICO, node("a"), gaps=[gap])).on_node("a") is UNKNOWN


def test_nodes_are_taken_from_pods_when_they_could_not_be_listed():
    platform = detect(
        cluster(CALICO, agent_pod("calico-node", "a"), pod("web", "b", "shop"), gaps=[refused("", "Node")])
    )

    assert [(entry.node, entry.enforcement) for entry in platform.nodes] == [("a", YES), ("b", PARTLY)]


def test_a_cluster_whose_nodes_could_not_be_listed_is_unknown_as_a_whole():
    platform = detect(cluster(CALICO, agent_pod("calico-node", "a"), gaps=[refused("", "Node")]))

    assert (platform.on_node("a"), platform.enforcement) == (YES, UNKNOWN)
    assert "every node cannot be told: listing Node was refused" in platform.reason


def test_a_pod_that_is_not_scheduled_gets_the_clusters_answer():
    assert detect(cluster(*HEALTHY)).on_node("") is YES


def test_manifests_without_nodes_answer_for_the_cluster_only():
    platform = detect(folder(daemon_set("calico-node", container("calico-node"))))

    assert platform.enforcement is YES
    assert platform.nodes == ()


def test_files_with_nodes_but_without_agent_pods_are_judged_by_the_daemon_sets_status():
    ready = folder(CALICO, node("a"), pod("web", "a", "shop"))
    failing = folder(daemon_set("calico-node", container("calico-node"), status=(2, 1)), node("a"))

    assert detect(ready).on_node("a") is YES
    assert detect(failing).enforcement is PARTLY
    assert "1 of 2 agent pods of Calico are ready" in detect(failing).reason


def test_files_with_some_agent_pods_are_judged_by_them():
    assert detect(folder(CALICO, node("a"), node("b"), agent_pod("calico-node", "a"))).on_node("b") is PARTLY


def test_files_still_know_where_no_agent_can_run():
    fargate = node("f", labels={"eks.amazonaws.com/compute-type": "fargate"})

    assert detect(folder(CALICO, node("a"), fargate)).on_node("f") is NO


def test_an_engine_that_is_off_is_off_on_every_node():
    flannel = daemon_set("kube-flannel-ds", container("kube-flannel"), namespace="kube-flannel")
    platform = detect(
        cluster(flannel, node("a"), agent_pod("kube-flannel-ds", "a", namespace="kube-flannel"))
    )

    assert platform.on_node("a") is NO
    assert "no policy engine" in platform.why("a")


def test_the_strongest_engine_decides_on_each_node():
    flannel = daemon_set("kube-flannel-ds", container("kube-flannel"))
    netpol = daemon_set("kube-network-policies", container("kube-network-policies"))
    platform = detect(cluster(flannel, netpol, node("a"), node("b"), agent_pod("kube-network-policies", "a")))

    assert [entry.enforcement for entry in platform.nodes] == [YES, PARTLY]
    assert [(item.id, item.primary) for item in platform.plugins] == [
        ("flannel", True),
        ("kube-network-policies", False),
    ]


def test_configuration_newer_than_the_agents_is_pointed_out():
    settings = config_map("cilium-config", {"enable-policy": "default"}, changed="2026-10-20T00:00:00Z")
    cilium = daemon_set("cilium", container("cilium-agent"))
    old = agent_pod("cilium", "a", started="2026-10-01T00:00:00Z")
    new = agent_pod("cilium", "b", started="2026-10-21T00:00:00Z")

    stale = detect(cluster(cilium, settings, node("a"), node("b"), old, new)).plugins[0].cautions
    fresh = detect(cluster(cilium, settings, node("b"), new)).plugins[0].cautions
    (caution,) = [text for text in stale if text.startswith("stale: ")]
    assert "ConfigMap kube-system/cilium-config changed at 2026-10-20T00:00:00Z" in caution
    assert (
        "after 1 of 2 agent pods of Cilium had started, the first of them Pod kube-system/cilium-a" in caution
    )
    assert not any(text.startswith("stale: ") for text in fresh)


def test_fields_of_the_wrong_type_hide_nothing_else():
    broken = thing(
        "v1", "Node", "n", metadata={"name": "n", "labels": ["x"]}, spec=3, status={"conditions": "x"}
    )
    strange = thing(
        "apps/v1", "DaemonSet", "strange", "kube-system", spec={"template": {"spec": {"containers": 7}}}
    )
    platform = detect(cluster(*HEALTHY, broken, strange))

    assert [(entry.node, entry.enforcement) for entry in platform.nodes] == [
        ("a", YES),
        ("b", YES),
        ("n", PARTLY),
    ]
