"""Install manifests of real plugins: whether they encrypt between nodes, and the setting that says so."""

import pytest

from app.model.links import LinkState
from tests.unit.detect.build import SHARED, files
from tests.unit.detect.links import templates

CLEAR, BEST, STRICT, UNKNOWN = LinkState.CLEAR, LinkState.BEST_EFFORT, LinkState.STRICT, LinkState.UNKNOWN

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not SHARED.is_dir(), reason=f"public install manifests are not at {SHARED}"),
]

_OFF = "no FelixConfiguration sets wireguardEnabled"
_ENV = "FELIX_WIREGUARDENABLED in the agent's environment is false"
_NEITHER = "neither WireGuard nor IPsec is on"
_NEVER = "has no encryption"

# file, system, link, why, deciding field, its value
LINKS = [
    ("cni/calico/v3.32.1/calico.yaml", "calico-wireguard", CLEAR, _OFF, "spec.template.spec.containers[0].image", "quay.io/calico/node:v3.32.1"),
    ("cni/calico/v3.32.1/calico-typha.yaml", "calico-wireguard", CLEAR, _OFF, "spec.template.spec.containers[0].image", "quay.io/calico/node:v3.32.1"),
    ("cni/calico/v3.32.1/calico-bpf.yaml", "calico-wireguard", CLEAR, _OFF, "spec.template.spec.containers[0].image", "quay.io/calico/node:v3.32.1"),
    ("cni/calico/v3.32.1/calico-policy-only.yaml", "calico-wireguard", CLEAR, _OFF, "spec.template.spec.containers[0].image", "quay.io/calico/node:v3.32.1"),
    ("cni/calico/v3.26.5/calico.yaml", "calico-wireguard", CLEAR, _OFF, "spec.template.spec.containers[0].image", "docker.io/calico/node:v3.26.5"),
    ("cni/calico/kops-privatecalico.yaml", "calico-wireguard", CLEAR, _ENV, "spec.template.spec.containers[0].env[32].value", "false"),
    ("cni/calico/kops-minimal-ipv6-calico.yaml", "calico-wireguard", CLEAR, _ENV, "spec.template.spec.containers[0].env[34].value", "false"),
    ("cni/calico/v3.32.1/canal.yaml", "calico-wireguard", CLEAR, _OFF, "spec.template.spec.containers[0].image", "quay.io/calico/node:v3.32.1"),
    ("cni/calico/v3.32.1/canal.yaml", "flannel", CLEAR, "backend vxlan does not encrypt", "data['net-conf.json'].Backend.Type", "vxlan"),
    ("cni/calico/v3.26.5/canal.yaml", "flannel", CLEAR, "backend vxlan does not encrypt", "data['net-conf.json'].Backend.Type", "vxlan"),
    ("cni/flannel/kube-flannel-v0.28.9.yml", "flannel", CLEAR, "backend vxlan does not encrypt", "data['net-conf.json'].Backend.Type", "vxlan"),
    ("cni/flannel/kube-flannel-v0.14.0.yml", "flannel", CLEAR, "backend vxlan does not encrypt", "data['net-conf.json'].Backend.Type", "vxlan"),
    ("cni/flannel/kops-privateflannel.yaml", "flannel", CLEAR, "backend vxlan does not encrypt", "data['net-conf.json'].Backend.Type", "vxlan"),
    ("rendered/flannel/flannel-default.yaml", "flannel", CLEAR, "backend vxlan does not encrypt", "data['net-conf.json'].Backend.Type", "vxlan"),
    ("rendered/flannel/flannel-hostgw.yaml", "flannel", CLEAR, "backend host-gw does not encrypt", "data['net-conf.json'].Backend.Type", "host-gw"),
    ("rendered/flannel/flannel-netpol.yaml", "flannel", CLEAR, "backend vxlan does not encrypt", "data['net-conf.json'].Backend.Type", "vxlan"),
    ("rendered/flannel/flannel-wireguard.yaml", "flannel", BEST, "backend wireguard encrypts", "data['net-conf.json'].Backend.Type", "wireguard"),
    ("cni/weave/weave-daemonset-k8s-1.9.yaml", "weave-net", CLEAR, "no password is set", "spec.template.spec.containers[0].image", "weaveworks/weave-kube:latest"),
    ("cni/weave/weave-daemonset-k8s-1.11.yaml", "weave-net", CLEAR, "no password is set", "spec.template.spec.containers[0].image", "weaveworks/weave-kube:latest"),
    ("cni/aws-vpc-cni/aws-k8s-cni-v1.13.4.yaml", "aws-vpc-cni", CLEAR, _NEVER, "spec.template.spec.containers[0].image", "602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.13.4"),
    ("cni/aws-vpc-cni/aws-k8s-cni-v1.23.1.yaml", "aws-vpc-cni", CLEAR, _NEVER, "spec.template.spec.containers[0].image", "602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.23.1"),
    ("rendered/aws-vpc-cni/aws-vpc-cni-netpol-strict.yaml", "aws-vpc-cni", CLEAR, _NEVER, "spec.template.spec.containers[0].image", "602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.23.1"),
    ("cni/antrea/antrea.yml", "antrea", CLEAR, "trafficEncryptionMode is none", "data['antrea-agent.conf'].trafficEncryptionMode", "none"),
    ("cni/antrea/antrea-eks.yml", "antrea", CLEAR, "trafficEncryptionMode is none", "data['antrea-agent.conf'].trafficEncryptionMode", "none"),
    ("cni/antrea/antrea-ipsec.yml", "antrea-ipsec", BEST, "trafficEncryptionMode is ipsec", "data['antrea-agent.conf'].trafficEncryptionMode", "ipsec"),
    ("rendered/antrea/antrea-ipsec-customtunnel.yaml", "antrea-ipsec", BEST, "trafficEncryptionMode is ipsec", "data['antrea-agent.conf'].trafficEncryptionMode", "ipsec"),
    ("rendered/antrea/antrea-wireguard.yaml", "antrea-wireguard", BEST, "trafficEncryptionMode is wireguard", "data['antrea-agent.conf'].trafficEncryptionMode", "wireguard"),
    ("cni/kube-router/generic-kuberouter.yaml", "kube-router", CLEAR, _NEVER, "spec.template.spec.containers[0].image", "docker.io/cloudnativelabs/kube-router"),
    ("cni/kube-router/generic-kuberouter-all-features.yaml", "kube-router", CLEAR, _NEVER, "spec.template.spec.containers[0].image", "docker.io/cloudnativelabs/kube-router"),
    ("cni/kube-router/kubeadm-kuberouter.yaml", "kube-router", CLEAR, _NEVER, "spec.template.spec.containers[0].image", "docker.io/cloudnativelabs/kube-router"),
    ("cni/kindnet/kops-privatekindnet.yaml", "kindnet", CLEAR, _NEVER, "spec.template.spec.containers[0].image", "registry.k8s.io/networking/kindnet:v1.0.1"),
    ("cni/azure/cilium-daemonset-acn.yaml", "cilium", UNKNOWN, "ConfigMap kube-system/cilium-config, which could not be used", "", ""),
    ("cni/cilium/kops-privatecilium-v1.18.yaml", "cilium", CLEAR, _NEITHER, "data['enable-wireguard']", "false"),
    ("cni/cilium/kops-privatecilium-eni-v1.18.yaml", "cilium", CLEAR, _NEITHER, "data['enable-wireguard']", "false"),
    ("cni/cilium/kops-privateciliumadvanced-v1.18.yaml", "cilium", CLEAR, _NEITHER, "data['enable-wireguard']", "false"),
    ("rendered/cilium/cilium-1.14.19-default.yaml", "cilium", CLEAR, _NEITHER, "data['enable-wireguard']", "false"),
    ("rendered/cilium/cilium-1.18.6-aws-chaining.yaml", "cilium", CLEAR, _NEITHER, "data['enable-wireguard']", "false"),
    ("rendered/cilium/cilium-1.20.0-default.yaml", "cilium", CLEAR, _NEITHER, "data['enable-wireguard']", "false"),
    ("rendered/cilium/cilium-1.20.0-policy-never.yaml", "cilium", CLEAR, _NEITHER, "data['enable-wireguard']", "false"),
    ("rendered/cilium/cilium-1.20.0-mutual-auth-spire.yaml", "cilium", CLEAR, _NEITHER, "data['enable-wireguard']", "false"),
    ("rendered/cilium/cilium-1.20.0-ztunnel.yaml", "cilium", CLEAR, _NEITHER, "data['enable-wireguard']", "false"),
    ("rendered/cilium/cilium-1.20.0-wireguard.yaml", "cilium-wireguard", BEST, "WireGuard is on", "data['enable-wireguard']", "true"),
    ("rendered/cilium/cilium-1.20.0-ipsec.yaml", "cilium-ipsec", BEST, "IPsec is on", "data['enable-ipsec']", "true"),
    ("rendered/cilium/cilium-1.20.0-wireguard-strict-nodeenc.yaml", "cilium-wireguard", STRICT, "strict mode covers its address", "data['enable-wireguard']", "true"),
    ("rendered/cilium/cilium-1.16.12-wireguard-strict.yaml", "cilium-wireguard", STRICT, "strict mode covers its address", "data['enable-wireguard']", "true"),
    ("rendered/cilium/cilium-1.19.3-wireguard-strict-legacykeys.yaml", "cilium-wireguard", STRICT, "strict mode covers its address", "data['enable-wireguard']", "true"),
    ("rendered/ovn-kubernetes/ovnk-single-node-zone.yaml", "ovn-kubernetes-ipsec", CLEAR, "IPsec is off", "spec.template.spec.containers[0].env[5].value", "false"),
    ("rendered/ovn-kubernetes/ovnk-ipsec.yaml", "ovn-kubernetes-ipsec", BEST, "IPsec is on and its daemon is there", "spec.template.spec.containers[0].env[5].value", "true"),
    ("cni/calico/v3.26.5/canal.yaml", "calico-wireguard", CLEAR, _OFF, "spec.template.spec.containers[0].image", "docker.io/calico/node:v3.26.5"),
    ("cni/aws-vpc-cni/aws-k8s-cni-v1.14.1.yaml", "aws-vpc-cni", CLEAR, _NEVER, "spec.template.spec.containers[0].image", "602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.14.1"),
    ("cni/aws-vpc-cni/kops-many-addons.yaml", "aws-vpc-cni", CLEAR, _NEVER, "spec.template.spec.containers[0].image", "602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.23.0"),
    ("rendered/aws-vpc-cni/aws-vpc-cni-netpol-standard.yaml", "aws-vpc-cni", CLEAR, _NEVER, "spec.template.spec.containers[0].image", "602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.23.1"),
    ("rendered/aws-vpc-cni/aws-vpc-cni-nodeagent-disabled.yaml", "aws-vpc-cni", CLEAR, _NEVER, "spec.template.spec.containers[0].image", "602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.23.1"),
    ("rendered/cilium/cilium-1.20.0-k8snetpol-disabled.yaml", "cilium", CLEAR, _NEITHER, "data['enable-wireguard']", "false"),
    ("rendered/cilium/cilium-1.20.0-policy-always-kpr.yaml", "cilium", CLEAR, _NEITHER, "data['enable-wireguard']", "false"),
    ("rendered/cilium/cilium-1.20.0-policy-audit.yaml", "cilium", CLEAR, _NEITHER, "data['enable-wireguard']", "false"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "system", "state", "why", "field", "value"), LINKS)
def test_an_install_manifest_says_whether_it_encrypts(path, system, state, why, field, value):
    systems = templates(files(path))
    found = systems[system]

    assert set(systems) == {row[1] for row in LINKS if row[0] == path}
    assert found.state is state
    assert why in found.says
    assert [(sign.field, sign.value) for sign in found.signs[:1]] == ([(field, value)] if field else [])


def test_strict_mode_shows_the_settings_that_make_it_strict():
    (found,) = templates(files("rendered/cilium/cilium-1.20.0-wireguard-strict-nodeenc.yaml")).values()

    assert [sign.field for sign in found.signs] == [
        "data['enable-wireguard']",
        "data['enable-encryption-strict-mode-egress']",
        "data['encryption-strict-egress-cidr']",
        "data['encryption-strict-egress-allow-remote-node-identities']",
    ]


# These add policies to a network that another plugin gives, or order one that is not among the files.
WITHOUT_A_NETWORK = [
    "cni/azure/azure-npm-lite.yaml",
    "cni/azure/azure-npm.yaml",
    "cni/azure/cilium-config-acn.yaml",
    "cni/aws-vpc-cni/clusternetworkpolicy.yaml",
    "cni/calico/operator_v1_installation.sample.yaml",
    "cni/calico/v3.32.1/custom-resources-bpf.yaml",
    "cni/calico/v3.32.1/tigera-operator.yaml",
    "cni/kube-network-policies/install-anp.yaml",
    "cni/kube-network-policies/install-cnp.yaml",
    "cni/kube-network-policies/install-iptracker.yaml",
    "cni/kube-network-policies/install.yaml",
    "cni/kube-router/kube-router-firewall-daemonset.yaml",
    "cni/kube-router/kube-router-proxy-daemonset.yaml",
    "cni/calico/v3.32.1/custom-resources.yaml",
    "apps/online-boutique",
    "mesh/istio",
]


@pytest.mark.parametrize("path", WITHOUT_A_NETWORK)
def test_what_gives_pods_no_network_says_nothing_about_links(path):
    assert templates(files(path)) == {}


def test_every_file_of_a_plugin_is_in_a_table():
    plugins = ("antrea", "aws-vpc-cni", "cilium", "flannel", "ovn-kubernetes")
    present = {
        str(path.relative_to(SHARED))
        for folder in ("cni", *(f"rendered/{name}" for name in plugins))
        for path in (SHARED / folder).rglob("*.y*ml")
    }
    listed = {row[0] for row in LINKS} | {path for path in WITHOUT_A_NETWORK if path.startswith("cni/")}
    assert present == listed
