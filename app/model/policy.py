"""Policies of every kind in one normal form: each default made explicit, each selector an expression, each rule an action.

The readers in `app.collect` produce it; `app.evaluate` arranges policies into the order in which a data plane asks them.
Its selectors are in `app.model.selectors`.
The form in one paragraph: an end of a connection is asked tier by tier. In a tier, the rules of all policies that select
the end are tried in order of `Policy.order`, and within a policy from first to last; the first rule that matches acts. What
no rule matches meets the tier's default if a policy in it isolates the end, and goes on to the next tier otherwise. What
leaves the last tier is allowed. Kubernetes NetworkPolicy is the case of one tier, rules that only allow, and default deny.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from app.model.connections import PortSet, Protocol
from app.model.identity import ObjectRef
from app.model.selectors import (
    EVERYTHING,
    LABEL_SELECTOR_OPERATORS,
    NOTHING,
    AllOf,
    AnyOf,
    Facet,
    LabelSelector,
    Not,
    Operator,
    Requirement,
    Selector,
    requirements,
)

# Selectors are part of the form: whoever reads it finds them here.
__all__ = [
    "EVERYTHING",
    "LABEL_SELECTOR_OPERATORS",
    "NOTHING",
    "AllOf",
    "AnyOf",
    "Facet",
    "LabelSelector",
    "Not",
    "Operator",
    "Requirement",
    "Selector",
    "requirements",
]


class Direction(StrEnum):
    """`policyTypes`, as seen from the selected pod."""

    INGRESS = "Ingress"
    EGRESS = "Egress"


class Action(StrEnum):
    """What a rule that matches does. A log action only observes: readers drop it."""

    ALLOW = "Allow"
    DENY = "Deny"
    PASS = "Pass"  # noqa: S105  skip the rest of the tier


@dataclass(frozen=True, slots=True, order=True)
class AddressRange:
    """Closed range of addresses of one family, as integers. `version` is 4 or 6."""

    version: Literal[4, 6]
    first: int
    last: int


class AddressMatch(StrEnum):
    """Whose addresses an address peer is compared with."""

    AS_THE_DATA_PLANE_READS = "as the data plane reads"  # `ipBlock` of NetworkPolicy: pods or not, by profile
    ANYONE = "anyone"  # pods, nodes and addresses outside the cluster (ClusterNetworkPolicy `networks`, Calico `nets`)
    OUTSIDE = "outside"  # addresses outside the cluster alone (Cilium CIDR rules)
    NODES = "nodes"  # nodes alone: hostNetwork pods, and node addresses seen from outside (Cilium `host`, CNP `nodes`)


@dataclass(frozen=True, slots=True, order=True)
class PodPeer:
    """Pods by label. `namespace_selector` None means the policy's own namespace (API field absent)."""

    namespace_selector: LabelSelector | None
    pod_selector: LabelSelector


@dataclass(frozen=True, slots=True)
class SelectorPeer:
    """Pods by an expression over their own, their namespace's and their service account's labels.

    `namespace` limits it to one namespace; None means the whole cluster. HostNetwork pods are never matched.
    """

    selector: Selector
    namespace: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class AddressPeer:
    """Addresses: a CIDR with `except` taken out, a network set, the addresses of nodes. `text` is as an object writes it.

    `ranges` are sorted and disjoint.
    """

    ranges: tuple[AddressRange, ...]
    text: str
    match: AddressMatch = AddressMatch.AS_THE_DATA_PLANE_READS


@dataclass(frozen=True, slots=True)
class EveryPeer:
    """Ends that all parts match, as in one entity rule of Calico (`selector` and `nets` together)."""

    parts: tuple["Peer", ...]


@dataclass(frozen=True, slots=True)
class AnyPeer:
    """Ends that at least one part matches; nothing when there is none."""

    parts: tuple["Peer", ...]


@dataclass(frozen=True, slots=True)
class OtherPeer:
    """Ends that the part does not match: pods, nodes and addresses outside the cluster alike (`notNets`)."""

    part: "Peer"


Peer = PodPeer | SelectorPeer | AddressPeer | EveryPeer | AnyPeer | OtherPeer


@dataclass(frozen=True, slots=True, order=True)
class PortRange:
    """Numeric ports of one protocol; `all` ports of it when the object names no port."""

    protocol: Protocol
    ports: PortSet


@dataclass(frozen=True, slots=True, order=True)
class NamedPort:
    """A port name; resolves on the destination pod by (name, protocol), and may resolve to nothing."""

    protocol: Protocol
    name: str


PolicyPort = PortRange | NamedPort


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a policy.

    Attributes:
        path: where it stands in the object, for example `spec.ingress[0]`.
        peers: the other end; None means any, addresses outside the cluster included; several mean any of them.
        ports: None means every port of every protocol; an empty tuple means none of TCP, UDP and SCTP (an ICMP rule).
        action: what it does to what it matches.
        own: narrows the selected end further (Calico `destination.selector` of an ingress rule); None does not narrow.
        conditions: what the rule asks for beyond ends and ports, one sentence each: "HTTP GET /health only", "only
            addresses that DNS gave for api.example.com". An allow with conditions allows at most what it says here; a deny
            or pass with conditions does not take anything away for certain.
    """

    path: str
    peers: tuple[Peer, ...] | None
    ports: tuple[PolicyPort, ...] | None
    action: Action = Action.ALLOW
    own: tuple[Peer, ...] | None = None
    conditions: tuple[str, ...] = ()


class Family(StrEnum):
    """Which system's policies; decides with the data plane in which tier a policy is asked."""

    KUBERNETES = "kubernetes"  # networking.k8s.io NetworkPolicy
    ADMIN = "admin"  # AdminNetworkPolicy; ClusterNetworkPolicy with `tier: Admin`
    BASELINE = "baseline"  # BaselineAdminNetworkPolicy; ClusterNetworkPolicy with `tier: Baseline`
    CALICO = "calico"
    CILIUM = "cilium"
    ANTREA = "antrea"


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier object: `Tier` of Calico (`spec.order`, `spec.defaultAction`) or of Antrea (`spec.priority`).

    `order` sorts tiers, lowest first; infinity where the object gives none.
    """

    ref: ObjectRef
    family: Family
    order: float
    default: Action
    digest: str = ""

    @property
    def name(self) -> str:
        """The name that policies refer to."""
        return self.ref.name


@dataclass(frozen=True, slots=True)
class Subject:
    """Pods that a policy selects: by expression, in one namespace or (None) in the whole cluster.

    HostNetwork pods are never selected. `nodes`: it selects nodes
    (`nodeSelector` of Cilium, which then selects no pod, and of Antrea's `appliedTo`).
    """

    selector: Selector
    namespace: str | None
    nodes: bool = False


PolicyKey = tuple[ObjectRef, str]


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy of any kind.

    Attributes:
        ref: the object.
        subject: whom it selects.
        directions: directions in which it is asked; a section of any other direction is dropped by the reader.
        isolates: those of them in which an end that it selects meets the tier's default where no rule matches. All of
            `directions` for NetworkPolicy and Calico, none for admin policies, by `enableDefaultDeny` for Cilium.
        ingress: rules in order; `path` says where each stands.
        egress: likewise.
        family: which system's.
        tier: the tier's name, for families whose tiers are objects (Calico, Antrea); empty otherwise.
        order: sorts policies of one tier, lowest first; infinity where the object gives none. Policies of equal order
            are asked by name, unless their family leaves that open (`ADMIN`, `BASELINE`): then both orders hold.
        staged: declared and never enforced (Calico `Staged…`, AuthorizationPolicy dry run).
        why_staged: why, where its author did not ask for it, as the end of a sentence that begins with the policy.
        unclear: fields that could not be understood, one sentence each: whatever it selects cannot be told.
        digest: of the stored object.
        part: where it stands in an object that holds several policies (`specs[1]`); empty otherwise.
    """

    ref: ObjectRef
    subject: Subject
    directions: frozenset[Direction]
    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]
    isolates: frozenset[Direction] = frozenset(Direction)
    family: Family = Family.KUBERNETES
    tier: str = ""
    order: float = float("inf")
    staged: bool = False
    unclear: tuple[str, ...] = ()
    digest: str = ""
    part: str = ""
    why_staged: str = ""

    @property
    def key(self) -> PolicyKey:
        """What tells it from every other policy: one object may hold several."""
        return self.ref, self.part

    @property
    def namespace(self) -> str:
        """Namespace of the object; empty for a policy of the whole cluster."""
        return self.ref.namespace

    def rules(self, direction: Direction) -> tuple[Rule, ...]:
        """Rules of one direction; empty when it isolates without allowing, or does not apply."""
        return self.ingress if direction is Direction.INGRESS else self.egress
