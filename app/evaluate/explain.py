"""A decision in words: the steps that a person can follow and check, in the order in which they were taken."""

from collections.abc import Sequence

from app.model.connections import Connections
from app.model.decision import Decision, HalfDecision, Reason
from app.model.identity import ObjectRef
from app.model.policy import Direction

_MISSES_SHOWN = 20


def explain(decision: Decision, ports: Connections | None = None) -> tuple[str, ...]:
    """The steps of a decision, one sentence each: the source's end, the destination's end, the result, its doubts.

    The decision keeps its witnesses; this only words them. `ports` are all ports that are decided alike, where the
    decision stands for more than its own.
    """
    return (
        *_half(decision.egress),
        *_half(decision.ingress),
        _result(decision, ports),
        *(f"{note[0].upper()}{note[1:]}." for note in decision.profile_notes),
    )


def _half(half: HalfDecision) -> list[str]:
    verb = "send to" if half.direction is Direction.EGRESS else "be reached by"
    first = _FIRST[half.reason].format(
        subject=half.subject,
        verb=verb,
        direction=half.direction.value.lower(),
        policies=_listed(half.selecting),
    )
    steps = [f"{first}: {half.note}." if half.note else f"{first}."]
    if half.reason is Reason.ALLOWED_BY_RULE:
        steps += [f"{rule} allows this." for rule in half.rules]
    if half.reason is Reason.NO_RULE_MATCHES:
        steps += [f"{miss.rule} does not match: {miss.says}." for miss in half.misses[:_MISSES_SHOWN]]
        hidden = len(half.misses) - _MISSES_SHOWN
        if hidden > 0:
            steps.append(f"{hidden} more rules of these policies do not match either.")
        if not half.misses:
            steps.append(
                f"These policies have no {half.direction.value.lower()} rule, so nothing is allowed."
            )
    return steps


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


def _listed(policies: Sequence[ObjectRef]) -> str:
    names = [str(policy) for policy in policies]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _result(decision: Decision, ports: Connections | None) -> str:
    what = f"{decision.protocol} {decision.port}" if ports is None else str(ports)
    what = "any connection" if ports is not None and ports.is_all else what
    what = f"{what} from {decision.source} to {decision.destination}"
    if decision.allowed:
        return f"So {what} is allowed."
    denied = Reason.NO_RULE_MATCHES in (decision.egress.reason, decision.ingress.reason)
    return f"So {what} is denied." if denied else f"So it cannot be told whether {what} is allowed."
