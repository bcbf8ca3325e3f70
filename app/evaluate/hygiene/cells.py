"""What is asked of a group, on each set of ports on which the same rules match.

What is left without an item comes from two sets for each step: what some rule matches, and what two items match.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.evaluate.classes import NamedPorts
from app.evaluate.hygiene.groups import Group, Groups
from app.evaluate.hygiene.items import Items
from app.evaluate.hygiene.trace import Trace, trace
from app.evaluate.resolve import CompiledRule
from app.evaluate.settle import Outline, outline, settle
from app.evaluate.spans import Reach, cuts, resolve
from app.evaluate.views import Viewpoint
from app.model.connections import Protocol

Sets = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule where it is asked: its item and that of its policy, and what it matches of the other ends at a step."""

    rule: CompiledRule
    item: int
    policy: int
    step: int
    ends: int


@dataclass(frozen=True)
class Cell:
    """Ports on which the same entries match, in one view.

    Attributes:
        outline: the program, without steps that cannot match.
        isolated: by stage, ends that meet its default.
        isolating: by stage, items of the policies that make it so.
        entries: rules that match.
        asked: the other ends.
    """

    outline: Outline
    isolated: Sets
    isolating: Mapping[int, frozenset[int]]
    entries: tuple[Entry, ...]
    asked: int

    @cached_property
    def matched(self) -> Sets:
        """By step, ends that one of its rules matches."""
        found: dict[int, int] = {}
        for entry in self.entries:
            found[entry.step] = found.get(entry.step, 0) | entry.ends
        return found

    @cached_property
    def ends(self) -> tuple[int, int]:
        """Ends that may be allowed, and those that may be denied."""
        return settle(self.outline, self.isolated, self.matched, self.asked)

    @cached_property
    def way(self) -> Trace:
        """What arrives where."""
        return trace(self.outline, self.isolated, self.matched, self.asked)

    @cached_property
    def _by_rule(self) -> Mapping[int, Mapping[int, int]]:
        return _by_item((entry.item, entry) for entry in self.entries)

    @cached_property
    def _by_policy(self) -> Mapping[int, Mapping[int, int]]:
        return _by_item((entry.policy, entry) for entry in self.entries)

    @cached_property
    def _shared(self) -> tuple[Sets, Sets]:
        """By step, what two rules match, and what two policies match."""
        return _twice(self._by_rule.values()), _twice(self._by_policy.values())

    def matched_by(self, item: int) -> Sets:
        """What an item matches, by step."""
        return self._by_rule.get(item) or self._by_policy.get(item) or {}

    def isolated_without(self, item: int) -> Sets:
        """By stage, ends that meet its default without an item; the very same mapping where it makes no difference."""
        alone = [stage for stage, items in self.isolating.items() if item in items and len(items) == 1]
        return {at: ends for at, ends in self.isolated.items() if at not in alone} if alone else self.isolated

    def matched_without(self, item: int) -> Sets:
        """By step, ends that a rule matches without an item; the very same mapping where it makes no difference."""
        shared = self._shared[item in self._by_policy]
        lost = {
            step: own for step, ends in self.matched_by(item).items() if (own := ends & ~shared.get(step, 0))
        }
        if not lost:
            return self.matched
        return {step: ends & ~lost.get(step, 0) for step, ends in self.matched.items()}

    def same_without(self, item: int) -> bool:
        """True when every connection ends as before without an item."""
        matched, isolated = self.matched_without(item), self.isolated_without(item)
        if matched is self.matched and isolated is self.isolated:
            return True
        return settle(self.outline, isolated, matched, self.asked) == self.ends


def _by_item(entries: Iterable[tuple[int, Entry]]) -> Mapping[int, Mapping[int, int]]:
    """What each item matches, by step."""
    found: dict[int, dict[int, int]] = {}
    for item, entry in entries:
        steps = found.setdefault(item, {})
        steps[entry.step] = steps.get(entry.step, 0) | entry.ends
    return found


def _twice(items: Iterable[Sets]) -> Sets:
    """By step, what two of the items match."""
    one: dict[int, int] = {}
    two: dict[int, int] = {}
    for steps in items:
        for step, ends in steps.items():
            two[step] = two.get(step, 0) | one.get(step, 0) & ends
            one[step] = one.get(step, 0) | ends
    return two


def cells(groups: Groups, items: Items, group: Group) -> Iterator[Cell]:
    """All cells of a group, those on which many rules match first: there a removal shows soonest."""
    found: list[Cell] = []
    for point in groups.points(group):
        rules = list(group.rules(point.view))
        for named, ends in groups.named(group, point.endpoints):
            found += _in_view(groups, items, group, rules, Viewpoint(point.view, ends), named)
    yield from sorted(found, key=lambda cell: -len(cell.entries))


def _in_view(
    groups: Groups,
    items: Items,
    group: Group,
    rules: Sequence[CompiledRule],
    point: Viewpoint,
    named: NamedPorts,
) -> Iterator[Cell]:
    entries = [
        Entry(rule, item, items.owner[item], step, ends)
        for step, found in groups.program.by_step(rules).items()
        for rule in found
        if (ends := rule.peers.under(point.view) & point.endpoints)
        for item in (items.of_rule[id(rule)],)
    ]
    isolating = _isolating(groups, items, group)
    isolated = dict.fromkeys(isolating, point.endpoints)
    way = outline(groups.program, frozenset(entry.step for entry in entries))
    for matching in _together(entries, named):
        yield Cell(way, isolated, isolating, tuple(entries[at] for at in matching), point.endpoints)


def _isolating(groups: Groups, items: Items, group: Group) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    for policy in group.policies:
        if group.direction in policy.policy.isolates:
            for stage in groups.program.stages_of[policy.policy.key]:
                found.setdefault(stage, set()).add(items.of_policy[id(policy)])
    return {stage: frozenset(found[stage]) for stage in sorted(found)}


def _together(entries: Sequence[Entry], named: NamedPorts) -> Iterable[tuple[int, ...]]:
    """Sets of entries that match on some port together, by position; each once."""
    reaches: dict[Protocol, list[Reach]] = {protocol: [] for protocol in Protocol}
    for at, entry in enumerate(entries):
        for protocol, first, last in resolve(entry.rule.ports, named):
            reaches[protocol].append((first, last, at, 0))
    found: dict[tuple[int, ...], None] = {}
    for side in reaches.values():
        for first, last in cuts(side):
            here = {at for begin, end, at, _ in side if begin <= first and last <= end}
            found[tuple(sorted(here))] = None
    return found
