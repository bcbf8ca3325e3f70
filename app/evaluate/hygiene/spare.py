"""Rules and policies without which every decision stays the same, found by what each adds and never by trying them all.

An item is in question until one group of pods answers differently without it on some port; most are out after the first
group that they concern. What remains changes nothing for any pod there is and for any address, at the end where it is asked.
Whether the other end lets the connection through is left aside: it may change, and the rule would be missed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.evaluate.bits import union
from app.evaluate.cluster import Cluster
from app.evaluate.hygiene.cells import Cell, cells
from app.evaluate.hygiene.groups import Group, Groups
from app.evaluate.hygiene.items import Cause, Item, Items
from app.evaluate.hygiene.trace import trace
from app.model.identity import ObjectRef

_MOST = 12  # rules and policies that are kept as the reason; sentences name fewer


@dataclass
class Spare:
    """An item without which nothing changes.

    Attributes:
        item: which.
        number: its number.
        matches: it matches something at all.
        reached: something comes to it.
        reasons: items that decide what it would have decided; a few where there are many.
        unopposed: some of it would be let through by nothing at all.
        clouded: policies of which it is not known what they do, asked of the same pods.
    """

    item: Item
    number: int
    matches: bool = False
    reached: bool = False
    reasons: set[int] = field(default_factory=set)
    because: tuple[Cause, ...] = ()
    unopposed: bool = False
    clouded: set[ObjectRef] = field(default_factory=set)


def spares(cluster: Cluster, ways: Sequence[Groups], items: Items) -> list[Spare]:
    """All spare items of the policies that count and select someone, by number."""
    pending = dict.fromkeys(
        number
        for groups in ways
        for group in groups.all
        for number in items.asked(group.policies, group.direction)
        if items.all[number].comparable
    )
    for groups in ways:
        for group in groups.all:
            _strike_out(groups, items, group, pending)
    found = {number: Spare(items.all[number], number) for number in sorted(pending)}
    for groups in ways:
        for group in groups.all:
            _explain_in(cluster, groups, items, group, found)
    for spare in found.values():
        spare.because = tuple(items.all[number].cause for number in sorted(spare.reasons))
    return list(found.values())


def _strike_out(groups: Groups, items: Items, group: Group, pending: dict[int, None]) -> None:
    """Strike out the items without which this group answers differently."""
    asked = [number for number in items.asked(group.policies, group.direction) if number in pending]
    if not asked:
        return
    for cell in cells(groups, items, group):
        same = [number for number in asked if cell.same_without(number)]
        for number in set(asked).difference(same):
            pending.pop(number, None)
        asked = same
        if not asked:
            return


def _explain_in(
    cluster: Cluster, groups: Groups, items: Items, group: Group, found: dict[int, Spare]
) -> None:
    asked = [found[number] for number in items.asked(group.policies, group.direction) if number in found]
    if not asked:
        return
    unknown = {item.ref for item in group.policies if item.ref in cluster.policies.doubtful}
    for spare in asked:
        spare.clouded |= unknown
    for cell in cells(groups, items, group):
        for spare in asked:
            _explain(cell, spare)


def _explain(cell: Cell, spare: Spare) -> None:
    """What happens on a cell to that which an item matches, or keeps from passing by, when the item is not there."""
    own = cell.matched_by(spare.number)
    spare.matches |= bool(own)
    spare.reached = spare.reached or any(cell.way.arrived.get(step, 0) & ends for step, ends in own.items())
    concerned = union(own.values())
    if spare.item.whole:
        stages = [stage for stage, items in cell.isolating.items() if spare.number in items]
        concerned |= union(cell.way.stuck.get(stage, 0) for stage in stages)
        concerned = concerned or (cell.asked if stages else 0)
    if concerned and len(spare.reasons) < _MOST:
        _instead(cell, spare, concerned)


def _instead(cell: Cell, spare: Spare, concerned: int) -> None:
    """The rules and defaults that decide about some ends without an item; few rather than all."""
    matched, isolated = cell.matched_without(spare.number), cell.isolated_without(spare.number)
    same = matched is cell.matched and isolated is cell.isolated
    way = cell.way if same else trace(cell.outline, isolated, matched, cell.asked)
    for step, decided in way.decided.items():
        if decided & concerned:
            _cover(cell, spare, step, decided & concerned)
    for stage, stuck in way.stuck.items():
        others = cell.isolating.get(stage, frozenset()) - {spare.number}
        if stuck & concerned and others and not others & spare.reasons:
            spare.reasons.add(min(others))
    spare.unopposed |= bool(way.left & concerned)


def _cover(cell: Cell, spare: Spare, step: int, need: int) -> None:
    """Add rules of a step that cover some ends together: those that are named already, then those that cover most."""
    others = [
        item for item in cell.entries if item.step == step and spare.number not in (item.item, item.policy)
    ]
    for entry in others:
        if entry.item in spare.reasons:
            need &= ~entry.ends
    while need:
        widest = max(others, key=lambda item: (item.ends & need).bit_count(), default=None)
        if widest is None or not widest.ends & need:
            return
        spare.reasons.add(widest.item)
        need &= ~widest.ends
