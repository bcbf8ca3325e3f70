"""Whom the ALLOW rules that hold for a server let in, whatever the caller."""

from collections.abc import Sequence

from app.detect.meshes.istio.authorization.matching import View
from app.detect.meshes.istio.authorization.policies import (
    ADDRESS,
    IDENTITY,
    Action,
    AuthorizationPolicy,
    Clause,
    Rule,
    Term,
)
from app.model.encryption import Grant, Grantee, Guard, Known

_TOKEN = "requestPrincipals"  # noqa: S105  a field of the API
_WIDTH = list(Grantee)


def guard(policies: Sequence[AuthorizationPolicy], view: View, doubt: str) -> Guard:
    """Who is let in; `doubt` says why there may be more policies, as a clause."""
    enforced = [item for item in policies if item.enforced and item.action is Action.ALLOW]
    unread = [item for item in policies if item.enforced and item.action is None]
    if doubt or unread:
        return Guard(Known.UNKNOWN, doubt or f"{unread[0].ref} has an action that is not understood")
    if not enforced:
        tried = next((item for item in policies if not item.enforced), None)
        also = f"; {tried.ref} is a dry run, which decides nothing" if tried else ""
        return Guard(
            Known.NO, f"no ALLOW policy holds for it, so every caller is served that none denies{also}"
        )
    grants = tuple(
        grant
        for policy in enforced
        for rule in policy.rules
        if (grant := _grant(policy, rule, view)) is not None
    )
    signs = tuple(
        item.sign("spec.action", Action.ALLOW, "only what a rule matches is let in") for item in enforced
    )
    return Guard(Known.YES, f"{enforced[0].ref} lets in only whom a rule names", grants, signs[:5])


def _grant(policy: AuthorizationPolicy, rule: Rule, view: View) -> Grant | None:
    """What one rule lets in; None where it never matches at ztunnel, which sees no requests."""
    if view is View.ZTUNNEL and any(_of_request(term) for term in rule.terms()):
        return None
    to = max((_grantee(clause, rule.conditions) for clause in rule.sources or ((),)), key=_WIDTH.index)
    narrowed = bool(rule.operations and all(rule.operations)) or any(
        _narrows(term) for term in rule.conditions
    )
    sign = policy.sign(rule.path, "{}" if not any(rule.terms()) else to, "a rule that lets callers in")
    return Grant(to, f"{policy.ref}, {rule.path}, {_says(to)}", sign, narrowed)


def _grantee(source: Clause, conditions: Clause) -> Grantee:
    """Terms of a source all hold, so the narrowest says whom it means; what is negated names nobody."""
    terms = [term for term in (*source, *conditions) if not term.negated]
    found = [Grantee.ANYONE]
    for term in terms:
        if term.field in IDENTITY or term.field == _TOKEN:
            found.append(Grantee.ANY_IDENTITY if "*" in term.values else Grantee.NAMED)
        elif term.field in ADDRESS:
            found.append(_addresses(term))
    return min(found, key=_WIDTH.index)


def _addresses(term: Term) -> Grantee:
    everywhere = any(value.endswith("/0") for value in term.values)
    return Grantee.ANYONE if everywhere else Grantee.ADDRESSES


def _narrows(term: Term) -> bool:
    return term.field not in (*IDENTITY, *ADDRESS, _TOKEN)


def _of_request(term: Term) -> bool:
    return term.field not in (*IDENTITY, *ADDRESS, "ports")


def _says(to: Grantee) -> str:
    match to:
        case Grantee.NAMED:
            return "lets in named identities"
        case Grantee.ANY_IDENTITY:
            return "lets in any identity of the mesh"
        case Grantee.ADDRESSES:
            return "lets in addresses, without asking for an identity"
        case Grantee.ANYONE:
            return "lets in anyone, without asking for an identity"
