"""`netattest frameworks`: what there is, what judges, and what each mapping can show."""

import json

import pytest


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "netattest.yaml").write_text(
        "frameworks: [cis-kubernetes-5.3]\n", encoding="utf-8"
    )


def test_the_list_says_which_frameworks_judge(netattest, settings):
    ended = netattest("frameworks")

    assert ended.code == 0
    rows = {line.split()[0]: line.split()[1:] for line in ended.out.splitlines()[1:9]}
    assert rows["cis-kubernetes-5.3"] == ["yes", "2", "2", "0", "0"]
    assert rows["pci-dss-4.0.1"] == ["no", "49", "20", "24", "5"]


def test_one_framework_says_of_each_control_what_stays_open(netattest):
    lines = netattest("frameworks", "iso-27001-2022").out.splitlines()

    assert "A.8.23  Access to web sites is filtered" in lines
    assert lines[1].startswith("3 of 5 requirements have automated evidence")
    filtered = lines[lines.index("A.8.23  Access to web sites is filtered") :]
    assert filtered[1] == "  brings          supporting facts only"
    assert any(line.startswith("  does not prove  filtering by content") for line in filtered)


def test_the_same_as_json(netattest):
    found = json.loads(netattest("frameworks", "hipaa-nprm-2025", "--json").out)

    (only,) = found["frameworks"]
    assert (found["schema"], only["requirements"], only["judges"]) == ("netattest/frameworks/v1", 0, False)
    assert {item["counted"] for item in only["controls"]} == {False}


def test_an_unknown_one_is_named_with_those_that_there_are(netattest):
    ended = netattest("frameworks", "pci")

    assert ended.code == 2
    assert "pci-dss-4.0.1" in ended.err
