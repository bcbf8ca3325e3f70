"""The examples of Calico's policies: what a person read out of them, and that nothing of them is left out."""

import json
from pathlib import Path

import pytest

from app.cli import main

ROOT = Path(__file__).resolve().parents[2]
CALICO = {"Tier", "GlobalNetworkPolicy", "NetworkPolicy", "NetworkSet"}
KINDS = {
    "lighthouse": CALICO | {"GlobalNetworkSet", "StagedNetworkPolicy", "ServiceAccount"},
    "estuary": CALICO | {"StagedGlobalNetworkPolicy", "ClusterNetworkPolicy", "Service"},
}


@pytest.fixture
def reach(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(name, *arguments):
        with pytest.raises(SystemExit) as ended:
            main(["reach", "--from", str(ROOT / "examples" / name / "cluster"), *arguments])
        assert not ended.value.code
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("name", KINDS)
def test_the_table_is_the_one_that_was_read(reach, name):
    assert reach(name) == (ROOT / f"tests/golden/reach/{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_left_out_and_nothing_is_in_doubt(reach, name):
    found = json.loads(reach(name, "--json"))
    assert found["gaps"] == []
    assert not [row for row in found["connections"] if row.get("notes")]


@pytest.mark.parametrize("name", KINDS)
def test_it_holds_every_kind_that_it_is_an_example_of(name):
    folder = ROOT / "examples" / name / "cluster"
    text = "".join(file.read_text(encoding="utf-8") for file in folder.glob("*.yaml"))
    assert {kind for kind in KINDS[name] if f"\nkind: {kind}\n" in text} == KINDS[name]
