"""Fixes that a report tries: the quick trial says what the whole judgement says, and the pages say no more than it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from app import advice, collect, judging, pipeline, proposal
from app.bootstrap import definition, documents, manifests
from app.model.fix import Wanted
from app.model.history import Document
from app.model.report import Advice
from app.render.dossier import Dossier
from app.render.sections import findings, fixes
from app.settings import load_settings
from tests.report_builder import report_input

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TABLE = yaml.safe_load((ROOT / "tests/tables/fixes/harbour.yaml").read_text(encoding="utf-8"))


def case(*, flows):
    files = {item.name: item for item in documents(load_settings())}
    files |= {p.name: Document(p.name, p.read_bytes()) for p in (ROOT / TABLE["config"]).glob("*.yaml")}
    if flows:
        files["flows.yaml"] = Document("flows.yaml", yaml.safe_dump({"flows": TABLE["flows"]}).encode())
    snapshot, _ = pipeline.take_snapshot("test", AT, manifests([ROOT / item for item in TABLE["folders"]]))
    given = tuple(files.values())
    return snapshot, given, judging.judge(snapshot, given)


@pytest.fixture(scope="module", params=[True, False], ids=["flows declared", "nothing declared"])
def tried(request):
    snapshot, given, judgement = case(flows=request.param)
    return advice.remedies(snapshot, given, judgement), proposal.fix(snapshot, given, Wanted())


def test_it_is_what_the_whole_judgement_finds(tried):
    quick, whole = tried

    assert quick.plan == whole.plan
    closed = [mark for item in quick.remedies for mark in item.closed]
    assert sorted(closed) == sorted(item.fingerprint for item in whole.mended)
    assert quick.left == whole.left
    assert (quick.losses, quick.declared, quick.untried) == (whole.losses, whole.declared, 0)
    assert (quick.opens, quick.opened) == ((), ())


def test_the_paths_that_close_are_those_of_the_whole_comparison(tried):
    quick, whole = tried
    for item in quick.remedies:
        about = [
            path
            for path in whole.proof.consequences.paths
            if any(end.startswith(f"{item.namespace}/") for end in (path.source, path.destination))
        ]
        assert item.closing == len(about)
        assert {(path.source, path.destination, path.ports) for path in item.closes} <= {
            (path.source, path.destination, path.ports) for path in about
        }


def test_the_paths_that_stay_are_open_before_and_after(tried):
    quick, whole = tried
    was, now = whole.proof.before.reachability, whole.proof.after.reachability
    for item in quick.remedies:
        names = [one.id for one in now.workloads if one.namespace == item.namespace]
        pairs = {(source, name) for name in names for source, _ in now.sources(name) if "/" in source}
        pairs |= {(name, far) for name in names for far, _ in now.destinations(name) if "/" in far}
        staying = {pair: was.between(*pair) & now.between(*pair) for pair in pairs}
        assert item.staying >= len(staying)
        for path in item.stays:
            pair = (path.source, path.destination)
            assert path.ports == staying.get(pair, path.ports)
            assert pair in staying or "external:" in " ".join(pair)


@pytest.fixture(scope="module")
def harbour():
    return case(flows=False)


def test_a_large_cluster_tries_the_worst_namespaces_and_says_so(harbour, monkeypatch):
    monkeypatch.setattr(advice, "MOST_WORKLOADS", 3)
    snapshot, given, judgement = harbour
    found = advice.remedies(snapshot, given, judgement)

    spaces = {item.namespace for item in found.remedies}
    assert sum(item.namespace in spaces for item in judgement.reachability.workloads) <= 3
    assert found.untried > 0
    page = fixes.build(dossier(harbour, found))
    assert any("in further namespaces were not tried here" in line for line in page.proof)


def test_a_definition_without_the_section_costs_nothing(harbour):
    assert advice.advice(definition(load_settings(), "auditor"), *harbour).remedies is None


def dossier(case, found, name="findings"):
    snapshot, given, judgement = case
    return Dossier(
        replace(
            report_input(),
            snapshot=snapshot,
            documents=given,
            judgement=judgement,
            assessment=judgement.assessments[0],
            definition=definition(load_settings(), name),
            advice=Advice(remedies=found),
        )
    )


@pytest.fixture(scope="module")
def page(harbour):
    return dossier(harbour, advice.remedies(*harbour))


def test_the_whole_set_is_attached_and_is_what_the_trial_applied(harbour, page):
    body = next(item.body for item in page.files if item.name == "fixes.yaml")
    plan = page.report.advice.remedies.plan

    objects = collect.objects_of(yaml.safe_load_all(body))
    assert sorted(objects, key=lambda item: item.ref) == sorted(
        collect.objects_of(item.body for item in plan.objects), key=lambda item: item.ref
    )


def test_the_page_says_what_was_shown_and_what_was_not(page):
    built = fixes.build(page)

    assert "39 findings of this scan" in built.lede[0]
    assert "would close 35; 4 stay." in built.lede[0]
    assert built.proof == (
        "No path opens, and none of these checks finds anything new.",
        "No flow is declared, so nothing shows that what closes is not needed.",
    )
    assert not any("flows are declared" in note for note in built.notes)  # said above, and once
    assert sum(len(row.cells[0].lines) for row in built.kept.rows) <= 4
    assert {"any address outside"} <= {
        cell for item in built.blocks for row in item.paths.rows for cell in row.cells
    }


def test_a_finding_leads_to_the_policies_that_close_it(page):
    built, printed = findings.build(page), {item.id for item in fixes.build(page).blocks}

    links = [item.fix for item in built.blocks if item.fix]
    assert links
    assert {item.anchor for item in links} <= printed


def test_a_plan_that_opens_or_breaks_something_is_not_recommended(page):
    found = page.report.advice.remedies
    path = found.remedies[0].closes[0]
    bad = replace(page.report, advice=Advice(remedies=replace(found, opens=(path,))))

    assert fixes.build(Dossier(bad)).proof[0] == "1 path would open: do not apply these policies as they are."
    named = replace(page.report, advice=Advice(remedies=replace(found, names=2)))
    assert fixes.build(Dossier(named)).proof[0] == (
        "2 paths to the cluster resolver open, so that names are resolved; no other path does."
        " None of these checks finds anything new."
    )
    new = replace(page.report, advice=Advice(remedies=replace(found, opened=found.left[:1])))
    assert "1 finding would be new (" in fixes.build(Dossier(new)).proof[0]


def test_a_report_for_which_nothing_was_tried_says_so():
    assert fixes.build(Dossier(report_input())).lede == ("No fix was tried for this report.",)
