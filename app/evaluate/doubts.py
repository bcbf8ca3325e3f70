"""What was not read or not understood, and which answers it could change.

The rules, from the strongest gap to the weakest:

- A policy kind that is not evaluated could deny anything where it applies: every end in its namespace, or every end of
  the cluster when it has none, cannot be told. HostNetwork pods are touched by the cluster-wide ones alone. The same
  holds for a policy that was not read and whose kind can deny, and for the tiers that order such policies.
- Some kinds are known to take away from egress alone, some of those (egress firewalls) from what leaves the pod network alone: to addresses
  outside and to what runs in the network of nodes. Nothing else is in doubt for them, nor what is denied without them.
- A NetworkPolicy that was not read (or an object whose type could not be known) could isolate an end that nothing isolates, and
  could allow what no rule allows. What a rule allows stays allowed: NetworkPolicies only add up.
- Sets of addresses and profiles of Calico that were not read are no better, where there are policies of Calico.
- Host endpoints of Calico restrict hostNetwork pods; from what other pods may do they only take away, and only where a
  policy of theirs is applied to what nodes forward. Then what is allowed to or from pods of these nodes, by the direction
  of the policy, cannot be told.
- What is not understood of a policy that was read is known more exactly: whom it selects. The engine asks the policy itself.
- Pods that were not read leave workloads that are known from their template alone in doubt.
- A namespace whose labels were not read leaves rules in doubt that select namespaces by label, for peers in it.
- Ends outside the cluster, and ends where no policy is enforced, are certain in any case.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from app.model.decision import Reason
from app.model.identity import GroupKind
from app.model.inventory import Inventory
from app.model.platform import UNKNOWN_PLATFORM, Platform
from app.model.policy import Family, Policy
from app.model.snapshot import FORWARDED, CollectionGap, GapReason

_POLICY = GroupKind("networking.k8s.io", "NetworkPolicy")
_POD = GroupKind("", "Pod")
_NAMESPACE = GroupKind("", "Namespace")
_ANY = GroupKind("", "")
_CALICO = ("crd.projectcalico.org", "projectcalico.org")
_HOSTS = ("HostEndpoint",)
_REFERRED_TO = ("GlobalNetworkSet", "NetworkSet", "Profile")
# What OVN-Kubernetes gives a namespace instead of the cluster's network, and with it who can meet whom.
_OWN_NETWORKS = (
    GroupKind("k8s.ovn.org", "UserDefinedNetwork"),
    GroupKind("k8s.ovn.org", "ClusterUserDefinedNetwork"),
)
# OVN-Kubernetes, API reference of EgressFirewall: traffic from a pod to an address outside the cluster is checked, allowed by default.
OUTWARD = (
    GroupKind("k8s.ovn.org", "EgressFirewall"),
    GroupKind("network.openshift.io", "EgressNetworkPolicy"),
)
# GKE documentation, "Control Pod egress traffic using FQDN network policies".
EGRESS_ALONE = (GroupKind("networking.gke.io", "FQDNNetworkPolicy"), *OUTWARD)

_SETTLED = (Reason.OUTSIDE, Reason.NOT_ENFORCED)
# One more NetworkPolicy could isolate an end that nothing isolates, and allow what nothing allows.
_COULD_DIFFER = (Reason.NOT_SELECTED, Reason.ALLOWED_BY_DEFAULT, Reason.NO_RULE_MATCHES)


@dataclass(frozen=True, slots=True)
class Doubts:
    """Gaps by what they touch, each list sorted."""

    unknown_kinds: tuple[CollectionGap, ...]
    hosts: tuple[CollectionGap, ...]
    forwarded: tuple[CollectionGap, ...]
    policies: tuple[CollectionGap, ...]
    pods: tuple[CollectionGap, ...]
    namespaces: tuple[CollectionGap, ...]
    assumed_namespaces: frozenset[str]
    host_policies: str = ""
    egress_kinds: tuple[CollectionGap, ...] = ()

    @classmethod
    def of(
        cls, gaps: Iterable[CollectionGap], inventory: Inventory, platform: Platform = UNKNOWN_PLATFORM
    ) -> "Doubts":
        """Sort gaps by what they touch; gaps of other kinds touch no connection."""
        gaps = sorted({gap for gap in gaps if gap.reason is not GapReason.UNCLEAR})
        calico = any(policy.family is Family.CALICO for policy in inventory.policies)
        of_hosts = [gap for gap in gaps if _is_calico(gap, _HOSTS)]
        hosts = [gap for gap in of_hosts if gap.field != FORWARDED]
        leaving = tuple(gap for gap in gaps if gap.group_kind in EGRESS_ALONE)
        unknown = [
            gap
            for gap in gaps
            if gap not in of_hosts
            and gap not in leaving
            and (
                gap.reason is GapReason.UNKNOWN_KIND
                or can_deny(gap.group_kind)
                or (calico and _is_calico(gap, _REFERRED_TO))
            )
        ]
        others = [gap for gap in gaps if gap not in unknown]

        def of_kind(*kinds: GroupKind) -> tuple[CollectionGap, ...]:
            return tuple(gap for gap in others if gap.group_kind in kinds)

        return cls(
            unknown_kinds=tuple(unknown),
            hosts=tuple(hosts),
            forwarded=tuple(gap for gap in of_hosts if gap.field == FORWARDED),
            policies=of_kind(_POLICY, _ANY),
            pods=of_kind(_POD),
            namespaces=of_kind(_NAMESPACE),
            assumed_namespaces=frozenset(item.name for item in inventory.namespaces if item.assumed),
            host_policies=_host_policies(inventory.policies, platform),
            egress_kinds=leaving,
        )

    def about_policies(self, namespace: str) -> str:
        """Why a list of policies that could select pods of a namespace is incomplete; empty when it is not."""
        gap = _touching(self.unknown_kinds, namespace) or _touching(self.policies, namespace)
        return gap.message if gap else ""

    def about_egress(self, namespace: str, *, leaving: bool) -> str:
        """What may deny pods of a namespace what policies allow them to send; `leaving` the pod network or not."""
        kinds = self.egress_kinds
        return _message(
            _touching((gap for gap in kinds if leaving or gap.group_kind not in OUTWARD), namespace)
        )

    def about_hosts(self) -> str:
        """Why it is not known what restricts pods on their node's network; empty when nothing says so."""
        return _message(_touching(self.hosts, ""))

    def about_forwarded(self) -> str:
        """What may deny connections that the policies of pods allow; empty when nothing does."""
        return _message(_touching(self.forwarded, ""))

    def about_end(self, reason: Reason, namespace: str, *, from_template: bool) -> str:
        """Why the answer about one end cannot be relied on; empty when it can."""
        if reason in _SETTLED:
            return ""
        if reason is Reason.HOST_NETWORK:
            return _message(_touching(self.unknown_kinds, "")) or self.about_hosts() or self.host_policies
        gap = _touching(self.unknown_kinds, namespace)
        if gap is None and reason in _COULD_DIFFER:
            gap = _touching(self.policies, namespace)
        if gap is None and from_template:
            gap = _touching(self.pods, namespace)
        return _message(gap)

    def about_labels(self, namespace: str) -> str:
        """Why the labels of a namespace are not known; empty when they are, or when nothing says they are missing."""
        if namespace not in self.assumed_namespaces:
            return ""
        gap = next((item for item in self.namespaces if item.name in ("", namespace)), None)
        return _message(gap)


def can_deny(kind: GroupKind) -> bool:
    """True for policies beside NetworkPolicy, all of which can deny, and for what orders them; never for staged ones."""
    if kind == _POLICY or kind.kind.startswith("Staged"):
        return False
    return kind.kind.endswith("NetworkPolicy") or kind.kind == "Tier" or kind in _OWN_NETWORKS


def _is_calico(gap: CollectionGap, kinds: Container[str]) -> bool:
    return gap.group_kind.group in _CALICO and gap.group_kind.kind in kinds


def _host_policies(policies: Iterable[Policy], platform: Platform) -> str:
    """Policies that select nodes, where they are enforced or that is not known; empty when there are none."""
    found = sorted(
        {
            str(item.ref)
            for item in policies
            if item.subject.nodes and not item.staged and _guards_nodes(item.family, platform)
        }
    )
    return f"{', '.join(found)}: selects nodes, and what that denies is not evaluated" if found else ""


def _guards_nodes(family: Family, platform: Platform) -> bool:
    """Whether policies of a family that select nodes are enforced, or may be."""
    if not platform.plugins:
        return True
    return any(item.id == family.value and item.guards_nodes is not False for item in platform.plugins)


def _touching(gaps: Iterable[CollectionGap], namespace: str) -> CollectionGap | None:
    return next((gap for gap in gaps if gap.namespace in ("", namespace)), None)


def _message(gap: CollectionGap | None) -> str:
    return gap.message if gap else ""
