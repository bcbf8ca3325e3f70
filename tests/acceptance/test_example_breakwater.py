"""The example of admin policies: what a person read out of it, and that nothing of it is left out."""

import json
from pathlib import Path

import pytest

from app.cli import main

ROOT = Path(__file__).resolve().parents[2]
CLUSTER = ROOT / "examples/breakwater/cluster"
KINDS = {"AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy", "NetworkPolicy"}


@pytest.fixture
def reach(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["reach", "--from", str(CLUSTER), *arguments])
        assert not ended.value.code
        return capsys.readouterr().out

    return run


def test_the_table_is_the_one_that_was_read(reach):
    assert reach() == (ROOT / "tests/golden/reach/breakwater.txt").read_text(encoding="utf-8")


def test_nothing_is_left_out_and_nothing_is_in_doubt(reach):
    found = json.loads(reach("--json"))
    assert found["gaps"] == []
    assert not [row for row in found["connections"] if row.get("notes")]


def test_it_holds_every_kind_that_it_is_an_example_of():
    text = "".join(file.read_text(encoding="utf-8") for file in CLUSTER.glob("*.yaml"))
    assert {kind for kind in KINDS if f"\nkind: {kind}\n" in text} == KINDS
