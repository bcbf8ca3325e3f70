"""Calico's selector language: reading what was written gives the same meaning, here and in the normal form."""

from hypothesis import given
from hypothesis import strategies as st

from app.collect.policies.calico.labels import pods_selected
from app.collect.policies.calico.language import Everything, Group, Negation, Term, matches, parse
from app.model.policy import AllOf, AnyOf, Facet, LabelSelector, Not, Operator

KEYS = ("a", "b", "pcns.a", "pcsa.a", "projectcalico.org/namespace", "projectcalico.org/serviceaccount")
VALUES = ("", "x", "xy", "yx", "'", '"')

keys = st.sampled_from(KEYS)
values = st.sampled_from(VALUES)
labels = st.dictionaries(keys, values)
terms = st.one_of(
    st.builds(Term, keys, st.just("has")),
    st.builds(
        lambda key, operator, value: Term(key, operator, (value,)),
        keys,
        st.sampled_from(("==", "!=", "contains", "starts with", "ends with")),
        values,
    ),
    st.builds(
        lambda key, operator, found: Term(key, operator, tuple(sorted(found))),
        keys,
        st.sampled_from(("in", "not in")),
        st.sets(values, max_size=3),
    ),
    st.builds(Everything, st.sampled_from(("all", "global"))),
)
expressions = st.recursive(
    terms,
    lambda inner: (
        st.builds(Negation, inner)
        | st.builds(Group, st.sampled_from(("&&", "||")), st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=8,
)


@given(expressions, st.lists(labels, min_size=1, max_size=6))
def test_the_canonical_form_means_the_same(expression, things):
    again = parse(str(expression))
    assert [matches(again, thing) for thing in things] == [matches(expression, thing) for thing in things]
    assert str(parse(str(again))) == str(again)


@given(expressions, labels)
def test_the_normal_form_means_the_same(expression, thing):
    """Every pod has a namespace and a service account, so a pod without those labels is no question."""
    pod = {"projectcalico.org/namespace": "x", "projectcalico.org/serviceaccount": "y", **thing}
    assert holds(pods_selected(expression), pod) is matches(expression, pod)


def holds(selector, pod):
    """What a selector of the normal form says about a pod, word by word."""
    match selector:
        case AllOf():
            return all(holds(part, pod) for part in selector.parts)
        case AnyOf():
            return any(holds(part, pod) for part in selector.parts)
        case Not():
            return not holds(selector.part, pod)
        case LabelSelector():
            return all(_required(item, pod.get(_label(item))) for item in selector.requirements)


def _label(item):
    if item.facet is Facet.ACCOUNT_NAME:
        return "projectcalico.org/serviceaccount"
    if item.facet is Facet.NAMESPACE:
        named = item.key == "kubernetes.io/metadata.name"
        return "projectcalico.org/namespace" if named else f"pcns.{item.key}"
    return f"pcsa.{item.key}" if item.facet is Facet.ACCOUNT else item.key


def _required(item, value):
    there = value is not None
    return {
        Operator.EXISTS: lambda: there,
        Operator.DOES_NOT_EXIST: lambda: not there,
        Operator.IN: lambda: value in item.values,
        Operator.NOT_IN: lambda: value not in item.values,
        Operator.CONTAINS: lambda: there and item.values[0] in value,
        Operator.STARTS_WITH: lambda: there and value.startswith(item.values[0]),
        Operator.ENDS_WITH: lambda: there and value.endswith(item.values[0]),
    }[item.operator]()
