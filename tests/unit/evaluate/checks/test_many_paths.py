"""More paths than a person can read: each workload lists so many, and the rest share one result."""

from app.evaluate.checks import CHECKS
from app.evaluate.checks.common.cross_zone import LISTED
from app.model.finding import Outcome
from app.model.scope import Boundary
from tests.facts import facts_of

INTO = next(check for check in CHECKS if check.id == "cross-zone-path-into-cde")
CLOSED = {"zone": "out-of-scope", "ephi": False, "soc2": False}


def crowd(number: int, *, ephi: bool = False):
    """Card data that every namespace may reach, and so many workloads out of scope; the last one is odd."""
    lab = {f"lab/w{at:03}": {} for at in range(number - 1)} | {"lab/x": {"labels": {"app": "odd"}}}
    anyone = [{"from": [{"namespaceSelector": {}}]}]
    return facts_of(
        {
            "cluster": {
                "workloads": {"cards/vault": {}, **lab},
                "policies": {"cards/in": {"podSelector": {}, "ingress": anyone}},
            },
            "scope": {
                "rules": {
                    "cards": {"in": ["cards"], **CLOSED, "zone": "cde", "ephi": ephi},
                    "lab": {"in": ["lab"], **CLOSED, "ephi": ephi},
                    "odd": {"pods": "app=odd", "ephi": False},
                }
            },
        }
    )


def paths(run):
    return [item for item in run.results if item.subject.id.endswith("→ cards/vault[Deployment]")]


def test_paths_beyond_the_limit_share_one_result_that_says_so():
    run = INTO.run(crowd(LISTED + 5))
    assert len(paths(run)) == LISTED + 1
    assert paths(run)[-1].subject.id == "other sources → cards/vault[Deployment]"
    assert "one of 5 other sources" in paths(run)[-1].says
    assert any(f"{LISTED + 5} such paths" in limit for limit in run.limits)


def test_up_to_the_limit_each_path_has_its_own():
    run = INTO.run(crowd(LISTED))
    assert len(paths(run)) == LISTED
    assert not any(item.subject.id.startswith("other") for item in run.results)
    assert not any("such paths" in limit for limit in run.limits)


def test_a_boundary_that_only_one_of_the_rest_crosses_does_not_pass():
    results = INTO.run(crowd(LISTED + 2, ephi=True)).results
    vault = [
        item for item in results if "cards/vault" in item.subject.id and Boundary.HIPAA in item.boundaries
    ]
    assert [item.outcome for item in vault] == [Outcome.FAIL]


def test_outside_addresses_that_policies_elsewhere_cut_up_are_one_source_again():
    facts = facts_of(
        {
            "cluster": {
                "workloads": {"cards/vault": {}, "lab/x": {}},
                "policies": {
                    "lab/in": {
                        "podSelector": {},
                        "ingress": [{"from": [{"ipBlock": {"cidr": "8.8.8.0/24"}}]}],
                    },
                    "lab/out": {"podSelector": {}, "policyTypes": ["Egress"]},
                },
            },
            "scope": {
                "rules": {
                    "cards": {"in": ["cards"], **CLOSED, "zone": "cde"},
                    "lab": {"in": ["lab"], **CLOSED},
                }
            },
        }
    )
    failed = [item.subject.id for item in INTO.run(facts).results if item.outcome is Outcome.FAIL]
    assert failed[0] == "external:0.0.0.0-255.255.255.255 → cards/vault[Deployment]"
