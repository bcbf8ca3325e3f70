import json

import pytest

SCOPE = """
owner: Ana Ruiz
reviewed_on: 2026-10-01
rules:
  - {id: gone, namespaces: [gone], zone: cde}
approved_flows:
  - {id: F-1, source: shop, destination: shop, ports: [any], justification: "", owner: Ann, approver: Ben, approved_on: 2026-09-01}
"""


@pytest.fixture
def config(tmp_path):
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "scope.yaml").write_text(SCOPE)
    return folder


def test_remarks_with_file_line_and_next_step(netattest, manifests, config):
    ended = netattest("register", "check", "--from", manifests)
    assert ended.code == 0
    assert (
        "scope.yaml:7: approved_flows: F-1: It does not count: it gives no business justification."
        in ended.out
    )
    assert "scope.yaml:5: rules: gone: The rule matches no namespace and no workload." in ended.out
    assert "No mistakes; " in ended.out


def test_all_mistakes_of_all_files_at_once(netattest, config):
    (config / "scope.yaml").write_text(SCOPE.replace("zone: cde", "zone: vault"))
    (config / "exceptions.yaml").write_text("exceptions:\n  - id: E-1\n    check: no-such\n")
    ended = netattest("register", "check")
    assert ended.code == 2
    assert "scope.yaml:5: rules[0].zone: " in ended.out
    assert "exceptions.yaml:2: exceptions[0].subjects: is required and missing" in ended.out


def test_the_same_as_json(netattest, manifests, config):
    found = json.loads(netattest("register", "check", "--from", manifests, "--json").out)
    assert found["schema"] == "netattest/register-check/v1"
    assert found["mistakes"] == []
    assert found["files"]["registers.yaml"] is None
    assert {"rules: gone", "approved_flows: F-1"} <= {item["entry"] for item in found["remarks"]}


def test_without_a_cluster_nothing_is_said_about_use(netattest, config):
    ended = netattest("register", "check")
    assert ended.code == 0
    assert "matches no namespace" not in ended.out
    assert "were not held against a cluster" in ended.out


def test_a_cluster_that_was_not_read_whole(netattest, broken, config):
    assert netattest("register", "check", "--from", broken).code == 3
