"""Counting by groups of both ends says what asking for every destination says."""

from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from app import judging, pipeline
from app.bootstrap import documents
from app.collect import ManifestSource
from app.model.judgement import Judgement
from app.settings import load_settings

EXAMPLES = Path(__file__).resolve().parents[4] / "examples"


@cache
def judgement(name: str) -> Judgement:
    source = ManifestSource([EXAMPLES / name / "cluster"])
    snapshot, inventory = pipeline.take_snapshot(name, datetime(2026, 11, 22, tzinfo=UTC), source)
    return judging.judge(snapshot, documents(load_settings(None)), inventory=inventory)


@pytest.mark.parametrize("cluster", ["harbour", "saltmarsh", "estuary"])
@pytest.mark.parametrize(
    "group",
    [lambda item: item.id, lambda item: item.namespace, lambda item: len(item.id) % 2, lambda _: ""],
    ids=["each alone", "by namespace", "two", "all"],
)
def test_pairs_of_groups_are_those_of_every_destination(cluster, group):
    judged = judgement(cluster)
    groups = {item.id: group(item) for item in judged.reachability.workloads}
    one_by_one, at_once = Counter(), Counter()
    for destination, there in groups.items():
        for flow in judged.encryption.into(destination, groups):
            one_by_one[flow.group, there, flow.verdict.label, flow.verdict.ports] += flow.count
    for traffic in judged.encryption.among(groups):
        verdict = traffic.verdict
        at_once[traffic.source, traffic.destination, verdict.label, verdict.ports] += traffic.count

    assert one_by_one
    assert at_once == one_by_one
