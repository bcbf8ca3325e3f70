"""Install manifests of real plugins: whether they encrypt between nodes, and the setting that says so."""

import pytest

from app.model.encryption import LinkState
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

# file, system, link, why
LINKS = [
    ("cni/calico/v3.32.1/calico.yaml", "calico-wireguard", CLEAR, _OFF),
    ("cni/calico/v3.32.1/calico-typha.yaml", "calico-wireguard", CLEAR, _OFF),
    ("cni/calico/v3.32.1/calico-bpf.yaml", "calico-wireguard", CLEAR, _OFF),
    ("cni/calico/v3.32.1/calico-policy-only.yaml", "calico-wireguard", CLEAR, _OFF),
    ("cni/calico/v3.26.5/calico.yaml", "calico-wireguard", CLEAR, _OFF),
    ("cni/calico/kops-privatecalico.yaml", "calico-wireguard", CLEAR, _ENV),
    ("cni/calico/kops-minimal-ipv6-calico.yaml", "calico-wireguard", CLEAR, _ENV),
    ("cni/calico/v3.32.1/canal.yaml", "calico-wireguard", CLEAR, _OFF),
    ("cni/calico/v3.32.1/canal.yaml", "flannel", CLEAR, "backend vxlan does not encrypt"),
    ("cni/calico/v3.26.5/canal.yaml", "flannel", CLEAR, "backend vxlan does not encrypt"),
    ("cni/flannel/kube-flannel-v0.28.9.yml", "flannel", CLEAR, "backend vxlan does not encrypt"),
    ("cni/flannel/kube-flannel-v0.14.0.yml", "flannel", CLEAR, "backend vxlan does not encrypt"),
    ("cni/flannel/kops-privateflannel.yaml", "flannel", CLEAR, "backend vxlan does not encrypt"),
    ("rendered/flannel/flannel-default.yaml", "flannel", CLEAR, "backend vxlan does not encrypt"),
    ("rendered/flannel/flannel-hostgw.yaml", "flannel", CLEAR, "backend host-gw does not encrypt"),
    ("rendered/flannel/flannel-netpol.yaml", "flannel", CLEAR, "backend vxlan does not encrypt"),
    ("rendered/flannel/flannel-wireguard.yaml", "flannel", BEST, "backend wireguard encrypts"),
    ("cni/weave/weave-daemonset-k8s-1.9.yaml", "weave-net", CLEAR, "no password is set"),
    ("cni/weave/weave-daemonset-k8s-1.11.yaml", "weave-net", CLEAR, "no password is set"),
    ("cni/aws-vpc-cni/aws-k8s-cni-v1.13.4.yaml", "aws-vpc-cni", CLEAR, _NEVER),
    ("cni/aws-vpc-cni/aws-k8s-cni-v1.23.1.yaml", "aws-vpc-cni", CLEAR, _NEVER),
    ("rendered/aws-vpc-cni/aws-vpc-cni-netpol-strict.yaml", "aws-vpc-cni", CLEAR, _NEVER),
    ("cni/antrea/antrea.yml", "antrea", CLEAR, "trafficEncryptionMode is none"),
    ("cni/antrea/antrea-eks.yml", "antrea", CLEAR, "trafficEncryptionMode is none"),
    ("cni/antrea/antrea-ipsec.yml", "antrea-ipsec", BEST, "trafficEncryptionMode is ipsec"),
    ("rendered/antrea/antrea-ipsec-customtunnel.yaml", "antrea-ipsec", BEST, "trafficEncryptionMode is ipsec"),
    ("rendered/antrea/antrea-wireguard.yaml", "antrea-wireguard", BEST, "trafficEncryptionMode is wireguard"),
    ("cni/kube-router/generic-kuberouter.yaml", "kube-router", CLEAR, _NEVER),
    ("cni/kube-router/generic-kuberouter-all-features.yaml", "kube-router", CLEAR, _NEVER),
    ("cni/kube-router/kubeadm-kuberouter.yaml", "kube-router", CLEAR, _NEVER),
    ("cni/kindnet/kops-privatekindnet.yaml", "kindnet", CLEAR, _NEVER),
    ("cni/azure/cilium-daemonset-acn.yaml", "cilium", UNKNOWN, "ConfigMap kube-system/cilium-config, which could not be used"),
    ("cni/cilium/kops-privatecilium-v1.18.yaml", "cilium", CLEAR, _NEITHER),
    ("cni/cilium/kops-privatecilium-eni-v1.18.yaml", "cilium", CLEAR, _NEITHER),
    ("cni/cilium/kops-privateciliumadvanced-v1.18.yaml", "cilium", CLEAR, _NEITHER),
    ("rendered/cilium/cilium-1.14.19-default.yaml", "cilium", CLEAR, _NEITHER),
    ("rendered/cilium/cilium-1.18.6-aws-chaining.yaml", "cilium", CLEAR, _NEITHER),
    ("rendered/cilium/cilium-1.20.0-default.yaml", "cilium", CLEAR, _NEITHER),
    ("rendered/cilium/cilium-1.20.0-policy-never.yaml", "cilium", CLEAR, _NEITHER),
    ("rendered/cilium/cilium-1.20.0-mutual-auth-spire.yaml", "cilium", CLEAR, _NEITHER),
    ("rendered/cilium/cilium-1.20.0-ztunnel.yaml", "cilium", CLEAR, _NEITHER),
    ("rendered/cilium/cilium-1.20.0-wireguard.yaml", "cilium-wireguard", BEST, "WireGuard is on"),
    ("rendered/cilium/cilium-1.20.0-ipsec.yaml", "cilium-ipsec", BEST, "IPsec is on"),
    ("rendered/cilium/cilium-1.20.0-wireguard-strict-nodeenc.yaml", "cilium-wireguard", STRICT, "strict mode covers its address"),
    ("rendered/cilium/cilium-1.16.12-wireguard-strict.yaml", "cilium-wireguard", STRICT, "strict mode covers its address"),
    ("rendered/cilium/cilium-1.19.3-wireguard-strict-legacykeys.yaml", "cilium-wireguard", STRICT, "strict mode covers its address"),
    ("rendered/ovn-kubernetes/ovnk-single-node-zone.yaml", "ovn-kubernetes-ipsec", CLEAR, "IPsec is off"),
    ("rendered/ovn-kubernetes/ovnk-ipsec.yaml", "ovn-kubernetes-ipsec", BEST, "IPsec is on and its daemon is there"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "system", "state", "why"), LINKS)
def test_an_install_manifest_says_whether_it_encrypts(path, system, state, why):
    found = templates(files(path))[system]

    assert found.state is state
    assert why in found.says


# These add policies to a network that another plugin gives, or order one that is not among the files.
WITHOUT_A_NETWORK = [
    "cni/azure/azure-npm.yaml",
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
