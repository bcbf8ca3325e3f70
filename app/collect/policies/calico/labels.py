"""Expressions of Calico's selector language → selectors of the normal form.

Which labels an endpoint of a pod has (projectcalico/calico `libcalico-go/lib/backend/k8s/conversion`): the pod's own;
`projectcalico.org/namespace`, `/serviceaccount` and `/orchestrator`; its namespace's labels under `pcns.` and its service
account's under `pcsa.`, each with the name as `projectcalico.org/name`. Labels of the pod that pretend to be one of these
are taken off or overwritten, so a key says where to look.
"""

from collections.abc import Iterable

from app.collect.policies.calico.language import Everything, Expression, Group, Negation, Term, matches
from app.model.inventory import NAME_LABEL
from app.model.policy import (
    EVERYTHING,
    NOTHING,
    AllOf,
    AnyOf,
    Facet,
    LabelSelector,
    Not,
    Operator,
    Requirement,
    Selector,
)

NAMESPACE_PREFIX = "pcns."
ACCOUNT_PREFIX = "pcsa."
NAMESPACE = "projectcalico.org/namespace"
ACCOUNT = "projectcalico.org/serviceaccount"
NAME = "projectcalico.org/name"
_ORCHESTRATOR = "projectcalico.org/orchestrator"
# What every endpoint of a pod has, whatever it is called: a pod always has a namespace and a service account.
_CONSTANT = {_ORCHESTRATOR: "k8s"}
_ALWAYS_THERE = (NAMESPACE, ACCOUNT, NAMESPACE_PREFIX + NAME, ACCOUNT_PREFIX + NAME)

_OPERATORS = {
    "has": Operator.EXISTS,
    "==": Operator.IN,
    "in": Operator.IN,
    "!=": Operator.NOT_IN,
    "not in": Operator.NOT_IN,
    "contains": Operator.CONTAINS,
    "starts with": Operator.STARTS_WITH,
    "ends with": Operator.ENDS_WITH,
}
_OPPOSITE = {
    Operator.EXISTS: Operator.DOES_NOT_EXIST,
    Operator.IN: Operator.NOT_IN,
    Operator.NOT_IN: Operator.IN,
}


def pods_selected(expression: Expression | None) -> Selector:
    """The selector of pods that an expression selects; no expression selects every pod."""
    match expression:
        case None | Everything():
            return EVERYTHING
        case Term():
            return _term(expression)
        case Negation():
            return _negated(pods_selected(expression.part))
        case Group("&&"):
            return _all_of(pods_selected(part) for part in expression.parts)
        case Group():
            return _any_of(pods_selected(part) for part in expression.parts)


def _term(term: Term) -> Selector:
    if term.key in _CONSTANT:
        return EVERYTHING if matches(term, _CONSTANT) else NOTHING
    if term.operator == "has" and term.key in _ALWAYS_THERE:
        return EVERYTHING
    if not term.values and term.operator != "has":  # an empty set
        return NOTHING if term.operator == "in" else EVERYTHING
    facet, key = _place(term.key)
    return LabelSelector((Requirement(key, _OPERATORS[term.operator], term.values, facet),))


def _place(key: str) -> tuple[Facet, str]:
    """Where a label is looked for, and its key there."""
    if key in (NAMESPACE, NAMESPACE_PREFIX + NAME):
        return Facet.NAMESPACE, NAME_LABEL
    if key in (ACCOUNT, ACCOUNT_PREFIX + NAME):
        return Facet.ACCOUNT_NAME, ""
    if key.startswith(NAMESPACE_PREFIX):
        return Facet.NAMESPACE, key.removeprefix(NAMESPACE_PREFIX)
    if key.startswith(ACCOUNT_PREFIX):
        return Facet.ACCOUNT, key.removeprefix(ACCOUNT_PREFIX)
    return Facet.POD, key


def _negated(part: Selector) -> Selector:
    """The opposite; of one requirement it is again one where the language has it."""
    match part:
        case LabelSelector(()):
            return NOTHING
        case AnyOf(()):
            return EVERYTHING
        case LabelSelector((Requirement(operator=operator) as only,)) if operator in _OPPOSITE:
            return LabelSelector((Requirement(only.key, _OPPOSITE[operator], only.values, only.facet),))
        case Not():
            return part.part
        case _:
            return Not(part)


def _all_of(parts: Iterable[Selector]) -> Selector:
    """Requirements that must all hold become one label selector, which is the quickest thing to look up."""
    required: set[Requirement] = set()
    others: list[Selector] = []
    for part in parts:
        if isinstance(part, LabelSelector):
            required.update(part.requirements)
        else:
            others.append(part)
    if NOTHING in others:
        return NOTHING
    labels = LabelSelector(tuple(sorted(required)))
    if not others:
        return labels
    kept = [labels, *others] if required else others
    return AllOf(tuple(kept)) if len(kept) > 1 else kept[0]


def _any_of(parts: Iterable[Selector]) -> Selector:
    kept = tuple(dict.fromkeys(part for part in parts if part != NOTHING))
    if EVERYTHING in kept:
        return EVERYTHING
    return kept[0] if len(kept) == 1 else AnyOf(kept)
