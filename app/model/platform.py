"""Which network plugin runs, and what it enforces, node by node; with the fields that show it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from app.model.identity import GroupKind, ObjectRef


class Enforcement(StrEnum):
    """Does the data plane enforce NetworkPolicy?"""

    ENFORCED = "enforced"  # an engine that enforces runs and nothing switches it off
    NOT_ENFORCED = "not-enforced"  # known to have no engine, or it is switched off
    DEGRADED = "degraded"  # enforces in general, but is failing or incomplete here
    UNKNOWN = "unknown"  # cannot be told from what was read: verdicts are "as declared"


@dataclass(frozen=True, slots=True)
class Sign:
    """One field that decided: object, JSON path, value as text, and what it says in one short sentence."""

    ref: ObjectRef
    field: str
    value: str
    says: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A network plugin or policy engine that was found.

    Attributes:
        id: stable short name: calico, canal, cilium, weave-net, flannel, aws-vpc-cni, kindnet, kube-router, antrea, k3s, …
        name: product name as its makers write it.
        version: from the image tag; empty when it cannot be told.
        primary: True for the plugin that gives pods their network; False for one that only adds policy.
        enforcement: for the cluster as a whole; nodes may differ.
        signs: what it was told from, the deciding ones first.
        cautions: sentences about limits that the report must repeat ("unmaintained since 2024").
        reads: policy kinds that its settings turn on.
        ignores: policy kinds that its settings turn off. What is in neither depends on the plugin and its version.
        guards_nodes: policies that select nodes are enforced; None when that cannot be told.
    """

    id: str
    name: str
    version: str
    primary: bool
    enforcement: Enforcement
    signs: tuple[Sign, ...]
    cautions: tuple[str, ...] = ()
    reads: frozenset[GroupKind] = frozenset()
    ignores: frozenset[GroupKind] = frozenset()
    guards_nodes: bool | None = False


@dataclass(frozen=True, slots=True)
class CiliumReading:
    """Settings of Cilium's agent that change what policies mean; the defaults are its own.

    Attributes:
        default_deny: the setting that puts every pod in default deny, selected or not (`enable-policy: always`).
        network_policies: Kubernetes NetworkPolicy counts (`enable-k8s-networkpolicy`).
        opt_out: a policy may leave default deny off (`enable-non-default-deny-policies`).
        cidrs_match_nodes: a CIDR also matches nodes (`policy-cidr-match-mode: nodes`).
        cidrs_match_pods: a CIDR also matches pods (`policy-cidr-match-mode: pods`, since Cilium 1.20).
        own_node: the pod's own node always reaches it (`allow-localhost` is not `policy`).
        cluster_policies: ClusterNetworkPolicy counts (`enable-k8s-cluster-network-policy`, since Cilium 1.20).
    """

    default_deny: Sign | None = None
    network_policies: bool = True
    opt_out: bool = True
    cidrs_match_nodes: bool = False
    cidrs_match_pods: bool = False
    own_node: bool = True
    cluster_policies: bool = False


@dataclass(frozen=True, slots=True)
class NodeEnforcement:
    """One node: enforcement there, and why, in one sentence."""

    node: str
    enforcement: Enforcement
    reason: str
    signs: tuple[Sign, ...] = ()


@dataclass(frozen=True)
class Platform:
    """Everything detection found. `plugins` primary first; empty when no plugin was recognised."""

    plugins: tuple[Plugin, ...]
    nodes: tuple[NodeEnforcement, ...]
    enforcement: Enforcement
    reason: str
    distribution: str = ""  # EKS, GKE, AKS, k3s, kind, OpenShift … where the nodes tell, else empty
    pod_exceptions: Mapping[ObjectRef, str] = field(
        default_factory=dict
    )  # pods that this plugin never covers, with why
    cilium: CiliumReading | None = None  # None where Cilium does not run, or its settings were not read

    @property
    def primary(self) -> Plugin | None:
        """The plugin that gives pods their network, if one was recognised."""
        return next((plugin for plugin in self.plugins if plugin.primary), None)

    @cached_property
    def _by_node(self) -> dict[str, NodeEnforcement]:
        return {entry.node: entry for entry in self.nodes}

    def on_node(self, node: str) -> Enforcement:
        """Enforcement on a node; the cluster's own where the node is not known (templates, unscheduled pods)."""
        entry = self._by_node.get(node)
        return entry.enforcement if entry else self.enforcement

    def why(self, node: str) -> str:
        """The reason for `on_node`, in one sentence."""
        entry = self._by_node.get(node)
        return entry.reason if entry else self.reason


UNKNOWN_PLATFORM = Platform(
    plugins=(),
    nodes=(),
    enforcement=Enforcement.UNKNOWN,
    reason="no network plugin was found in what was read, so policies count as declared",
)
