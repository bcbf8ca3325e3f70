import hashlib
import os
import re
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest

from app.model.report import Artefact
from app.render import ReportRenderer
from app.render.dossier import Dossier
from app.render.pdf import write_pdf
from app.resources import resource
from tests.report_builder import AUDITOR, empty_input, many_findings, report_input
from tests.texts import misplaced, pdf_texts

ROOT = Path(__file__).resolve().parents[3]
RENDERER = ReportRenderer(resource("templates"))
FRUGAL = replace(AUDITOR, sections=("cover", "summary", "findings", "manifest"))

SCRIPT = """
import hashlib
from app.render import ReportRenderer
from app.resources import resource
from tests.report_builder import report_input
for artefact in ReportRenderer(resource("templates")).render(report_input(), ["pdf", "html", "bundle"]):
    print(artefact.name, hashlib.sha256(artefact.body).hexdigest())
"""


@pytest.fixture(scope="module")
def made() -> tuple[Artefact, ...]:
    return RENDERER.render(report_input(), ["pdf", "html", "bundle"])


@pytest.fixture(scope="module")
def body(made) -> bytes:
    return made[0].body


@pytest.fixture(scope="module")
def pdf(body, tmp_path_factory):
    path = tmp_path_factory.mktemp("pdf") / "report.pdf"
    path.write_bytes(body)
    with pikepdf.open(path) as document:
        yield document


def outline(items) -> list[str]:
    return [title for item in items for title in (str(item.title), *outline(item.children))]


def test_it_says_that_it_is_archival_and_tagged(pdf):
    with pdf.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
    assert pdf.Root.MarkInfo.Marked
    assert pdf.Root.StructTreeRoot.K
    assert str(pdf.Root.Lang) == "en"
    assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"


def test_it_has_bookmarks_for_sections_and_findings(pdf):
    with pdf.open_outline() as tree:
        titles = outline(tree.root)

    assert titles[:3] == ["Contents", "How to read this report", "States of a control"]
    assert "kube-system can reach payments/card-vault on every port" in titles


def test_the_contents_lead_to_pages(pdf):
    links = [note for note in pdf.pages[1].get("/Annots", []) if note.get("/Subtype") == "/Link"]

    assert len(links) >= len(AUDITOR.sections) - 1


def test_a_page_names_what_it_begins_with(body):
    """A finding, control or population that goes on from the page before has its number in the head of the page."""
    number = re.compile(r"\s*(F-[0-9a-f]{8}|(?:Conf-)\d[\d-]*|\d+(?:\.\d+)+)(?=\s|$)")
    last, went_on = "", set()
    for page in pdf_texts(body)["pages"].split("\f"):
        head, *lines = [line for line in page.splitlines() if line.strip()] or [""]
        part, dot, named = re.split(r"\s{2,}", head.strip())[0].partition(" · ")
        begins = number.match(lines[0]) if lines else None
        if dot:
            assert named == (begins[1] if begins else last), page
            went_on |= {part} if not begins else set()
        inside = part in ("Findings", "Controls tested", "Populations")
        found = [match[1] for line in lines if inside and (match := number.match(line))]
        last = found[-1] if found else last if inside else ""

    assert "Findings" in went_on


def test_long_numbers_of_controls_lie_on_no_other_word():
    report = many_findings(60)
    controls = tuple(
        replace(item, control=replace(item.control, id=f"164.308(a)({number})(ii)(B)"))
        for number, item in enumerate(report.assessment.controls)
    )
    assessment = replace(report.assessment, controls=controls)
    judgement = replace(report.judgement, assessments=(assessment,))
    report = replace(report, assessment=assessment, judgement=judgement, definition=FRUGAL)
    (made,) = RENDERER.render(report, ["pdf"])

    assert "(ii)(B)" in pdf_texts(made.body)["pages"].partition("More findings")[2]
    assert misplaced(made.body) == []


def test_every_font_is_one_of_ours_and_embedded(pdf):
    fonts = {
        str(font.DescendantFonts[0].BaseFont): font.DescendantFonts[0].FontDescriptor
        for page in pdf.pages
        for font in page.Resources.get("/Font", {}).values()
    }

    assert fonts
    for name, descriptor in fonts.items():
        assert re.search(r"Netattest|Inter|JetBrains", name), name
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor.keys())


def test_attachments_are_the_files_of_the_manifest(pdf):
    expected = {item.name: item.digest for item in Dossier(report_input()).files}
    found = {
        name: hashlib.sha256(spec.get_file().read_bytes()).hexdigest()
        for name, spec in pdf.attachments.items()
    }

    assert found == expected
    assert {str(spec.UF) for spec in pdf.Root.AF} == set(expected)
    assert {str(spec.AFRelationship) for spec in pdf.Root.AF} == {"/Data", "/Source"}


def test_attachments_carry_the_time_of_the_evidence_and_nothing_else(pdf):
    for spec in pdf.attachments.values():
        file = spec.get_file()
        assert file.creation_date == file.mod_date == datetime(2026, 8, 21, 2, 0, tzinfo=UTC)


def test_processes_with_different_seeds_zones_and_languages_write_the_same_bytes(made):
    told = set()
    for seed, zone, language in (("1", "Asia/Tokyo", "C"), ("7", "America/Lima", "de_DE.UTF-8")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": language, "LANG": language}
        process = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        told.add(tuple(process.stdout.splitlines()))

    assert told == {tuple(f"{item.name} {hashlib.sha256(item.body).hexdigest()}" for item in made)}


def test_another_input_is_another_file(body):
    (other,) = RENDERER.render(report_input("prod-eu-2"), ["pdf"])
    first, second = (re.search(rb"/ID \[ ?(<\w+>|\(\w+\))", item) for item in (body, other.body))

    assert first
    assert second
    assert first.group(1) != second.group(1)


def test_nothing_is_fetched_from_the_network_or_from_files(monkeypatch, tmp_path, caplog):
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"not for reports")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a report opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    html = (
        f"<html><body><img src='{secret.as_uri()}'><img src='http://192.0.2.1/x.png'>"
        f"<object data='{secret.as_uri()}'></object><p style='background: url({secret.as_uri()})'>x</p></body></html>"
    )
    made = write_pdf(html, "", paper="A4", at=datetime(2026, 1, 1, tzinfo=UTC), files=())

    assert b"not for reports" not in made
    assert "disallowed protocol" in caplog.text


@pytest.mark.parametrize(("paper", "size"), [("A4", (595, 842)), ("Letter", (612, 792))])
def test_the_paper_is_the_one_asked_for(paper, size, tmp_path):
    (artefact,) = RENDERER.render(report_input(definition=replace(FRUGAL, paper=paper)), ["pdf"])
    path = tmp_path / "x.pdf"
    path.write_bytes(artefact.body)
    with pikepdf.open(path) as document:
        box = [round(float(value)) for value in document.pages[0].MediaBox]
        assert len({str(page.MediaBox) for page in document.pages}) == 1

    assert tuple(box[2:]) == size


@pytest.mark.parametrize("report", [empty_input(), report_input("c" * 253)], ids=["empty", "253 characters"])
def test_odd_input_gives_a_whole_report(report, tmp_path):
    (artefact,) = RENDERER.render(report, ["pdf"])
    path = tmp_path / "x.pdf"
    path.write_bytes(artefact.body)

    with pikepdf.open(path) as document:
        assert len(document.pages) > 10


def test_reports_of_one_scan_share_what_does_not_depend_on_the_framework(monkeypatch):
    written = []
    monkeypatch.setattr(
        "app.render.evidence.snapshot_document", lambda item: written.append(item) or b'{"snapshot": 1}'
    )
    report = replace(report_input(), definition=FRUGAL)
    each = list(RENDERER.render_each([report, report], ["pdf"]))
    assert len(written) == 1
    assert each == [RENDERER.render(report, ["pdf"])] * 2
