"""What applying and removing objects leaves, above all where pods are running."""

import pytest
import yaml

from app.collect import find_object, overlay
from app.errors import InputError
from tests.unit.collect.objects import collected, snapshot_of, stored

RUNNING = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {replicas: 1, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: w, image: w}]}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-1, namespace: shop, ownerReferences: [{kind: Deployment, name: web, controller: true}]}
spec: {replicas: 1, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: w, image: w}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1-a, namespace: shop, labels: {app: web, pod-template-hash: "1"}, ownerReferences: [{kind: ReplicaSet, name: web-1, controller: true}]}
spec: {containers: [{name: w, image: w}], nodeName: n1}
status: {phase: Running}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: bad, namespace: shop}
spec: {podSelector: {}, ingress: [{ports: [{port: 70000}]}]}
"""


@pytest.fixture
def snapshot(tmp_path):
    return snapshot_of(collected(tmp_path, RUNNING))


def deployment(labels):
    value = next(iter(yaml.safe_load_all(RUNNING)))
    value["spec"]["template"]["metadata"]["labels"] = labels
    return stored(value)


def pods(changed):
    return [(pod.ref.kind, dict(pod.labels)) for pod in changed.inventory.pods]


def test_running_pods_stay_while_the_template_makes_the_same(snapshot):
    changed = overlay(snapshot, [deployment({"app": "web"})])

    assert pods(changed) == [("Pod", {"app": "web", "pod-template-hash": "1"})]


def test_a_template_that_differs_stands_for_the_pods_it_will_make(snapshot):
    changed = overlay(snapshot, [deployment({"app": "web", "tier": "front"})])

    assert pods(changed) == [("Deployment", {"app": "web", "tier": "front"})]


def test_a_removed_controller_takes_its_pods_along(snapshot):
    changed = overlay(snapshot, removed=[find_object(snapshot, "deployment/shop/web")])

    assert pods(changed) == []


def test_a_removed_namespace_takes_everything_in_it_along(snapshot):
    changed = overlay(snapshot, removed=[find_object(snapshot, "Namespace/shop")])

    assert changed.snapshot.objects == ()


def test_a_gap_goes_with_the_object_that_caused_it(snapshot):
    before = overlay(snapshot).snapshot.gaps
    after = overlay(snapshot, removed=[find_object(snapshot, "NetworkPolicy/shop/bad")]).snapshot.gaps

    assert [gap.name for gap in before] == ["bad"]
    assert after == ()


def test_nothing_changed_is_the_same_snapshot(snapshot):
    once = overlay(snapshot)

    assert once.changes == ()
    assert overlay(once.snapshot).snapshot.digest == once.snapshot.digest


def test_a_near_name_is_suggested(snapshot):
    with pytest.raises(InputError) as raised:
        find_object(snapshot, "Deployment/shop/wep")

    assert "Deployment/shop/web" in raised.value.advice
