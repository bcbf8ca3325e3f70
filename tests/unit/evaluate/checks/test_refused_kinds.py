"""A list that is refused never makes a pass, or a question that does not apply, of what fails when it is read."""

import pytest
import yaml

from app.collect.kinds import BY_KIND
from app.evaluate.checks import CHECKS
from app.model.finding import Outcome
from tests import facts as small
from tests.unit.evaluate.checks.test_tables import TABLES


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_refused_list_hides_no_failure(check, monkeypatch):
    whole = small._objects
    for case in yaml.safe_load((TABLES / f"{check.id}.yaml").read_text())["cases"]:
        if case.get("source") == "files":
            continue  # what files do not hold was never asked for
        failed = outcomes(check.run(small.facts_of(case)), Outcome.FAIL)
        for kind in sorted({item.ref.group_kind for item in whole(case.get("cluster") or {})} & set(BY_KIND)):
            with monkeypatch.context() as patch:
                patch.setattr(small, "_objects", lambda cluster, kind=kind: without(whole(cluster), kind))
                run = check.run(small.facts_of(refused(case, kind)))
            hidden = outcomes(run, Outcome.PASS)
            if run.population_complete:  # one that is not says by itself that it decides nothing
                hidden |= outcomes(run, Outcome.NOT_APPLICABLE)
            assert not failed & hidden, (case["case"], str(kind))


def without(objects, kind):
    return (item for item in objects if item.ref.group_kind != kind)


def refused(case, kind):
    name = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    kinds = {**(case.get("kinds") or {}), name: "refused 0"}
    return {**case, "kinds": kinds, "gaps": [*(case.get("gaps") or ()), f"{name} forbidden"]}


def outcomes(run, outcome):
    return {
        (item.subject, boundary)
        for item in run.results
        if item.outcome is outcome
        for boundary in item.boundaries
    }
