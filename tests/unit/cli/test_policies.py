"""`netattest policies`: remarks with their causes, the population, and exit codes for a pipeline."""

import json

import pytest

NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
POD = """apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, image: c}]}
"""
POLICY = """apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: {name}, namespace: shop}
spec: {podSelector: {matchLabels: {app: {app}}}, policyTypes: [Ingress]}
"""


@pytest.fixture
def folder(tmp_path):
    def write(*policies):
        written = [POLICY.replace("{name}", name).replace("{app}", app) for name, app in policies]
        (tmp_path / "all.yaml").write_text("---\n".join([NAMESPACE, POD, *written]), encoding="utf-8")
        return str(tmp_path)

    return write


def test_the_population_and_the_remarks_as_json(netattest, folder):
    ended = netattest("policies", "--from", folder(("sound", "web"), ("odd", "wbe")), "--json")

    found = json.loads(ended.out)
    assert found["schema"] == "netattest/policies/v1"
    assert {item["object"]: [remark["kind"] for remark in item["remarks"]] for item in found["policies"]} == {
        "NetworkPolicy shop/odd": ["label-near-another", "selects-nothing"],
        "NetworkPolicy shop/sound": [],
    }
    assert ended.code == 0


def test_a_person_reads_how_many_have_none(netattest, folder):
    told = netattest("policies", "--from", folder(("sound", "web"), ("odd", "wbe"))).out

    assert "2 policies: 1 with remarks, 1 without." in told
    assert "the nearest is app=web" in told


@pytest.mark.parametrize(
    ("kinds", "code"),
    [(["any"], 1), (["selects-nothing"], 1), (["redundant", "label-near-another"], 1), (["redundant"], 0)],
)
def test_a_pipeline_fails_on_the_kinds_that_it_names(netattest, folder, kinds, code):
    assert netattest("policies", "--from", folder(("odd", "wbe")), "--fail-on", *kinds).code == code


def test_a_kind_that_is_none_is_refused(netattest, folder):
    ended = netattest("policies", "--from", folder(), "--fail-on", "untidy")

    assert ended.code == 2
    assert "label-near-another" in ended.err
