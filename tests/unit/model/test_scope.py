import pytest

from app.model.policy import LabelSelector, Operator, Requirement
from app.model.scope import Boundary, Placement, Scope, ScopeRule, Zone, selects

LABELS = {"app": "web", "tier": "front"}


@pytest.mark.parametrize(
    ("operator", "key", "values", "matches"),
    [
        (Operator.IN, "app", ("web", "api"), True),
        (Operator.IN, "app", ("api",), False),
        (Operator.IN, "missing", ("x",), False),
        (Operator.NOT_IN, "app", ("web",), False),
        (Operator.NOT_IN, "app", ("api",), True),
        (Operator.NOT_IN, "missing", ("x",), True),
        (Operator.EXISTS, "tier", (), True),
        (Operator.EXISTS, "missing", (), False),
        (Operator.DOES_NOT_EXIST, "tier", (), False),
        (Operator.DOES_NOT_EXIST, "missing", (), True),
    ],
)
def test_one_requirement(operator, key, values, matches):
    assert selects(LabelSelector((Requirement(key, operator, values),)), LABELS) is matches


def test_all_requirements_must_hold():
    app = Requirement("app", Operator.IN, ("web",))
    gone = Requirement("tier", Operator.DOES_NOT_EXIST)
    assert selects(LabelSelector((app,)), LABELS)
    assert not selects(LabelSelector((app, gone)), LABELS)


def test_no_requirement_selects_everything():
    assert selects(LabelSelector(), {})


def test_a_selector_reads_as_kubectl_writes_it():
    selector = LabelSelector(
        (
            Requirement("app", Operator.IN, ("web",)),
            Requirement("tier", Operator.NOT_IN, ("a", "b")),
            Requirement("canary", Operator.DOES_NOT_EXIST),
            Requirement("env", Operator.EXISTS),
        )
    )
    assert str(selector) == "app=web,tier notin (a,b),!canary,env"
    assert str(LabelSelector()) == "everything"


def test_later_rules_override_earlier_ones_field_by_field():
    scope = Scope(
        given=True,
        rules=(
            ScopeRule("all", zone=Zone.OUT, soc2=True),
            ScopeRule("pay", namespaces=("pay*",), zone=Zone.CDE),
        ),
    )
    placed = scope.place("payments", {}, {})
    assert (placed.zone, placed.soc2, placed.rules) == (Zone.CDE, True, ("all", "pay"))
    assert scope.place("blog", {}, {}).zone is Zone.OUT


def test_what_no_rule_places_is_unknown_and_never_out_of_scope():
    placed = Scope(given=True).place("new", {}, {})
    assert placed == Placement()
    for boundary in Boundary:
        assert placed.inside(boundary) is None
        assert placed.sensitive(boundary) is None


def test_only_the_cde_is_the_sensitive_part_of_pci():
    assert Placement(zone=Zone.CDE).sensitive(Boundary.PCI)
    assert Placement(zone=Zone.CONNECTED).inside(Boundary.PCI)
    assert Placement(zone=Zone.CONNECTED).sensitive(Boundary.PCI) is False
    assert Placement(zone=Zone.OUT).inside(Boundary.PCI) is False


def test_a_rule_that_asks_for_labels_that_could_not_be_read_makes_its_fields_unknown():
    selector = LabelSelector((Requirement("data", Operator.NOT_IN, ("card",)),))
    scope = Scope(
        given=True,
        rules=(
            ScopeRule("base", zone=Zone.CDE, soc2=True),
            ScopeRule("unless-card", namespace_selector=selector, zone=Zone.OUT),
        ),
    )
    assert scope.place("payments", {"data": "card"}, {}).zone is Zone.CDE
    assert scope.place("payments", {}, {}).zone is Zone.OUT
    unread = scope.place("payments", None, {})
    assert (unread.zone, unread.soc2, unread.rules) == (Zone.UNKNOWN, True, ("base",))
