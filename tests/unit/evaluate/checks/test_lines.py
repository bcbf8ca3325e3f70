"""Lines of objects are written where somebody reads them: beside what fails or is undecided, never beside a pass."""

from app.evaluate.checks import CHECKS
from app.model.finding import Outcome
from tests.facts import facts_of

OPEN = next(check for check in CHECKS if check.id == "pod-without-ingress-isolation")
DENIES = {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress"]}


def results():
    workloads = {"shop/web": {"labels": {"app": "web"}}, "shop/job": {"labels": {"app": "job"}}}
    facts = facts_of(
        {"enforcement": "enforced", "cluster": {"workloads": workloads, "policies": {"shop/web": DENIES}}}
    )
    return {item.outcome: item for item in OPEN.run(facts).results}


def test_a_pass_names_its_objects_without_their_lines():
    (evidence,) = results()[Outcome.PASS].evidence
    assert evidence.ref.name == "web"
    assert evidence.digest
    assert not evidence.excerpt


def test_a_failure_shows_the_lines_that_it_rests_on():
    (evidence,) = results()[Outcome.FAIL].evidence
    assert evidence.excerpt.splitlines() == ["spec.template.metadata.labels:", "  app: job"]
