"""Four cases for each system that may encrypt between nodes; a system without all four does not get past this file.

`encrypts`    two pods on two nodes, between which it does
`looks so`    what is often taken for encryption and is none
`in part`     one end lacks it: a node, a pod, a subnet; the other end has it still
`unreadable`  what would decide was refused or not understood: never sealed, and never in clear either
"""

import pytest

from app.detect.links import LINKS, never
from app.model.links import LinkState
from tests.unit.detect.build import agent_pod, cluster, container, daemon_set, node, refused
from tests.unit.detect.link_clusters import (
    FULL,
    IPSEC,
    OFF,
    ON,
    PODS,
    ROLLING,
    SECRET,
    STRICT_19,
    TRUSTED,
    WG,
    WIRE,
    antrea,
    calico,
    chart,
    cilium,
    felix,
    flannel,
    k3s,
    on_both,
    openshift,
    weave,
)
from tests.unit.detect.links import link, links_of

ENCRYPTS, LOOKS_SO, IN_PART, UNREADABLE = CASES = ("encrypts", "looks so", "in part", "unreadable")
SEALED = (LinkState.STRICT, LinkState.BEST_EFFORT)
NO_CONFIG = {"gaps": [refused("", "ConfigMap", "kube-system")]}
BY_IPSEC = 'trafficEncapMode: "encap"\ntrafficEncryptionMode: "ipsec"\n'
NATIVE = ',"--flannel-backend","wireguard-native"'


ANETD = daemon_set(
    "anetd", container("cilium-agent", "gke.gcr.io/cilium:v1.16.4"), labels={"k8s-app": "cilium"}
)
GOOGLE = tuple(
    node(
        f"n{at}",
        labels={"cloud.google.com/gke-nodepool": "p"},
        kubelet="v1.31.0-gke.100",
        provider="gce://p/z/n",
    )
    for at in (1, 2)
)
AZURE = tuple(
    node(f"n{at}", labels={"kubernetes.azure.com/cluster": "c"}, provider="azure:///x") for at in (1, 2)
)
ADDRESSES = (daemon_set("azure-cns", container("cns-container")), *on_both("azure-cns"))


def only(name, *containers):
    """A plugin of which nothing but its agents and nodes can be read."""
    return cluster(daemon_set(name, *containers), *on_both(name), node("n1"), node("n2"), *PODS, **NO_CONFIG)


def rolling_chart():
    """IPsec by the chart, in a template of which one pod was not started yet."""
    asked = container("nb-ovsdb", env={"ENABLE_IPSEC": "true"})
    agent = daemon_set("ovnkube-node", container("ovnkube-controller"), asked)
    daemon = daemon_set("ovn-ipsec", container("ovn-ipsec"))
    return cluster({**agent, "status": ROLLING}, daemon, *on_both("ovn-ipsec"), node("n1"), node("n2"), *PODS)


# module in app/detect/links, system → snapshots
FOUR = {
    ("calico", "WireGuard"): {
        ENCRYPTS: calico(ON),
        LOOKS_SO: calico(ON, keys=("", ""), env={"FELIX_WIREGUARDENABLED": "false"}),
        IN_PART: calico(ON, felix("node.n2", wireguardEnabled=False), keys=("one=", "")),
        UNREADABLE: calico(ON, keys=(), gaps=[refused("", "Node")]),
    },
    ("cilium", "WireGuard"): {
        ENCRYPTS: cilium(WG),
        LOOKS_SO: cilium({"mesh-auth-enabled": "true", "tunnel-protocol": "geneve"}, keys=(None, None)),
        IN_PART: cilium(WG, keys=(255, None)),
        UNREADABLE: cilium(WG, keys=("none", "none"), gaps=[refused("cilium.io", "CiliumEndpoint")]),
    },
    ("cilium", "IPsec"): {
        ENCRYPTS: cilium(IPSEC, keys=(3, 3), published=("", ""), ipsec=3),
        LOOKS_SO: cilium(IPSEC, keys=(0, 0), published=("", ""), ipsec=3),
        IN_PART: cilium(IPSEC, keys=(3, "none"), published=("", ""), ipsec=3),
        UNREADABLE: only("cilium", container("cilium-agent")),
    },
    # Dataplane V2 of GKE is Cilium under another name; its settings and keys stand in the same objects
    ("cilium", "GKE"): {
        ENCRYPTS: cilium(WG, agent=ANETD, nodes=GOOGLE),
        LOOKS_SO: cilium(OFF, keys=(None, None), agent=ANETD, nodes=GOOGLE),
        IN_PART: cilium(WG, published=("one=", ""), agent=ANETD, nodes=GOOGLE),
        UNREADABLE: cluster(ANETD, *on_both("anetd"), *GOOGLE, *PODS, **NO_CONFIG),
    },
    # so is Cilium on AKS, beside the agent that hands out addresses
    ("cilium", "AKS"): {
        ENCRYPTS: cilium(WG, *ADDRESSES, nodes=AZURE),
        LOOKS_SO: cilium({"ipam": "delegated-plugin"}, *ADDRESSES, keys=(None, None), nodes=AZURE),
        IN_PART: cilium(WG, *ADDRESSES, keys=(255, "none"), nodes=AZURE),
        UNREADABLE: cilium(
            WG, *ADDRESSES, published=(), nodes=AZURE, gaps=[refused("cilium.io", "CiliumNode")]
        ),
    },
    ("flannel", "WireGuard"): {
        ENCRYPTS: flannel("wireguard", ["wireguard", "wireguard"]),
        LOOKS_SO: flannel("wireguard", ["vxlan", "vxlan"]),
        IN_PART: flannel("wireguard", ["wireguard", "vxlan"]),
        UNREADABLE: flannel("wireguard", [], gaps=[refused("", "Node")]),
    },
    ("flannel", "IPsec"): {
        ENCRYPTS: flannel("ipsec", ["ipsec", "ipsec"]),
        LOOKS_SO: flannel("ipip", ["ipip", "ipip"]),
        IN_PART: flannel("ipsec", ["ipsec", "ipsec"], agents=("n1",)),
        UNREADABLE: flannel("extension", ["extension", "extension"]),
    },
    ("k3s", "WireGuard"): {
        ENCRYPTS: k3s(NATIVE, "wireguard", "wireguard"),
        LOOKS_SO: k3s(NATIVE, "vxlan", "vxlan"),
        IN_PART: k3s(NATIVE, "wireguard", "vxlan"),
        UNREADABLE: k3s(NATIVE, "", ""),
    },
    ("weave_net", "password"): {
        ENCRYPTS: weave(SECRET),
        LOOKS_SO: weave({"WEAVE_PASSWORD": ""}),
        IN_PART: weave(TRUSTED, addresses=("198.51.100.1", "192.0.2.1")),
        UNREADABLE: weave({"EXTRA_ARGS": "<redacted>"}),
    },
    ("antrea", "WireGuard"): {
        ENCRYPTS: antrea(WIRE),
        LOOKS_SO: antrea('multicluster:\n  trafficEncryptionMode: "wireGuard"\n'),
        IN_PART: antrea(WIRE, ("one=", "")),
        UNREADABLE: only("antrea-agent", container("antrea-agent")),
    },
    ("antrea", "IPsec"): {
        ENCRYPTS: antrea(BY_IPSEC),
        LOOKS_SO: antrea(BY_IPSEC.replace('"encap"', '"networkPolicyOnly"')),
        IN_PART: antrea(BY_IPSEC, agents=("n1",)),
        UNREADABLE: antrea(BY_IPSEC, changed="2026-10-02T00:00:00Z"),
    },
    ("ovn_kubernetes", "OpenShift"): {
        ENCRYPTS: openshift(FULL),
        LOOKS_SO: openshift({"ipsecConfig": {"mode": "External"}}),
        IN_PART: openshift(FULL, ("n1",)),
        UNREADABLE: openshift(None, gaps=[refused("operator.openshift.io", "Network")]),
    },
    ("ovn_kubernetes", "chart"): {
        ENCRYPTS: chart(),
        LOOKS_SO: chart(()),
        IN_PART: chart(("n1",)),
        UNREADABLE: chart(env={"ENABLE_IPSEC": "perhaps"}),
    },
}

# what looks like encryption of plugins that have none, and the same where agents may be missing from what was read
_BARE = {
    "aws-vpc-cni": ("aws-node", container("aws-node"), {"node.kubernetes.io/instance-type": "m6i.large"}),
    "kindnet": ("kindnet", container("kindnet-cni"), {}),
    "kube-router": ("kube-router", container("kube-router", args=["--run-router", "--enable-overlay", "--overlay-encap=fou"]), {}),
    "azure-cni": ("azure-cns", container("cns-container"), {}),
}  # fmt: skip


def bare(plugin, **more):
    name, agent, labels = _BARE[plugin]
    nodes = (node(f"n{at}", labels=labels) for at in (1, 2))
    return cluster(
        daemon_set(name, agent), *(agent_pod(name, f"n{at}") for at in (1, 2)), *nodes, *PODS, **more
    )


# a configuration that is newer than the agents which read it when they start → what the link between two pods is then
LATE = "2026-10-02T00:00:00Z"
STALE = {
    "Cilium, on, and not shown by nodes and endpoints": (cilium(WG, keys=(None, None), published=("", ""), changed=LATE), LinkState.CLEAR),
    "Cilium, on, and shown": (cilium(WG, changed=LATE), LinkState.BEST_EFFORT),
    "Cilium, off": (cilium(OFF, keys=(None, None), changed=LATE), LinkState.UNKNOWN),
    "Cilium, strict": (cilium(STRICT_19, changed=LATE), LinkState.BEST_EFFORT),
    "Antrea, IPsec": (antrea(BY_IPSEC, changed=LATE), LinkState.UNKNOWN),
    "Antrea, off": (antrea("", changed=LATE), LinkState.UNKNOWN),
    "Antrea, WireGuard, shown": (antrea(WIRE, changed=LATE), LinkState.BEST_EFFORT),
    "Antrea, WireGuard, not shown": (antrea(WIRE, ("", ""), changed=LATE), LinkState.CLEAR),
    "Flannel, whose nodes show what they run": (flannel("wireguard", ["vxlan", "vxlan"]), LinkState.CLEAR),
    "Flannel, the other way round": (flannel("vxlan", ["wireguard", "wireguard"]), LinkState.BEST_EFFORT),
    "Weave Net, a template from which pods are still started": (weave(SECRET, status=ROLLING), LinkState.UNKNOWN),
    "OVN-Kubernetes, likewise": (rolling_chart(), LinkState.UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize(("snapshot", "state"), STALE.values(), ids=STALE)
def test_what_is_newer_than_the_agent_proves_nothing_that_the_agent_does_not_show(snapshot, state):
    assert link(snapshot).state is state


def test_every_system_has_all_four_cases():
    finders = {find.__module__.rpartition(".")[2] for find in LINKS}

    assert {module for module, _ in FOUR} == finders - {"never"}
    assert {tuple(cases) for cases in FOUR.values()} == {CASES}
    assert set(_BARE) | {"eks-auto-mode", "gke"} == set(never._PLUGINS)  # these two have no agents


@pytest.mark.parametrize("system", FOUR, ids=" ".join)
def test_it_encrypts(system):
    assert link(FOUR[system][ENCRYPTS]).state in SEALED


@pytest.mark.parametrize("system", FOUR, ids=" ".join)
def test_what_only_looks_so_is_in_clear(system):
    assert link(FOUR[system][LOOKS_SO]).state is LinkState.CLEAR


@pytest.mark.parametrize("system", FOUR, ids=" ".join)
def test_one_end_without_it_is_enough_and_the_other_keeps_it(system):
    snapshot = FOUR[system][IN_PART]

    assert link(snapshot, "a", "b").state not in SEALED
    assert link(snapshot, "b", "a").state not in SEALED
    assert link(snapshot, "a", "a").state in SEALED  # two pods like the one that has it


@pytest.mark.parametrize("system", FOUR, ids=" ".join)
def test_what_cannot_be_read_is_unknown(system):
    found = link(FOUR[system][UNREADABLE])

    assert found.state is LinkState.UNKNOWN
    assert found.says


@pytest.mark.parametrize("plugin", _BARE)
def test_a_plugin_without_encryption_is_in_clear_unless_another_may_be_there(plugin):
    assert set(links_of(bare(plugin))) == {plugin}
    assert link(bare(plugin)).state is LinkState.CLEAR
    assert link(bare(plugin, gaps=[refused("apps", "DaemonSet", "other")])).state is LinkState.UNKNOWN
