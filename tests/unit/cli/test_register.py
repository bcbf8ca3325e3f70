import json

import pytest
import yaml

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


def test_drafted_rows_approve_nothing(netattest, manifests, config, tmp_path):
    """Merged as they are, they are read, none counts, and the same rows are not drafted twice."""
    (config / "scope.yaml").unlink()
    ended = netattest("register", "propose", "--from", manifests)
    assert ended.code == 0
    scope, registers = yaml.safe_load_all(ended.out)
    assert {(row["source"], row["destination"]) for row in scope["approved_flows"]} >= {("shop", "shop")}
    assert all(
        row["justification"] == row["owner"] == row["approver"] == "" for row in scope["approved_flows"]
    )

    head = {"owner": "Ann", "reviewed_on": "2026-10-01"}
    (config / "scope.yaml").write_text(yaml.safe_dump({**head, **scope}))
    (config / "registers.yaml").write_text(yaml.safe_dump({**head, **registers}))
    found = json.loads(netattest("register", "check", "--from", manifests, "--json").out)
    assert found["mistakes"] == []
    counted = {item["entry"] for item in found["remarks"] if item["concern"] == "does not count"}
    assert counted >= {f"approved_flows: {row['id']}" for row in scope["approved_flows"]}
    again = list(yaml.safe_load_all(netattest("register", "propose", "--from", manifests).out))
    assert [row for part in again for row in part.get("entity_controls", ())] == []


def test_a_draft_never_overwrites_a_file(netattest, manifests, tmp_path):
    target = tmp_path / "draft.yaml"
    assert netattest("register", "propose", "--from", manifests, "--output", target).code == 0
    before = target.read_bytes()
    ended = netattest("register", "propose", "--from", manifests, "--output", target)
    assert ended.code == 2
    assert "draft.yaml exists" in ended.err
    assert target.read_bytes() == before


def test_only_some_registers(netattest, manifests):
    found = json.loads(
        netattest("register", "propose", "--from", manifests, "--only", "entity_controls", "--json").out
    )
    assert (found["scope.yaml"], list(found["registers.yaml"])) == ({}, ["entity_controls"])
    assert netattest("register", "propose", "--from", manifests, "--only", "everything").code == 2


def test_a_draft_needs_a_cluster(netattest):
    ended = netattest("register", "propose")
    assert ended.code == 2
    assert "nothing to draft from is named" in ended.err
