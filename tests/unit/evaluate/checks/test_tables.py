"""Every check against its own table of small clusters; a table is found by the check's name."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from app.evaluate.checks import CHECKS
from app.model.finding import CheckRun, Outcome
from app.model.scope import Boundary
from tests.facts import facts_of

TABLES = Path(__file__).resolve().parents[3] / "tables" / "checks"
BY_ID = {check.id: check for check in CHECKS}


def cases():
    for path in sorted(TABLES.glob("*.yaml")):
        for case in yaml.safe_load(path.read_text())["cases"]:
            yield pytest.param(path.stem, case, id=f"{path.stem}: {case['case']}")


@pytest.mark.parametrize(("check", "case"), list(cases()))
def test_case(check, case):
    facts = facts_of(case)
    run = BY_ID[check].run(facts)
    assert said(run) == expected(case)
    assert run.population_complete is case.get("complete", True)
    for subject, fragment in (case.get("says") or {}).items():
        texts = [
            line for item in run.results if item.subject.id == subject for line in (item.says, *item.why)
        ]
        assert any(fragment in text for text in texts), texts
    for subject, severity in (case.get("severity") or {}).items():
        assert [item.severity for item in run.results if item.subject.id == subject] == [severity]
    for limit in case.get("limits") or ():
        assert any(limit in text for text in run.limits), run.limits
    well_formed(run, facts)


def said(run: CheckRun):
    """Outcomes by subject, with boundaries where they are not all."""
    return Counter((item.subject.id, item.outcome.value, short(item.boundaries)) for item in run.results)


def short(boundaries):
    return "" if boundaries == frozenset(Boundary) else " ".join(sorted(boundaries)) or "none"


def expected(case):
    """`subject: fail`, `subject: fail pci`, or a list of them where boundaries differ."""
    found = Counter()
    for subject, texts in case["expect"].items():
        for text in [texts] if isinstance(texts, str) else texts:
            outcome, _, boundaries = text.partition(" ")
            found[subject, outcome, " ".join(sorted(boundaries.split()))] += 1
    return found


def well_formed(run, facts):
    """What a report relies on, whatever the verdict."""
    assert [item.subject for item in run.results] == sorted(item.subject for item in run.results)
    fails = [item.fingerprint for item in run.results if item.outcome is Outcome.FAIL]
    assert len(fails) == len(set(fails))
    for item in run.results:
        assert item.check == run.meta.id
        assert item.says
        assert not item.says.endswith(".")
        assert "  " not in item.says
        assert "cannot be told, but" not in item.says  # a cause is no contrast
        assert bool(item.remedy) or item.outcome not in (Outcome.FAIL, Outcome.INSUFFICIENT)
        assert item.outcome is not Outcome.FAIL or item.why
        assert all(line and not line.endswith("..") for line in item.why)
        for evidence in item.evidence:
            stored = facts.snapshot.find(evidence.ref)
            assert stored is None or evidence.digest == stored.digest
            assert len(evidence.excerpt.splitlines()) <= 20


def test_every_check_has_a_table():
    assert {path.stem for path in TABLES.glob("*.yaml")} == set(BY_ID)


@pytest.mark.parametrize("check", sorted(BY_ID))
def test_every_table_has_a_case_for_each_answer_that_the_check_can_give(check):
    outcomes = {
        text.partition(" ")[0]
        for case in yaml.safe_load((TABLES / f"{check}.yaml").read_text())["cases"]
        for texts in case["expect"].values()
        for text in ([texts] if isinstance(texts, str) else texts)
    }
    always = {"scan-coverage-incomplete", "exception-expired-or-unsigned", "scope-label-missing"}
    assert {"pass", "fail", *(() if check in always else ("insufficient-evidence",))} <= outcomes
