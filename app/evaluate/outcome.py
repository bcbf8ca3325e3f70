"""What a walk comes to: the reason, the rules that decided, and what has to be said beside them."""

from collections.abc import Iterable

from app.evaluate.trail import Walk
from app.model.decision import Reason, RuleRef
from app.model.policy import Action

_NAMED = 3
_VERBS = {Action.ALLOW: "allows", Action.DENY: "denies", Action.PASS: "passes on"}


def reason(walked: Walk) -> Reason:
    """Why the connection is let through or stopped."""
    if walked.unsettled or walked.guesses:
        return Reason.CANNOT_TELL
    if not walked.allowed:
        last = [item for action, item in walked.decided if action is Action.DENY][-1]
        return Reason.DENIED_BY_RULE if isinstance(last, RuleRef) else Reason.NO_RULE_MATCHES
    return Reason.ALLOWED_BY_RULE if walked.deciding(Action.ALLOW) else Reason.ALLOWED_BY_DEFAULT


def rules(walked: Walk) -> tuple[RuleRef, ...]:
    """Rules that decided, sorted; none where a default did."""
    if reason(walked) is Reason.NO_RULE_MATCHES:
        return ()
    found = walked.deciding(Action.ALLOW if walked.allowed else Action.DENY)
    return tuple(item for item in found if isinstance(item, RuleRef))


def split_note(walked: Walk) -> str:
    """Whose order is left open, where it matters; empty otherwise."""
    if not walked.unsettled:
        return ""
    names = " and ".join(str(ref) for ref in dict.fromkeys(walked.split))
    return (
        f"{names} have equal priority and do not agree, and the API leaves open which of them is asked first"
    )


def guess_note(walked: Walk, ends: Iterable[str]) -> str:
    """Which rules go by an address that is not known, where that decides; empty otherwise."""
    if not walked.guesses:
        return ""
    found = list(dict.fromkeys(walked.guesses))
    names = " and ".join(str(rule) for rule in found[:_NAMED])
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    verb = "goes" if len(found) == 1 else "go"
    return f"no address of {' and '.join(ends)} is known, and {names}{more} {verb} by it"


def conditions(walked: Walk) -> tuple[str, ...]:
    """What rules with conditions that matched ask for, where the answer depends on it."""
    return tuple(
        f"{rule} {_VERBS[acted.action]} this only with a condition: {condition}"
        for step in walked.steps
        for acted in step.acted
        for rule in acted.rules[:1]
        for condition in acted.conditions
    )
