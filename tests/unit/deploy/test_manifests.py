"""The shipped manifests agree with the code that they run."""

from pathlib import Path

import pytest
import yaml

from app.collect.config_maps import PLACES
from app.collect.kinds import chosen

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"


def documents(name):
    return [item for item in yaml.safe_load_all((DEPLOY / name).read_text()) if item]


@pytest.fixture
def rules():
    (role,) = [item for item in documents("rbac.yaml") if item["kind"] == "ClusterRole"]
    return role["rules"]


def test_the_role_lists_exactly_the_kinds_that_are_read(rules):
    granted = {
        (group, resource)
        for rule in rules
        if rule["verbs"] == ["list"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    assert granted == {(spec.group, spec.resource) for spec in chosen() if not spec.by_name}


def test_the_role_reads_exactly_the_config_maps_that_are_asked_for_by_name(rules):
    (named,) = [rule for rule in rules if "resourceNames" in rule]
    assert named["verbs"] == ["get"]
    assert named["resources"] == ["configmaps"]
    assert named["resourceNames"] == sorted(PLACES)


def test_the_role_can_neither_write_nor_read_secrets(rules):
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list"}
    text = str(rules)
    assert "secrets" not in text
    assert "*" not in text


@pytest.mark.parametrize("name", ["deployment.yaml", "cronjob.yaml"])
def test_pods_run_without_privileges_on_a_read_only_file_system(name):
    (workload,) = documents(name)
    spec = workload["spec"].get("jobTemplate", workload)["spec"]["template"]["spec"]
    assert spec["securityContext"]["runAsUser"] == 10001
    assert spec["securityContext"]["runAsNonRoot"] is True
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert spec["enableServiceLinks"] is False
    assert spec["serviceAccountName"] == "netattest"


def test_the_image_runs_as_the_user_of_the_manifests():
    text = (DEPLOY.parent / "Dockerfile").read_text()
    assert "--uid 10001" in text
    assert "USER 10001:10001" in text
