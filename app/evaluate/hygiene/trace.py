"""The walk through a program for any number of connections at once, with what arrives at each step and what decides there.

`app.evaluate.settle` gives the ends alone; this keeps the way, and is asked only about what was found to be spare.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.evaluate.settle import Outline, OutlineStage
from app.model.policy import Action


@dataclass
class Trace:
    """One walk.

    Attributes:
        arrived: by step, connections that come to it.
        decided: by step, those that it decides or passes on.
        stuck: by stage, those that meet its default.
        left: those that no stage of the last plane decides: they are let through.
    """

    arrived: dict[int, int] = field(default_factory=dict)
    decided: dict[int, int] = field(default_factory=dict)
    stuck: dict[int, int] = field(default_factory=dict)
    left: int = 0


def trace(planes: Outline, isolated: Mapping[int, int], matched: Mapping[int, int], asked: int) -> Trace:
    """Walk through all planes; arguments are those of `settle`."""
    found = Trace()
    for stages in planes:
        asked = _through(found, stages, isolated, matched, asked)
    return found


def _through(
    found: Trace,
    stages: Iterable[OutlineStage],
    isolated: Mapping[int, int],
    matched: Mapping[int, int],
    asked: int,
) -> int:
    allowed, left = 0, asked
    for stage in stages:
        passed = 0
        for group in stage.groups:
            before, gone = left, 0
            for lane in group:
                here = before
                for action, sure, step in lane:
                    found.arrived[step] = here
                    hit = here & matched.get(step, 0)
                    found.decided[step] = hit
                    allowed |= hit if action is Action.ALLOW else 0
                    passed |= hit if action is Action.PASS else 0
                    here &= ~hit if sure else -1
                gone |= before & ~here
            left = before & ~gone
        if stage.denies:
            stuck = left & isolated.get(stage.number, 0)
            found.stuck[stage.number] = stuck
            left &= ~stuck
        left |= passed
    found.left = left
    return allowed | left
