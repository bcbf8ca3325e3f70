"""Each mesh, case by case: what paths get, what ports accept, who is authorised, who is a member."""

from pathlib import Path

import pytest
import yaml

from tests.meshes import cluster_of

TABLES = Path(__file__).parents[3] / "tables" / "meshes"
CASES = {
    f"{path.stem}: {case['name']}": case
    for path in sorted(TABLES.glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))["cases"]
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_case(case):
    cluster = cluster_of(case)

    assert {question: cluster.answer(question) for question in case["says"]} == case["says"]
