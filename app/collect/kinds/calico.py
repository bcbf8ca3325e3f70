"""Kinds of Calico, in both groups that serve them."""

from app.collect.kinds.spec import KindSpec, custom
from app.collect.kinds.verdicts import ENCRYPTION, ENFORCEMENT, PLACEMENT, SEGMENTATION, Checks

_WHY = "settings and status of a network plugin"
_POLICIES = "NetworkPolicy/networkpolicies", "GlobalNetworkPolicy/globalnetworkpolicies"
_PART_OF_POLICIES = "what policies of Calico refer to"
_SETTINGS = (
    "BGPConfiguration/bgpconfigurations FelixConfiguration/felixconfigurations "
    "IPPool/ippools KubeControllersConfiguration/kubecontrollersconfigurations"
)
_STAGED = "policies that are not enforced yet"


def _policies(group: str, resource: str, *, namespaced: bool) -> KindSpec:
    kind, plural = resource.split("/")
    why = "who may connect to whom"
    return KindSpec(group, kind, plural, namespaced, (), why, SEGMENTATION, restricts=True)


def _rows(group: str) -> tuple[KindSpec, ...]:
    referred: Checks = SEGMENTATION + ENFORCEMENT
    return (
        _policies(group, _POLICIES[0], namespaced=True),
        _policies(group, _POLICIES[1], namespaced=False),
        _policies(group, "Profile/profiles", namespaced=False),
        *custom(group, _WHY, ENFORCEMENT + ENCRYPTION, _SETTINGS, namespaced=False),
        *custom(
            group,
            _PART_OF_POLICIES,
            referred,
            "GlobalNetworkSet/globalnetworksets Tier/tiers",
            namespaced=False,
        ),
        *custom(group, _PART_OF_POLICIES, referred, "NetworkSet/networksets"),
        *custom(
            group,
            "policies on the nodes themselves",
            SEGMENTATION + PLACEMENT,
            "HostEndpoint/hostendpoints",
            namespaced=False,
        ),
        *custom(
            group,
            _STAGED,
            ENFORCEMENT,
            "StagedGlobalNetworkPolicy/stagedglobalnetworkpolicies",
            namespaced=False,
        ),
        *custom(
            group,
            _STAGED,
            ENFORCEMENT,
            "StagedKubernetesNetworkPolicy/stagedkubernetesnetworkpolicies "
            "StagedNetworkPolicy/stagednetworkpolicies",
        ),
    )


CALICO = (*_rows("crd.projectcalico.org"), *_rows("projectcalico.org"))
