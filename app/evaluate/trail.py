"""The walk through a program for one connection at one end, remembered stage by stage."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.evaluate.cilium import BEFORE_DEFAULT
from app.evaluate.program import Program, StageProgram
from app.evaluate.resolve import CompiledPolicy, CompiledRule
from app.model.decision import Acted, RuleRef, TrailStep
from app.model.identity import ObjectRef
from app.model.policy import Action, Direction, PolicyKey

Removable = RuleRef | ObjectRef


@dataclass(frozen=True, slots=True)
class AskedStage:
    """A stage as one end meets it: policies that select the end, and in lanes their rules, by step."""

    name: str
    default: Action
    selecting: tuple[ObjectRef, ...]
    isolating: tuple[ObjectRef, ...]
    groups: tuple[tuple[tuple[tuple[CompiledRule, ...], ...], ...], ...]


Asked = tuple[tuple[AskedStage, ...], ...]


def asked_of(program: Program, direction: Direction, policies: Sequence[CompiledPolicy]) -> Asked:
    """The part of a program that concerns ends which these policies select."""
    policies = _in_time(direction, policies)
    by_key = {item.policy.key: item for item in policies}
    concerned = {number for key in by_key for number in program.stages_of.get(key, ())}
    rules = program.by_step(rule for item in policies for rule in item.rules[direction])
    return tuple(
        tuple(_asked(stage, direction, by_key, rules) for stage in plane if stage.number in concerned)
        for plane in program.planes
    )


def _in_time(direction: Direction, policies: Sequence[CompiledPolicy]) -> Sequence[CompiledPolicy]:
    """Without what is asked before a default deny, where there is none."""
    if any(direction in item.policy.isolates for item in policies):
        return policies
    return [item for item in policies if item.policy.part != BEFORE_DEFAULT]


def _asked(
    stage: StageProgram,
    direction: Direction,
    by_key: Mapping[PolicyKey, CompiledPolicy],
    rules: Mapping[int, tuple[CompiledRule, ...]],
) -> AskedStage:
    selecting = [by_key[key] for key in sorted(by_key) if key in stage.keys]
    return AskedStage(
        name=stage.stage.name,
        default=stage.stage.default,
        selecting=_refs(selecting),
        isolating=_refs(item for item in selecting if direction in item.policy.isolates),
        groups=tuple(
            tuple(tuple(rules[step.number] for step in lane if step.number in rules) for lane in group)
            for group in stage.groups
        ),
    )


def _refs(policies: Iterable[CompiledPolicy]) -> tuple[ObjectRef, ...]:
    """Objects, each once: one may hold several policies."""
    return tuple(dict.fromkeys(item.ref for item in policies))


def rules_of(asked: Asked) -> Iterator[CompiledRule]:
    """Every rule that is asked, once for each plane."""
    stages = (stage for plane in asked for stage in plane)
    lanes = (lane for stage in stages for group in stage.groups for lane in group)
    return (rule for lane in lanes for step in lane for rule in step)


def matching(asked: Asked, matches: Callable[[CompiledRule], bool]) -> Asked:
    """The same with those rules alone that match one connection."""
    return tuple(
        tuple(replace(stage, groups=_matching(stage, matches)) for stage in plane) for plane in asked
    )


def _matching(
    stage: AskedStage, matches: Callable[[CompiledRule], bool]
) -> tuple[tuple[tuple[tuple[CompiledRule, ...], ...], ...], ...]:
    return tuple(
        tuple(
            tuple(found for step in lane if (found := tuple(rule for rule in step if matches(rule))))
            for lane in group
        )
        for group in stage.groups
    )


@dataclass
class Walk:
    """Where one connection ends.

    Attributes:
        allowed: it may be allowed.
        denied: it may be denied.
        steps: the stages that were asked.
        decided: what brought it to its end: rules, or policies whose default took effect; of each plane.
        passed: pass rules that matched.
        split: policies whose order is left open and that do not agree.
        guesses: rules of which it is not known whether they match, and that may have acted.
    """

    allowed: bool = True
    denied: bool = False
    steps: list[TrailStep] = field(default_factory=list)
    decided: list[tuple[Action, Removable]] = field(default_factory=list)
    passed: list[RuleRef] = field(default_factory=list)
    split: list[ObjectRef] = field(default_factory=list)
    guesses: list[RuleRef] = field(default_factory=list)

    @property
    def ends(self) -> tuple[bool, bool]:
        """Whether it may be allowed, and whether it may be denied."""
        return self.allowed, self.denied

    @property
    def unsettled(self) -> bool:
        """True when policies whose order is left open do not agree about it."""
        return bool(self.split) and self.allowed and self.denied

    def deciding(self, action: Action) -> tuple[Removable, ...]:
        """What allowed it, or what denied it; rules first, each sorted."""
        found = {item for done, item in self.decided if done is action}
        return (
            *sorted(item for item in found if isinstance(item, RuleRef)),
            *sorted(item for item in found if isinstance(item, ObjectRef)),
        )


def walk(asked: Asked, without: Collection[Removable] = ()) -> Walk:
    """Walk through every plane. What `without` names is treated as if it were not there."""
    found = Walk()
    for plane in asked:
        if found.allowed:
            _through(found, plane, without)
    return found


def settled(asked: Asked, without: Collection[Removable] = ()) -> Walk:
    """The same, without rules that may match or not where these change nothing; else `guesses` names them."""
    found = walk(asked, without)
    if not found.guesses:
        return found
    known = walk(matching(asked, lambda rule: not rule.guess), without)
    return known if known.ends == found.ends else found


def _through(found: Walk, plane: Sequence[AskedStage], without: Collection[Removable]) -> None:
    allowed, left = False, True
    for stage in plane:
        if not left:
            break
        here = _Stage(stage, without)
        for group in stage.groups:
            here.ask(group)
        here.meet_default()
        found.steps.append(here.step())
        found.decided += here.decided
        found.passed += here.passes
        found.split += here.split
        found.guesses += here.guesses
        allowed |= here.allowed
        found.denied |= here.denied
        left = here.left
    found.allowed = allowed or left


class _Stage:
    """One stage of a walk; `left` while the connection has not met its end in it."""

    def __init__(self, stage: AskedStage, without: Collection[Removable]) -> None:
        self._stage = stage
        self._without = without
        self.isolating = tuple(ref for ref in stage.isolating if ref not in without)
        self.acted: list[Acted] = []
        self.decided: list[tuple[Action, Removable]] = []
        self.passes: list[RuleRef] = []
        self.split: list[ObjectRef] = []
        self.guesses: list[RuleRef] = []
        self.left, self.allowed, self.denied, self.defaulted = True, False, False, False

    def ask(self, group: Iterable[Sequence[tuple[CompiledRule, ...]]]) -> None:
        if not self.left:
            return
        ends = [self._in_lane(lane) for lane in group]
        final = {action: refs for action, refs in ends if action}
        if len(final) > 1:
            self.split += [ref for action, ref in ends if action and ref]
        if final:
            self.left = False

    def _in_lane(self, lane: Iterable[tuple[CompiledRule, ...]]) -> tuple[Action | None, ObjectRef | None]:
        """The action that certainly ended it in this lane, and the policy that did."""
        for step in lane:
            rules = [rule for rule in step if not {rule.ref, rule.ref.policy} & set(self._without)]
            if rules:
                self._act([rule for rule in rules if not rule.guess])
                self._act([rule for rule in rules if rule.guess])
                if rules[0].sure:
                    return rules[0].rule.action, rules[0].ref.policy
        return None, None

    def _act(self, rules: Sequence[CompiledRule]) -> None:
        if not rules:
            return
        action, guess = rules[0].rule.action, rules[0].guess
        refs = sorted(rule.ref for rule in rules)
        conditions = tuple(dict.fromkeys(text for rule in rules for text in rule.rule.conditions))
        self.acted.append(Acted(action, tuple(refs), conditions, guess))
        if guess:
            self.guesses += refs
        self.allowed |= action is Action.ALLOW
        self.denied |= action is Action.DENY
        if action is Action.PASS:
            self.passes += refs
        else:
            self.decided += [(action, ref) for ref in refs]

    def meet_default(self) -> None:
        self.defaulted = self.left and bool(self.isolating)
        if self.defaulted and self._stage.default is Action.DENY:
            self.denied, self.left = True, False
            self.decided += [(Action.DENY, ref) for ref in self.isolating]
        self.left = self.left or bool(self.passes)

    def step(self) -> TrailStep:
        return TrailStep(
            stage=self._stage.name,
            selecting=tuple(ref for ref in self._stage.selecting if ref not in self._without),
            acted=tuple(self.acted),
            isolating=self.isolating if self.defaulted else (),
            default=self._stage.default if self.defaulted else None,
        )
