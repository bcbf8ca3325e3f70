"""`fromCIDR`, `fromCIDRSet` and their like → addresses outside the cluster.

Source: Cilium `pkg/policy/api/cidr.go` and `rule_validation.go` (CIDR, CIDRRule); manual, "IP/CIDR based".
"""

from collections.abc import Iterable, Iterator, Sequence

from app.collect.addresses import Network, merged, network, range_of
from app.collect.invalid import Violation
from app.collect.policies.api import Context
from app.collect.policies.cilium.labels import plain_selector
from app.collect.policies.cilium.parts import PeerPart, outside
from app.collect.policies.cilium.referents import (
    CIDR_GROUP,
    CIDRGroup,
    cidrs_match,
    with_length,
)
from app.collect.policies.cilium.refusals import refused_exceptions
from app.collect.wire import cilium as wire
from app.model.identity import ObjectRef
from app.model.peers import inside
from app.model.policy import AddressRange
from app.model.scope import selects


def cidr_parts(cidrs: Sequence[str], path: str, context: Context, unclear: list[str]) -> Iterator[PeerPart]:
    """`fromCIDR` and `toCIDR`: prefixes, or plain addresses."""
    for index, text in enumerate(cidrs):
        where = f"{path}[{index}]"
        found = _network(with_length(text), where, unclear)
        if found is not None:
            yield _part(where, text, (range_of(found),), (), context)


def cidr_rule_parts(
    rules: Sequence[wire.CIDRRule], path: str, context: Context, unclear: list[str]
) -> Iterator[PeerPart]:
    """`fromCIDRSet` and `toCIDRSet`: a prefix or CIDR groups, without `except`."""
    for index, rule in enumerate(rules):
        where = f"{path}[{index}]"
        given = [rule.cidr, rule.cidr_group_ref, rule.cidr_group_selector]
        if sum(item is not None for item in given) != 1:
            unclear.append(f"{where}: it needs one of cidr, cidrGroupRef and cidrGroupSelector")
            continue
        part = _rule_part(rule, where, context, unclear)
        if part is not None:
            yield part


def _rule_part(rule: wire.CIDRRule, where: str, context: Context, unclear: list[str]) -> PeerPart | None:
    given = [
        hole
        for index, text in enumerate(rule.except_ or ())
        if (hole := _network(text, f"{where}.except[{index}]", unclear))
    ]
    holes = [range_of(hole) for hole in given]
    without = f" except {', '.join(rule.except_)}" if rule.except_ else ""
    if rule.cidr is not None:
        outer = _network(rule.cidr, f"{where}.cidr", unclear)
        if outer is None:
            return None
        unclear += refused_exceptions(outer, given, where)
        return _part(where, rule.cidr + without, (range_of(outer),), holes, context)
    if rule.cidr_group_ref is not None:
        return _group_part(rule.cidr_group_ref, where, context, holes, without)
    wanted = plain_selector(
        rule.cidr_group_selector or wire.LabelSelector(), f"{where}.cidrGroupSelector", unclear
    )
    groups = [group for group in context.each(CIDRGroup) if selects(wanted, group.labels)]
    return _part(
        where,
        f"CIDR groups {wanted}{without}",
        [item for group in groups for item in group.ranges],
        holes,
        context,
    )


def _group_part(
    name: str, where: str, context: Context, holes: Sequence[AddressRange], without: str
) -> PeerPart:
    """A group by name. One that is not there selects nothing, but from files it may only not have been given."""
    group = context.find(CIDRGroup, ObjectRef(CIDR_GROUP.group, CIDR_GROUP.kind, "", name))
    text = f"CiliumCIDRGroup {name}{without}"
    if group is None:
        return PeerPart(where, (outside(text),), (f"only addresses of {text}, which was not read",))
    return _part(where, text, group.ranges, holes, context)


def _part(
    where: str, text: str, ranges: Iterable[AddressRange], holes: Sequence[AddressRange], context: Context
) -> PeerPart:
    found = outside(text, merged(kept for item in ranges for kept in _cut(item, holes)))
    nodes, pods = (cidrs_match(what, context) for what in ("nodes", "pods"))
    return PeerPart(where, (found, *inside(found, nodes=nodes, pods=pods)))


def _cut(item: AddressRange, holes: Iterable[AddressRange]) -> Iterator[AddressRange]:
    """A range without holes; those of another family, or elsewhere, take nothing away."""
    first = item.first
    for hole in sorted(holes):
        if hole.version != item.version or hole.last < first or hole.first > item.last:
            continue
        if hole.first > first:
            yield AddressRange(item.version, first, hole.first - 1)
        first = hole.last + 1
    if first <= item.last:
        yield AddressRange(item.version, first, item.last)


def _network(text: str, where: str, unclear: list[str]) -> Network | None:
    violations: list[Violation] = []
    found = network(text, where, violations)
    unclear += [f"{where}: {item.problem}" for item in violations]
    return found
