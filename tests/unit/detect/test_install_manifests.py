"""Install manifests of real plugins: which plugin, whether it enforces, and the field that says so."""

import pytest

from app.collect import normalize
from app.detect import detect
from app.model.platform import Enforcement
from tests.unit.detect.build import SHARED, files

YES, NO, UNKNOWN = Enforcement.ENFORCED, Enforcement.NOT_ENFORCED, Enforcement.UNKNOWN

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not SHARED.is_dir(), reason=f"public install manifests are not at {SHARED}"),
]

_IMAGE = "spec.template.spec.containers[{}].image"
_ARG = "spec.template.spec.containers[{}].args[{}]"
_CONTAINERS = "spec.template.spec.containers"
_MODE = "data['enable-policy']"

# file, plugin, gives pods their network, version, enforces, deciding field, its value
PLUGINS = [
    ("cni/calico/v3.32.1/calico.yaml", "calico", True, "v3.32.1", YES, _IMAGE.format(0), "quay.io/calico/node:v3.32.1"),
    ("cni/calico/v3.32.1/calico-typha.yaml", "calico", True, "v3.32.1", YES, _IMAGE.format(0), "quay.io/calico/node:v3.32.1"),
    ("cni/calico/v3.32.1/calico-bpf.yaml", "calico", True, "v3.32.1", YES, _IMAGE.format(0), "quay.io/calico/node:v3.32.1"),
    ("cni/calico/v3.32.1/calico-policy-only.yaml", "calico", False, "v3.32.1", YES, _IMAGE.format(0), "quay.io/calico/node:v3.32.1"),
    ("cni/calico/v3.26.5/calico.yaml", "calico", True, "v3.26.5", YES, _IMAGE.format(0), "docker.io/calico/node:v3.26.5"),
    ("cni/calico/kops-privatecalico.yaml", "calico", True, "v3.31.6", YES, _IMAGE.format(0), "docker.io/calico/node:v3.31.6"),
    ("cni/calico/kops-minimal-ipv6-calico.yaml", "calico", True, "v3.31.6", YES, _IMAGE.format(0), "docker.io/calico/node:v3.31.6"),
    ("cni/calico/v3.32.1/canal.yaml", "canal", True, "v3.32.1", YES, _IMAGE.format(0), "quay.io/calico/node:v3.32.1"),
    ("cni/calico/v3.26.5/canal.yaml", "canal", True, "v3.26.5", YES, _IMAGE.format(0), "docker.io/calico/node:v3.26.5"),
    ("cni/calico/v3.32.1/custom-resources.yaml", "calico", True, "", UNKNOWN, "kind", "Installation"),
    ("cni/flannel/kube-flannel-v0.28.9.yml", "flannel", True, "v0.28.9", NO, _IMAGE.format(0), "ghcr.io/flannel-io/flannel:v0.28.9"),
    ("cni/flannel/kube-flannel-v0.14.0.yml", "flannel", True, "v0.14.0", NO, _IMAGE.format(0), "quay.io/coreos/flannel:v0.14.0"),
    ("cni/flannel/kops-privateflannel.yaml", "flannel", True, "v0.28.9", NO, _IMAGE.format(0), "ghcr.io/flannel-io/flannel:v0.28.9"),
    ("rendered/flannel/flannel-default.yaml", "flannel", True, "v0.28.9", NO, _IMAGE.format(0), "ghcr.io/flannel-io/flannel:v0.28.9"),
    ("rendered/flannel/flannel-hostgw.yaml", "flannel", True, "v0.28.9", NO, _IMAGE.format(0), "ghcr.io/flannel-io/flannel:v0.28.9"),
    ("rendered/flannel/flannel-wireguard.yaml", "flannel", True, "v0.28.9", NO, _IMAGE.format(0), "ghcr.io/flannel-io/flannel:v0.28.9"),
    ("rendered/flannel/flannel-netpol.yaml", "flannel", True, "v0.28.9", YES, _IMAGE.format(1), "registry.k8s.io/networking/kube-network-policies:v1.0.0"),
    ("cni/weave/weave-daemonset-k8s-1.9.yaml", "weave-net", True, "", YES, _IMAGE.format(1), "weaveworks/weave-npc:latest"),
    ("cni/weave/weave-daemonset-k8s-1.11.yaml", "weave-net", True, "", YES, _IMAGE.format(1), "weaveworks/weave-npc:latest"),
    ("cni/aws-vpc-cni/aws-k8s-cni-v1.13.4.yaml", "aws-vpc-cni", True, "v1.13.4", NO, _CONTAINERS, "aws-node"),
    ("cni/aws-vpc-cni/aws-k8s-cni-v1.14.1.yaml", "aws-vpc-cni", True, "v1.14.1", NO, _ARG.format(1, 1), "false"),
    ("cni/aws-vpc-cni/aws-k8s-cni-v1.23.1.yaml", "aws-vpc-cni", True, "v1.23.1", NO, _ARG.format(1, 1), "false"),
    ("cni/aws-vpc-cni/kops-many-addons.yaml", "aws-vpc-cni", True, "v1.23.0", NO, _ARG.format(1, 1), "false"),
    ("rendered/aws-vpc-cni/aws-vpc-cni-nodeagent-disabled.yaml", "aws-vpc-cni", True, "v1.23.1", NO, _CONTAINERS, "aws-node"),
    ("rendered/aws-vpc-cni/aws-vpc-cni-netpol-standard.yaml", "aws-vpc-cni", True, "v1.23.1", YES, _ARG.format(1, 1), "true"),
    ("rendered/aws-vpc-cni/aws-vpc-cni-netpol-strict.yaml", "aws-vpc-cni", True, "v1.23.1", YES, _ARG.format(1, 1), "true"),
    ("cni/antrea/antrea.yml", "antrea", True, "", YES, _IMAGE.format(0), "antrea/antrea-agent-ubuntu:latest"),
    ("cni/antrea/antrea-ipsec.yml", "antrea", True, "", YES, _IMAGE.format(0), "antrea/antrea-agent-ubuntu:latest"),
    ("cni/antrea/antrea-eks.yml", "antrea", False, "", YES, _IMAGE.format(1), "antrea/antrea-agent-ubuntu:latest"),
    ("rendered/antrea/antrea-wireguard.yaml", "antrea", True, "", YES, _IMAGE.format(0), "antrea/antrea-agent-ubuntu:latest"),
    ("rendered/antrea/antrea-ipsec-customtunnel.yaml", "antrea", True, "", YES, _IMAGE.format(0), "antrea/antrea-agent-ubuntu:latest"),
    ("cni/kube-router/kube-router-proxy-daemonset.yaml", "kube-router", False, "", NO, _ARG.format(0, 1), "false"),
    ("cni/kube-router/kube-router-firewall-daemonset.yaml", "kube-router", False, "", YES, _ARG.format(0, 1), "true"),
    ("cni/kube-router/generic-kuberouter.yaml", "kube-router", True, "", YES, _ARG.format(0, 1), "true"),
    ("cni/kube-router/generic-kuberouter-all-features.yaml", "kube-router", True, "", YES, _ARG.format(0, 1), "true"),
    ("cni/kube-router/kubeadm-kuberouter.yaml", "kube-router", True, "", YES, _ARG.format(0, 1), "true"),
    ("cni/azure/azure-npm.yaml", "azure-npm", False, "v1.6.29", YES, _IMAGE.format(0), "mcr.microsoft.com/containernetworking/azure-npm:v1.6.29"),
    ("cni/azure/azure-npm-lite.yaml", "azure-npm", False, "v1.6.29", YES, _IMAGE.format(0), "mcr.microsoft.com/containernetworking/azure-npm:v1.6.29"),
    ("cni/azure/cilium-daemonset-acn.yaml", "cilium", True, "", UNKNOWN, _IMAGE.format(0), "$CILIUM_IMAGE_REGISTRY/cilium/cilium:$CILIUM_VERSION_TAG"),
    ("cni/kindnet/kops-privatekindnet.yaml", "kindnet", True, "v1.0.1", YES, "rules[4].resources", "networkpolicies"),
    ("cni/kube-network-policies/install.yaml", "kube-network-policies", False, "v1.1.1", YES, _IMAGE.format(0), "registry.k8s.io/networking/kube-network-policies:v1.1.1"),
    ("cni/kube-network-policies/install-anp.yaml", "kube-network-policies", False, "v1.1.1", YES, _IMAGE.format(0), "registry.k8s.io/networking/kube-network-policies:v1.1.1"),
    ("cni/kube-network-policies/install-cnp.yaml", "kube-network-policies", False, "v1.1.1-npa-v1alpha2", YES, _IMAGE.format(0), "registry.k8s.io/networking/kube-network-policies:v1.1.1-npa-v1alpha2"),
    ("cni/kube-network-policies/install-iptracker.yaml", "kube-network-policies", False, "v1.1.1-iptracker", YES, _IMAGE.format(0), "registry.k8s.io/networking/kube-network-policies:v1.1.1-iptracker"),
    ("cni/cilium/kops-privatecilium-v1.18.yaml", "cilium", True, "v1.18.12", YES, _MODE, "default"),
    ("cni/cilium/kops-privatecilium-eni-v1.18.yaml", "cilium", True, "v1.18.12", YES, _MODE, "default"),
    ("cni/cilium/kops-privateciliumadvanced-v1.18.yaml", "cilium", True, "v1.18.12", YES, _MODE, "default"),
    ("rendered/cilium/cilium-1.14.19-default.yaml", "cilium", True, "v1.14.19", YES, _MODE, "default"),
    ("rendered/cilium/cilium-1.16.12-wireguard-strict.yaml", "cilium", True, "v1.16.12", YES, _MODE, "default"),
    ("rendered/cilium/cilium-1.18.6-aws-chaining.yaml", "cilium", False, "v1.18.6", YES, _MODE, "default"),
    ("rendered/cilium/cilium-1.19.3-wireguard-strict-legacykeys.yaml", "cilium", True, "v1.19.3", YES, _MODE, "default"),
    ("rendered/cilium/cilium-1.20.0-default.yaml", "cilium", True, "v1.20.0", YES, _MODE, "default"),
    ("rendered/cilium/cilium-1.20.0-wireguard.yaml", "cilium", True, "v1.20.0", YES, _MODE, "default"),
    ("rendered/cilium/cilium-1.20.0-wireguard-strict-nodeenc.yaml", "cilium", True, "v1.20.0", YES, _MODE, "default"),
    ("rendered/cilium/cilium-1.20.0-ipsec.yaml", "cilium", True, "v1.20.0", YES, _MODE, "default"),
    ("rendered/cilium/cilium-1.20.0-mutual-auth-spire.yaml", "cilium", True, "v1.20.0", YES, _MODE, "default"),
    ("rendered/cilium/cilium-1.20.0-ztunnel.yaml", "cilium", True, "v1.20.0", YES, _MODE, "default"),
    ("rendered/cilium/cilium-1.20.0-policy-always-kpr.yaml", "cilium", True, "v1.20.0", YES, _MODE, "always"),
    ("rendered/cilium/cilium-1.20.0-policy-never.yaml", "cilium", True, "v1.20.0", NO, _MODE, "never"),
    ("rendered/cilium/cilium-1.20.0-policy-audit.yaml", "cilium", True, "v1.20.0", NO, "data['policy-audit-mode']", "true"),
    ("rendered/cilium/cilium-1.20.0-k8snetpol-disabled.yaml", "cilium", True, "v1.20.0", NO, "data['enable-k8s-networkpolicy']", "false"),
    ("rendered/ovn-kubernetes/ovnk-single-node-zone.yaml", "ovn-kubernetes", True, "", YES, _IMAGE.format(3), "ghcr.io/ovn-kubernetes/ovn-kubernetes/ovn-kube-ubuntu:master"),
    ("rendered/ovn-kubernetes/ovnk-ipsec.yaml", "ovn-kubernetes", True, "", YES, _IMAGE.format(3), "ghcr.io/ovn-kubernetes/ovn-kubernetes/ovn-kube-ubuntu:master"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "plugin", "primary", "version", "enforcement", "field", "value"), PLUGINS)
def test_an_install_manifest_is_recognised(path, plugin, primary, version, enforcement, field, value):
    platform = detect(files(path))

    assert [item.id for item in platform.plugins] == [plugin]
    found = platform.plugins[0]
    assert (found.primary, found.version, found.enforcement) == (primary, version, enforcement)
    assert (found.signs[0].field, found.signs[0].value) == (field, value)
    assert platform.enforcement is enforcement
    assert platform.nodes == ()


def test_every_file_of_a_plugin_is_in_the_table_or_known_to_hold_no_agent():
    no_agent = {
        "cni/aws-vpc-cni/clusternetworkpolicy.yaml",
        "cni/azure/cilium-config-acn.yaml",
        "cni/calico/operator_v1_installation.sample.yaml",
        "cni/calico/v3.32.1/custom-resources-bpf.yaml",
        "cni/calico/v3.32.1/tigera-operator.yaml",
    }
    plugins = ("antrea", "aws-vpc-cni", "cilium", "flannel", "ovn-kubernetes")
    present = {
        str(path.relative_to(SHARED))
        for folder in ("cni", *(f"rendered/{name}" for name in plugins))
        for path in (SHARED / folder).rglob("*.y*ml")
    }
    assert present == {row[0] for row in PLUGINS} | no_agent


@pytest.mark.parametrize("folder", ["apps", "edge", "mesh", "mpl-2.0", "rendered/istio", "controlplane"])
def test_applications_and_meshes_are_no_network_plugins(folder):
    platform = detect(files(folder))

    assert platform.plugins == ()
    assert platform.enforcement is UNKNOWN


def test_aks_with_cilium_is_told_from_its_two_files_together():
    platform = detect(files("cni/azure/cilium-daemonset-acn.yaml", "cni/azure/cilium-config-acn.yaml"))

    assert platform.enforcement is YES
    assert platform.primary
    assert platform.primary.id == "cilium"


def test_calico_on_top_of_the_aws_plugin_enforces_while_the_aws_agent_is_off():
    platform = detect(
        files("cni/aws-vpc-cni/aws-k8s-cni-v1.23.1.yaml", "cni/calico/v3.32.1/calico-policy-only.yaml")
    )

    assert [(item.id, item.primary, item.enforcement) for item in platform.plugins] == [
        ("aws-vpc-cni", True, NO),
        ("calico", False, YES),
    ]
    assert platform.enforcement is YES


def test_two_engines_that_both_enforce_are_pointed_out_on_each():
    platform = detect(
        files(
            "rendered/aws-vpc-cni/aws-vpc-cni-netpol-standard.yaml",
            "cni/calico/v3.32.1/calico-policy-only.yaml",
        )
    )

    assert platform.enforcement is YES
    assert [any("more than one engine" in text for text in item.cautions) for item in platform.plugins] == [
        True,
        True,
    ]


def test_a_plugin_beside_real_policies_decides_for_them():
    policies = "apps/sock-shop"
    paths = [str(path.relative_to(SHARED)) for path in sorted((SHARED / policies).rglob("*.y*ml"))]

    assert detect(files("rendered/flannel/flannel-default.yaml", *paths)).enforcement is NO
    assert detect(files("rendered/flannel/flannel-netpol.yaml", *paths)).enforcement is YES
    assert detect(files("rendered/cilium/cilium-1.20.0-policy-audit.yaml", *paths)).enforcement is NO


@pytest.mark.parametrize("folder", ["rendered/cilium", "cni/cilium"])
def test_every_manifest_of_cilium_is_read_without_a_gap(folder):
    for path in sorted((SHARED / folder).glob("*.yaml")):
        snapshot = files(f"{folder}/{path.name}")
        found = normalize(snapshot.objects)
        assert (snapshot.gaps, found.gaps) == ((), ()), path.name
        platform = detect(snapshot)
        assert platform.cilium is not None, path.name
        assert (platform.cilium.default_deny is not None) is ("always" in path.name)
        assert platform.cilium.network_policies is ("k8snetpol-disabled" not in path.name)
