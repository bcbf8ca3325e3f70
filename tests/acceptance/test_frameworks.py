"""Every shipped framework in the reports of the examples: no control without a test or a reason, and nothing promised.

Looked at in the HTML that a reader gets, and in OSCAL by two programs that know nothing of this one.
"""

import html
import json
import re
from functools import cache
from pathlib import Path

import jsonschema
import pytest
import yaml

from app import judging, pipeline
from app.bootstrap import documents
from app.collect import ManifestSource
from app.model.cluster import IDENTITY
from app.model.history import Document
from app.model.report import Artefact
from app.render import load_definition
from app.resources import resource
from app.settings import load_settings
from tests import sealed as s
from tests.acceptance.test_every_format import assert_no_promise
from tests.fakes import InMemoryStore

ROOT = Path(__file__).resolve().parents[2]
FILES = {path.stem: path for path in sorted((ROOT / "config/frameworks").rglob("*.yaml"))}
CHECKS = {
    item["id"]: item["title"] for item in yaml.safe_load((ROOT / "config/checks.yaml").read_bytes())["checks"]
}
RECORDS = {"review-attestation-overdue", "segmentation-test-overdue"}
EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/cluster"))
AUDITOR = load_definition("auditor", (resource("reports") / "auditor.yaml").read_bytes())
TEXTS = ("html", "json", "oscal", "ocsf")


@cache
def night(example: str) -> tuple[InMemoryStore, int]:
    """One scan of an example, judged by every framework there is."""
    own = {
        path.name: path.read_bytes() for path in (ROOT / "examples" / example / "config/v2").glob("*.yaml")
    }
    shipped = {item.name: item.body for item in documents(load_settings(None))}
    every = {f"frameworks/{path.name}": path.read_bytes() for path in FILES.values()}
    files = tuple(Document(name, body) for name, body in sorted({**shipped, **every, **own}.items()))
    made = InMemoryStore()
    request = pipeline.ScanRequest(example, s.FIRST, files, tool_version="0.1.0")
    source = ManifestSource([ROOT / "examples" / example / "cluster"])
    return made, pipeline.scan(request, source, made, s.Silent()).scan.number


@cache
def report(example: str, framework: str, formats: tuple[str, ...] = TEXTS) -> tuple[Artefact, ...]:
    store, number = night(example)
    scan = store.scan(example, number)
    return pipeline.report(scan, [framework], AUDITOR, formats, store, s.RENDERER, s.Silent())


def page(framework: str) -> str:
    (found,) = (item for item in report("harbour", framework) if item.name.endswith(".html"))
    return found.body.decode()


def controls(framework: str) -> list[dict]:
    return yaml.safe_load(FILES[framework].read_bytes())["controls"]


def said(markup: str) -> str:
    """Markup as a reader sees it: one line, code and quotes as plain text, in lower case."""
    text = html.unescape(re.sub(r"<[^>]*>", " ", markup)).replace("\u2019", "'")
    return re.sub(r"\s+([,.;])", r"\1", " ".join(text.split())).casefold()


def plain(text: str) -> str:
    return " ".join(text.replace("`", "").split()).casefold()


def blocks(text: str) -> dict[str, str]:
    """The section on controls: control → what it says about it; each stands there once."""
    found = [item.partition("</tbody>")[0] for item in text.split('<tbody id="control-')[1:]]
    named = {item.partition('"')[0]: item for item in found}
    assert len(named) == len(found)
    return named


def ledger_rows(text: str) -> dict[str, str]:
    """The ledger: control → its row, as read."""
    part = text.partition('<section class="part part-ledger"')[2].partition("</section>")[0]
    rows = (item for item in part.split("<tr") if 'href="#control-' in item)
    return {item.partition('href="#control-')[2].partition('"')[0]: said(item) for item in rows}


@pytest.mark.parametrize("framework", FILES)
def test_each_control_is_in_its_report_with_tests_population_result_and_evidence(framework):
    text = page(framework)
    found, anchors = blocks(text), set(re.findall(r'id="(Conf-[\d-]+)"', text))
    assert set(found) == {item["id"] for item in controls(framework)}
    for item in controls(framework):
        shown = found[item["id"]]
        assert plain(item["title"]) in said(shown), item["id"]
        checks = item.get("checks", {})
        reading = {*checks.get("direct", ()), *checks.get("supporting", ())} - RECORDS
        assert reading or item["outside_tool"], item["id"]
        rows = {said(row.split("</td>")[1]): row for row in shown.split('<tr class="test">')[1:]}
        for check in reading:
            row = rows[plain(CHECKS[check])]
            assert re.search(
                r"\d+ of \d+ without exception|applies to none of \d+ subject|no subject in scope|population not read",
                said(row),
            ), (item["id"], check)
            if item.get("enabled", True):
                (anchor,) = re.findall(r'href="#(Conf-\d+-\d+)"', row)
                assert anchor in anchors, f"{anchor} leads nowhere"
        assert "data-state=" in shown.partition(">")[0]


@pytest.mark.parametrize("framework", FILES)
def test_each_control_says_what_is_manual_and_why_nothing_tests_it(framework):
    text = page(framework)
    found, rows = blocks(text), ledger_rows(text)
    for item in controls(framework):
        row = rows[item["id"]]
        for part in item.get("manual_parts", ()):
            assert plain(part) in row, item["id"]
        assert plain(item.get("outside_tool", "")).rstrip(".") in row, item["id"]
        shown = said(found[item["id"]])
        on_file = "on file: " in shown or "manual evidence on file" in shown or "declared by" in shown
        assert on_file or "would be needed" in shown or "manual_record" not in item, item["id"]


@pytest.mark.parametrize("framework", [name for name in FILES if FILES[name].parent.name == "optional"])
def test_no_text_of_a_report_promises_what_only_an_assessor_may(framework):
    assert_no_promise({item.name: item.body for item in report("harbour", framework)})


DEFINITIONS = sorted(
    path.stem for path in (ROOT / "reports").glob("*.yaml") if not path.stem.startswith(("auditor", "period"))
)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_no_definition_promises_it_either(name):
    store, number = night("harbour")
    definition = load_definition(name, (resource("reports") / f"{name}.yaml").read_bytes())
    scan = store.scan("harbour", number)
    made = pipeline.report(scan, ["soc2-tsc-2017"], definition, ("html",), store, s.RENDERER, s.Silent())
    assert_no_promise({item.name: item.body for item in made})


# Controls outside the cluster

FIREWALL = """
owner: Ben Okafor
reviewed_on: 2026-10-01
external_controls:
  - id: E-001
    control: Security group sg-0a1
    covers: ["1.4.1", CC6.6]
    objects: ["%s"]
    evidence: Rule export of the quarter
    owner: Sam Idowu
    approver: Ben Okafor
    approved_on: 2026-09-15
"""


def test_a_control_outside_stands_beside_its_way_in_and_changes_no_state():
    store, number = night("harbour")
    scan = store.scan("harbour", number)
    snapshot, given = store.snapshot(scan), store.documents(scan)
    before = judging.judge(snapshot, given)
    way_in = before.edges.exposures[0].id
    register = Document("registers.yaml", (FIREWALL % way_in).encode())
    worked_out = ("context.json", IDENTITY)
    request = pipeline.ScanRequest(
        "harbour", s.FIRST, tuple(item for item in (*given, register) if item.name not in worked_out)
    )
    made = InMemoryStore()
    source = ManifestSource([ROOT / "examples/harbour/cluster"])
    result = pipeline.scan(request, source, made, s.Silent())

    def states(judged):
        return {
            (one.framework.id, item.control.id): (item.state, item.failures)
            for one in judged.assessments
            for item in one.controls
        }

    assert states(result.judgement) == states(before)
    (found,) = pipeline.report(
        result.scan, ["pci-dss-4.0.1"], AUDITOR, ("html",), made, s.RENDERER, s.Silent()
    )
    rows = said(
        found.body.decode().partition('<section class="part part-certificates"')[2].partition("</table>")[0]
    )
    note = "outside what was observed: security group sg-0a1 (e-001), owner sam idowu, evidence: rule export of the quarter."
    assert f"{way_in.casefold()} {note}" in rows
    assert rows.count("outside what was observed") == 1


# OSCAL, by the schema of NIST and by compliance-trestle


@cache
def oscal_schema() -> jsonschema.Draft7Validator:
    """NIST's own. Its patterns use Unicode classes that Python's `re` does not have; the classes are spelled out."""
    text = (ROOT / "tests/data/oscal/assessment-results-1.2.1.schema.json").read_text(encoding="utf-8")
    text = text.replace(r"\\p{L}", "[A-Za-zÀ-ɏ]").replace(r"\\p{N}", "[0-9]")
    return jsonschema.Draft7Validator(json.loads(text), format_checker=jsonschema.FormatChecker())


OTHERS = {
    "breakwater": "nist-sp-800-53-r5",
    "estuary": "pci-dss-4.0.1",
    "lighthouse": "iso-27001-2022",
    "saltmarsh": "hipaa-security-rule",
}
CASES = [*(("harbour", framework) for framework in FILES), *OTHERS.items()]


@pytest.mark.parametrize(("example", "framework"), CASES)
def test_oscal_of_each_example_is_read_by_two_other_programs(example, framework, tmp_path):
    from trestle.oscal.assessment_results import AssessmentResults

    assert {"harbour", *OTHERS} == set(EXAMPLES)
    formats = TEXTS if example == "harbour" else ("oscal",)
    (found,) = (item for item in report(example, framework, formats) if item.name.endswith(".oscal.json"))
    value = json.loads(found.body)
    path = tmp_path / "report.json"
    path.write_bytes(found.body)

    assert [f"{error.json_path}: {error.message[:200]}" for error in oscal_schema().iter_errors(value)] == []
    read = AssessmentResults.oscal_read(path)
    assert read is not None
    (selection,) = value["assessment-results"]["results"][0]["reviewed-controls"]["control-selections"]
    listed = {item["control-id"] for item in selection.get("include-controls", ())}
    listed |= {item["control-id"] for item in selection.get("exclude-controls", ())}
    assert len(listed) == sum(item.get("enabled", True) for item in controls(framework))
