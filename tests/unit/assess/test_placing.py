"""The map of zones as it falls on a cluster: what each rule decides, and what is left over."""

import pytest

from app.assess import placed
from app.model.scope import Boundary, Zone
from tests.facts import facts_of

CLUSTER = {
    "namespaces": {"payments": {}, "empty": {}},
    "workloads": {
        "payments/api": {"labels": {"app": "api"}},
        "payments/vault": {"labels": {"app": "vault"}},
        "lab/x": {},
    },
}
API, VAULT, X = "payments/api[Deployment]", "payments/vault[Deployment]", "lab/x[Deployment]"


def placed_by(rules, **more):
    facts = facts_of({"cluster": CLUSTER, "scope": {"rules": rules}, **more})
    return placed(facts.scope, facts.snapshot, facts.inventory, facts.reachability.workloads)


def test_each_rule_says_what_it_matches_and_what_it_still_decides():
    found = placed_by(
        {
            "pay": {"in": ["payments"], "zone": "cde", "soc2": True},
            "vault": {"in": ["payments"], "pods": "app=vault", "data_store": True},
            "pay-again": {"in": ["payments"], "pods": "app=api", "zone": "connected-to", "soc2": True},
            "nobody": {"in": ["gone"], "zone": "cde"},
        }
    )
    assert {item.rule.id: (item.namespaces, item.workloads, item.decides) for item in found.rules} == {
        "pay": (("payments",), (API, VAULT), (VAULT,)),
        "vault": (("payments",), (VAULT,), (VAULT,)),
        "pay-again": (("payments",), (API,), (API,)),
        "nobody": ((), (), ()),
    }
    assert found.idle == ("nobody",)
    assert found.zones == {Zone.CDE: 1, Zone.CONNECTED: 1, Zone.UNKNOWN: 1}


def test_what_no_rule_places_is_left_over_and_so_are_namespaces_without_workloads():
    found = placed_by({"pay": {"in": ["payments"], "zone": "cde", "ephi": False}})
    assert found.left == {
        Boundary.PCI: ("empty", X),
        Boundary.HIPAA: ("empty", X),
        Boundary.SOC2: ("empty", X, API, VAULT),
    }


@pytest.mark.parametrize(
    ("clusters", "zone"), [(("test",), Zone.CDE), (("te*",), Zone.CDE), (("prod",), Zone.UNKNOWN)]
)
def test_a_rule_holds_in_the_clusters_that_it_names(clusters, zone):
    found = placed_by({"pay": {"clusters": clusters, "in": ["payments"], "zone": "cde"}})
    assert found.placements[API].zone is zone
    assert bool(found.rules) is (zone is Zone.CDE)


def test_labels_that_could_not_be_read_leave_a_namespace_over():
    from dataclasses import replace

    from tests.builders import selector

    facts = facts_of(
        {
            "cluster": {"workloads": {"lab/x": {}}},
            "scope": {"rules": {"lab": {"zone": "out-of-scope"}}},
            "gaps": ["Namespace forbidden"],
        }
    )
    rule = replace(facts.scope.rules[0], namespace_selector=selector("team=lab"))
    found = placed(
        replace(facts.scope, rules=(rule,)), facts.snapshot, facts.inventory, facts.reachability.workloads
    )
    assert found.left[Boundary.PCI] == (X,)
    assert found.rules[0].workloads == ()
