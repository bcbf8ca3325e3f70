"""Every report, as veraPDF sees it: PDF/A-3a, and all that a machine can check of PDF/UA-1 but the claim itself.

Those on a period are looked at where they are made, in `tests/acceptance/test_period.py`.
"""

import io
from dataclasses import replace

import pikepdf
import pytest

from app.model.report import ReportDefinition
from app.render import ReportRenderer, load_definition
from app.resources import resource
from tests.report_builder import many_findings, report_input
from tests.sealed import NOW, STAMPING, key_pair, sealed, time_server
from tests.verapdf import CLAIM, validated

RENDERER = ReportRenderer(resource("templates"))
OF_ONE_SCAN = ("auditor", "engineer", "executive", "findings")
PAPER = {"findings": "Letter", "executive": "Letter"}


def definition(name: str) -> ReportDefinition:
    made = load_definition(name, (resource("reports") / f"{name}.yaml").read_bytes())
    return replace(made, paper=PAPER.get(name, made.paper))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One report of each definition, one of them signed and time-stamped too, and two that are broken on purpose."""
    made = tmp_path_factory.mktemp("standards")
    for name in OF_ONE_SCAN:
        report = many_findings(5) if name == "engineer" else report_input()
        (artefact,) = RENDERER.render(replace(report, definition=definition(name)), ["pdf"])
        (made / f"{name}.pdf").write_bytes(artefact.body)
    with time_server(key_pair("Time authority", usage=STAMPING), NOW) as url:
        (made / "sealed.pdf").write_bytes(
            sealed((made / "executive.pdf").read_bytes(), "pdf", key_pair(), url)
        )
    with pikepdf.open(io.BytesIO((made / "executive.pdf").read_bytes())) as document:
        del document.Root.OutputIntents
        document.save(made / "without-colours.pdf")
    with pikepdf.open(io.BytesIO((made / "executive.pdf").read_bytes())) as document:
        del document.Root.StructTreeRoot
        document.save(made / "without-tags.pdf")
    return made


def test_every_report_is_an_archival_file(folder):
    found = validated(folder.glob("*.pdf"), "3a")

    spoilt = {name: found.pop(name) for name in ("without-colours", "without-tags")}
    assert all(spoilt.values()), "a validator that passes these checks nothing"
    assert found == {name: {} for name in (*OF_ONE_SCAN, "sealed")}


def test_every_report_can_be_read_aloud(folder):
    found = validated(folder.glob("*.pdf"), "ua1")

    assert ("ISO 14289-1:2014", "7.1") in found.pop("without-tags")
    found.pop("without-colours")
    assert {name: set(rules) for name, rules in found.items()} == {
        name: {CLAIM} for name in (*OF_ONE_SCAN, "sealed")
    }
