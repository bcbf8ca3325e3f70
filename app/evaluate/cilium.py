"""What Cilium's settings make of policies: default deny without any policy, no opting out of it, CIDRs that match nodes or pods.

Source: Cilium documentation, "Policy Enforcement Modes" (`always`; EnableDefaultDeny), "Selecting pods or nodes with CIDR / ipBlock".
"""

from collections.abc import Iterable
from dataclasses import replace

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


def as_cilium_reads(policies: tuple[Policy, ...], reading: CiliumReading | None) -> tuple[Policy, ...]:
    """Policies as the agents read them; the same ones where Cilium does not run or its settings are its defaults.

    Where `enable-policy` is `always`, the setting itself is the policy that isolates every pod.
    """
    if reading is None or reading == CiliumReading(own_node=reading.own_node):
        return policies
    found = tuple(_read(item, reading) for item in policies)
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
    if policy.family is Family.KUBERNETES and (reading.cidrs_match_nodes or reading.cidrs_match_pods):
        ingress, egress = (_with_inside(rules, reading) for rules in (policy.ingress, policy.egress))
        policy = replace(policy, ingress=ingress, egress=egress)
    return policy


def _with_inside(rules: Iterable[Rule], reading: CiliumReading) -> tuple[Rule, ...]:
    """`ipBlock` also names nodes or pods; a CIDR of Cilium's own kinds says so itself."""
    return tuple(
        rule
        if rule.peers is None
        else replace(rule, peers=tuple(_or_inside(peer, reading) for peer in rule.peers))
        for rule in rules
    )


def _or_inside(peer: Peer, reading: CiliumReading) -> Peer:
    if not isinstance(peer, AddressPeer):
        return peer
    pods = reading.cidrs_match_pods
    rest = replace(peer, match=AddressMatch.OUTSIDE) if pods else peer
    return AnyPeer((rest, *inside(peer, nodes=reading.cidrs_match_nodes, pods=pods)))
