"""The example of admin policies: what a person read out of it, and that nothing of it is left out."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app import pipeline
from app.bootstrap import documents
from app.cli import main
from app.collect import ManifestSource
from app.model.finding import Outcome
from app.model.platform import Enforcement
from app.render import ReportRenderer, load_definition
from app.resources import resource
from app.settings import load_settings

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


class Silent:
    def stage(self, name, **facts):
        pass


def test_a_scan_of_it_reports_without_gaps(store):
    request = pipeline.ScanRequest(
        "breakwater", datetime(2026, 11, 26, 1, 15, tzinfo=UTC), documents(load_settings(None))
    )
    result = pipeline.scan(request, ManifestSource([CLUSTER]), store, Silent())
    assert result.snapshot.gaps == ()
    assert result.judgement.platform.enforcement is Enforcement.ENFORCED
    assert [plugin.cautions for plugin in result.judgement.platform.plugins] == [()]
    assert not [
        item for run in result.judgement.runs for item in run.results if item.outcome is Outcome.ERROR
    ]
    definition = load_definition("auditor", (resource("reports") / "auditor.yaml").read_bytes())
    renderer = ReportRenderer(resource("templates"))
    (page,) = pipeline.report(result.scan, ["pci-dss-4.0.1"], definition, ["html"], store, renderer, Silent())
    assert b"ClusterNetworkPolicy bank-apart" in page.body


def test_it_holds_every_kind_that_it_is_an_example_of():
    text = "".join(file.read_text(encoding="utf-8") for file in CLUSTER.glob("*.yaml"))
    assert {kind for kind in KINDS if f"\nkind: {kind}\n" in text} == KINDS
