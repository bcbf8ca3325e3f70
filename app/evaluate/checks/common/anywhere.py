"""Rules that let in, or out to, anywhere: alone, or together with the other rules on one workload."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.evaluate.checks.common.addresses import VERSIONS, Version, of_version, overlap, without
from app.evaluate.checks.common.isolation import admits, alike
from app.evaluate.checks.common.selection import Selection
from app.model.connections import Connections
from app.model.facts import Facts
from app.model.identity import ObjectRef
from app.model.policy import Action, AddressMatch, AddressPeer, AddressRange, Direction, Rule
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
    for rule in filter(admits, rules):
        says = _alone(rule, universe, selection)
        if says:
            yield Opening(rule.path, says)


def _alone(rule: Rule, universe: Universe, selection: Selection) -> str:
    if rule.peers is None:
        return "names no peer at all"
    if any(selection.takes_all(peer) for peer in rule.peers):
        return "names every pod of every namespace"
    named = blocks((rule,))
    ranges = [item for peer in named for item in peer.ranges]
    family = next((version for version in VERSIONS if _covers(ranges, universe, version)), None)
    if family is None:
        return ""
    return f"names {universe.all_of(family)}: {' and '.join(peer.text for peer in named)}"


def blocks(rules: Iterable[Rule]) -> list[AddressPeer]:
    """Addresses that rules name; those of nodes are machines of the cluster."""
    return [
        peer
        for rule in rules
        for peer in rule.peers or ()
        if isinstance(peer, AddressPeer) and peer.match is not AddressMatch.NODES
    ]


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
        rules = [
            rule
            for ref in facts.reachability.selecting(members[0].id, direction)
            for policy in facts.policies.get(ref, ())
            for rule in filter(admits, policy.rules(direction))
        ]
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
    peers = blocks(rules)
    ranges = [item for peer in peers for item in peer.ranges]
    return len(peers) > 1 and _covers(ranges, universe, version)


def _union_on(
    facts: Facts, workload: Workload, direction: Direction, universe: Universe, version: Version
) -> Union | None:
    """Do the rules on a workload, taken together, leave no address of a family out on some port?"""
    rules = facts.reachability.rules_on(workload.id, direction)
    found = tuple(
        rule
        for rule in rules
        if rule.action is Action.ALLOW and not rule.conditions and of_version(rule.externals, version)
    )
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


def _groups(facts: Facts, workloads: Iterable[Workload], direction: Direction) -> Iterable[list[Workload]]:
    """Workloads by the policies in force on them: one representative answers for what those policies admit."""
    found: dict[tuple[object, ...], list[Workload]] = {}
    for workload in workloads:
        found.setdefault(alike(facts, workload, direction), []).append(workload)
    return found.values()
