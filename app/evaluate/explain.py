"""A decision in words: the steps that a person can follow and check, in the order in which they were taken."""

from collections.abc import Iterator, Sequence

from app.evaluate.arrange import NETWORK_POLICY
from app.model.connections import Connections
from app.model.decision import Acted, Decision, HalfDecision, Reason, RuleRef, TrailStep
from app.model.policy import Action, Direction

_MISSES_SHOWN = 20
_NAMED = 8


def explain(decision: Decision, ports: Connections | None = None) -> tuple[str, ...]:
    """The steps of a decision, one sentence each.

    They are the source's end, the destination's end, the result, what would have to change for another one, and doubts. The
    decision keeps its witnesses; this only words them. `ports` are all ports that are decided alike, where the
    decision stands for more than its own.
    """
    return (
        *_half(decision.egress),
        *_half(decision.ingress),
        _result(decision, ports),
        *(f"That is as declared, and not proven: {text}." for text in decision.unproven),
        *_change(decision),
        *(f"{note[0].upper()}{note[1:]}." for note in decision.profile_notes),
    )


def _half(half: HalfDecision) -> Iterator[str]:
    if _is_simple(half):
        yield from _in_one_step(half)
    else:
        yield from _stage_by_stage(half)
    yield from (f"{text[0].upper()}{text[1:]}." for text in half.conditions)
    if half.reason is not Reason.NOT_ENFORCED:
        yield from (f"{text}." for text in half.idle)


def _is_simple(half: HalfDecision) -> bool:
    """True where nothing but NetworkPolicy was asked, or nothing at all: then one sentence says it."""
    return all(step.stage == NETWORK_POLICY for step in half.trail) and half.reason in _FIRST


def _in_one_step(half: HalfDecision) -> Iterator[str]:
    first = _FIRST[half.reason].format(
        subject=half.subject,
        verb=_verb(half),
        direction=half.direction.value.lower(),
        policies=_listed(half.selecting),
    )
    yield f"{first}: {half.note}." if half.note else f"{first}."
    if half.reason is Reason.ALLOWED_BY_RULE:
        yield from (f"{rule} allows this." for rule in half.rules)
    if half.reason is Reason.NO_RULE_MATCHES:
        yield from _misses(half)


def _misses(half: HalfDecision) -> Iterator[str]:
    yield from (f"{miss.rule} does not match: {miss.says}." for miss in half.misses[:_MISSES_SHOWN])
    hidden = len(half.misses) - _MISSES_SHOWN
    if hidden > 0:
        yield f"{hidden} more rules of these policies do not match either."
    if not half.misses:
        yield f"These policies have no {half.direction.value.lower()} rule, so nothing is allowed."


_FIRST = {
    Reason.OUTSIDE: "{subject} is outside the cluster, where no policy of this cluster applies",
    Reason.HOST_NETWORK: "{subject} may {verb} anyone as far as NetworkPolicy goes",
    Reason.NOT_SELECTED: "{subject} may {verb} anyone, because no policy isolates it for {direction}",
    Reason.NOT_ENFORCED: "{subject} may {verb} anyone although {policies} selects it, because policies are not enforced",
    Reason.OWN_NODE: "{subject} is isolated for {direction} by {policies}, but traffic from a pod's own node always arrives",
    Reason.ALLOWED_BY_RULE: "{subject} is isolated for {direction} by {policies}",
    Reason.NO_RULE_MATCHES: "{subject} is isolated for {direction} by {policies}, and no rule matches",
    Reason.CANNOT_TELL: "Whether {subject} may {verb} the other end cannot be told",
}


def _stage_by_stage(half: HalfDecision) -> Iterator[str]:
    """Where policies are asked in tiers: what each of them came to."""
    way = half.direction.value.lower()
    yield f"{half.subject} is selected for {way} by {_listed(half.selecting)}."
    for step in half.trail:
        yield from _stage(step, way)
    match half.reason:
        case Reason.ALLOWED_BY_DEFAULT:
            yield "Nothing that is asked decides, so it is allowed by default."
        case Reason.NO_RULE_MATCHES | Reason.DENIED_BY_RULE if half.misses:
            yield from _misses(half)
        case Reason.OWN_NODE:
            yield f"But traffic from a pod's own node always arrives: {half.note}."
        case Reason.CANNOT_TELL:
            yield f"Whether {half.subject} may {_verb(half)} the other end cannot be told: {half.note}."


def _stage(step: TrailStep, way: str) -> Iterator[str]:
    for acted in step.acted:
        yield f"In {step.stage}, {_did(acted)}."
    if step.isolating:
        says = "which denies it" if step.default is Action.DENY else "which passes it on"
        matches = "no other rule matches" if step.acted else "no rule matches"
        yield f"In {step.stage}, {_listed(step.isolating)} isolates it for {way} and {matches}: the default holds, {says}."
    elif not step.acted:
        yield f"In {step.stage}, no rule of {_listed(step.selecting)} matches, so it goes on."


def _did(acted: Acted) -> str:
    several = len(acted.rules) > 1
    if acted.guess:
        return f"{_listed(acted.rules)} may {_MAY[acted.action]} this or not: an address that is not known decides"
    verb = {
        Action.ALLOW: ("allows this", "allow this"),
        Action.DENY: ("denies this", "deny this"),
        Action.PASS: ("passes this on", "pass this on"),
    }[acted.action][several]
    return f"{_listed(acted.rules)} {verb}"


_MAY = {Action.ALLOW: "allow", Action.DENY: "deny", Action.PASS: "pass on"}


def _verb(half: HalfDecision) -> str:
    return "send to" if half.direction is Direction.EGRESS else "be reached by"


def _listed(items: Sequence[object]) -> str:
    names = [str(item) for item in items[:_NAMED]]
    if len(items) > _NAMED:
        return f"{', '.join(names)} and {len(items) - _NAMED} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _result(decision: Decision, ports: Connections | None) -> str:
    what = f"{decision.protocol} {decision.port}" if ports is None else str(ports)
    what = "any connection" if ports is not None and ports.is_all else what
    what = f"{what} from {decision.source} to {decision.destination}"
    if decision.allowed:
        open_ended = decision.egress.conditions or decision.ingress.conditions
        return f"So {what} is allowed{' as far as these conditions hold' if open_ended else ''}."
    denied = decision.egress.reason.denies or decision.ingress.reason.denies
    return f"So {what} is denied." if denied else f"So it cannot be told whether {what} is allowed."


def _change(decision: Decision) -> Iterator[str]:
    """What would have to change for the other answer; nothing where no policy has a say, or the answer is in doubt."""
    halves = (decision.egress, decision.ingress)
    if decision.allowed:
        ways = [f"without {_listed(half.remove)}" for half in halves if half.remove]
        if ways:
            yield f"It would be denied {', or '.join(ways)}."
        elif any(_could_be_selected(half) for half in halves):
            yield "It would be denied only by a policy that is added: none that is there could go to deny it."
    elif decision.certain:
        denying = [half for half in halves if half.reason.denies]
        gone = list(dict.fromkeys(item for half in denying for item in half.remove))
        by_rule = any(isinstance(item, RuleRef) for item in gone)
        rule = "a rule that comes first" if by_rule else "a rule that matches"
        yield f"It would be allowed by {rule}{_at_ends(denying)}, or without {_listed(gone)}."


def _at_ends(halves: Sequence[HalfDecision]) -> str:
    return " at each end" if len(halves) > 1 else f" at {halves[0].subject}"


def _could_be_selected(half: HalfDecision) -> bool:
    return half.reason not in (Reason.OUTSIDE, Reason.HOST_NETWORK, Reason.OWN_NODE, Reason.NOT_ENFORCED)
