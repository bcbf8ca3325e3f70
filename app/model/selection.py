"""What selectors say about one pod: the plain reading, for whoever asks about single pods."""

from dataclasses import dataclass, field

from app.model.inventory import Labels
from app.model.policy import AllOf, AnyOf, Facet, LabelSelector, Not, Operator, Requirement, Selector


def accepts(item: Requirement, value: str) -> bool:  # noqa: PLR0911  one answer for each operator
    """True when a requirement on a value is met by this one."""
    match item.operator:
        case Operator.EXISTS:
            return True
        case Operator.DOES_NOT_EXIST:
            return False
        case Operator.IN:
            return value in item.values
        case Operator.NOT_IN:
            return value not in item.values
        case Operator.CONTAINS:
            return item.values[0] in value
        case Operator.STARTS_WITH:
            return value.startswith(item.values[0])
        case Operator.ENDS_WITH:
            return value.endswith(item.values[0])


def meets(item: Requirement, labels: Labels) -> bool:
    """True when labels meet a requirement; a missing key meets NotIn and DoesNotExist alone."""
    value = labels.get(item.key)
    if value is None:
        return item.operator in (Operator.NOT_IN, Operator.DOES_NOT_EXIST)
    return accepts(item, value)


@dataclass(frozen=True, slots=True)
class Who:
    """Everything about a pod that a selector can look at. `account` is the name of its service account."""

    labels: Labels
    namespace_labels: Labels = field(default_factory=dict)
    account: str = ""
    account_labels: Labels = field(default_factory=dict)

    def of(self, facet: Facet) -> Labels:
        """What one facet shows, as labels."""
        match facet:
            case Facet.POD:
                return self.labels
            case Facet.NAMESPACE:
                return self.namespace_labels
            case Facet.ACCOUNT:
                return self.account_labels
            case Facet.ACCOUNT_NAME:
                return {"": self.account} if self.account else {}


def chooses(selector: Selector, who: Who) -> bool:
    """True when a selector holds for a pod."""
    match selector:
        case LabelSelector():
            for item in selector.requirements:  # asked for each pair of a policy and a workload: no generator
                if not meets(item, who.labels if item.facet is Facet.POD else who.of(item.facet)):
                    return False
            return True
        case AllOf():
            return all(chooses(part, who) for part in selector.parts)
        case AnyOf():
            return any(chooses(part, who) for part in selector.parts)
        case Not():
            return not chooses(selector.part, who)
