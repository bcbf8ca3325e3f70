"""Cilium, also as GKE Dataplane V2 (`anetd`), on AKS, and chained to another plugin.

The agent reads ConfigMap `cilium-config`, command-line flags win over it, and a CiliumNodeConfig changes it on some
nodes. Three settings decide whether policies hold: `enable-policy`, `policy-audit-mode`, `enable-k8s-networkpolicy`; four
more change what they mean. Source: Cilium documentation, "Policy Enforcement Modes", "Per-node configuration", "CNI
Chaining", "Layer 3 Policies" (`policy-cidr-match-mode`, `allow-localhost`), "Host Policies".
"""

import re
from dataclasses import dataclass

from app.detect.cilium_endpoints import unmanaged
from app.detect.cilium_nodes import cautions, node_settings
from app.detect.evidence import Agent, Evidence
from app.detect.provider import Engine, Provider, Verdict, degraded, enforced, not_enforced, unknown
from app.detect.settings import ConfigMap, Setting, config_map, go_boolean, option, switch
from app.model.identity import GroupKind
from app.model.platform import CiliumReading, Sign

_AGENT = "cilium-agent"
_NAMES = ("cilium", "anetd")
_CONFIG = "cilium-config"
_VOLUMES = ("cilium-config-path", "config-map")
_ALONE = ("", "none", "portmap")  # portmap is chained behind Cilium and gives pods no network
_DECIDING = {
    "enable-policy": "default",
    "policy-audit-mode": "false",
    "enable-k8s-networkpolicy": "true",
    "cni-chaining-mode": "none",
}
_READING = {
    "enable-non-default-deny-policies": "true",
    "policy-cidr-match-mode": "",
    "allow-localhost": "auto",
    "enable-host-firewall": "false",
    "enable-cilium-network-policy": "true",
    "enable-k8s-cluster-network-policy": "false",
    "enable-cilium-clusterwide-network-policy": "true",
}
_DEFAULTS = _DECIDING | _READING
_OWN_POLICIES = {
    ("cilium.io", "CiliumNetworkPolicy"): "enable-cilium-network-policy",
    ("cilium.io", "CiliumClusterwideNetworkPolicy"): "enable-cilium-clusterwide-network-policy",
}
# Cilium documentation, "Network Policy" under Kubernetes: ClusterNetworkPolicy from 1.20 on, where it is turned on.
_CLUSTER_POLICY = ("policy.networking.k8s.io", "ClusterNetworkPolicy")
_CLUSTER_POLICY_SINCE = (1, 20)
_NEVER_READ = (
    ("policy.networking.k8s.io", "AdminNetworkPolicy"),
    ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"),
)
_NETWORK_POLICY = ("networking.k8s.io", "NetworkPolicy")


def find(evidence: Evidence) -> Engine | None:
    """Recognise DaemonSet `cilium` or `anetd`, or any with label `k8s-app=cilium`, by container `cilium-agent`."""
    agent = evidence.agent(_AGENT, names=_NAMES, apps=("cilium",))
    if not agent:
        return None
    namespace = agent.first.ref.namespace
    name = agent.first.config_map(*_VOLUMES) or _CONFIG
    config = config_map(evidence, namespace, name)
    if config is None or not config.readable:
        return _without_config(evidence, agent, name)
    settings = _Settings(evidence, agent, config)
    verdict = settings.verdict()
    chaining = settings.read("cni-chaining-mode")
    exceptions, unseen = unmanaged(evidence, config)
    return Engine(
        id=PROVIDER.id,
        name=PROVIDER.name,
        version=agent.version,
        primary=chaining.value in _ALONE,
        verdict=verdict,
        signs=(
            chaining.sign("whether another plugin gives pods their network"),
            agent.container.sign("the agent of Cilium"),
        ),
        agents=agent.daemon_sets,
        overrides={
            node: settings.verdict(changed)
            for node, changed in node_settings(evidence, namespace, tuple(_DECIDING)).items()
        },
        config=(config,),
        exceptions=exceptions,
        cilium=settings.reading(),
        reads=frozenset({GroupKind(*_CLUSTER_POLICY)}) if settings.cluster_policies() else frozenset(),
        ignores=settings.ignored(),
        guards_nodes=settings.read("enable-host-firewall").truth,
        cautions=(
            *_cautions(settings, chaining),
            *cautions(evidence, namespace, tuple(_DEFAULTS)),
            *unseen,
        ),
    )


@dataclass(frozen=True)
class _Settings:
    """The agent's settings: its flags, else a node's own, else the ConfigMap, else the built-in default."""

    evidence: Evidence
    agent: Agent
    config: ConfigMap

    def read(self, key: str, changed: dict[str, Setting] | None = None) -> Setting:
        """One setting as it takes effect."""
        flag = switch if go_boolean(_DEFAULTS[key]) is not None else option
        return (
            flag(self.evidence, self.agent.container, key)
            or (changed or {}).get(key)
            or self.config.get(key)
            or self.config.default(key, _DEFAULTS[key])
        )

    def verdict(self, changed: dict[str, Setting] | None = None) -> Verdict:
        """The first that holds: policies off, only logged, NetworkPolicy ignored, a value not understood, enforced."""
        mode = self.read("enable-policy", changed)
        audit = self.read("policy-audit-mode", changed)
        kubernetes = self.read("enable-k8s-networkpolicy", changed)
        how = (mode.value or "").lower()
        if how == "never":
            return not_enforced(
                "Cilium runs with enable-policy=never and enforces no policy",
                mode.sign("`never` turns all off"),
            )
        if audit.truth:
            return not_enforced(
                "Cilium runs in policy audit mode: what a policy denies is logged and let through",
                audit.sign("denied traffic is only logged"),
            )
        if kubernetes.truth is False:
            return self._own_alone(kubernetes.sign("NetworkPolicy objects are not read"))
        if how not in ("default", "always") or audit.truth is None or kubernetes.truth is None:
            return unknown(
                "settings of Cilium have values that were not understood, so enforcement cannot be told",
                mode.sign("`default`, `always` or `never`"),
                audit.sign("a boolean"),
                kubernetes.sign("a boolean"),
            )
        return enforced(
            f"Cilium enforces NetworkPolicy wherever its agent is ready (enable-policy={how})",
            mode.sign("policies are enforced"),
            audit.sign("denied traffic is dropped, not only logged"),
            kubernetes.sign("NetworkPolicy objects are read"),
        )

    def _own_alone(self, sign: Sign) -> Verdict:
        """Only Cilium's own kinds hold: that is nothing, all or some of what was declared."""
        reason = (
            "Cilium ignores Kubernetes NetworkPolicy (enable-k8s-networkpolicy=false); its own policies hold"
        )
        snapshot = self.evidence.snapshot
        own = [kind for kind, key in _OWN_POLICIES.items() if self.read(key).truth is not False]
        if not any(snapshot.of_kind(*kind) for kind in own):
            return not_enforced(reason, sign)
        if self.evidence.doubt(*_NETWORK_POLICY) or snapshot.of_kind(*_NETWORK_POLICY):
            return degraded(reason, sign)
        return enforced(reason, sign)

    def reading(self) -> CiliumReading:
        """What policies mean under these settings; a value that Go would refuse counts as the default."""
        always = self.read("enable-policy")
        modes = (self.read("policy-cidr-match-mode").value or "").replace(",", " ").split()
        return CiliumReading(
            default_deny=always.sign("every pod is in default deny, in both directions")
            if (always.value or "").lower() == "always"
            else None,
            network_policies=self.read("enable-k8s-networkpolicy").truth is not False,
            opt_out=self.read("enable-non-default-deny-policies").truth is not False,
            cidrs_match_nodes="nodes" in modes,
            cidrs_match_pods="pods" in modes,
            own_node=self.read("allow-localhost").value != "policy",
            cluster_policies=self.cluster_policies() is True,
        )

    def cluster_policies(self) -> bool | None:
        """Whether ClusterNetworkPolicy is obeyed; None where the value or the version is not understood."""
        on, version = self.read("enable-k8s-cluster-network-policy").truth, _version(self.agent.version)
        if not on:
            return on
        return version >= _CLUSTER_POLICY_SINCE if version else None

    def ignored(self) -> frozenset[GroupKind]:
        """Kinds that the agents do not read: of Cilium's own by their settings, of admin policies by what Cilium knows."""
        off = [kind for kind, key in _OWN_POLICIES.items() if self.read(key).truth is False]
        if self.cluster_policies() is False:
            off.append(_CLUSTER_POLICY)
        return frozenset(GroupKind(*kind) for kind in (*off, *_NEVER_READ))


def _version(text: str) -> tuple[int, ...]:
    """Major and minor number; empty where the image's tag tells none."""
    found = re.match(r"v?(\d+)\.(\d+)\b", text, re.ASCII)
    return (int(found[1]), int(found[2])) if found else ()


def _cautions(settings: _Settings, chaining: Setting) -> tuple[str, ...]:
    found: tuple[str, ...] = ()
    if (settings.read("enable-policy").value or "").lower() == "always":
        found += (
            "enable-policy=always: every pod is default deny in both directions, also where no policy selects it",
        )
    if chaining.value not in _ALONE:
        found += (
            f"Cilium is chained to another plugin ({chaining.value}): pods that started before it are not managed by it",
        )
    return found


def _without_config(evidence: Evidence, agent: Agent, name: str) -> Engine:
    """Without its ConfigMap nothing is known: `never` and `default` look the same from outside."""
    namespace = agent.first.ref.namespace
    doubt = evidence.doubt("", "ConfigMap", namespace, name) or "its data is not among what was read"
    reason = (
        f"whether Cilium enforces is said by ConfigMap {namespace}/{name}, which could not be used: {doubt}"
    )
    return Engine(
        id=PROVIDER.id,
        name=PROVIDER.name,
        version=agent.version,
        verdict=unknown(reason, agent.container.sign("the agent of Cilium")),
        agents=agent.daemon_sets,
        guards_nodes=None,
    )


PROVIDER = Provider("cilium", "Cilium", find)
