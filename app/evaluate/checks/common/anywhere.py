"""Rules that let in, or out to, anywhere: alone, or together with the other rules on one workload."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.evaluate.checks.common.addresses import VERSIONS, Version, named_by, of_version, overlap, without
from app.evaluate.checks.common.selection import Selection, in_force, rules_selecting
from app.model.connections import Connections
from app.model.facts import Facts
from app.model.identity import ObjectRef
from app.model.peers import leaves
from app.model.policy import Action, AddressPeer, AddressRange, Direction, Rule
from app.model.reachability import EffectiveRule, Workload

_FAMILY = {4: "IPv4", 6: "IPv6"}


@dataclass(frozen=True, slots=True)
class Universe:
    """Addresses that count as everywhere, and the word for them ("public"); a family is open when all its part is."""

    ranges: tuple[AddressRange, ...]
    word: str = ""

    def all_of(self, family: Version) -> str:
        """Write `every public IPv4 address`."""
        return " ".join(part for part in ("every", self.word, _FAMILY[family], "address") if part)


@dataclass(frozen=True, slots=True)
class Opening:
    """A rule that is open to anywhere, and why, as the end of a sentence."""

    path: str
    says: str


def openings(rules: Iterable[Rule], universe: Universe, selection: Selection) -> Iterator[Opening]:
    """Rules of one policy in one direction that are open on their own."""
    for rule in rules:
        says = _alone(rule, universe, selection) if opens(rule) else ""
        if says:
            yield Opening(rule.path, says)


def opens(rule: Rule) -> bool:
    """True for a rule that allows, without asking for more than ends and ports."""
    return rule.action is Action.ALLOW and not rule.conditions


def _alone(rule: Rule, universe: Universe, selection: Selection) -> str:
    if rule.peers is None:
        return "names no peer at all"
    if any(selection.takes_all(peer) for peer in rule.peers):
        return "names every pod of every namespace"
    ranges = [item for peer in rule.peers for item in named_by(peer)]
    family = next((version for version in VERSIONS if _covers(ranges, universe, version)), None)
    if family is None:
        return ""
    blocks = " and ".join(leaf.text for leaf in leaves(rule.peers) if isinstance(leaf, AddressPeer))
    return f"names {universe.all_of(family)}: {blocks}"


def still_open(facts: Facts, workload: Workload, direction: Direction) -> bool:
    """True when what a rule opens to everyone is open in effect: no rule that is asked before it takes it back."""
    if all(rule.action is Action.ALLOW for rule in rules_selecting(facts, workload, direction)):
        return True
    exposure = facts.reachability.open_to(workload.id, direction)
    return bool(exposure.anywhere.every or exposure.outside.some)


def _covers(ranges: Sequence[AddressRange], universe: Universe, version: Version) -> bool:
    return not without(of_version(universe.ranges, version), of_version(ranges, version))


@dataclass(frozen=True, slots=True)
class Union:
    """Rules that are open to anywhere only together, on some ports of one workload."""

    workload: Workload
    covers: str
    rules: tuple[EffectiveRule, ...]
    ports: Connections

    def __str__(self) -> str:
        """Write `every public IPv4 address on TCP 443`."""
        return f"{self.covers} on {self.ports}"


def unions(
    facts: Facts, workloads: Iterable[Workload], direction: Direction, universe: Universe
) -> dict[ObjectRef, Union]:
    """Policies whose rules are open to anywhere with those of other policies, each with a workload that shows it."""
    found: dict[ObjectRef, Union] = {}
    for members in _groups(facts, workloads, direction):
        rules = [rule for rule in rules_selecting(facts, members[0], direction) if opens(rule)]
        for version in VERSIONS:
            if not _could_cover(rules, universe, version):
                continue
            union = _union_on(facts, members[0], direction, universe, version)
            if union is not None:
                for rule in union.rules:
                    found.setdefault(rule.rule.policy, union)
    return found


def _could_cover(rules: Sequence[Rule], universe: Universe, version: Version) -> bool:
    """Whatever the ports: it spares the engine the work for nearly every group of policies."""
    peers = [found for rule in rules for peer in rule.peers or () if (found := named_by(peer))]
    ranges = [item for found in peers for item in found]
    return len(peers) > 1 and _covers(ranges, universe, version)


def _union_on(
    facts: Facts, workload: Workload, direction: Direction, universe: Universe, version: Version
) -> Union | None:
    """Do the rules on a workload, taken together, leave no address of a family out on some port?"""
    rules = facts.reachability.rules_on(workload.id, direction)
    found = tuple(rule for rule in rules if _admits(rule) and of_version(rule.externals, version))
    if not found or not still_open(facts, workload, direction):
        return None
    ports = _ports_everywhere(found, of_version(universe.ranges, version), version)
    return Union(workload, universe.all_of(version), found, ports) if ports else None


def _ports_everywhere(
    rules: Sequence[EffectiveRule], wanted: Sequence[AddressRange], version: Version
) -> Connections:
    """Ports that are open from every wanted address: address by address between all edges."""
    edges = sorted(
        {
            edge
            for rule in rules
            for item in of_version(rule.externals, version)
            for edge in (item.first, item.last + 1)
        }
    )
    common = Connections.all() if wanted and rules else Connections()
    for item in wanted:
        cuts = [item.first, *(edge for edge in edges if item.first < edge <= item.last)]
        for first in cuts:
            common &= _ports_at(rules, AddressRange(version, first, first))
            if not common:
                return common
    return common


def _ports_at(rules: Iterable[EffectiveRule], address: AddressRange) -> Connections:
    ports = Connections()
    for rule in rules:
        if any(overlap(item, address) for item in rule.externals):
            ports |= rule.ports
    return ports


def _admits(rule: EffectiveRule) -> bool:
    return rule.action is Action.ALLOW and not rule.conditions


def _groups(facts: Facts, workloads: Iterable[Workload], direction: Direction) -> list[list[Workload]]:
    """Workloads by the rules in force on them: one representative answers for what those rules admit."""
    found: dict[tuple[object, ...], list[Workload]] = {}
    for workload in workloads:
        found.setdefault(in_force(facts, workload, direction), []).append(workload)
    return list(found.values())
