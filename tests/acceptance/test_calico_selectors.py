"""Selectors that Calico's own parser tests accept, refuse and write canonically; the data lies beside the project."""

import json
from pathlib import Path

import pytest

from app.collect.policies.calico.language import matches, parse
from app.collect.policies.calico.tokens import SelectorError

DATA = Path(__file__).resolve().parents[2] / "../shared/data/reachability/calico-selectors/index.json"
CASES = json.loads(DATA.read_text()) if DATA.is_file() else {"tests": [], "reject": [], "canonical": []}

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(
        not DATA.is_file(), reason="public known answers are not here: ../shared/data is absent"
    ),
]


@pytest.mark.parametrize("case", CASES["tests"], ids=lambda case: case["selector"])
def test_what_it_matches(case):
    selector = parse(case["selector"])
    assert [labels for labels in case["matches"] if not matches(selector, labels)] == []
    assert [labels for labels in case["non_matches"] if matches(selector, labels)] == []


@pytest.mark.parametrize("text", CASES["reject"])
def test_what_it_refuses(text):
    with pytest.raises(SelectorError):
        parse(text)


@pytest.mark.parametrize("case", CASES["canonical"], ids=lambda case: case["input"])
def test_how_it_is_written(case):
    assert str(parse(case["input"])) == case["canonical"]


def test_all_known_answers_were_asked():
    assert [len(CASES[name]) for name in ("tests", "reject", "canonical")] == [58, 26, 17]
