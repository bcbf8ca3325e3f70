import json

import pytest

SCOPE = """
owner: Ana Ruiz
reviewed_on: 2026-10-01
rules:
  - {id: shop, namespaces: [shop], zone: cde, ephi: false, soc2: true}
  - {id: elsewhere, clusters: [other], zone: out-of-scope}
  - {id: gone, namespaces: [gone], zone: cde}
"""


@pytest.fixture
def config(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "scope.yaml").write_text(SCOPE)
    return tmp_path


def test_a_table_of_rules_and_what_is_left_over(netattest, manifests, config):
    ended = netattest("scope", "--from", manifests)
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0].startswith("Scope of Ana Ruiz, last confirmed 2026-10-01; SHA-256 ")
    assert "note: 1 rule for other clusters left out." in lines
    assert "shop  cde, not ephi, soc2           1          2        2" in lines
    assert "  no PCI DSS zone: batch/job-1[Pod]" in lines
    assert lines[-1] == "  gone"


def test_the_same_as_json(netattest, manifests, config):
    found = json.loads(netattest("scope", "--from", manifests, "--json").out)
    assert found["schema"] == "netattest/scope/v1"
    assert found["zones"]["cde"] == 2
    assert found["left"]["pci"] == ["batch/job-1[Pod]"]
    assert found["placements"]["shop/web[Deployment]"]["rules"] == ["shop"]


def test_without_a_scope_file_everything_is_left_over(netattest, manifests):
    ended = netattest("scope", "--from", manifests)
    assert "No scope file was given: all of 3 workloads count as in scope." in ended.out
    assert "no SOC 2 mark: batch/job-1[Pod], shop/cart[Deployment], shop/web[Deployment]" in ended.out
