"""What would have to go for a connection to be answered otherwise.

A policy that goes takes its rules of both directions with it, and two ends with addresses of both families may meet over
the other one. So what is named is tried on both ends, over every family, before it is said.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from app.evaluate.trail import Asked, Removable, settled, walk
from app.model.decision import Decision, RuleRef
from app.model.identity import ObjectRef
from app.model.policy import Action, Direction

# What each end is asked about one connection in one view; None for an end that lets everything through whatever goes.
Ends = Mapping[Direction, Asked | None]


def to_open(ends: Ends) -> tuple[Removable, ...]:
    """What would have to go, all together, for a connection to be let through in one view; none where nothing helps.

    The last word is taken away as often as an end stops it: below a rule that denies there may be a default that denies
    as well. Where nothing said the last word, a rule that passed the connection on may have.
    """
    asked = [item for item in ends.values() if item is not None]
    gone: list[Removable] = []
    while shut := [item for item in asked if not _open(item, gone)]:
        last = _last_word(shut[0], Action.DENY, gone)
        if not last:
            return ()
        gone += last
    return _needed(gone, lambda left: all(_open(item, left) for item in asked))


def to_close(views: Sequence[Ends], end: Direction) -> tuple[Removable, ...]:
    """What would have to go at one end, all together, for a connection to be stopped in every view."""
    gone: list[Removable] = []
    while passing := [ends for ends in views if _may_pass(ends, gone)]:
        asked = passing[0][end]
        last = _last_word(asked, Action.ALLOW, gone) if asked is not None else ()
        if not last:
            return ()
        gone += last
    return _needed(gone, lambda left: not any(_may_pass(ends, left) for ends in views))


def _open(asked: Asked, gone: Sequence[Removable]) -> bool:
    walked = settled(asked, gone)
    return walked.allowed and not walked.unsettled and not walked.guesses


def _may_pass(ends: Ends, gone: Sequence[Removable]) -> bool:
    return all(asked is None or walk(asked, gone).allowed for asked in ends.values())


def _last_word(asked: Asked, action: Action, gone: Sequence[Removable]) -> tuple[Removable, ...]:
    walked = walk(asked, gone)
    return walked.deciding(action) or tuple(walked.passed)


def _needed(
    gone: Sequence[Removable], changed: Callable[[Sequence[Removable]], bool]
) -> tuple[Removable, ...]:
    """Without those whose removal makes no difference once the others are gone."""
    kept = tuple(dict.fromkeys(gone))
    for item in kept:
        others = tuple(other for other in kept if other != item)
        if changed(others):
            kept = others
    return kept


def concerns(item: Removable, asked: Asked) -> bool:
    """True when an end is asked what is named, so that it answers without it on other grounds."""
    stages = [stage for plane in asked for stage in plane]
    rules = {
        rule.ref
        for stage in stages
        for group in stage.groups
        for lane in group
        for step in lane
        for rule in step
    }
    isolating = {ref for stage in stages for ref in stage.isolating}
    return item in rules or item in isolating


def with_removal(decision: Decision, views: Sequence[Ends], shown: Ends) -> Decision:
    """The decision with what would have to go for the other answer; none is named beside an end that cannot be told."""
    if not decision.certain:
        return decision
    halves = {half.direction: half for half in (decision.egress, decision.ingress)}
    if decision.allowed:
        remove = {end: to_close(views, end) for end in halves}
    else:
        denying = [end for end, half in halves.items() if half.reason.denies]
        remove = _shared(to_open(shown), {end: shown[end] for end in denying})
    egress, ingress = (
        replace(half, remove=remove[end]) if end in remove else half for end, half in halves.items()
    )
    return replace(decision, egress=egress, ingress=ingress)


def _shared(
    gone: tuple[RuleRef | ObjectRef, ...], ends: Ends
) -> dict[Direction, tuple[RuleRef | ObjectRef, ...]]:
    """Each end with what concerns it; one that denies alone has all of it."""
    return {
        end: tuple(item for item in gone if len(ends) == 1 or (asked and concerns(item, asked)))
        for end, asked in ends.items()
    }
