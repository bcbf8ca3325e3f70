"""OSCAL, OCSF and JSON for other programs, each against the form that it claims to have."""

import json
import re
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import jsonschema
import pytest
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from app.model.control import ControlState
from app.model.finding import Outcome
from app.render import ReportRenderer, schemas
from app.render.dossier import Dossier
from app.render.names import derived, line, token
from app.render.ocsf import VERSION as OCSF
from app.resources import resource
from tests.report_builder import empty_input, report_input, result
from tests.sealed import nights

RENDERER = ReportRenderer(resource("templates"))
DATA = Path(__file__).resolve().parents[2] / "data"
HOSTILE = "=cmd()\n\x00\u202e<script>\t" + "x" * 300


def hostile_input():
    base = report_input()
    bad = result("unrestricted-path-into-cde", HOSTILE, Outcome.FAIL, HOSTILE, why=(HOSTILE,), remedy=HOSTILE)
    runs = tuple(
        replace(run, results=(*run.results, bad)) if run.meta.id == bad.check else run
        for run in base.judgement.runs
    )
    return replace(
        base, judgement=replace(base.judgement, runs=runs), scan=replace(base.scan, cluster="a b\nc/..")
    )


REPORTS = {"usual": report_input(), "empty": empty_input(), "hostile": hostile_input()}


def document(report, form):
    (artefact,) = RENDERER.render(report, [form])
    return artefact


@pytest.fixture(scope="module")
def oscal_schema():
    """NIST's own. Its patterns use Unicode classes that Python's `re` does not have; the classes are spelled out."""
    text = (DATA / "oscal/assessment-results-1.2.1.schema.json").read_text(encoding="utf-8")
    text = text.replace(r"\\p{L}", "[A-Za-zÀ-ɏ]").replace(r"\\p{N}", "[0-9]")
    schema = json.loads(text)
    return jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS.keys())
def test_oscal_is_valid_by_the_schema_of_nist(report, oscal_schema):
    value = json.loads(document(report, "oscal").body)
    problems = [f"{error.json_path}: {error.message[:200]}" for error in oscal_schema.iter_errors(value)]

    assert problems == []


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS.keys())
def test_oscal_is_read_by_another_program(report, tmp_path):
    from trestle.oscal.assessment_results import AssessmentResults

    path = tmp_path / "report.json"
    path.write_bytes(document(report, "oscal").body)
    read = AssessmentResults.oscal_read(path)

    assert read is not None
    assert read.metadata.oscal_version.root.root == "1.2.1"
    assert len(read.results) == 1


def test_the_schema_of_nist_would_refuse_what_is_wrong(oscal_schema):
    value = json.loads(document(report_input(), "oscal").body)
    value["assessment-results"]["results"][0]["observations"] = []
    value["assessment-results"]["results"][0]["findings"][0]["target"]["status"]["state"] = "partly"

    assert len(list(oscal_schema.iter_errors(value))) >= 2


def test_each_state_of_a_control_means_what_it_may_in_oscal():
    report = report_input()
    said = json.loads(document(report, "oscal").body)["assessment-results"]["results"][0]
    by_control = {
        item["target"]["target-id"].removesuffix("_obj"): item["target"]["status"]
        for item in said["findings"]
    }
    selection = said["reviewed-controls"]["control-selections"][0]
    excluded = {item["control-id"] for item in selection.get("exclude-controls", [])}
    told = {(item["name"], item["value"]) for item in selection["props"]}
    for item in Dossier(report).counted:
        control = token(f"{report.assessment.framework.prefix}{item.control.id}")
        match item.state:
            case ControlState.SUPPORTED:
                assert by_control[control] == {"state": "satisfied", "reason": "pass"}
            case ControlState.EXCEPTION:
                assert by_control[control] == {"state": "not-satisfied", "reason": "fail"}
            case ControlState.PARTIAL:
                assert by_control[control] == {"state": "not-satisfied", "reason": "other"}
            case _:
                assert control not in by_control, "without evidence there is no finding"
                assert (item.state.value, control) in told
        assert (control in excluded) == (item.state is ControlState.NOT_APPLICABLE)
    assert {item.state for item in Dossier(report).counted} == set(ControlState), "every state is looked at"


def test_every_reference_inside_an_oscal_file_leads_somewhere():
    text = document(report_input(), "oscal").body.decode()
    value = json.loads(text)
    uuids = re.findall(r'"uuid":"([^"]+)"', text)
    pointers = re.findall(r'"(?:[a-z]+-uuid|uuid-ref)":"([^"]+)"', text)
    links = re.findall(r'"href":"#([^"]+)"', text)

    assert len(uuids) == len(set(uuids))
    assert {UUID(item).version for item in uuids} == {5}
    assert {*pointers, *links} <= set(uuids)
    assert value["assessment-results"]["results"][0]["start"] == "2026-08-21T02:00:00+00:00"


def test_ocsf_events_have_what_the_class_requires():
    events = json.loads(document(report_input(), "ocsf").body)

    assert events
    for event in events:
        assert (event["class_uid"], event["category_uid"], event["type_uid"]) == (2003, 2, 200301)
        assert event["activity_id"] == 1
        assert 1 <= event["severity_id"] <= 5
        assert event["time"] == 1787277600000, "the scan's time, in milliseconds"
        assert {"version", "product"} <= event["metadata"].keys()
        assert {"name", "vendor_name", "version"} <= event["metadata"]["product"].keys()
        assert {"uid", "title"} <= event["finding_info"].keys()
        assert event["compliance"]["standards"] == ["PCI DSS 4.0.1"]
        assert event["compliance"]["status_id"] in (0, 1, 3, 99)
        assert event["resources"]


@pytest.fixture(scope="module")
def ocsf_schema():
    """OCSF's own, of the version that the events name."""
    value = OcsfJsonSchemaEmbedded(get_ocsf_schema(OCSF)).get_class_schema("compliance_finding")
    return jsonschema.Draft202012Validator(value)


@pytest.mark.parametrize("report", [REPORTS["usual"], REPORTS["hostile"]], ids=["usual", "hostile"])
def test_ocsf_is_valid_by_its_schema(report, ocsf_schema):
    events = json.loads(document(report, "ocsf").body)

    assert events
    for event in events:
        assert event["metadata"]["version"] == OCSF
        assert [f"{item.json_path}: {item.message[:200]}" for item in ocsf_schema.iter_errors(event)] == []
    (first, *_) = events
    for wrong in (
        {**first, "more": 1},
        {**first, "severity_id": 77},
        {key: first[key] for key in first if key != "time"},
    ):
        assert list(ocsf_schema.iter_errors(wrong))


def test_ocsf_tells_every_failure_and_counts_what_passed():
    report = report_input()
    dossier = Dossier(report)
    events = json.loads(document(report, "ocsf").body)
    failing = {item["finding_info"]["uid"] for item in events if item["unmapped"].get("outcome") == "fail"}

    assert failing == {
        item.fingerprint
        for _, run in dossier.mapped_runs
        for item in dossier.of_boundary(run)
        if item.outcome is Outcome.FAIL
    }
    summaries = [item["unmapped"]["counts"] for item in events if "counts" in item["unmapped"]]
    assert len(summaries) == len(dossier.mapped_runs)
    assert sum(item["pass"] for item in summaries) > 0


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS.keys())
def test_the_json_report_is_valid_by_its_published_schema(report):
    schema = json.loads((resource("config") / "schema/report.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    value = json.loads(document(report, "json").body)

    assert [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)] == []
    assert list(validator.iter_errors({**value, "more": 1}))
    assert list(validator.iter_errors({key: value[key] for key in value if key != "gaps"}))


def test_the_json_report_of_the_example_cluster_is_valid_by_its_published_schema():
    (body,) = (item.body for item in nights()[1].loose if item.name.endswith("-21-short.json"))
    validator = jsonschema.Draft202012Validator(schemas()["report"])

    assert [
        f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(json.loads(body))
    ] == []


@pytest.mark.parametrize("name", ["report", "period"])
def test_the_published_schema_is_the_one_that_the_code_gives(name):
    published = json.loads((resource("config") / f"schema/{name}.schema.json").read_text(encoding="utf-8"))

    assert published == schemas()[name], "run `make schemas`"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pci-1.3.1", "pci-1.3.1"),
        ("164.312(e)(1)", "id-164.312-e-1"),
        ("hipaa-164.312(e)(1)", "hipaa-164.312-e-1"),
        ("", "id-"),
    ],
)
def test_tokens(text, expected):
    assert token(text) == expected


def test_lines_and_names_that_are_derived():
    assert (line(" a\n b\t"), line("\n")) == ("a b", "(none)")
    assert derived("a", 1) == derived("a", 1) != derived("a1")
