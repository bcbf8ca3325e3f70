"""Every report, as veraPDF sees it: PDF/A-3a, and all that a machine can check of PDF/UA-1 but the claim itself.

veraPDF is the validator that the PDF Association's members wrote; `scripts/make_tools.py` puts it into the virtual environment.
"""

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pikepdf
import pytest

from app.model.report import ReportDefinition
from app.render import ReportRenderer, load_definition
from app.resources import resource
from tests.report_builder import many_findings, report_input

VERAPDF = Path(sys.prefix) / "share" / "verapdf.jar"
RENDERER = ReportRenderer(resource("templates"))
OF_ONE_SCAN = ("auditor", "engineer", "executive", "findings")
PAPER = {"findings": "Letter", "executive": "Letter"}

CLAIM = ("ISO 14289-1:2014", "5")
"""PDF/UA's own mark in the metadata: WeasyPrint writes that of one standard, and PDF/A-3a is the one we claim."""


def definition(name: str) -> ReportDefinition:
    made = load_definition(name, (resource("reports") / f"{name}.yaml").read_bytes())
    return replace(made, paper=PAPER.get(name, made.paper))


def broken(rule: ET.Element) -> tuple[str, str]:
    return rule.attrib["specification"], rule.attrib["clause"]


def validated(folder: Path, flavour: str) -> dict[str, dict[tuple[str, str], str]]:
    """Broken rules of each file, by standard and clause, with the standard's own words for them."""
    program = ("java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", str(VERAPDF), "org.verapdf.apps.GreenfieldCliWrapper")
    ended = subprocess.run(
        [*program, "--flavour", flavour, "--format", "xml", *sorted(map(str, folder.glob("*.pdf")))],
        capture_output=True,
        check=False,  # 1 says that a file breaks a rule, which the XML tells in full
        timeout=300,
    )
    jobs = ET.fromstring(ended.stdout).findall("jobs/job")
    found = {}
    for job in jobs:
        report = job.find("validationReport")
        name = Path(job.findtext("item/name", "")).stem
        assert report is not None, f"{name} could not be read: {ended.stderr.decode()}"
        rules = report.findall("details/rule")
        assert (report.attrib["isCompliant"] == "true") is not bool(rules), name
        found[name] = {broken(rule): rule.findtext("description", "") for rule in rules}
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One report of each definition, and two that are broken on purpose."""
    made = tmp_path_factory.mktemp("standards")
    for name in OF_ONE_SCAN:
        report = many_findings(5) if name == "engineer" else report_input()
        (artefact,) = RENDERER.render(replace(report, definition=definition(name)), ["pdf"])
        (made / f"{name}.pdf").write_bytes(artefact.body)
    with pikepdf.open(io.BytesIO((made / "executive.pdf").read_bytes())) as document:
        del document.Root.OutputIntents
        document.save(made / "without-colours.pdf")
    with pikepdf.open(io.BytesIO((made / "executive.pdf").read_bytes())) as document:
        del document.Root.StructTreeRoot
        document.save(made / "without-tags.pdf")
    return made


def test_every_report_is_an_archival_file(folder):
    found = validated(folder, "3a")

    spoilt = {name: found.pop(name) for name in ("without-colours", "without-tags")}
    assert all(spoilt.values()), "a validator that passes these checks nothing"
    assert found == dict.fromkeys(OF_ONE_SCAN, {})


def test_every_report_can_be_read_aloud(folder):
    found = validated(folder, "ua1")

    assert ("ISO 14289-1:2014", "7.1") in found.pop("without-tags")
    found.pop("without-colours")
    assert {name: set(rules) for name, rules in found.items()} == {name: {CLAIM} for name in OF_ONE_SCAN}
