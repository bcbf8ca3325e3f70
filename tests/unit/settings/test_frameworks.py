"""Which frameworks judge a scan: the usual three and every own file, or those that settings choose."""

import re
from pathlib import Path

import pytest
import yaml

from app.assess import read_documents, unreported
from app.bootstrap import documents
from app.errors import ConfigurationError
from app.resources import resource
from app.settings import load_settings

USUAL = ("hipaa-security-rule", "pci-dss-4.0.1", "soc2-tsc-2017")
OPTIONAL = tuple(
    sorted(path.stem for path in (resource("config") / "frameworks" / "optional").glob("*.yaml"))
)
OWN = """
id: harbour-rules-1
name: Harbour rules
version: '1'
title: Harbour network rules
catalogue_version: '1'
boundary: cluster
prefix: own-
text_licence: our own
controls:
  - id: '1'
    title: Every pod is isolated
    objective: No pod accepts what no policy names.
    chapter: Rules
    automation: partial
    severity: high
    scope: every pod
    cadence: nightly scan
    checks: {direct: [pod-without-ingress-isolation]}
"""


def judged(tmp_path, settings="{}", own=None):
    (tmp_path / "netattest.yaml").write_text(settings, encoding="utf-8")
    for name, text in (own or {}).items():
        (tmp_path / "frameworks").mkdir(exist_ok=True)
        (tmp_path / "frameworks" / name).write_text(text, encoding="utf-8")
    given = documents(load_settings(tmp_path / "netattest.yaml"))
    return {item.id: item for item in read_documents(given).frameworks}


def test_the_usual_three_judge_where_nobody_chose(tmp_path):
    assert tuple(judged(tmp_path)) == USUAL
    assert len(OPTIONAL) == 5


def test_a_custom_framework_is_one_file_in_a_folder(tmp_path):
    found = judged(tmp_path, own={"harbour-rules-1.yaml": OWN})

    assert set(found) == {*USUAL, "harbour-rules-1"}
    assert found["harbour-rules-1"].boundary is None


def test_settings_choose_among_all_of_them_and_then_nothing_else_judges(tmp_path):
    chosen = yaml.safe_dump({"frameworks": ["nist-sp-800-53-r5", "harbour-rules-1"]})

    assert set(judged(tmp_path, chosen, {"harbour-rules-1.yaml": OWN})) == {
        "harbour-rules-1",
        "nist-sp-800-53-r5",
    }
    assert set(judged(tmp_path, yaml.safe_dump({"frameworks": [*USUAL, *OPTIONAL]}))) == {*USUAL, *OPTIONAL}


def test_an_own_file_replaces_its_namesake(tmp_path):
    mine = OWN.replace("harbour-rules-1", "cis-kubernetes-5.3").replace("Harbour rules", "Ours")

    assert judged(tmp_path, own={"cis-kubernetes-5.3.yaml": mine})["cis-kubernetes-5.3"].name == "Ours"


def test_a_framework_that_does_not_exist_is_named_with_the_nearest(tmp_path):
    with pytest.raises(ConfigurationError, match=r"'pci-dss-4'.*did you mean 'pci-dss-4.0.1'") as told:
        judged(tmp_path, "frameworks: [pci-dss-4]")

    assert "nist-sp-800-53-r5" in told.value.advice


def test_the_framework_that_the_documentation_shows_can_be_used_as_it_stands(tmp_path):
    page = (Path(__file__).resolve().parents[3] / "docs/frameworks.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```yaml\n(id: our-rules-1\n.*?)```", page, re.DOTALL)

    found = judged(tmp_path, own={"our-rules-1.yaml": shown})["our-rules-1"]

    assert [(item.id, len(item.checks)) for item in found.controls] == [("1.1", 2)]


def test_entries_of_the_examples_stay_right_when_their_framework_is_switched_off(tmp_path):
    for name in ("registers", "attestations"):
        body = (resource("config") / f"{name}.example.yaml").read_bytes()
        (tmp_path / f"{name}.yaml").write_bytes(body)
    (tmp_path / "netattest.yaml").write_text("frameworks: [pci-dss-4.0.1]", encoding="utf-8")

    found = unreported(read_documents(documents(load_settings(tmp_path / "netattest.yaml"))))

    assert {item.entry for item in found} == {
        "risk analysis, 2026-02-11",
        "addressable_decisions: A-001",
        "entity_controls: NET-04",
    }
