"""Kinds of network plugins: their policies, settings and status."""

from app.collect.kinds.calico import CALICO
from app.collect.kinds.spec import custom, foreign_policies, policies
from app.collect.kinds.verdicts import ENCRYPTION, ENFORCEMENT, SEGMENTATION

_PLUGIN = "settings and status of a network plugin"
_REFERENTS = "what policies refer to"
_SEALS = ENFORCEMENT + ENCRYPTION

PLUGINS = (
    *CALICO,
    *custom(
        "operator.tigera.io",
        _PLUGIN,
        _SEALS,
        "Installation/installations TigeraStatus/tigerastatuses",
        namespaced=False,
    ),
    *policies("cilium.io", "CiliumNetworkPolicy/ciliumnetworkpolicies", namespaced=True),
    *policies(
        "cilium.io", "CiliumClusterwideNetworkPolicy/ciliumclusterwidenetworkpolicies", namespaced=False
    ),
    *custom(
        "cilium.io",
        "addresses that policies name",
        SEGMENTATION,
        "CiliumCIDRGroup/ciliumcidrgroups",
        namespaced=False,
    ),
    *custom(
        "cilium.io", _PLUGIN, _SEALS, "CiliumEndpoint/ciliumendpoints CiliumNodeConfig/ciliumnodeconfigs"
    ),
    *custom(
        "cilium.io",
        _PLUGIN,
        _SEALS,
        "CiliumEndpointSlice/ciliumendpointslices CiliumNode/ciliumnodes",
        namespaced=False,
    ),
    *policies(
        "crd.antrea.io", "NetworkPolicy/networkpolicies", namespaced=True, versions=("v1beta1", "v1alpha1")
    ),
    *policies(
        "crd.antrea.io",
        "ClusterNetworkPolicy/clusternetworkpolicies",
        namespaced=False,
        versions=("v1beta1", "v1alpha1"),
    ),
    *custom(
        "crd.antrea.io", _REFERENTS, SEGMENTATION, "ClusterGroup/clustergroups Tier/tiers", namespaced=False
    ),
    *custom("crd.antrea.io", _REFERENTS, SEGMENTATION, "Group/groups"),
    *custom(
        "crd.antrea.io",
        _PLUGIN,
        _SEALS,
        "AntreaAgentInfo/antreaagentinfos AntreaControllerInfo/antreacontrollerinfos "
        "AntreaNodeConfig/antreanodeconfigs",
        namespaced=False,
    ),
    *policies(
        "policy.networking.k8s.io",
        "AdminNetworkPolicy/adminnetworkpolicies BaselineAdminNetworkPolicy/baselineadminnetworkpolicies",
        namespaced=False,
        versions=("v1alpha1",),
    ),
    *policies(
        "policy.networking.k8s.io",
        "ClusterNetworkPolicy/clusternetworkpolicies",
        namespaced=False,
        versions=("v1alpha2",),
    ),
    *foreign_policies(
        "networking.k8s.aws", "ApplicationNetworkPolicy/applicationnetworkpolicies", namespaced=True
    ),
    *foreign_policies("networking.k8s.aws", "ClusterNetworkPolicy/clusternetworkpolicies", namespaced=False),
    *custom("networking.k8s.aws", _PLUGIN, ENFORCEMENT, "PolicyEndpoint/policyendpoints"),
    *custom("eks.amazonaws.com", _PLUGIN, ENFORCEMENT, "NodeClass/nodeclasses", namespaced=False),
    *foreign_policies(
        "k8s.ovn.org",
        "EgressFirewall/egressfirewalls UserDefinedNetwork/userdefinednetworks",
        namespaced=True,
    ),
    *foreign_policies(
        "k8s.ovn.org", "ClusterUserDefinedNetwork/clusteruserdefinednetworks", namespaced=False
    ),
    *foreign_policies("networking.gke.io", "FQDNNetworkPolicy/fqdnnetworkpolicies", namespaced=True),
    *custom("operator.openshift.io", _PLUGIN, _SEALS, "Network/networks", namespaced=False),
    *custom("helm.cattle.io", _PLUGIN, _SEALS, "HelmChart/helmcharts HelmChartConfig/helmchartconfigs"),
)
