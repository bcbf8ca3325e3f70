"""What is asked of a connection at one of its ends, step by step: the arrangement, resolved to sets of endpoints."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from app.evaluate.arrange import Lane, Plane, Stage
from app.evaluate.bits import union
from app.evaluate.peersets import PeerSet, each
from app.evaluate.resolve import CompiledPolicy, CompiledRule
from app.model.policy import Action, Direction, PolicyKey, PolicyPort


@dataclass(frozen=True, slots=True)
class Step:
    """Neighbouring rules that do the same, so that their order does not matter.

    `sure` is False for rules with conditions: what matches them may also go on as if they had not.
    """

    number: int
    action: Action
    sure: bool
    rules: tuple[CompiledRule, ...]


LaneSteps = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class StageProgram:
    """One stage in one direction.

    Attributes:
        number: counted through all planes.
        stage: as it was arranged.
        policies: those that select someone.
        isolated: classes that meet the default where nothing matches.
        groups: one after another; the lanes of a group in any order.
        keys: of `policies`.
    """

    number: int
    stage: Stage
    policies: tuple[CompiledPolicy, ...]
    isolated: int
    groups: tuple[tuple[LaneSteps, ...], ...]
    keys: frozenset[PolicyKey]


@dataclass(frozen=True, slots=True)
class SharedRule:
    """Rules of one step that match the same other ends and ports; `selected` are all ends that one of them governs."""

    step: int
    selected: PeerSet
    peers: PeerSet
    ports: tuple[PolicyPort, ...] | None


@dataclass(frozen=True)
class Program:
    """One direction.

    Attributes:
        planes: a connection has to pass each.
        shared: distinct rules, in order of their steps.
        governed: classes that some policy selects.
        open_ended: True when something may go one way or another: a rule with conditions, or policies in any order.
    """

    planes: tuple[tuple[StageProgram, ...], ...]
    shared: tuple[SharedRule, ...]
    governed: int
    open_ended: bool

    @property
    def stages(self) -> tuple[StageProgram, ...]:
        """Stages of all planes, by number."""
        return tuple(stage for plane in self.planes for stage in plane)

    @cached_property
    def stages_of(self) -> Mapping[PolicyKey, tuple[int, ...]]:
        """Numbers of the stages that each policy is asked in."""
        found: dict[PolicyKey, list[int]] = {}
        for stage in self.stages:
            for policy in stage.policies:
                found.setdefault(policy.policy.key, []).append(stage.number)
        return {key: tuple(numbers) for key, numbers in found.items()}

    @cached_property
    def _steps_of(self) -> Mapping[int, tuple[int, ...]]:
        """Steps by the identity of a rule, which lives as long as the program does."""
        found: dict[int, list[int]] = {}
        for stage in self.stages:
            for step in (step for group in stage.groups for lane in group for step in lane):
                for rule in step.rules:
                    found.setdefault(id(rule), []).append(step.number)
        return {rule: tuple(numbers) for rule, numbers in found.items()}

    def by_step(self, rules: Iterable[CompiledRule]) -> Mapping[int, tuple[CompiledRule, ...]]:
        """Rules of this program by the steps that they are part of: several where several planes ask them."""
        found: dict[int, list[CompiledRule]] = {}
        for rule in rules:
            for number in self._steps_of[id(rule)]:
                found.setdefault(number, []).append(rule)
        return {number: tuple(group) for number, group in found.items()}


def program(
    planes: Iterable[Plane], compiled: dict[PolicyKey, CompiledPolicy], direction: Direction
) -> Program:
    """Resolve an arrangement. Policies that select nobody are left out."""
    maker = _Maker(compiled, direction)
    found = tuple(
        tuple(maker.stage(stage) for stage in plane.stages if maker.policies(stage)) for plane in planes
    )
    stages = [stage for plane in found for stage in plane]
    steps = [step for stage in stages for group in stage.groups for lane in group for step in lane]
    return Program(
        planes=tuple(plane for plane in found if plane),
        shared=tuple(rule for step in steps for rule in _share(step)),
        governed=union(policy.subjects for stage in stages for policy in stage.policies),
        open_ended=any(not step.sure for step in steps)
        or any(len(group) > 1 for stage in stages for group in stage.groups),
    )


class _Maker:
    def __init__(self, compiled: dict[PolicyKey, CompiledPolicy], direction: Direction) -> None:
        self._compiled = compiled
        self._direction = direction
        self._stages = 0
        self._steps = 0

    def policies(self, stage: Stage) -> tuple[CompiledPolicy, ...]:
        """Policies of a stage that are asked in this direction of someone."""
        found = (self._compiled[policy.key] for policy in stage.policies)
        return tuple(item for item in found if item.subjects and self._direction in item.policy.directions)

    def stage(self, stage: Stage) -> StageProgram:
        policies = self.policies(stage)
        number, self._stages = self._stages, self._stages + 1
        keys = frozenset(policy.policy.key for policy in policies)
        groups = (tuple(self._lane(lane, keys) for lane in group) for group in stage.groups)
        return StageProgram(
            number=number,
            stage=stage,
            policies=policies,
            isolated=union(item.subjects for item in policies if self._direction in item.policy.isolates),
            groups=tuple(found for group in groups if (found := tuple(lane for lane in group if lane))),
            keys=keys,
        )

    def _lane(self, lane: Lane, keys: Collection[PolicyKey]) -> LaneSteps:
        rules = [
            rule
            for turn in lane
            if turn.policy.key in keys
            for rule in self._compiled[turn.policy.key].rules[self._direction]
            if rule.rule.action in turn.actions
        ]
        return tuple(self._steps_of(rules))

    def _steps_of(self, rules: Sequence[CompiledRule]) -> Iterator[Step]:
        for action, found in groupby(rules, key=lambda item: item.rule.action):
            alike = list(found)
            for sure in (True, False):
                chosen = tuple(item for item in alike if item.sure is sure)
                if chosen:
                    yield Step(self._steps, action, sure, chosen)
                    self._steps += 1


def _share(step: Step) -> Iterator[SharedRule]:
    found: dict[tuple[PeerSet, tuple[PolicyPort, ...] | None], PeerSet] = {}
    for rule in step.rules:
        key = (rule.peers, rule.ports)
        known = found.get(key)
        found[key] = rule.selected if known is None else each(union, [known, rule.selected])
    return (SharedRule(step.number, selected, *key) for key, selected in found.items())
