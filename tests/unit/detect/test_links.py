"""Links between nodes: for each system one that encrypts, one that only looks so, one in part, one that cannot be read."""

import pytest

from app.collect import normalize
from app.detect import detect, protection
from app.model.encryption import EvidenceStrength, Known
from app.model.links import LinkState
from tests.unit.detect.build import (
    agent_pod,
    cluster,
    container,
    daemon_set,
    folder,
    node,
    refused,
    thing,
)
from tests.unit.detect.link_clusters import (
    BACKEND,
    DUAL,
    FULL,
    IPSEC,
    KEY,
    KEY6,
    MAYBE,
    OFF,
    ON,
    PODS,
    ROLLING,
    SECRET,
    STRICT_18,
    STRICT_19,
    TRUSTED,
    WG,
    WIRE,
    antrea,
    calico,
    cilium,
    cilium_agent,
    felix,
    flannel,
    k3s,
    on_both,
    openshift,
    weave,
)
from tests.unit.detect.links import link, links_of

CLEAR, BEST, STRICT, UNKNOWN = LinkState.CLEAR, LinkState.BEST_EFFORT, LinkState.STRICT, LinkState.UNKNOWN

OBSERVED = EvidenceStrength.OBSERVED

# two pods on two nodes, and one on the host network of each

# ---- Calico

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
    ("strict, and settings of single nodes refused", cilium(STRICT_19, gaps=[refused("cilium.io", "CiliumNodeConfig")]), BEST, "in clear to a peer"),
    ("strict, while its pods are replaced", cilium(STRICT_19, agent=cilium_agent(status=ROLLING)), BEST, "in clear to a peer"),
    ("strict, with an agent that is not ready", cilium(STRICT_19, ready=False), BEST, "in clear to a peer"),
    ("two nodes share one key", cilium(WG, published=("one=", "one=")), UNKNOWN, "is also another node's"),
    ("on in a configuration newer than its agents, which show it", cilium(WG, changed="2026-10-02T00:00:00Z"), BEST, "the pod's endpoint announces it"),
    ("an overlay encrypts nothing", cilium({"routing-mode": "tunnel", "tunnel-protocol": "geneve"}, keys=(None, None)), CLEAR, "neither WireGuard nor IPsec is on"),
    ("a flag comes before the ConfigMap", cilium(OFF, agent=cilium_agent("--enable-wireguard")), BEST, "the pod's endpoint announces it"),
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


def test_encrypt_node_that_is_newer_than_the_agent_covers_nothing_yet():
    node_too = {**WG, "encrypt-node": "true"}

    assert link(cilium(node_too, changed="2026-10-02T00:00:00Z"), "host", "b").state is UNKNOWN


@pytest.mark.parametrize(
    ("status", "state"),
    [(ROLLING, UNKNOWN), ({"desiredNumberScheduled": 2, "updatedNumberScheduled": 2}, BEST)],
)
def test_a_flag_for_nodes_covers_them_once_every_agent_was_started_with_it(status, state):
    agent = cilium_agent("--encrypt-node", status=status)

    assert link(cilium(WG, agent=agent), "host", "b").state is state


def test_encrypt_node_covers_nothing_for_sure_where_settings_of_single_nodes_were_refused():
    node_too = {**WG, "encrypt-node": "true"}
    snapshot = cilium(node_too, gaps=[refused("cilium.io", "CiliumNodeConfig")])

    assert link(cilium(node_too), "host", "b").state is BEST
    assert link(snapshot, "host", "b").state is UNKNOWN


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


K3S = [
    ("wireguard-native on both", k3s(',"--flannel-backend","wireguard-native"', "wireguard", "wireguard"), BEST, "encrypts"),
    ("the default", k3s("", "vxlan", "vxlan"), CLEAR, "backend vxlan does not encrypt"),
    ("asked for, not there on one", k3s(',"--flannel-backend","wireguard-native"', "wireguard", "vxlan"), CLEAR, "vxlan"),
    ("wireguard-native as one word", k3s(',"--flannel-backend=wireguard-native"', "wireguard", "wireguard"), BEST, "encrypts"),
    ("a VPN of its own", k3s(',"--vpn-auth","name=tailscale"', "extension", "extension"), UNKNOWN, "backend extension"),
    ("one node does not show it", k3s(',"--flannel-backend","wireguard-native"', "wireguard", ""), UNKNOWN, "the node does not show"),
    ("a server that does not say", k3s(None, "wireguard", "wireguard"), UNKNOWN, "may be left from before"),
    ("a server whose word cannot be read", k3s(",", "wireguard", "wireguard"), UNKNOWN, "may be left from before"),
    ("no server was read", cluster(*(node(f"n{at}", kubelet="v1.31.0+k3s1", annotations={BACKEND: "wireguard"}) for at in (1, 2)), *PODS), UNKNOWN, "no k3s server is among"),
    ("servers disagree", k3s(',"--flannel-backend","none"', "wireguard", "wireguard", others=(',"--flannel-backend","wireguard-native"',)), UNKNOWN, "servers disagree about"),
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

WEAVE = [
    ("a password by reference", weave(SECRET), BEST, "a password is set"),
    ("a password on the command line", weave({"EXTRA_ARGS": "--password=x"}), BEST, "on the command line"),
    ("no password", weave(), CLEAR, "no password is set"),
    ("a password of a Secret with all of its keys", weave(sources=[{"secretRef": {"name": "weave-passwd"}}]), UNKNOWN, "Secret kube-system/weave-passwd, which is never read, may set it"),
    ("an empty password", weave({"WEAVE_PASSWORD": ""}), CLEAR, "no password is set"),
    ("a peer in a trusted subnet", weave(TRUSTED), UNKNOWN, "trusted subnets"),
    ("no peer in a trusted subnet", weave(TRUSTED, addresses=("198.51.100.1", "198.51.100.2")), BEST, "a password is set"),
    ("a trusted subnet among more arguments", weave({**SECRET, "EXTRA_ARGS": "--trusted-subnets=192.0.2.0/24"}), UNKNOWN, "trusted subnets"),
    ("more arguments that cannot be read", weave({**SECRET, "EXTRA_ARGS": "<redacted>"}), UNKNOWN, "trusted subnets"),
    ("started from two templates", weave(SECRET, status={"desiredNumberScheduled": 2, "updatedNumberScheduled": 1}), UNKNOWN, "not all peers were started"),
    ("started from one", weave(SECRET, status={"desiredNumberScheduled": 2, "updatedNumberScheduled": 2}), BEST, "a password is set"),
    ("a node without an agent", weave(SECRET, agents=("n1",)), CLEAR, "no agent of Weave Net runs"),
    ("a password of a Secret that may be missing", weave(MAYBE), UNKNOWN, "may be missing"),
    ("arguments that cannot be read", weave({"EXTRA_ARGS": "<redacted>"}), UNKNOWN, "cannot be read"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "snapshot", "state", "why"), WEAVE)
def test_weave_net(name, snapshot, state, why):
    found = link(snapshot)

    assert found.state is state
    assert why in found.says


ANTREA = [
    ("WireGuard with keys", antrea(WIRE), BEST, "the node has published a key"),
    ("WireGuard without a key on one", antrea(WIRE, ("one=", "")), CLEAR, "published no WireGuard key"),
    ("only for other clusters", antrea('multicluster:\n  trafficEncryptionMode: "wireGuard"\n'), CLEAR, "trafficEncryptionMode is none"),
    ("without encapsulation", antrea('trafficEncapMode: "noEncap"\ntrafficEncryptionMode: "wireGuard"\n'), CLEAR, "has no effect"),
    ("commented out", antrea('#trafficEncryptionMode: "wireGuard"\n'), CLEAR, "trafficEncryptionMode is none"),
    ("IPsec", antrea('trafficEncryptionMode: "ipsec"\n'), BEST, "trafficEncryptionMode is ipsec"),
    ("IPsec, newer than its agents", antrea('trafficEncryptionMode: "ipsec"\n', changed="2026-10-02T00:00:00Z"), UNKNOWN, "newer than the agent"),
    ("in single quotes", antrea("trafficEncapMode: 'noEncap'\ntrafficEncryptionMode: 'ipsec'\n"), CLEAR, "has no effect with trafficEncapMode noencap"),
    ("with other blanks and a comment", antrea("trafficEncryptionMode :   IPsec   # since March\n"), BEST, "trafficEncryptionMode is ipsec"),
    ("a key without a value is its default", antrea('trafficEncryptionMode:\ntrafficEncapMode: "encap"\n'), CLEAR, "trafficEncryptionMode is none"),
    ("a file that is no YAML", antrea("trafficEncryptionMode: ipsec\n bad: [\n"), UNKNOWN, "its antrea-agent.conf is no YAML"),
    ("a file that is no mapping", antrea("- trafficEncryptionMode: ipsec\n"), UNKNOWN, "its antrea-agent.conf is no YAML"),
    ("a file that is masked", antrea("trafficEncryptionMode: ipsec\npassword: <redacted>\n"), UNKNOWN, "its antrea-agent.conf is masked"),
    ("a mode that is not known", antrea("trafficEncryptionMode: quantum\n"), UNKNOWN, "quantum is not known"),
    ("policies alone, beside another plugin", antrea('trafficEncapMode: "networkPolicyOnly"\ntrafficEncryptionMode: "wireGuard"\n'), CLEAR, "has no effect"),
    ("two nodes share one key", antrea(WIRE, ("one=", "one=")), UNKNOWN, "is also another node's"),
    ("no agent on one node", antrea(WIRE, agents=("n1",)), CLEAR, "no agent of Antrea runs on the node (n2)"),
    ("nodes refused", antrea('trafficEncryptionMode: "ipsec"\n', (), gaps=[refused("", "Node")]), UNKNOWN, "its node was not read"),
    ("changed for some nodes", antrea(WIRE, ("one=", "two="), thing("crd.antrea.io/v1alpha1", "AntreaNodeConfig", "some", spec={"trafficEncryptionMode": "none"})), UNKNOWN, "AntreaNodeConfig"),
    ("off, newer than its agents", antrea("", changed="2026-10-02T00:00:00Z"), UNKNOWN, "newer than the agent"),
    ("its ConfigMap refused", cluster(daemon_set("antrea-agent", container("antrea-agent")), node("n1"), *PODS, gaps=[refused("", "ConfigMap", "kube-system")]), UNKNOWN, "could not be used"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "snapshot", "state", "why"), ANTREA)
def test_antrea(name, snapshot, state, why):
    found = link(snapshot)

    assert found.state is state
    assert why in found.says


def test_the_well_known_key_of_antrea_is_a_caution():
    by_key = links_of(antrea('trafficEncryptionMode: "ipsec"\n'))["antrea-ipsec"]

    assert "well-known pre-shared key" in by_key.cautions[0]
    for said in (
        '\n  authenticationMode: "cert"',
        "\n    authenticationMode: 'cert'",
        " {authenticationMode: cert}",
    ):
        (found,) = links_of(antrea(f"trafficEncryptionMode: ipsec\nipsec:{said}\n")).values()
        assert found.cautions == ()


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

ROWS = [row for table in (CALICO, CILIUM, FLANNEL, K3S, WEAVE, ANTREA, OPENSHIFT) for row in table]


@pytest.mark.parametrize(("name", "snapshot", "state", "why"), ROWS)
def test_whatever_is_decided_has_a_witness(name, snapshot, state, why):
    for one in ("a", "host"):
        if any(pod.ref.name == one for pod in normalize(snapshot.objects).inventory.pods):
            found = link(snapshot, one, "b")
            assert found.signs or found.state is UNKNOWN
            assert all(sign.field and sign.value and sign.digest for sign in found.signs)


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


@pytest.mark.parametrize(
    ("provider", "said"),
    [("aws:///eu-1a/i-1", "EC2"), ("azure:///x", "Azure"), ("gce://p/z/n", "Google"), ("kind://x", "")],
)
def test_what_a_cloud_may_do_is_said_beside_every_plugin_and_counts_for_nothing(provider, said):
    plain = cilium(OFF, keys=(None, None), nodes=[node(name, provider=provider) for name in ("n1", "n2")])
    inventory = normalize(plain.objects).inventory
    found = protection(plain, inventory, detect(plain))

    assert link(plain).state is CLEAR
    assert [said in text for text in found.cautions] == ([True] if said else [])


def test_a_cloud_is_said_once_where_its_own_plugin_says_it():
    name = "aws-node"
    plain = cluster(
        daemon_set(name, container(name)), *on_both(name), node("n1", provider="aws:///z/i-1"), *PODS
    )
    inventory = normalize(plain.objects).inventory

    assert protection(plain, inventory, detect(plain)).cautions == ()


def test_gke_without_its_own_cilium_is_in_clear():
    labels = {"cloud.google.com/gke-nodepool": "default"}
    plain = cluster(*(node(f"n{at}", labels=labels, kubelet="v1.31.0-gke.100") for at in (1, 2)), *PODS)

    assert set(links_of(plain)) == {"gke"}
    assert link(plain).state is CLEAR
    assert "Google" in links_of(plain)["gke"].cautions[0]


def test_dataplane_v2_encrypts_as_cilium_does():
    agent = daemon_set(
        "anetd", container("cilium-agent", "gke.gcr.io/cilium:v1.14.8"), labels={"k8s-app": "cilium"}
    )
    snapshot = cilium(WG, agent=agent)

    assert link(snapshot).state is BEST
    assert link(snapshot, "host", "b").state is CLEAR
    assert link(cilium(OFF, keys=(None, None), agent=agent)).state is CLEAR
