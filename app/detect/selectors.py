"""Label selectors of raw objects, for the few places where detection must apply one itself."""

from app.detect.fields import mapping, sequence, strings, text
from app.model.policy import LabelSelector, Operator, Requirement


def selector(value: object) -> LabelSelector | None:
    """Read a `LabelSelector`; None when it holds an operator that the API does not know."""
    equal = (
        Requirement(key, Operator.IN, (wanted,))
        for key, wanted in strings(mapping(value).get("matchLabels")).items()
    )
    requirements = [_requirement(item) for item in sequence(mapping(value).get("matchExpressions"))]
    known = [item for item in requirements if item]
    return None if len(known) < len(requirements) else LabelSelector(tuple(sorted([*equal, *known])))


def _requirement(value: object) -> Requirement | None:
    operator = mapping(value).get("operator")
    if operator not in set(Operator):
        return None
    values = tuple(sorted(text(item) for item in sequence(mapping(value).get("values"))))
    return Requirement(text(mapping(value).get("key")), Operator(operator), values)
