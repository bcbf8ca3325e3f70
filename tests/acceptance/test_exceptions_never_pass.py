"""An exception never makes a failure a pass: not in a check, not in a control, not on a page, not in OSCAL. And when it came is known."""

from datetime import timedelta
from functools import cache
from pathlib import Path

import orjson
import pytest
import yaml

from app import pipeline
from app.bootstrap import documents
from app.collect import ManifestSource
from app.model.control import ControlState
from app.model.finding import Outcome
from app.model.history import Document
from app.render import load_definition
from app.resources import resource
from app.settings import load_settings
from tests import sealed as s
from tests.fakes import InMemoryStore

HARBOUR = Path(__file__).resolve().parents[2] / "examples/harbour"
AUDITOR = load_definition("auditor", (resource("reports") / "auditor.yaml").read_bytes())
EXCEPTIONS = "exception-expired-or-unsigned"
DAY = s.FIRST.date()
TIMES = {"starts_on": str(DAY), "expires_on": str(DAY + timedelta(days=90))}


def request(exceptions=None, night=0):
    own = {path.name: path.read_bytes() for path in (HARBOUR / "config/v1").glob("*.yaml")}
    files = {**{item.name: item.body for item in documents(load_settings(None))}, **own}
    if exceptions is not None:
        files["exceptions.yaml"] = yaml.safe_dump({"exceptions": exceptions}).encode()
    given = tuple(Document(name, body) for name, body in sorted(files.items()))
    return pipeline.ScanRequest("harbour", s.FIRST + timedelta(days=night), given, tool_version="test")


def scan(store, exceptions=None, night=0):
    return pipeline.scan(request(exceptions, night), ManifestSource([HARBOUR / "cluster"]), store, s.Silent())


def entry(name, check, subjects, **said):
    signed = {"owner": "Ann", "approver": "Ben", "reason": "accepted", "compensating_control": "CCW-1"}
    return {"id": name, "check": check, "subjects": subjects, **signed, **TIMES, **said}


@cache
def both():
    """The first night, without an exception and with one for every failure there is, each by its own name."""
    plain = scan(InMemoryStore())
    failing = {}
    for run in plain.judgement.runs:
        for item in run.results:
            if item.outcome is Outcome.FAIL:
                failing.setdefault(run.meta.id, []).append(item.subject.id)
    rows = [entry(f"E-{number:03d}", *item) for number, item in enumerate(sorted(failing.items()))]
    store = InMemoryStore()
    return plain, scan(store, rows), store


def test_no_check_says_anything_else():
    plain, accepted, _ = both()
    said = [
        [
            (item.check, item.subject, item.outcome)
            for run in found.judgement.runs
            for item in run.results
            if run.meta.id != EXCEPTIONS
        ]
        for found in (plain, accepted)
    ]
    assert said[0] == said[1]
    assert any(outcome is Outcome.FAIL for _, _, outcome in said[0])


def test_no_control_is_supported_by_them():
    plain, accepted, _ = both()
    moved = set()
    for before, after in zip(plain.judgement.assessments, accepted.judgement.assessments, strict=True):
        for one, other in zip(before.controls, after.controls, strict=True):
            if one.state is ControlState.EXCEPTION:
                moved.add(other.state)
                assert len(other.failures) + len(other.excepted) == len(one.failures)
            elif not any(item.check == EXCEPTIONS for item in one.control.checks):
                assert other.state is one.state
    assert ControlState.PARTIAL in moved
    assert not moved & {ControlState.SUPPORTED, ControlState.MANUAL, ControlState.NOT_APPLICABLE}


@pytest.mark.parametrize("framework", ["pci-dss-4.0.1", "soc2-tsc-2017"])  # nothing of HIPAA fails that night
def test_no_report_and_no_oscal_calls_them_satisfied(framework):
    plain, accepted, store = both()
    made = pipeline.report(
        accepted.scan, [framework], AUDITOR, ["json", "oscal", "html"], store, s.RENDERER, s.Silent()
    )
    files = {item.name: item.body for item in made}
    before = next(item for item in plain.judgement.assessments if item.framework.id == framework)
    failed = {item.control.id for item in before.controls if item.state is ControlState.EXCEPTION}
    after = next(item for item in accepted.judgement.assessments if item.framework.id == framework)
    hits = {item.fingerprint for control in after.controls for item in control.excepted}
    assert failed
    assert hits

    said = orjson.loads(
        next(body for name, body in files.items() if name.endswith(".json") and "oscal" not in name)
    )
    states = {item["control"]: item["state"] for item in said["assessment"]["controls"]}
    assert {states[name] for name in failed} <= {"partial", "exception", "insufficient-evidence"}

    page = next(body for name, body in files.items() if name.endswith(".html")).decode()
    assert "What would have failed without them" in page

    oscal = orjson.loads(next(body for name, body in files.items() if "oscal" in name))
    (result,) = oscal["assessment-results"]["results"]
    satisfied = sum(item["target"]["status"]["state"] == "satisfied" for item in result["findings"])
    supported = sum(item.state is ControlState.SUPPORTED for item in after.controls if item.control.enabled)
    assert satisfied == supported


def test_one_that_claims_an_older_start_is_found_out_on_every_later_night():
    store = InMemoryStore()
    check, subject = next(
        (item.check, item.subject.id)
        for run in scan(store).judgement.runs
        for item in run.results
        if item.outcome is Outcome.FAIL
    )
    back = entry("E-BACK", check, [subject], starts_on=str(DAY - timedelta(days=3)))
    fair = entry("E-FAIR", check, [subject])
    for night in (1, 2):
        found = scan(store, [back, fair], night)
        said = {
            item.subject.id: item
            for run in found.judgement.runs
            if run.meta.id == EXCEPTIONS
            for item in run.results
        }
        assert said["E-BACK"].outcome is Outcome.FAIL
        assert "it is dated back" in said["E-BACK"].says
        assert said["E-FAIR"].outcome is Outcome.PASS


def test_those_of_the_first_scan_cannot_be_told():
    store = InMemoryStore()
    check, subject = "policy-overly-broad", "NetworkPolicy gone/gone"
    first = [entry("E-1", check, [subject], starts_on=str(DAY - timedelta(days=3)))]
    scan(store, first)
    found = scan(store, first, 1)
    says = [item.says for run in found.judgement.runs if run.meta.id == EXCEPTIONS for item in run.results]
    assert not any("dated back" in text for text in says)
