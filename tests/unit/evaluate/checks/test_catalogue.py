from pathlib import Path

from app.evaluate import checks as package
from app.evaluate.checks import CHECKS, run_checks
from tests.facts import catalogue, facts_of


def test_every_module_of_the_package_is_a_check_in_the_table_of_contents():
    folder = Path(package.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert modules == {check.id.replace("-", "_") for check in CHECKS}


def test_the_catalogue_has_all_ids_and_says_which_are_performed():
    assert len(catalogue()) == 51
    performed = [meta.id for meta in catalogue().values() if meta.performed]
    assert performed == [check.id for check in CHECKS]


def test_every_check_runs_on_an_empty_cluster_and_passes_nothing_but_what_is_known():
    checked = run_checks(facts_of({"platform": "unknown"}))
    assert [run.meta.id for run in checked.runs] == [check.id for check in CHECKS]
    assert [result.check for run in checked.runs for result in run.results if result.outcome == "pass"] == []
    assert checked.streaks == {}


def test_a_streak_is_handed_on_to_the_next_scan_under_check_and_subject():
    facts = facts_of(
        {
            "cluster": {"policies": {"shop/old": {"podSelector": {"matchLabels": {"app": "gone"}}}}},
            "context": {"streaks": {"policy-selects-nothing/NetworkPolicy shop/old": 4}},
        }
    )
    assert run_checks(facts).streaks == {"policy-selects-nothing/NetworkPolicy shop/old": 5}
