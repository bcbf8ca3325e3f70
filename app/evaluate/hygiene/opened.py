"""Policies that restrict pods which other policies open to everyone: the union counts, and a restriction in it is lost."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from app.evaluate.bits import union
from app.evaluate.hygiene.cells import Cell, Entry, cells
from app.evaluate.hygiene.groups import Group, Groups
from app.evaluate.hygiene.items import Items
from app.evaluate.resolve import CompiledPolicy, CompiledRule
from app.evaluate.views import View
from app.model.decision import RuleRef
from app.model.policy import Action, Direction, PolicyKey


@dataclass
class Opened:
    """A policy that isolates in a direction, and classes that are open there all the same.

    Attributes:
        policy: which; none of its own rules, alone or together, opens that much.
        direction: in which.
        classes: class numbers.
        because: rules that open them, sorted when they are told.
    """

    policy: CompiledPolicy
    direction: Direction
    classes: list[int] = field(default_factory=list)
    because: set[RuleRef] = field(default_factory=set)


def opened(groups: Groups, items: Items) -> dict[PolicyKey, Opened]:
    """Policies of one direction that isolate in vain, each with the pods where that is so.

    Open means: every port of every protocol, to every pod there is and to every address.
    """
    found: dict[PolicyKey, Opened] = {}
    for group in groups.all:
        isolating = [item for item in group.policies if groups.direction in item.policy.isolates]
        if isolating and _could_be_open(groups, group):
            _open(groups, items, group, isolating, found)
    return found


def _could_be_open(groups: Groups, group: Group) -> bool:
    """A cheap look before ports are cut: what all allow rules name together leaves nobody out."""
    return all(
        not point.endpoints & ~union(rule.peers.under(point.view) for rule in _allowing(group, point.view))
        for point in groups.points(group)
    )


def _allowing(group: Group, view: View) -> Iterator[CompiledRule]:
    for rule in group.rules(view):
        if rule.rule.action is Action.ALLOW and rule.sure:
            yield rule


def _open(
    groups: Groups,
    items: Items,
    group: Group,
    isolating: list[CompiledPolicy],
    found: dict[PolicyKey, Opened],
) -> None:
    every = list(cells(groups, items, group))
    if not all(cell.ends == (cell.asked, 0) for cell in every):
        return
    for policy in isolating:
        number = items.of_policy[id(policy)]
        if all(_opens(cell, number) for cell in every):
            continue
        entry = found.setdefault(policy.policy.key, Opened(policy, groups.direction))
        entry.classes += group.classes
        for cell in every:
            entry.because |= _openers(cell, number)


def _opens(cell: Cell, policy: int) -> bool:
    """True when a policy's own allow rules leave nobody out on these ports."""
    return not cell.asked & ~union(item.ends for item in _allows(cell) if item.policy == policy)


def _openers(cell: Cell, policy: int) -> set[RuleRef]:
    """Rules of others that let through what a policy does not, the widest first, as few as it takes."""
    need, found = cell.asked, set[RuleRef]()
    for item in _allows(cell):
        need &= ~item.ends if item.policy == policy else -1
    others = [item for item in _allows(cell) if item.policy != policy]
    for item in sorted(others, key=lambda item: -item.ends.bit_count()):
        if need & item.ends:
            found.add(item.rule.ref)
            need &= ~item.ends
    return found


def _allows(cell: Cell) -> list[Entry]:
    return [item for item in cell.entries if item.rule.rule.action is Action.ALLOW]
