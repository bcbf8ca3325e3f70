"""The plugins whose answer hangs on one or two fields: each is recognised, and look-alikes are not."""

import pytest

from app.detect import detect
from app.model.platform import Enforcement
from tests.unit.detect.build import (
    agent_pod,
    cluster,
    config_map,
    container,
    daemon_set,
    folder,
    node,
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

CALICO_NODE = container("calico-node", "calico/node:v3.30.0")
FLANNEL = container("kube-flannel", "flannel-io/flannel:v0.28.9")
NETPOL = container("kube-network-policies", "registry.k8s.io/networking/kube-network-policies:v1.1.1")
KINDNET = container("kindnet-cni", "kindest/kindnetd:v20240813-c6f155d6")
NO_BACKEND = {"CALICO_NETWORKING_BACKEND": "none"}


def calico(name="calico-node", env=None, **more):
    return daemon_set(name, container("calico-node", env=env or {}), **more)


def _from_config(key):
    return {"valueFrom": {"configMapKeyRef": {"name": "calico-config", "key": key}}}


# objects of a folder, plugin, gives pods their network, answer
RECOGNISED = {
    "Calico": ((calico(),), "calico", True, YES),
    "Calico of the operator": ((calico(namespace="calico-system"),), "calico", True, YES),
    "Calico with its backend in a ConfigMap": (
        (
            calico(env={"CALICO_NETWORKING_BACKEND": _from_config("calico_backend")}),
            config_map("calico-config", {"calico_backend": "bird"}),
        ),
        "calico",
        True,
        YES,
    ),
    "Calico for policy only": ((calico(env={**NO_BACKEND, "CALICO_MANAGE_CNI": "false"}),), "calico", False, YES),
    "Calico on interfaces of the AWS plugin": (
        (calico(env={**NO_BACKEND, "FELIX_INTERFACEPREFIX": "eni"}),),
        "calico",
        False,
        YES,
    ),
    "Calico on its own interfaces": ((calico(env={"FELIX_INTERFACEPREFIX": "cali,tap"}),), "calico", True, YES),
    "Canal": ((daemon_set("canal", CALICO_NODE, FLANNEL, labels={"k8s-app": "canal"}),), "canal", True, YES),
    "Canal of RKE2": ((daemon_set("rke2-canal", CALICO_NODE, FLANNEL),), "canal", True, YES),
    "an order for Calico": (
        (thing("operator.tigera.io/v1", "Installation", "default", spec={}),),
        "calico",
        True,
        UNKNOWN,
    ),
    "Flannel": ((daemon_set("kube-flannel-ds", FLANNEL),), "flannel", True, NO),
    "Flannel for one processor type": ((daemon_set("kube-flannel-ds-arm64", FLANNEL),), "flannel", True, NO),
    "Flannel with a policy engine": ((daemon_set("kube-flannel-ds", FLANNEL, NETPOL),), "flannel", True, YES),
    "kube-network-policies": (
        (daemon_set("kube-network-policies", NETPOL),),
        "kube-network-policies",
        False,
        YES,
    ),
    "Weave Net": ((daemon_set("weave-net", container("weave"), container("weave-npc")),), "weave-net", True, YES),
    "Weave Net without its controller, by its containers alone": (
        (daemon_set("weave-net", container("weave")),),
        "weave-net",
        True,
        NO,
    ),
    "Weave Net without its controller": (
        (daemon_set("weave-net", container("weave", env={"EXPECT_NPC": "0"})),),
        "weave-net",
        True,
        NO,
    ),
    "kube-router": ((daemon_set("kube-router", container("kube-router")),), "kube-router", True, YES),
    "kube-router without firewall": (
        (daemon_set("kube-router", container("kube-router", args=["--run-firewall=false"])),),
        "kube-router",
        True,
        NO,
    ),
    "kube-router for policy only": (
        (daemon_set("kube-router", container("kube-router", args=["--run-router=false"])),),
        "kube-router",
        False,
        YES,
    ),
    "kube-router with a switch that cannot be read": (
        (daemon_set("kube-router", container("kube-router", args=["--run-firewall=$(X)"])),),
        "kube-router",
        True,
        UNKNOWN,
    ),
    "kindnet that may read policies": (
        (daemon_set("kindnet", KINDNET, account="kindnet"), *policy_reader("kindnet")),
        "kindnet",
        True,
        YES,
    ),
    "kindnet from before": (
        (daemon_set("kindnet", KINDNET, account="kindnet"), *policy_reader("kindnet", group="", resource="nodes")),
        "kindnet",
        True,
        NO,
    ),
    "kindnet without its rights": ((daemon_set("kindnet", KINDNET, account="kindnet"),), "kindnet", True, UNKNOWN),
    "kindnet switched off": (
        (
            daemon_set("kindnet", container("kindnet-cni", args=["--network-policy=false"]), account="kindnet"),
            *policy_reader("kindnet"),
        ),
        "kindnet",
        True,
        NO,
    ),
    "kindnet for policy only": (
        (
            daemon_set("kindnet", container("kindnet-cni", args=["--disable-cni"]), account="kindnet"),
            *policy_reader("kindnet"),
        ),
        "kindnet",
        False,
        YES,
    ),
    "Antrea": (
        (
            daemon_set("antrea-agent", container("antrea-agent")),
            thing("apps/v1", "Deployment", "antrea-controller", "kube-system"),
        ),
        "antrea",
        True,
        YES,
    ),
    "Antrea for policy only": (
        (
            daemon_set("antrea-agent", container("antrea-agent")),
            thing("apps/v1", "Deployment", "antrea-controller", "kube-system"),
            config_map("antrea-config", {"antrea-agent.conf": "# mode\ntrafficEncapMode: networkPolicyOnly\n"}),
        ),
        "antrea",
        False,
        YES,
    ),
    "Antrea without controller": ((daemon_set("antrea-agent", container("antrea-agent")),), "antrea", True, UNKNOWN),
    "OVN-Kubernetes": (
        (daemon_set("ovnkube-node", container("ovnkube-controller"), namespace="ovn-kubernetes"),),
        "ovn-kubernetes",
        True,
        YES,
    ),
    "OVN-Kubernetes of OpenShift": (
        (daemon_set("ovnkube-node", container("ovn-controller"), namespace="openshift-ovn-kubernetes"),),
        "ovn-kubernetes",
        True,
        YES,
    ),
    "Azure Network Policy Manager": ((daemon_set("azure-npm", container("azure-npm")),), "azure-npm", False, YES),
    "Azure CNI alone": ((daemon_set("azure-cns", container("cns-container")),), "azure-cni", True, NO),
}  # fmt: skip


@pytest.mark.parametrize(("objects", "plugin", "primary", "enforcement"), RECOGNISED.values(), ids=RECOGNISED)
def test_a_plugin_is_recognised_and_judged(objects, plugin, primary, enforcement):
    platform = detect(folder(*objects))

    assert [(item.id, item.primary, item.enforcement) for item in platform.plugins] == [
        (plugin, primary, enforcement)
    ]
    assert platform.enforcement is enforcement
    assert platform.reason
    assert platform.plugins[0].signs or enforcement is UNKNOWN


LOOK_ALIKES = {
    "a deployment called calico-node": thing("apps/v1", "Deployment", "calico-node", "kube-system"),
    "a CRD of Calico": thing(
        "apiextensions.k8s.io/v1", "CustomResourceDefinition", "tiers.crd.projectcalico.org"
    ),
    "a CRD of the AWS plugin": thing(
        "apiextensions.k8s.io/v1", "CustomResourceDefinition", "policyendpoints.networking.k8s.aws"
    ),
    "calico-node outside the host network": calico(host_network=False),
    "a container calico-node in another DaemonSet": calico("exporter"),
    "Typha": daemon_set("calico-typha", container("calico-typha")),
    "a weave container elsewhere": daemon_set("weave-scope", container("weave")),
    "Istio's CNI": daemon_set("istio-cni-node", container("install-cni")),
    "Linkerd's CNI": daemon_set("linkerd-cni", container("install-cni")),
    "kube-proxy": daemon_set("kube-proxy", container("kube-proxy", securityContext={"privileged": True})),
    "an OVN side program": daemon_set("ovs-node", container("ovs-daemons")),
    "a node that only remembers Flannel": node(
        "a", annotations={"flannel.alpha.coreos.com/backend-type": "vxlan"}
    ),
}


@pytest.mark.parametrize("item", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_a_look_alike_is_no_plugin(item):
    platform = detect(folder(item))

    assert platform.plugins == ()
    assert platform.enforcement is UNKNOWN
    assert platform.reason == "no network plugin was found in what was read, so policies count as declared"


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (daemon_set("weave-net", container("weave"), container("weave-npc")), "unmaintained"),
        (daemon_set("azure-npm", container("azure-npm")), "2028-09-30"),
        (daemon_set("kube-network-policies", NETPOL), "--fail-open is not false"),
        (daemon_set("kube-flannel-ds", FLANNEL, NETPOL), "--fail-open is not false"),
    ],
    ids=["Weave Net", "Azure Network Policy Manager", "kube-network-policies", "Flannel with its engine"],
)
def test_limits_of_a_plugin_are_said(item, words):
    assert any(words in text for text in detect(folder(item)).plugins[0].cautions)


def test_an_engine_that_fails_closed_needs_no_caution():
    closed = container("kube-network-policies", args=["/bin/netpol", "--fail-open=false"])

    assert detect(folder(daemon_set("kube-network-policies", closed))).plugins[0].cautions == ()


@pytest.mark.parametrize(
    ("text", "lite"),
    [
        ('{"Toggles": {"EnableNPMLite": true}}', True),
        ("[" * 100_000, False),
        ('{"Toggles": {}}', False),
        ("{", False),
        ("<redacted>", False),
    ],
)
def test_the_lite_variant_of_azures_engine_is_pointed_out(text, lite):
    agent = daemon_set("azure-npm", container("azure-npm"))
    cautions = (
        detect(folder(agent, config_map("azure-npm-config", {"azure-npm.json": text}))).plugins[0].cautions
    )

    assert any("NPM Lite" in item for item in cautions) is lite


@pytest.mark.parametrize("kind", ["GlobalNetworkPolicy", "StagedGlobalNetworkPolicy", "NetworkPolicy"])
def test_policies_that_verdicts_include_are_no_caution(kind):
    own = thing("crd.projectcalico.org/v1", kind, "default.a")
    admin = thing("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy", "x")
    assert detect(folder(calico(), own, admin)).plugins[0].cautions == ()


class TestAntreasController:
    AGENT = (daemon_set("antrea-agent", container("antrea-agent")), node("a"), agent_pod("antrea-agent", "a"))

    @pytest.mark.parametrize(
        ("status", "enforcement"),
        [({"replicas": 1, "readyReplicas": 1}, YES), ({"replicas": 1}, PARTLY), ({}, YES)],
        ids=["ready", "not ready", "a manifest"],
    )
    def test_it_has_to_be_ready(self, status, enforcement):
        controller = thing("apps/v1", "Deployment", "antrea-controller", "kube-system", status=status)
        platform = detect(cluster(*self.AGENT, controller))

        assert platform.enforcement is enforcement
        assert platform.on_node("a") is enforcement

    def test_it_is_missing(self):
        assert detect(cluster(*self.AGENT)).enforcement is PARTLY

    def test_it_could_not_be_listed(self):
        platform = detect(cluster(*self.AGENT, gaps=[refused("apps", "Deployment")]))

        assert platform.enforcement is UNKNOWN
        assert "was refused" in platform.reason


OWN, ADMIN, NEWER = (
    ["ClusterNetworkPolicy", "NetworkPolicy"],
    ["AdminNetworkPolicy", "BaselineAdminNetworkPolicy"],
    ["ClusterNetworkPolicy"],
)
# the agent's file, the controller's → kinds that are read, kinds that are not, and whether policies hold on nodes
GATES = {
    "no ConfigMap": (None, None, [], [], None),
    "as installed": (
        "featureGates:\n#  NodeNetworkPolicy: false\n",
        "featureGates:\n# AntreaPolicy: false\n",
        [],
        [*ADMIN, *NEWER],
        False,
    ),
    "set one by one": (
        "featureGates:\n  NodeNetworkPolicy: true\n",
        "featureGates:\n  AdminNetworkPolicy: true\n  # ClusterNetworkPolicy: true\n",
        ADMIN,
        NEWER,
        True,
    ),
    "Antrea's own off in the agents": (
        "featureGates:\n  AntreaPolicy: false\n",
        "featureGates:\n  ClusterNetworkPolicy: true\n",
        [],
        sorted([*OWN, *ADMIN, *NEWER]),
        False,
    ),
    "a whole stage on": (
        "featureGates:\n  AllAlpha: true\n",
        "featureGates:\n  AllAlpha: true\n",
        [],
        [],
        None,
    ),
    "the agents' file alone": ("", None, [], [], False),
    "set within one line": (
        "featureGates: {NodeNetworkPolicy: true}",
        "featureGates: {AdminNetworkPolicy: true}",
        ADMIN,
        NEWER,
        True,
    ),
    "a key of that name elsewhere": ("other:\n  NodeNetworkPolicy: true\n", None, [], [], False),
    "what cannot be read": (
        "featureGates: [" * 9000,
        "featureGates:\n  AdminNetworkPolicy: 2\n",
        [],
        NEWER,
        None,
    ),
}


@pytest.mark.parametrize(("agent", "controller", "reads", "ignores", "nodes"), GATES.values(), ids=GATES)
def test_gates_of_antrea_decide_which_kinds_are_read(agent, controller, reads, ignores, nodes):
    files = {"antrea-agent.conf": agent, "antrea-controller.conf": controller}
    given = {name: text for name, text in files.items() if text is not None}
    settings = (config_map("antrea-config", given),) if given else ()
    (plugin,) = detect(folder(daemon_set("antrea-agent", container("antrea-agent")), *settings)).plugins
    assert sorted(kind.kind for kind in plugin.reads) == reads
    assert sorted(kind.kind for kind in plugin.ignores) == ignores
    assert plugin.guards_nodes is nodes


class TestKindnetsRights:
    AGENT = (daemon_set("kindnet", KINDNET, account="kindnet"), node("a"), agent_pod("kindnet", "a"))

    @pytest.mark.parametrize("kind", ["ClusterRole", "ClusterRoleBinding"])
    def test_they_could_not_be_listed(self, kind):
        role, binding = policy_reader("kindnet", resource="ingresses")
        gap = refused("rbac.authorization.k8s.io", kind)
        left = [item for item in (role, binding) if item["kind"] != kind]

        assert detect(cluster(*self.AGENT, *left, gaps=[gap])).enforcement is UNKNOWN

    def test_rights_of_another_account_do_not_count(self):
        assert detect(cluster(*self.AGENT, *policy_reader("other"))).enforcement is UNKNOWN


class TestUnknownEngines:
    ABLE = container("agent", securityContext={"capabilities": {"add": ["NET_ADMIN"]}})

    def test_an_agent_that_may_read_policies_could_enforce(self):
        agent = daemon_set("acme-net", self.ABLE, account="acme")
        platform = detect(folder(agent, *policy_reader("acme")))

        assert [(item.id, item.enforcement) for item in platform.plugins] == [("unknown", UNKNOWN)]
        assert platform.plugins[0].name == "Unknown policy engine (kube-system/acme-net)"
        assert "DaemonSet kube-system/acme-net could enforce" in platform.reason
        assert platform.plugins[0].signs[0].value == "networkpolicies"

    def test_beside_flannel_it_makes_the_answer_unknown(self):
        agent = daemon_set("acme-net", self.ABLE, account="acme")
        platform = detect(folder(agent, *policy_reader("acme"), daemon_set("kube-flannel-ds", FLANNEL)))

        assert platform.enforcement is UNKNOWN

    @pytest.mark.parametrize(
        ("agent", "rights"),
        [
            (daemon_set("watcher", container("agent"), account="acme"), policy_reader("acme")),
            (daemon_set("watcher", ABLE, account="acme", host_network=False), policy_reader("acme")),
            (daemon_set("watcher", ABLE, account="acme"), policy_reader("acme", resource="ingresses")),
            (daemon_set("watcher", ABLE, account="acme"), policy_reader("acme", group="*", resource="*")),
        ],
        ids=["cannot change the network", "own network", "may not read policies", "an administrator"],
    )
    def test_other_agents_are_no_engines(self, agent, rights):
        assert detect(folder(agent, *rights)).plugins == ()

    def test_rights_that_could_not_be_listed_leave_it_open(self):
        agent = daemon_set("acme-net", self.ABLE, account="acme")
        gap = refused("rbac.authorization.k8s.io", "ClusterRole")
        platform = detect(cluster(agent, daemon_set("kube-flannel-ds", FLANNEL), gaps=[gap]))

        assert platform.enforcement is UNKNOWN


class TestGke:
    NODE = node("a", labels={"cloud.google.com/gke-nodepool": "default"}, kubelet="v1.31.0-gke.100")

    def test_without_an_agent_policies_have_no_effect(self):
        platform = detect(cluster(self.NODE, calico(status=(0, 0))))

        assert [(item.id, item.enforcement) for item in platform.plugins] == [("gke", NO)]
        assert (platform.enforcement, platform.on_node("a"), platform.distribution) == (NO, NO, "GKE")

    def test_with_calico_they_hold(self):
        agent = calico(env={**NO_BACKEND, "FELIX_INTERFACEPREFIX": "gke"}, status=(1, 1))
        platform = detect(cluster(self.NODE, agent, agent_pod("calico-node", "a")))

        assert platform.enforcement is YES
        assert [(item.id, item.primary) for item in platform.plugins] == [("gke", True), ("calico", False)]

    def test_with_dataplane_v2_cilium_is_the_only_plugin(self):
        settings = config_map("cilium-config", {"enable-policy": "default"})
        platform = detect(
            cluster(
                self.NODE, daemon_set("anetd", container("cilium-agent")), settings, agent_pod("anetd", "a")
            )
        )

        assert [item.id for item in platform.plugins] == ["cilium"]
        assert platform.enforcement is YES


def test_aks_with_its_policy_manager():
    manager = daemon_set("azure-npm", container("azure-npm"))
    addresses = daemon_set("azure-cns", container("cns-container"))
    nodes = node("a", labels={"kubernetes.azure.com/cluster": "x"}), agent_pod("azure-npm", "a")
    platform = detect(cluster(manager, addresses, *nodes))

    assert [(item.id, item.primary) for item in platform.plugins] == [
        ("azure-cni", True),
        ("azure-npm", False),
    ]
    assert (platform.enforcement, platform.distribution) == (YES, "AKS")
