"""The example cluster with Cilium, from its manifests to a judged run: every row and every failure was read by a person."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app import judging, pipeline
from app.bootstrap import documents
from app.collect import ManifestSource
from app.model.context import RunContext
from app.model.finding import Outcome
from app.model.platform import Enforcement
from app.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
CLUSTER = ROOT / "examples/saltmarsh/cluster"
GOLDEN = ROOT / "tests/golden/saltmarsh"
AT = datetime(2026, 11, 22, 1, 15, tzinfo=UTC)
# What the files do not say on purpose: a scope, and who takes the machines of the cluster for granted.
SPARED = ("scope-label-missing", "host-network-bypasses-policy")


@pytest.fixture(scope="module")
def judged():
    snapshot, inventory = pipeline.take_snapshot("saltmarsh", AT, ManifestSource([CLUSTER]))
    assert snapshot.gaps == ()
    given = (*documents(load_settings()), RunContext().document())
    return judging.judge(snapshot, given, inventory=inventory)


def test_it_is_read_whole_and_enforced(judged):
    assert judged.platform.enforcement is Enforcement.ENFORCED
    assert len(judged.inventory.policies) == 13
    assert all(not item.unclear for item in judged.inventory.policies)


def test_every_connection_is_the_one_that_a_person_read(judged):
    rows = (
        f"{item.source} → {item.destination}: {item.allowed}" for item in judged.reachability.connections()
    )
    assert "\n".join(rows) + "\n" == (GOLDEN / "reach.txt").read_text(encoding="utf-8")


def test_every_failure_is_the_one_that_a_person_read(judged):
    found = sorted(
        f"{run.meta.id}: {item.says}"
        for run in judged.runs
        for item in run.results
        if item.outcome is Outcome.FAIL and run.meta.id not in SPARED
    )
    assert "\n".join(found) + "\n" == (GOLDEN / "failures.txt").read_text(encoding="utf-8")


def test_with_default_deny_everywhere_the_setting_isolates_every_pod(tmp_path):
    for path in CLUSTER.glob("*.yaml"):
        text = path.read_text().replace("enable-policy: default", "enable-policy: always")
        (tmp_path / path.name).write_text(text)
    snapshot, inventory = pipeline.take_snapshot("saltmarsh", AT, ManifestSource([tmp_path]))
    given = (*documents(load_settings()), RunContext().document())
    found = judging.judge(snapshot, given, inventory=inventory)
    assert not [item for run in found.runs for item in run.results if item.outcome is Outcome.ERROR]
    (coredns,) = [
        item
        for run in found.runs
        for item in run.results
        if run.meta.id == "pod-without-ingress-isolation" and "coredns" in item.subject.id
    ]
    assert "ConfigMap kube-system/cilium-config" in coredns.says


def test_nothing_leaves_or_enters_payments_beyond_its_policies(judged):
    rows = {
        (item.source, item.destination): item.allowed
        for item in judged.reachability.connections()
        if "payments/" in item.source + item.destination
    }
    assert {source for source, destination in rows if destination.startswith("payments/")} == {
        "shop/cart[Deployment]",
        "payments/api[Deployment]",
    }
    outside = {destination for source, destination in rows if destination.startswith("external")}
    assert outside == {"external:198.51.100.0-198.51.100.7", "external:198.51.100.9-198.51.100.191"}


def test_the_quarantined_workload_is_alone(judged):
    name = "shop/cart-canary[Deployment]"
    assert not [item for item in judged.reachability.connections() if name in (item.source, item.destination)]
