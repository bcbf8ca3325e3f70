"""Every query of the shipped dashboard runs as the auditor's role on a real database, and says what it should."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app.model.control import ControlState
from app.model.finding import Subject, SubjectKind
from app.model.history import Document, SlotStatus
from app.store import PostgresStore
from scripts.write_schema_doc import DOCUMENT, schema_document
from tests.histories import CLUSTER, night, pods, point, record, result, snapshot

DASHBOARD = json.loads((Path(__file__).resolve().parents[2] / "deploy/grafana/netattest.json").read_text())
VALUES = {"cluster": CLUSTER, "framework": "pci-dss-4.0.1"}
FROM, TO = "2026-03-01T00:00:00Z", "2026-03-06T00:00:00Z"


def queries():
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["rawSql"]
    for note in DASHBOARD["annotations"]["list"]:
        yield note["name"], note["target"]["rawSql"]
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield f"${variable['name']}", variable["query"]


def expanded(query: str) -> str:
    """The query as Grafana sends it."""
    query = re.sub(r"\$__timeFilter\((.*)\)", rf"\1 BETWEEN '{FROM}' AND '{TO}'", query)
    query = query.replace("$__timeFrom()", f"'{FROM}'").replace("$__timeTo()", f"'{TO}'")
    for name, value in VALUES.items():
        query = query.replace(f"${{{name}:sqlstring}}", f"'{value}'")
    assert "$" not in query
    return query


@pytest.fixture(scope="module")
def stored(shared_engine: Engine) -> Engine:
    """Two nights, a missed one, and a third under another scope map on which a finding is gone."""
    store = PostgresStore(shared_engine)
    exception, supported = (
        [point("1.3.1", state)] for state in (ControlState.EXCEPTION, ControlState.SUPPORTED)
    )
    for number in (1, 2):
        store.save(
            record(result("shop"), result("lab"), at=night(number), points=exception, slot=night(number)),
            snapshot(pods(cart=1), at=night(number)),
        )
    store.close_slot(CLUSTER, night(3), SlotStatus.MISSED, reason="the service was not running")
    way_in = result("Ingress shop/web")
    way_in = replace(way_in, subject=Subject(SubjectKind.EXPOSURE, "Ingress shop/web", "shop"))
    other = [Document("scope.yaml", b"rules: [] # another\n")]
    store.save(
        record(result("lab"), way_in, at=night(4), points=supported, documents=other),
        snapshot(pods(cart=1), at=night(4)),
    )
    return shared_engine


@pytest.mark.parametrize("name", [name for name, _ in queries()])
def test_a_query_runs_with_the_rights_of_an_auditor(stored, name):
    with stored.connect() as connection:
        connection.execute(text("SET ROLE netattest_auditor"))
        assert connection.exec_driver_sql(expanded(dict(queries())[name]).replace("%", "%%")).all()


def test_each_panel_has_a_query_of_its_own_name():
    names = [name for name, _ in queries()]
    assert len(set(names)) == len(names) >= len(DASHBOARD["panels"])


def answer(engine: Engine, name: str):
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(expanded(dict(queries())[name]))]


def test_a_night_without_a_scan_is_a_gap_and_never_zero(stored):
    rows = answer(stored, "Controls by state")
    assert [row[1:] for row in rows[:4]] == [
        (1, 0, 0, 0, 0, 0),
        (1, 0, 0, 0, 0, 0),
        (None, None, None, None, None, None),
        (0, 0, 0, 0, 1, 0),
    ]


def test_a_missed_slot_is_a_night_with_its_cause(stored):
    assert [row[1:4] for row in answer(stored, "Nights")] == [
        ("complete", 3, ""),
        ("missed", None, "the service was not running"),
        ("complete", 2, ""),
        ("complete", 1, ""),
    ]


def test_another_scope_map_is_marked(stored):
    assert [(row[0], row[2]) for row in answer(stored, "Changes of judgement")] == [(night(4), "scope.yaml")]


def test_an_open_way_in_is_listed(stored):
    (row,) = answer(stored, "Ways in from outside that are open")
    assert "Ingress shop/web" in row


def test_closing_takes_the_time_between_first_sight_and_the_closing_scan(stored):
    assert answer(stored, "Time to close in days") == [("high", 1, 3, 3)]


def test_the_page_about_the_schema_is_current(engine):
    assert DOCUMENT.read_text(encoding="utf-8") == schema_document(engine), "run `make schemas`"
