"""Each field of each policy API as a table: an object, and what it comes to in the normal form."""

from pathlib import Path

import pytest
import yaml

from app.collect import normalize
from app.model.policy import Direction
from app.model.snapshot import GapReason
from tests.unit.collect.objects import stored
from tests.unit.collect.policies.said import said

TABLES = Path(__file__).resolve().parents[3] / "tables/policies"
FILES = {file.stem: yaml.safe_load(file.read_text()) for file in sorted(TABLES.glob("*.yaml"))}
CASES = [
    pytest.param(case, table, id=f"{name}: {case['case']}")
    for name, table in FILES.items()
    for case in table["cases"]
]
KEYS = {"case", "object", "spec", "also", "says", "unclear", "gaps"}


def written(case, table):
    """The object: the table's frame, with the case's metadata and what its spec changes."""
    frame = table["frame"]
    value = {**frame, **case.get("object", {})}
    spec = {**frame["spec"], **case.get("spec", {})}
    return {**value, "spec": {key: item for key, item in spec.items() if item != "left out"}}


def read(case, table):
    objects = [*table["given"], *case.get("also", ()), written(case, table)]
    return normalize([stored(item) for item in objects])


@pytest.mark.parametrize(("case", "table"), CASES)
def test_what_an_object_comes_to(case, table):
    assert set(case) <= KEYS
    found = read(case, table)
    lines = [line for policy in found.inventory.policies for line in said(policy)]
    unclear = [text for policy in found.inventory.policies for text in policy.unclear]
    assert lines == case.get("says", [])
    assert unclear == case.get("unclear", [])
    refused = [gap for gap in found.gaps if gap.reason is GapReason.INVALID]
    assert [f"{gap.field}: {gap.message.partition(gap.field + ': ')[2]}" for gap in refused] == case.get(
        "gaps", []
    )
    assert {gap.reason for gap in found.gaps if gap not in refused} == (
        {GapReason.UNCLEAR} if unclear else set()
    )
    assert bool(found.inventory.policies) is not bool(refused)


@pytest.mark.parametrize(("case", "table"), CASES)
def test_it_is_asked_in_the_directions_that_have_rules_and_isolates_in_none(case, table):
    for policy in read(case, table).inventory.policies:
        assert policy.directions == {item for item in Direction if policy.rules(item)}
        assert policy.isolates == frozenset()
        assert policy.digest
