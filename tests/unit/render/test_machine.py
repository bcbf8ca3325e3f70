import csv
import io
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.canonical import canonical_json, digest
from app.model.finding import Outcome
from app.model.identity import ObjectRef
from app.render import ReportRenderer
from app.render.dossier import Dossier
from app.render.evidence import reachability_document
from app.render.plain import plain
from app.render.table_file import COLUMNS, populations, safe_cell
from app.resources import resource
from tests.report_builder import empty_input, reachability, report_input, result, runs

RENDERER = ReportRenderer(resource("templates"))
DOSSIER = Dossier(report_input())
FILES = {item.name: item for item in DOSSIER.files}


def document(report, form="json"):
    (artefact,) = RENDERER.render(report, [form])
    return artefact.body


def test_the_machine_form_says_what_the_pages_say():
    said = json.loads(document(report_input()))

    assert said["schema"] == "netattest/report/v1"
    assert said["states"]["exception"] == 2
    assert [item["id"] for item in said["findings"]] == [item.id for item in DOSSIER.findings]
    assert len(said["populations"]) == 5
    assert said["populations"][4]["results"][0].keys() == {
        "subject", "outcome", "strength", "severity", "boundaries", "says", "data",
    }  # fmt: skip
    assert {item["name"]: item["sha256"] for item in said["files"]} == {n: f.digest for n, f in FILES.items()}


def test_the_machine_form_is_canonical_and_holds_for_an_empty_scan():
    body = document(empty_input())

    assert canonical_json(json.loads(body)) == body


def test_the_snapshot_file_can_be_checked_object_by_object():
    said = json.loads(FILES["snapshot.json"].body)

    assert said["schema"] == "netattest/snapshot/v1"
    assert said["digest"] == DOSSIER.report.snapshot.digest
    assert said["takenAt"] == "2026-08-21T02:00:00+00:00"
    assert [digest(canonical_json(item["body"])) for item in said["objects"]] == [
        item["digest"] for item in said["objects"]
    ]
    assert [ObjectRef.from_key(item["key"]) for item in said["objects"]] == [
        item.ref for item in DOSSIER.report.snapshot.objects
    ]
    assert said["gaps"][0]["reason"] == "forbidden"
    assert said["kinds"][0]["resourceVersion"] == "88120417"


def test_configuration_is_attached_byte_for_byte():
    for item in DOSSIER.report.documents:
        assert FILES[item.name.replace("/", "-")].body == item.body


def test_the_manifest_names_every_other_file():
    said = json.loads(FILES["manifest.json"].body)

    assert {item["name"]: item["sha256"] for item in said["files"]} == {
        name: item.digest for name, item in FILES.items() if name != "manifest.json"
    }


def test_connections_are_capped_and_it_says_so():
    whole = json.loads(reachability_document(reachability()))
    cut = json.loads(reachability_document(reachability(), most=3))

    assert whole["complete"] is True
    assert cut["complete"] is False
    assert cut["connections"] == whole["connections"][:3]


def test_every_subject_has_a_row_in_the_table():
    rows = list(csv.DictReader(io.StringIO(document(report_input(), "csv").decode(), newline="")))

    assert len(rows) == sum(len(run.results) for run in runs())
    assert rows[0]["evidence"] == "Conf-14-01"
    scan = DOSSIER.report.scan
    assert {(row["cluster"], row["scan"], row["observed_at"]) for row in rows} == {
        (scan.cluster, str(scan.number), scan.taken_at.isoformat())
    }
    assert {row["outcome"] for row in rows} == {"pass", "fail", "insufficient-evidence"}


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\nx", "  =1", "\u200b=1", "\ufeff+1"]
WIDE = ["\uff1d1", "\uff0b1", "\uff0d1", "\uff20A1", "\u3000\uff1d1"]  # full-width forms of the same signs


@pytest.mark.parametrize("text", [*FORMULAS, *WIDE], ids=ascii)
def test_a_cell_that_a_spreadsheet_would_run_begins_with_an_apostrophe(text):
    assert safe_cell(text) == f"'{text}"


@given(st.text(max_size=60).filter(lambda text: "\x00" not in text))
def test_any_text_survives_the_table_and_no_cell_is_a_formula(text):
    run = replace(runs()[0], results=(result("check", text, Outcome.PASS, text),))
    rows = list(
        csv.reader(
            io.StringIO(
                populations([("Conf-1-01", run)], DOSSIER.report.scan).decode("utf-8", "strict"), newline=""
            )
        )
    )

    assert rows[0] == list(COLUMNS)
    assert rows[1][COLUMNS.index("says")] in (text, f"'{text}")
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row)


def test_values_without_a_json_form_are_refused():
    with pytest.raises(TypeError, match="bytes"):
        plain({"body": b"x"})
