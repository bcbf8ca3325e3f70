"""Calico: `projectcalico.org/v3` and, as stored, `crd.projectcalico.org/v1`."""

from app.collect.policies.api import PolicyApi
from app.collect.policies.calico.hosts import guards, host_gaps
from app.collect.policies.calico.metadata import SERVED, groups, served
from app.collect.policies.calico.policies import policy_reader, staged_kubernetes_policy
from app.collect.policies.calico.profiles import PROFILE_TIER, profile
from app.collect.policies.calico.sets import host_endpoint, network_set
from app.collect.policies.calico.tiers import DEFAULT_TIERS, tier
from app.collect.wire import calico as wire

_POLICIES = {
    "NetworkPolicy": policy_reader(wire.NamespacedSpec),
    "GlobalNetworkPolicy": policy_reader(wire.GlobalSpec),
    "StagedNetworkPolicy": policy_reader(wire.StagedNamespacedSpec, staged=True),
    "StagedGlobalNetworkPolicy": policy_reader(wire.StagedGlobalSpec, staged=True),
    "StagedKubernetesNetworkPolicy": staged_kubernetes_policy,
    "Profile": profile,
}
_REFERENTS = {
    "NetworkSet": network_set,
    "GlobalNetworkSet": network_set,
    "HostEndpoint": host_endpoint,
}

API = PolicyApi(
    policies={kind: read for name, read in _POLICIES.items() for kind in groups(name)},
    tiers=dict.fromkeys(groups("Tier"), tier),
    default_tiers=(*DEFAULT_TIERS, PROFILE_TIER),
    referents={
        **{kind: read for name, read in _REFERENTS.items() for kind in groups(name)},
        **{kind: served for name in _POLICIES for kind in groups(name) if kind.group == SERVED},
    },
    gaps=host_gaps,
    guards=guards,
)
