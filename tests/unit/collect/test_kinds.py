import pytest
import yaml

from app.collect import KINDS
from app.evaluate.checks.common.exposures import KINDS as WAYS_IN
from app.model.edge import OTHER_ROUTES
from app.resources import resource
from tests.apiserver import plural


@pytest.mark.parametrize("spec", KINDS, ids=lambda spec: str(spec.group_kind))
def test_each_kind_names_verdicts_that_exist(spec):
    checks = yaml.safe_load(resource("config").joinpath("checks.yaml").read_text(encoding="utf-8"))["checks"]
    assert spec.verdicts
    assert set(spec.verdicts) <= {item["id"] for item in checks}
    assert len(set(spec.verdicts)) == len(spec.verdicts)


@pytest.mark.parametrize("spec", KINDS, ids=lambda spec: str(spec.group_kind))
def test_names_of_resources_follow_from_their_kinds(spec):
    assert spec.resource == plural(spec.kind)


def test_each_kind_stands_once_in_the_table():
    kinds = [spec.group_kind for spec in KINDS]
    assert len(kinds) == len(set(kinds))


def test_routes_known_by_name_alone_are_asked_for_by_name_alone():
    """A kind that is in one table and not in the other would be read for nothing, or a way in that nobody is told of."""
    named = {spec.group_kind for spec in KINDS if spec.metadata_only and not spec.builtin}
    assert named == set(OTHER_ROUTES)


def test_whatever_may_be_a_way_in_is_read():
    assert set(WAYS_IN) <= {spec.group_kind for spec in KINDS}
