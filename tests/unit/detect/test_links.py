"""Links between nodes: for each system one that encrypts, one that only looks so, one in part, one that cannot be read."""

import pytest

from app.model.encryption import EvidenceStrength, Known, LinkState
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
from tests.unit.detect.links import link, links_of

CLEAR, BEST, STRICT, UNKNOWN = LinkState.CLEAR, LinkState.BEST_EFFORT, LinkState.STRICT, LinkState.UNKNOWN
OBSERVED = EvidenceStrength.OBSERVED

# two pods on two nodes, and one on the host network of each
PODS = (
    pod("a", "n1", "shop", ips=["10.0.1.1"]),
    pod("b", "n2", "shop", ips=["10.0.2.1"]),
    pod("host", "n1", "shop", host_network=True, ips=["192.0.2.1"]),
)
DUAL = (
    pod("a", "n1", "shop", ips=["10.0.1.1", "fd00::1"]),
    pod("b", "n2", "shop", ips=["10.0.2.1", "fd00::2"]),
)


def on_both(agent):
    return agent_pod(agent, "n1"), agent_pod(agent, "n2")


# ---- Calico

KEY, KEY6 = "projectcalico.org/WireguardPublicKey", "projectcalico.org/WireguardPublicKeyV6"


def felix(name="default", **spec):
    return thing("crd.projectcalico.org/v1", "FelixConfiguration", name, spec=spec)


def calico(*objects, env=None, keys=("one=", "two="), key=KEY, pods=PODS, **more):
    nodes = [
        node(f"n{at}", annotations={key: value} if value else {}) for at, value in enumerate(keys, start=1)
    ]
    agent = daemon_set(
        "calico-node", container("calico-node", env=env or {}), labels={"k8s-app": "calico-node"}
    )
    return cluster(agent, *on_both("calico-node"), *nodes, *pods, *objects, **more)


ON = felix(wireguardEnabled=True)

CALICO = [
    ("both nodes have a key", calico(ON), BEST, "published a WireGuard key for IPv4"),
    ("one node has none", calico(ON, keys=("one=", "")), CLEAR, "published no WireGuard key, although"),
    ("two nodes share one key", calico(ON, keys=("one=", "one=")), CLEAR, "is also another node's"),
    ("off, and no keys", calico(keys=("", "")), CLEAR, "no FelixConfiguration sets wireguardEnabled"),
    ("off, yet keys are there", calico(), UNKNOWN, "has published a WireGuard key, but"),
    ("the environment comes first", calico(ON, keys=("", ""), env={"FELIX_WIREGUARDENABLED": "false"}), CLEAR, "comes first"),
    ("opted out by node", calico(ON, felix("node.n2", wireguardEnabled=False), keys=("one=", "")), CLEAR, "node.n2 sets"),
    ("by a selector not understood", calico(felix("some", wireguardEnabled=True, nodeSelector="a in {'b'}"), keys=("", "")), CLEAR, "published no WireGuard key"),
    ("on the other family alone", calico(felix(wireguardEnabledV6=True), key=KEY6, pods=DUAL), CLEAR, "wireguardEnabled, which is off"),
    ("with etcd as its store", calico(ON, keys=("", ""), env={"DATASTORE_TYPE": "etcdv3"}), UNKNOWN, "etcd"),
    ("settings refused, keys there", calico(gaps=[refused("crd.projectcalico.org", "FelixConfiguration")]), BEST, "published a WireGuard key"),
    ("nodes refused", calico(ON, keys=(), gaps=[refused("", "Node")]), UNKNOWN, "whether the node has a key cannot be told"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "snapshot", "state", "why"), CALICO)
def test_calico(name, snapshot, state, why):
    found = link(snapshot)

    assert found.state is state
    assert why in found.says


def test_calico_shows_the_key_as_evidence_and_is_never_strict_nor_fips():
    found, system = link(calico(ON)), links_of(calico(ON))["calico-wireguard"]

    assert found.strength is OBSERVED
    assert [(sign.ref.name, sign.value) for sign in found.signs] == [("n1", "one=")]
    assert system.fips is Known.NO


def test_calico_leaves_the_host_network_out_unless_told():
    host = felix(wireguardEnabled=True, wireguardHostEncryptionEnabled=True)

    assert link(calico(ON), "host", "b").state is CLEAR
    assert link(calico(host), "host", "b").state is BEST


def test_a_node_without_an_agent_has_a_key_from_before():
    agent = daemon_set("calico-node", container("calico-node"), labels={"k8s-app": "calico-node"})
    nodes = [node(name, annotations={KEY: f"{name}="}) for name in ("n1", "n2")]
    found = link(cluster(agent, agent_pod("calico-node", "n1"), *nodes, *PODS, ON))

    assert found.state is CLEAR
    assert "no agent of Calico runs on the node (n2)" in found.says


# ---- Cilium

OFF = {"enable-policy": "default"}
WG = {"enable-wireguard": "true"}
IPSEC = {"enable-ipsec": "true"}
STRICT_19 = {
    **WG,
    "enable-encryption-strict-mode-egress": "true",
    "encryption-strict-egress-cidr": "10.0.0.0/8",
    "encryption-strict-egress-allow-remote-node-identities": "false",
}
STRICT_18 = {
    **WG,
    "enable-encryption-strict-mode": "true",
    "encryption-strict-mode-cidr": "10.0.0.0/8",
    "encryption-strict-mode-allow-remote-node-identities": "false",
}


def endpoint(name, key):
    encryption = {"key": key} if key is not None else {}
    return thing("cilium.io/v2", "CiliumEndpoint", name, "shop", status={"encryption": encryption})


def cilium_node(name, key, ipsec=None):
    item = thing("cilium.io/v2", "CiliumNode", name, spec={"encryption": {"key": ipsec}} if ipsec else {})
    if key:
        item["metadata"]["annotations"] = {"network.cilium.io/wg-pub-key": key}
    return item


def cilium(
    data,
    *objects,
    keys=(255, 255),
    published=("one=", "two="),
    ipsec=None,
    version="v1.20.0",
    pods=PODS,
    **more,
):
    labels = {"node-role.kubernetes.io/control-plane": ""} if more.pop("control_plane", False) else {}
    agent = daemon_set(
        "cilium", container("cilium-agent", f"quay.io/cilium/cilium:{version}"), labels={"k8s-app": "cilium"}
    )
    return cluster(
        agent,
        *on_both("cilium"),
        config_map("cilium-config", data, changed=more.pop("changed", "")),
        node("n1", labels=labels),
        node("n2"),
        *(cilium_node(f"n{at}", key, ipsec) for at, key in enumerate(published, start=1)),
        *(endpoint(name, key) for name, key in zip("ab", keys, strict=True) if key != "none"),
        *pods,
        *objects,
        **more,
    )


CILIUM = [
    ("both endpoints announce it", cilium(WG), BEST, "the pod's endpoint announces it"),
    ("neither is on", cilium(OFF, keys=(None, None)), CLEAR, "neither WireGuard nor IPsec is on"),
    ("off, yet an endpoint announces it", cilium(OFF), UNKNOWN, "yet the pod's endpoint announces key 255"),
    ("the text false is no truth", cilium({"enable-wireguard": "false"}, keys=(None, None)), CLEAR, "neither WireGuard nor IPsec is on"),
    ("mutual authentication is no encryption", cilium({"mesh-auth-enabled": "true"}, keys=(None, None)), CLEAR, "neither"),
    ("on, but an endpoint announces nothing", cilium(WG, keys=(255, None)), CLEAR, "announces key 0"),
    ("on, but a pod is not managed", cilium(WG, keys=(255, "none")), CLEAR, "has no CiliumEndpoint"),
    ("on, but a node has no key", cilium(WG, published=("one=", "")), CLEAR, "the node has published no WireGuard key"),
    ("a value that is no boolean", cilium({"enable-wireguard": "perhaps"}), UNKNOWN, "was not understood"),
    ("endpoints refused", cilium(WG, keys=("none", "none"), gaps=[refused("cilium.io", "CiliumEndpoint")]), UNKNOWN, "whether the pod is encrypted to cannot be told"),
    ("nodes of Cilium refused", cilium(WG, published=(), gaps=[refused("cilium.io", "CiliumNode")]), UNKNOWN, "whether the node has a key cannot be told"),
    ("IPsec", cilium(IPSEC, keys=(3, 3), published=("", ""), ipsec=3), BEST, "IPsec is on and the node has a key"),
    ("IPsec with a WireGuard key", cilium(IPSEC, published=("", ""), ipsec=3), CLEAR, "announces key 255"),
    ("strict", cilium(STRICT_19), STRICT, "strict mode covers its address"),
    ("strict by the names of 1.18", cilium(STRICT_18, version="v1.18.6"), STRICT, "strict mode covers its address"),
    ("strict by names that 1.20 dropped", cilium(STRICT_18), BEST, "in clear to a peer"),
    ("strict by names that 1.18 does not know", cilium(STRICT_19, version="v1.18.6"), BEST, "in clear to a peer"),
    ("strict for another CIDR", cilium({**STRICT_19, "encryption-strict-egress-cidr": "10.0.1.0/24"}), BEST, "in clear to a peer"),
    ("strict with a hole", cilium({**STRICT_19, "encryption-strict-egress-allow-remote-node-identities": "true"}), BEST, "in clear to a peer"),
    ("strict knows IPv4 alone", cilium(STRICT_19, pods=DUAL), BEST, "in clear to a peer"),
    ("strict in a version that is not known", cilium(STRICT_19, version="latest"), BEST, "in clear to a peer"),
    ("strict, newer than its agents", cilium(STRICT_19, changed="2026-10-02T00:00:00Z"), BEST, "in clear to a peer"),
    ("off, newer than its agents", cilium(OFF, keys=(None, None), changed="2026-10-02T00:00:00Z"), UNKNOWN, "newer than the agent"),
    ("its ConfigMap refused", cluster(daemon_set("cilium", container("cilium-agent")), node("n1"), *PODS, gaps=[refused("", "ConfigMap", "kube-system")]), UNKNOWN, "could not be used"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "snapshot", "state", "why"), CILIUM)
def test_cilium(name, snapshot, state, why):
    found = link(snapshot)

    assert found.state is state
    assert why in found.says


def test_a_version_with_a_known_way_around_is_weak_and_not_strict():
    found = link(cilium(STRICT_18, version="v1.14.7"))

    assert found.state is BEST
    assert "GHSA-v6q2-4qr3-5cw6" in found.weak[0]
    assert link(cilium(STRICT_18, version="v1.14.8")).weak == ()


def test_endpoints_in_slices_count_alike():
    ends = [{"name": name, "encryption": {"key": 255}} for name in "ab"]
    item = thing("cilium.io/v2alpha1", "CiliumEndpointSlice", "ces-1", endpoints=ends) | {"namespace": "shop"}
    snapshot = cilium({**WG, "enable-cilium-endpoint-slice": "true"}, item, keys=("none", "none"))

    assert link(snapshot).state is BEST


def test_a_node_config_changes_its_node_alone():
    off = thing(
        "cilium.io/v2",
        "CiliumNodeConfig",
        "off",
        "kube-system",
        spec={
            "nodeSelector": {"matchLabels": {"kubernetes.io/hostname": "n2"}},
            "defaults": {"enable-wireguard": "false"},
        },
    )

    assert link(cilium(WG, off, keys=(255, None))).state is CLEAR


def test_cilium_covers_the_host_network_only_with_encrypt_node():
    node_too = {**WG, "encrypt-node": "true"}

    assert link(cilium(WG), "host", "b").state is CLEAR
    assert link(cilium(node_too), "host", "b").state is BEST
    assert link(cilium(node_too, control_plane=True), "host", "b").state is CLEAR
    assert (
        link(
            cilium({**node_too, "node-encryption-opt-out-labels": ""}, control_plane=True), "host", "b"
        ).state
        is BEST
    )
    assert link(cilium({**IPSEC, "encrypt-node": "true"}, ipsec=3, keys=(3, 3)), "host", "b").state is CLEAR


# ---- Flannel and k3s

BACKEND = "flannel.alpha.coreos.com/backend-type"


def flannel(asked, shown, agents=("n1", "n2"), **more):
    conf = f'{{"Network": "10.244.0.0/16", "Backend": {{"Type": "{asked}"}}}}'
    nodes = [
        node(f"n{at}", annotations={BACKEND: value} if value else {})
        for at, value in enumerate(shown, start=1)
    ]
    return cluster(
        daemon_set("kube-flannel-ds", container("kube-flannel"), namespace="kube-flannel"),
        *(agent_pod("kube-flannel-ds", name, namespace="kube-flannel") for name in agents),
        config_map("kube-flannel-cfg", {"net-conf.json": conf}, "kube-flannel"),
        *nodes,
        *PODS,
        **more,
    )


FLANNEL = [
    ("WireGuard on both", flannel("wireguard", ["wireguard", "wireguard"]), BEST, "backend wireguard encrypts"),
    ("IPsec on both", flannel("ipsec", ["ipsec", "ipsec"]), BEST, "backend ipsec encrypts"),
    ("VXLAN is no encryption", flannel("vxlan", ["vxlan", "vxlan"]), CLEAR, "backend vxlan does not encrypt"),
    ("not restarted on one node", flannel("wireguard", ["wireguard", "vxlan"]), CLEAR, "backend vxlan does not encrypt (n2)"),
    ("an extension may be anything", flannel("extension", ["extension", "extension"]), UNKNOWN, "backend extension"),
    ("annotation left from before", flannel("wireguard", ["wireguard", "wireguard"], agents=("n1",)), CLEAR, "no agent of Flannel"),
    ("nodes do not show it", flannel("wireguard", ["", ""]), UNKNOWN, "does not show which backend"),
    ("nodes refused", flannel("wireguard", [], gaps=[refused("", "Node")]), UNKNOWN, "what runs on the node was not seen"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "snapshot", "state", "why"), FLANNEL)
def test_flannel(name, snapshot, state, why):
    found = link(snapshot)

    assert found.state is state
    assert why in found.says


def k3s(args, *shown):
    servers = {"k3s.io/node-args": f'["server"{args}]'}
    control = {"node-role.kubernetes.io/control-plane": "true"}
    return cluster(
        *(
            node(
                f"n{at}",
                kubelet="v1.31.0+k3s1",
                labels=control if at == 1 else {},
                annotations={**(servers if at == 1 else {}), **({BACKEND: value} if value else {})},
            )
            for at, value in enumerate(shown, start=1)
        ),
        *PODS,
    )


K3S = [
    ("wireguard-native on both", k3s(',"--flannel-backend","wireguard-native"', "wireguard", "wireguard"), BEST, "encrypts"),
    ("the default", k3s("", "vxlan", "vxlan"), CLEAR, "backend vxlan does not encrypt"),
    ("asked for, not there on one", k3s(',"--flannel-backend","wireguard-native"', "wireguard", "vxlan"), CLEAR, "vxlan"),
    ("asked for, not shown", k3s(',"--flannel-backend","wireguard-native"', "", ""), UNKNOWN, "servers ask for backend wireguard-native"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "snapshot", "state", "why"), K3S)
def test_k3s(name, snapshot, state, why):
    found = link(snapshot)

    assert found.state is state
    assert why in found.says


def test_k3s_without_its_flannel_leaves_the_answer_to_others():
    assert links_of(k3s(',"--flannel-backend","none"', "", "")) == {}


# ---- Weave Net, Antrea, OVN-Kubernetes

SECRET = {"WEAVE_PASSWORD": {"valueFrom": {"secretKeyRef": {"name": "weave-passwd", "key": "weave-passwd"}}}}


def weave(env=None, args=(), addresses=("192.0.2.1", "198.51.100.1")):
    nodes = []
    for at, address in enumerate(addresses, start=1):
        item = node(f"n{at}")
        item["status"]["addresses"] = [{"type": "InternalIP", "address": address}]
        nodes.append(item)
    agent = daemon_set("weave-net", container("weave", env=env or {}, args=list(args)))
    return cluster(agent, *on_both("weave-net"), *nodes, *PODS)


TRUSTED = {**SECRET, "WEAVE_TRUSTED_SUBNETS": "192.0.2.0/24"}

WEAVE = [
    ("a password by reference", weave(SECRET), BEST, "a password is set"),
    ("a password on the command line", weave({"EXTRA_ARGS": "--password=x"}), BEST, "on the command line"),
    ("no password", weave(), CLEAR, "no password is set"),
    ("an empty password", weave({"WEAVE_PASSWORD": ""}), CLEAR, "no password is set"),
    ("a peer in a trusted subnet", weave(TRUSTED), UNKNOWN, "trusted subnets"),
    ("no peer in a trusted subnet", weave(TRUSTED, addresses=("198.51.100.1", "198.51.100.2")), BEST, "a password is set"),
    ("arguments that cannot be read", weave({"EXTRA_ARGS": "<redacted>"}), UNKNOWN, "cannot be read"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "snapshot", "state", "why"), WEAVE)
def test_weave_net(name, snapshot, state, why):
    found = link(snapshot)

    assert found.state is state
    assert why in found.says


ANTREA_KEY = "node.antrea.io/wireguard-public-key"


def antrea(conf, keys=("one=", "two="), *objects, changed="", **more):
    nodes = [
        node(f"n{at}", annotations={ANTREA_KEY: key} if key else {}) for at, key in enumerate(keys, start=1)
    ]
    agent = daemon_set("antrea-agent", container("antrea-agent"))
    settings = config_map("antrea-config", {"antrea-agent.conf": conf}, changed=changed)
    return cluster(agent, *on_both("antrea-agent"), settings, *nodes, *PODS, *objects, **more)


WIRE = 'trafficEncapMode: "encap"\ntrafficEncryptionMode: "wireGuard"\n'
ANTREA = [
    ("WireGuard with keys", antrea(WIRE), BEST, "the node has published a key"),
    ("WireGuard without a key on one", antrea(WIRE, ("one=", "")), CLEAR, "published no WireGuard key"),
    ("only for other clusters", antrea('multicluster:\n  trafficEncryptionMode: "wireGuard"\n'), CLEAR, "trafficEncryptionMode is none"),
    ("without encapsulation", antrea('trafficEncapMode: "noEncap"\ntrafficEncryptionMode: "wireGuard"\n'), CLEAR, "has no effect"),
    ("commented out", antrea('#trafficEncryptionMode: "wireGuard"\n'), CLEAR, "trafficEncryptionMode is none"),
    ("IPsec", antrea('trafficEncryptionMode: "ipsec"\n'), BEST, "trafficEncryptionMode is ipsec"),
    ("IPsec, newer than its agents", antrea('trafficEncryptionMode: "ipsec"\n', changed="2026-10-02T00:00:00Z"), UNKNOWN, "newer than the agent"),
    ("changed for some nodes", antrea(WIRE, ("one=", "two="), thing("crd.antrea.io/v1alpha1", "AntreaNodeConfig", "some", spec={"trafficEncryptionMode": "none"})), UNKNOWN, "AntreaNodeConfig"),
    ("its ConfigMap refused", cluster(daemon_set("antrea-agent", container("antrea-agent")), node("n1"), *PODS, gaps=[refused("", "ConfigMap", "kube-system")]), UNKNOWN, "could not be used"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "snapshot", "state", "why"), ANTREA)
def test_antrea(name, snapshot, state, why):
    found = link(snapshot)

    assert found.state is state
    assert why in found.says


def test_the_well_known_key_of_antrea_is_a_caution():
    by_key = links_of(antrea('trafficEncryptionMode: "ipsec"\n'))["antrea-ipsec"]
    by_certificate = links_of(
        antrea('trafficEncryptionMode: "ipsec"\nipsec:\n  authenticationMode: "cert"\n')
    )

    assert "well-known pre-shared key" in by_key.cautions[0]
    assert by_certificate["antrea-ipsec"].cautions == ()


def openshift(config, daemons=("n1", "n2"), **more):
    spec = {"defaultNetwork": {"type": "OVNKubernetes", "ovnKubernetesConfig": config}}
    place = "openshift-ovn-kubernetes"
    return cluster(
        daemon_set("ovnkube-node", container("ovnkube-controller"), namespace=place),
        *([daemon_set("ovn-ipsec-host", container("ovn-ipsec"), namespace=place)] if daemons else []),
        *(agent_pod("ovn-ipsec-host", name, namespace=place) for name in daemons),
        *([thing("operator.openshift.io/v1", "Network", "cluster", spec=spec)] if config is not None else []),
        node("n1"),
        node("n2"),
        *PODS,
        **more,
    )


FULL = {"ipsecConfig": {"mode": "Full"}}
OPENSHIFT = [
    ("mode Full", openshift(FULL), BEST, "daemon is ready on the node"),
    ("an empty ipsecConfig", openshift({"ipsecConfig": {}}), BEST, "IPsec mode is Full"),
    ("no ipsecConfig", openshift({}), CLEAR, "IPsec mode is Disabled"),
    ("mode External", openshift({"ipsecConfig": {"mode": "External"}}), CLEAR, "IPsec mode is External"),
    ("its daemon on one node alone", openshift(FULL, ("n1",)), CLEAR, "daemon is not on the node (n2)"),
    ("a mode that is not known", openshift({"ipsecConfig": {"mode": "Quantum"}}), UNKNOWN, "Quantum"),
    ("the operator's settings refused", openshift(None, gaps=[refused("operator.openshift.io", "Network")]), UNKNOWN, "could not be used"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "snapshot", "state", "why"), OPENSHIFT)
def test_openshift(name, snapshot, state, why):
    found = link(snapshot)

    assert found.state is state
    assert why in found.says


def test_the_chart_of_ovn_needs_both_of_its_parts():
    asked = container("nb-ovsdb", env={"ENABLE_IPSEC": "true"})
    node_part = daemon_set("ovnkube-node", container("ovnkube-controller"), asked)
    daemon = daemon_set("ovn-ipsec", container("ovn-ipsec"))

    assert link(folder(node_part, daemon, *PODS)).state is BEST
    assert link(folder(node_part, *PODS)).state is CLEAR
    assert (
        link(folder(daemon_set("ovnkube-node", container("ovnkube-controller")), daemon, *PODS)).state
        is CLEAR
    )


# ---- all


def test_what_never_encrypts_is_in_clear_and_names_what_the_api_cannot_show():
    found = cluster(
        daemon_set("aws-node", container("aws-node")), *on_both("aws-node"), node("n1"), node("n2"), *PODS
    )

    assert link(found).state is CLEAR
    assert "EC2" in links_of(found)["aws-vpc-cni"].cautions[0]


def test_in_clear_is_unknown_where_agents_were_not_all_read():
    found = link(calico(keys=("", ""), gaps=[refused("apps", "DaemonSet", "other")]))

    assert found.state is UNKNOWN
    assert "another system may encrypt that was not seen" in found.says
    assert link(calico(ON, gaps=[refused("apps", "DaemonSet", "other")])).state is BEST


def test_without_any_plugin_there_is_no_answer():
    assert links_of(cluster(node("n1"), *PODS)) == {}
