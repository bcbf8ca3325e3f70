"""Selectors of pods in the normal form: requirements on labels, joined into expressions."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Facet(StrEnum):
    """What of a pod a requirement looks at."""

    POD = "pod"  # a label of the pod
    NAMESPACE = "namespace"  # a label of its namespace
    ACCOUNT = "service account"  # a label of its service account
    ACCOUNT_NAME = "service account name"  # `spec.serviceAccountName`; the requirement's key is empty


class Operator(StrEnum):
    """`LabelSelectorRequirement.operator`, and the string operators of Calico's selector language.

    NotIn and DoesNotExist match when the key is missing; all others do not.
    """

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"
    CONTAINS = "contains"
    STARTS_WITH = "starts with"
    ENDS_WITH = "ends with"


# Those that a Kubernetes `LabelSelector` may use.
LABEL_SELECTOR_OPERATORS = (Operator.IN, Operator.NOT_IN, Operator.EXISTS, Operator.DOES_NOT_EXIST)


@dataclass(frozen=True, slots=True, order=True)
class Requirement:
    """One condition on one label; `values` sorted, empty for Exists and DoesNotExist, one for the string operators."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()
    facet: Facet = Facet.POD


@dataclass(frozen=True, slots=True, order=True)
class LabelSelector:
    """All requirements must hold; none means everything. `matchLabels` entries are `In` with one value."""

    requirements: tuple[Requirement, ...] = ()

    def __str__(self) -> str:
        """Write it as kubectl does: `app=web,tier in (a,b),!canary`; `everything` when empty."""
        return ",".join(_requirement_text(item) for item in self.requirements) or "everything"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part must hold; holds when there is none."""

    parts: tuple["Selector", ...]

    def __str__(self) -> str:
        """Write `(a and b)`."""
        return f"({' and '.join(str(part) for part in self.parts)})" if self.parts else "everything"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part must hold; never holds when there is none."""

    parts: tuple["Selector", ...]

    def __str__(self) -> str:
        """Write `(a or b)`."""
        return f"({' or '.join(str(part) for part in self.parts)})" if self.parts else "nothing"


@dataclass(frozen=True, slots=True)
class Not:
    """The part must not hold."""

    part: "Selector"

    def __str__(self) -> str:
        """Write `not (a)`."""
        return f"not ({self.part})"


Selector = LabelSelector | AllOf | AnyOf | Not

EVERYTHING = LabelSelector()
NOTHING = AnyOf(())


def requirements(selector: Selector) -> Iterator[Requirement]:
    """Every requirement that stands anywhere in a selector."""
    match selector:
        case LabelSelector():
            yield from selector.requirements
        case Not():
            yield from requirements(selector.part)
        case AllOf() | AnyOf():
            for part in selector.parts:
                yield from requirements(part)


def _requirement_text(item: Requirement) -> str:
    key = item.key if item.facet is Facet.POD else f"{item.facet} {item.key}".rstrip()
    match item.operator:
        case Operator.EXISTS:
            return key
        case Operator.DOES_NOT_EXIST:
            return f"!{key}"
        case Operator.IN if len(item.values) == 1:
            return f"{key}={item.values[0]}"
        case Operator.IN:
            return f"{key} in ({','.join(item.values)})"
        case Operator.NOT_IN:
            return f"{key} notin ({','.join(item.values)})"
        case Operator.CONTAINS | Operator.STARTS_WITH | Operator.ENDS_WITH:
            return f"{key} {item.operator} {item.values[0]}"
