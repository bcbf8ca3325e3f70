"""Selectors as fields of a policy: read, and placed among the labels that Calico gives an endpoint.

A selector that cannot be read is a violation, and the policy with it cannot be told. Upstream: projectcalico/calico
`libcalico-go/lib/backend/syncersv1/updateprocessors`.
"""

from app.collect.policies.calico.labels import ACCOUNT, ACCOUNT_PREFIX, NAMESPACE, NAMESPACE_PREFIX
from app.collect.policies.calico.language import (
    Everything,
    Expression,
    Group,
    Negation,
    Term,
    parse,
    prefixed,
)
from app.collect.policies.calico.scope import Scope
from app.collect.policies.calico.tokens import SelectorError


def endpoints(text: str | None, path: str, scope: Scope) -> Expression | None:
    """Read a selector of endpoints; None when there is none."""
    expression = _read(text, path, scope)
    if expression and _speaks_of_none(expression):
        scope.wrong(path, "global() may stand in the namespaceSelector of a rule only")
    return expression


def namespaces(text: str | None, path: str, scope: Scope) -> Expression | None:
    """Read a namespaceSelector: `all()` is every namespace, and `global()` what is in none."""
    expression = _read(text, path, scope)
    return None if expression is None else placed(prefixed(expression, NAMESPACE_PREFIX), NAMESPACE)


def accounts(text: str | None, path: str, scope: Scope) -> Expression | None:
    """Read a selector of service accounts; `all()` is whoever has one."""
    expression = _read(text, path, scope)
    return None if expression is None else prefixed(expression, ACCOUNT_PREFIX)


def having_accounts(text: str | None, path: str, scope: Scope) -> Expression | None:
    """Read `serviceAccountSelector` of a GlobalNetworkPolicy, where `all()` leaves out what has no service account."""
    expression = accounts(text, path, scope)
    return None if expression is None else placed(expression, ACCOUNT)


def placed(expression: Expression, label: str) -> Expression:
    """The expression with `all()` meaning "has this label" and `global()` the opposite."""
    match expression:
        case Everything("all"):
            return Term(label, "has")
        case Everything():
            return Negation(Term(label, "has"))
        case Term():
            return expression
        case Negation():
            return Negation(placed(expression.part, label))
        case Group():
            return Group(expression.sign, tuple(placed(part, label) for part in expression.parts))


def _read(text: str | None, path: str, scope: Scope) -> Expression | None:
    if not text:
        return None
    try:
        return parse(text)
    except SelectorError as error:
        scope.wrong(path, f"`{text}` is no selector: {error}")
        return None


def _speaks_of_none(expression: Expression) -> bool:
    match expression:
        case Everything():
            return expression.name == "global"
        case Term():
            return False
        case Negation():
            return _speaks_of_none(expression.part)
        case Group():
            return any(_speaks_of_none(part) for part in expression.parts)
