"""The small example clusters: each is wholly placed by its scope, is judged, and its reports are made."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app import advice, judging, pipeline
from app.bootstrap import definition, documents, manifests
from app.model.scope import Zone
from app.settings import load_settings
from examples.reports import CLUSTERS

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
AT = datetime(2026, 11, 22, 2, 15, tzinfo=UTC)


@pytest.mark.parametrize("name", CLUSTERS)
def test_an_example_is_placed_judged_and_has_something_to_try(name):
    settings = load_settings(EXAMPLES / name / "config" / "netattest.yaml")
    given = documents(settings)
    snapshot, _ = pipeline.take_snapshot(name, AT, manifests([EXAMPLES / name / "cluster"]))
    judgement = judging.judge(snapshot, given)

    assert snapshot.gaps == ()
    assert Zone.UNKNOWN not in {item.zone for item in judgement.placements.values()}
    assert any(item.data_store for item in judgement.placements.values())
    assert len(judgement.assessments) == 3
    found = advice.advice(definition(settings, "findings"), snapshot, given, judgement)
    assert len(found.hygiene.policies) == len(judgement.inventory.policies) > 0
    assert not found.remedies.opens


def test_each_of_the_four_has_the_policy_apis_that_it_is_there_for():
    kinds = {
        name: {
            item.ref.kind
            for item in pipeline.take_snapshot(name, AT, manifests([EXAMPLES / name / "cluster"]))[1].policies
        }
        for name in CLUSTERS
    }
    assert "GlobalNetworkPolicy" in kinds["lighthouse"]
    assert "CiliumNetworkPolicy" in kinds["saltmarsh"]
    assert {"AdminNetworkPolicy", "ClusterNetworkPolicy", "NetworkPolicy"} <= kinds["breakwater"]
    assert {"GlobalNetworkPolicy", "NetworkPolicy"} <= kinds["estuary"]
