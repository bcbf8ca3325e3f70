"""What Cilium's settings make of policies: more default deny or less, CIDRs that match nodes or pods, a baseline tier of its own.

Sources: Cilium documentation, "Policy Enforcement Modes" (`always`; EnableDefaultDeny), "Selecting pods or nodes with CIDR / ipBlock";
`pkg/k8s/cluster_network_policy.go` of Cilium 1.20 (tiers, peers, `DefaultDeny: false`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from app.model.identity import GroupKind
from app.model.peers import inside
from app.model.platform import CiliumReading
from app.model.policy import (
    EVERYTHING,
    AddressMatch,
    AddressPeer,
    AnyPeer,
    Direction,
    Family,
    Peer,
    Policy,
    Rule,
    Subject,
)

CLUSTER_POLICY = GroupKind("policy.networking.k8s.io", "ClusterNetworkPolicy")
BEFORE_DEFAULT = (
    "before the default deny"  # `Policy.part` of a baseline policy where it may be asked that early
)
_EARLY = "only if Cilium asks its baseline tier before the default deny of its other policies"


def as_cilium_reads(policies: tuple[Policy, ...], reading: CiliumReading | None) -> tuple[Policy, ...]:
    """Policies as the agents read them; the same ones where Cilium does not run or its settings are its defaults.

    Where `enable-policy` is `always`, the setting itself is the policy that isolates every pod.
    """
    if reading is None or reading == CiliumReading(own_node=reading.own_node):
        return policies
    found = tuple(_read(item, reading) for item in policies)
    if reading.cluster_policies:
        found = tuple(sorted((*found, *_before_default(found)), key=lambda item: item.key))
    if reading.default_deny is None:
        return found
    return tuple(sorted((*found, _always(reading)), key=lambda item: item.key))


def _always(reading: CiliumReading) -> Policy:
    sign = reading.default_deny
    assert sign is not None
    return Policy(
        ref=sign.ref,
        subject=Subject(EVERYTHING, None),
        directions=frozenset(Direction),
        ingress=(),
        egress=(),
        family=Family.CILIUM,
        digest=sign.digest,
        part=sign.field,
    )


def _read(policy: Policy, reading: CiliumReading) -> Policy:
    if policy.family is Family.CILIUM and not reading.opt_out:
        policy = replace(policy, isolates=policy.directions)
    if policy.ref.group_kind == CLUSTER_POLICY and reading.cluster_policies:
        return _cluster_policy(policy, reading)
    if policy.family is Family.KUBERNETES and (reading.cidrs_match_nodes or reading.cidrs_match_pods):
        ingress, egress = (_with_inside(rules, reading) for rules in (policy.ingress, policy.egress))
        policy = replace(policy, ingress=ingress, egress=egress)
    return policy


def _cluster_policy(policy: Policy, reading: CiliumReading) -> Policy:
    """Networks are compared as CIDRs of Cilium are; nodes and names mean more, or less, than the API says."""
    rules = (*policy.ingress, *policy.egress)
    peers = [peer for rule in rules for peer in rule.peers or () if isinstance(peer, AddressPeer)]
    unclear = policy.unclear
    if any(peer.match is AddressMatch.NODES for peer in peers):
        unclear += ("which nodes Cilium takes for a peer that is one is not known",)
    if any(peer.match is AddressMatch.OUTSIDE for peer in peers):
        unclear += ("what Cilium lets through to the cluster's DNS beside domain names is not known",)
    egress = _with_inside(policy.egress, reading, AddressMatch.ANYONE)
    return replace(policy, egress=egress, unclear=unclear)


def _before_default(policies: Iterable[Policy]) -> Iterator[Policy]:
    """Baseline policies a second time, on the condition that they are asked before the default deny.

    By the API a baseline policy is not asked about pods that a NetworkPolicy isolates. Cilium's baseline tier comes after its other
    policies, and no document says whether their default deny comes before it or after.
    """
    for policy in policies:
        if policy.family is Family.BASELINE and policy.ref.group_kind == CLUSTER_POLICY:
            ingress, egress = (
                tuple(replace(rule, conditions=(*rule.conditions, _EARLY)) for rule in rules)
                for rules in (policy.ingress, policy.egress)
            )
            yield replace(policy, ingress=ingress, egress=egress, part=BEFORE_DEFAULT)


def _with_inside(
    rules: Iterable[Rule],
    reading: CiliumReading,
    match: AddressMatch = AddressMatch.AS_THE_DATA_PLANE_READS,
) -> tuple[Rule, ...]:
    """`ipBlock` also names nodes or pods; a CIDR of Cilium's own kinds says so itself."""
    return tuple(
        rule
        if rule.peers is None
        else replace(rule, peers=tuple(_or_inside(peer, reading, match) for peer in rule.peers))
        for rule in rules
    )


def _or_inside(peer: Peer, reading: CiliumReading, match: AddressMatch) -> Peer:
    if not isinstance(peer, AddressPeer) or peer.match is not match:
        return peer
    pods = reading.cidrs_match_pods
    outside = pods or match is AddressMatch.ANYONE
    rest = replace(peer, match=AddressMatch.OUTSIDE) if outside else peer
    return AnyPeer((rest, *inside(peer, nodes=reading.cidrs_match_nodes, pods=pods)))
