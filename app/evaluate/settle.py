"""The walk through a program, for any number of connections at once: one bit for each.

Where something may go either way, a bit takes both ways, so a connection can end as allowed and as denied. It is certain
where it ends in one of them alone.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.evaluate.program import Program
from app.model.policy import Action


@dataclass(frozen=True, slots=True)
class OutlineStage:
    """What of a stage matters here: its number, whether its default denies, and (action, sure, step) in lanes."""

    number: int
    denies: bool
    groups: tuple[tuple[tuple[tuple[Action, bool, int], ...], ...], ...]


Outline = tuple[tuple[OutlineStage, ...], ...]


def outliner(program: Program) -> Callable[[frozenset[int]], Outline]:
    """Outlines of a program by the steps that can match at all; the same steps give the same outline."""
    return lru_cache(maxsize=1024)(lambda steps: outline(program, steps))


def outline(program: Program, steps: Collection[int]) -> Outline:
    """A program without the steps that cannot match."""
    return tuple(
        tuple(
            OutlineStage(
                stage.number,
                stage.stage.default is Action.DENY,
                tuple(
                    lanes
                    for group in stage.groups
                    if (
                        lanes := tuple(
                            entries
                            for lane in group
                            if (
                                entries := tuple(
                                    (step.action, step.sure, step.number)
                                    for step in lane
                                    if step.number in steps
                                )
                            )
                        )
                    )
                ),
            )
            for stage in plane
        )
        for plane in program.planes
    )


def settle(
    planes: Iterable[Iterable[OutlineStage]],
    isolated: Mapping[int, int],
    matched: Mapping[int, int],
    asked: int,
) -> tuple[int, int]:
    """Which connections may be allowed, and which may be denied.

    Args:
        planes: what is asked, in order.
        isolated: by stage, connections whose end meets the stage's default; absent means none.
        matched: by step, connections that one of its rules matches; absent means none.
        asked: connections to settle.
    """
    denied = 0
    for stages in planes:
        allowed, refused = _through(stages, isolated, matched, asked)
        asked, denied = allowed, denied | refused
    return asked, denied


def _through(
    stages: Iterable[OutlineStage], isolated: Mapping[int, int], matched: Mapping[int, int], asked: int
) -> tuple[int, int]:
    allowed, denied, left = 0, 0, asked
    for stage in stages:
        passed = 0
        for group in stage.groups:
            before, gone = left, 0
            for lane in group:
                here = before
                for action, sure, step in lane:
                    hit = here & matched.get(step, 0)
                    if not hit:
                        continue
                    if action is Action.ALLOW:
                        allowed |= hit
                    elif action is Action.DENY:
                        denied |= hit
                    else:
                        passed |= hit
                    if sure:
                        here &= ~hit
                gone |= before & ~here
            left = before & ~gone
        if stage.denies:
            stuck = left & isolated.get(stage.number, 0)
            denied |= stuck
            left &= ~stuck
        left |= passed
    return allowed | left, denied
