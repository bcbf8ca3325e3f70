"""`LabelSelector` → one sorted list of requirements, with the API server's validation.

Source: Kubernetes `apimachinery/pkg/apis/meta/v1/validation` (ValidateLabelSelector) and the syntax of labels in
"Labels and Selectors".
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from app.collect.invalid import Violation
from app.collect.wire import policies as wire
from app.model.inventory import NAME_LABEL
from app.model.policy import LABEL_SELECTOR_OPERATORS, Facet, LabelSelector, Operator, Requirement

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_LABEL_KEY = re.compile(rf"(?:(?=[^/]{{1,253}}/)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/)?{_NAME}\Z")
_LABEL_VALUE = re.compile(rf"(?:{_NAME})?\Z")
_OPERATORS = {operator.value: operator for operator in LABEL_SELECTOR_OPERATORS}
_WITH_VALUES = (Operator.IN, Operator.NOT_IN)


def label_selector(selector: wire.LabelSelector, path: str, found: list[Violation]) -> LabelSelector:
    """Read one selector; violations are appended to `found` under `path`."""
    required: set[Requirement] = set()
    for key, value in (selector.match_labels or {}).items():
        _check_key(key, f"{path}.matchLabels", found)
        _check_value(value, f"{path}.matchLabels[{key}]", found)
        required.add(Requirement(key, Operator.IN, (value,)))
    for index, expression in enumerate(selector.match_expressions or ()):
        requirement = _requirement(expression, f"{path}.matchExpressions[{index}]", found)
        if requirement is not None:
            required.add(requirement)
    return LabelSelector(tuple(sorted(required)))


def of_namespace(selector: LabelSelector) -> LabelSelector:
    """The same requirements, asked of the namespace's labels."""
    return LabelSelector(
        tuple(sorted(replace(item, facet=Facet.NAMESPACE) for item in selector.requirements))
    )


def in_namespace(name: str) -> LabelSelector:
    """Everything in one namespace."""
    return LabelSelector((Requirement(NAME_LABEL, Operator.IN, (name,), Facet.NAMESPACE),))


def both(first: LabelSelector, second: LabelSelector) -> LabelSelector:
    """Everything that two selectors require."""
    return LabelSelector(tuple(sorted({*first.requirements, *second.requirements})))


def matches(selector: LabelSelector, labels: Mapping[str, str]) -> bool:
    """Whether an object with these labels is selected; for objects that only a reader looks at, such as nodes."""
    return all(_holds(item, labels.get(item.key)) for item in selector.requirements)


def _holds(item: Requirement, value: str | None) -> bool:
    match item.operator:
        case Operator.IN:
            return value in item.values
        case Operator.NOT_IN:
            return value not in item.values
        case Operator.EXISTS:
            return value is not None
        case Operator.DOES_NOT_EXIST:
            return value is None
        case Operator.CONTAINS | Operator.STARTS_WITH | Operator.ENDS_WITH:
            raise AssertionError(item)  # no label selector of Kubernetes has them


def _requirement(item: wire.Requirement, path: str, found: list[Violation]) -> Requirement | None:
    operator = _OPERATORS.get(item.operator)
    if operator is None:
        known = ", ".join(_OPERATORS)
        found.append(Violation(f"{path}.operator", f"`{item.operator}` is not one of {known}"))
        return None
    _check_key(item.key, f"{path}.key", found)
    if operator in _WITH_VALUES and not item.values:
        found.append(Violation(f"{path}.values", f"{operator} needs at least one value"))
    if operator not in _WITH_VALUES and item.values:
        found.append(Violation(f"{path}.values", f"{operator} takes no values"))
    for index, value in enumerate(item.values or ()):
        _check_value(value, f"{path}.values[{index}]", found)
    return Requirement(item.key, operator, tuple(sorted(set(item.values or ()))))


def _check_key(key: str, path: str, found: list[Violation]) -> None:
    if not _LABEL_KEY.match(key):
        found.append(Violation(path, f"`{key}` is not a label name"))


def _check_value(value: str, path: str, found: list[Violation]) -> None:
    if not _LABEL_VALUE.match(value):
        found.append(Violation(path, f"`{value}` is not a label value"))
